"""The public keys with which digest files can be verified.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import from_datetime, to_datetime
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.errors import InvalidTimeRangeException
from gureum.services.cloudtrail.paging import page
from gureum.services.cloudtrail.records import SigningKey
from gureum.services.cloudtrail.service import cloudtrail
from gureum.state.keys import Key

_page_size = 100


class PublicKey(TypedDict):
    """A public key, in DER as PKCS #1 has it."""

    Value: bytes
    ValidityStartTime: datetime
    ValidityEndTime: datetime
    Fingerprint: str


class ListPublicKeysResult(TypedDict):
    PublicKeyList: list[PublicKey]
    NextToken: NotRequired[str]


@cloudtrail.operation(resource=any_resource, readonly=True)
def list_public_keys(
    ctx: Context,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    next_token: str | None = None,
) -> ListPublicKeysResult:
    """The keys that digests of a time may be signed with; without a time, those of now."""
    start_ms = ctx.now_ms if start_time is None else from_datetime(start_time)
    end_ms = ctx.now_ms if end_time is None else from_datetime(end_time)
    if start_time is not None and start_ms > end_ms:
        raise InvalidTimeRangeException

    def scan(after: Key | None, limit: int) -> list[SigningKey]:
        every = tables.signing_keys.scan(ctx.tx, after=after)
        return [key for key in every if key.start_ms <= end_ms and start_ms <= key.end_ms][:limit]

    scope = f"ListPublicKeys/{start_time}/{end_time}"
    found, token = page(ctx, scan, tables.signing_keys.key, scope, next_token, _page_size)
    result: ListPublicKeysResult = {"PublicKeyList": [_shown(key) for key in found]}
    if token is not None:
        result["NextToken"] = token
    return result


def _shown(key: SigningKey) -> PublicKey:
    return {
        "Value": key.public,
        "ValidityStartTime": to_datetime(key.start_ms),
        "ValidityEndTime": to_datetime(key.end_ms),
        "Fingerprint": key.fingerprint,
    }
