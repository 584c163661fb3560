"""When, where and for what an access key was last used.

A key of another account is answered like one that does not exist.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.base.clock import to_datetime
from gureum.identity import tables
from gureum.identity.records import AccessKeyRecord
from gureum.services.iam import activity
from gureum.services.iam.activity import NOT_APPLICABLE
from gureum.services.iam.people import Named, named
from gureum.services.iam.service import iam, user_arn
from gureum.state.store import Transaction


class AccessKeyLastUsed(TypedDict):
    ServiceName: str
    Region: str
    LastUsedDate: NotRequired[datetime]


class GetAccessKeyLastUsedResult(Named):
    AccessKeyLastUsed: AccessKeyLastUsed


def _owner_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    return user_arn(ctx, dict(named(_key(ctx, values["AccessKeyId"]).user)))


@iam.operation(resource=_owner_arn, readonly=True)
def get_access_key_last_used(ctx: Context, access_key_id: str) -> GetAccessKeyLastUsedResult:
    """The last use of a key of any user of the account."""
    key = _key(ctx, access_key_id)
    return {**named(key.user), "AccessKeyLastUsed": last_used(ctx.tx, key, ctx.now_ms)}


def last_used(tx: Transaction, key: AccessKeyRecord, now_ms: int) -> AccessKeyLastUsed:
    """The last use of a key, as answers show it."""
    use = activity.last(tx, key.account, key.id, now_ms)
    if use is None:
        return {"ServiceName": NOT_APPLICABLE, "Region": NOT_APPLICABLE}
    return {
        "ServiceName": activity.namespace(use),
        "Region": use.region,
        "LastUsedDate": to_datetime(use.last_ms),
    }


def _key(ctx: Context, key_id: str) -> AccessKeyRecord:
    key = tables.access_keys.get(ctx.tx, (key_id,))
    if key is None or key.account != ctx.account:
        who, action = ctx.principal.arn, "iam:GetAccessKeyLastUsed"
        raise AccessDenied(f"User: {who} is not authorized to perform: {action} on resource: access key {key_id}")
    return key
