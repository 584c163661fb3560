"""GetCallerIdentity, GetAccessKeyInfo and DecodeAuthorizationMessage: what credentials and refusals mean.

An access key id tells its account (`identity.credentials`), whether the key exists or not; one that its owner has
chosen tells it as long as it exists.  An authorization message is decoded for the account that was refused.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

from typing import TypedDict

import msgspec

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import credentials, denials, tables
from gureum.services.sts.errors import InvalidAuthorizationMessageException, ValidationError
from gureum.services.sts.service import sts


class GetCallerIdentityResult(TypedDict):
    """The caller's unique id, account and ARN."""

    UserId: str
    Account: str
    Arn: str


class GetAccessKeyInfoResult(TypedDict):
    """The account of an access key."""

    Account: str


class DecodeAuthorizationMessageResult(TypedDict):
    """The decision, as JSON."""

    DecodedMessage: str


@sts.operation(
    resource=any_resource,
    readonly=True,
    unguarded="who is denied is told who he is in the refusal anyway",
)
def get_caller_identity(ctx: Context) -> GetCallerIdentityResult:
    """Who calls.  No policy can deny it."""
    return {"UserId": ctx.principal.id, "Account": ctx.account, "Arn": ctx.principal.arn}


@sts.operation(resource=any_resource, readonly=True)
def get_access_key_info(ctx: Context, access_key_id: str) -> GetAccessKeyInfoResult:
    """The account that an access key belongs to."""
    found = tables.access_keys.get(ctx.tx, (access_key_id,))
    account = credentials.account_of_key_id(access_key_id) if found is None else found.account
    if account is None:
        raise ValidationError("The access key ID is not valid.")
    return {"Account": account}


@sts.operation(resource=any_resource, readonly=True)
def decode_authorization_message(ctx: Context, encoded_message: str) -> DecodeAuthorizationMessageResult:
    """Why a request was refused: the statements that decided, the principal and the request."""
    decoded = denials.decode(ctx.vault, encoded_message)
    if decoded is None or decoded[0] != ctx.account:
        raise InvalidAuthorizationMessageException
    return {"DecodedMessage": msgspec.json.encode(decoded[1]).decode()}
