"""Virtual MFA devices: time-based one-time passwords (TOTP) as authenticator apps make them.

    code    6 digits of HMAC-SHA1(seed, step); step = seconds since 1970 // 30

Authenticator apps run on the host's clock, like the clients that sign requests, so codes are checked against the host's
clock and not the cloud's: `gureum clock advance 30d` must not lock out everybody who has a second factor.

A device is off by no more than one step in either direction.  One that is further off is synchronized with two codes
that follow each other; the difference is kept (`drift`).  A step is used once: it and those before it are never
accepted again, whatever the code was for (RFC 6238, 5.2).

Six digits can be guessed by who has the time: so after a few wrong codes a device takes none for a while
(`identity.guesses`).

Sources: RFC 4226; RFC 6238;
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_sync.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from gureum.api.vault import Vault, nonce_bytes
from gureum.base.ids import Ids
from gureum.identity import tables
from gureum.identity.guesses import Guesses
from gureum.identity.records import MfaDevice
from gureum.state.store import Transaction

step_ms: Final = 30_000
digits: Final = 6
seed_bytes: Final = 40
"""Of which base32 makes 64 characters without padding."""

_steps_off_max: Final = 1
_steps_out_of_sync_max: Final = 20
_purpose: Final = "identity/mfa-seeds"


class WrongCode(Exception):
    """The code is not one of the device's at this time, or was used before, or there were too many wrong ones."""


_guesses: Final = Guesses()


def new_seed(ids: Ids) -> bytes:
    """The secret of a new device."""
    return ids.bytes(seed_bytes)


def seal(vault: Vault, ids: Ids, seed: bytes) -> bytes:
    """A seed as it is stored."""
    return vault.seal(_purpose, seed, ids.bytes(nonce_bytes))


def base32(seed: bytes) -> str:
    """A seed as people type it."""
    return base64.b32encode(seed).decode()


def step_at(host_ms: int) -> int:
    """The time step of a moment of the host's clock."""
    return host_ms // step_ms


def code_of(seed: bytes, step: int) -> str:
    """What a device with `seed` shows in `step`."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def verify(tx: Transaction, vault: Vault, device: MfaDevice, code: str, host_ms: int) -> None:
    """Use up `code`, which `device` shows at `host_ms`.  Raises WrongCode."""
    if _guesses.exhausted(device.sealed, host_ms):
        raise WrongCode
    seed = vault.unseal(_purpose, device.sealed)
    try:
        step = _find(seed, (code,), _around(step_at(host_ms) + device.drift, _steps_off_max), device.step)
    except WrongCode:
        _guesses.missed(device.sealed, code, host_ms)
        raise
    tables.mfa_devices.replace(tx, device, replace(device, step=step))


def synchronized(vault: Vault, device: MfaDevice, codes: tuple[str, str], host_ms: int) -> MfaDevice:
    """`device`, in step with the two `codes` that it has shown one after the other.  Raises WrongCode."""
    seed = vault.unseal(_purpose, device.sealed)
    now = step_at(host_ms)
    step = _find(seed, codes, _around(now, _steps_out_of_sync_max), device.step) + 1
    off = step - now
    return replace(device, step=step, drift=off if abs(off) > _steps_off_max else 0)


def _around(step: int, distance: int) -> Iterable[int]:
    """The steps around `step`, the nearest ones first."""
    return sorted(range(step - distance, step + distance + 1), key=lambda each: abs(each - step))


def _find(seed: bytes, codes: tuple[str, ...], steps: Iterable[int], used: int) -> int:
    """The first of `steps`, all later than `used`, from which on the device shows `codes`."""
    for step in steps:
        shown = "".join(code_of(seed, step + number) for number in range(len(codes)))
        if step > used and hmac.compare_digest(shown, "".join(codes)):
            return step
    raise WrongCode
