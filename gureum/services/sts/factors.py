"""The second factor of a request: the number of an MFA device and the code that it shows.

A code that was used is used up when the request succeeds; one that is refused for another reason changes nothing, like
every request that is refused.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.identity import mfa, tables
from gureum.identity.records import ROOT_USER


def verify(ctx: Context, serial: str | None, code: str | None) -> bool:
    """Use up the caller's `code`; whether there was one.  Raises AccessDenied."""
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise AccessDenied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    device = tables.mfa_devices.get(ctx.tx, (ctx.account, serial))
    if device is None or device.enabled_ms is None or device.user != _name(ctx):
        raise AccessDenied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is "
            "valid and associated with this user."
        )
    try:
        mfa.verify(ctx.tx, ctx.vault, device, code, ctx.origin.host_ms)
    except mfa.WrongCode as error:
        raise AccessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.") from error
    return True


def _name(ctx: Context) -> str | None:
    """Under which name the caller's devices are kept; None for those who have none."""
    match ctx.principal.type:
        case "Root":
            return ROOT_USER
        case "IAMUser":
            return ctx.principal.name
    return None
