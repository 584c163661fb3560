"""Access keys: of users, and of the root user.

The secret is answered once, when the key is made; it is stored sealed.  What is changed here holds from the next
request on, because every request reads the version of its account (`identity.keyring`).
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html and its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.identity import tables
from gureum.identity.credentials import new_key_id, new_secret, seal_secret
from gureum.identity.records import AccessKeyRecord
from gureum.services.iam import paging, people
from gureum.services.iam.errors import InvalidInputException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.people import named
from gureum.services.iam.rules import quotas
from gureum.services.iam.service import iam, user_arn
from gureum.state.keys import Key


class AccessKeyMetadata(TypedDict):
    UserName: NotRequired[str]
    AccessKeyId: str
    Status: str
    CreateDate: datetime


class NewAccessKey(AccessKeyMetadata):
    SecretAccessKey: str


class CreateAccessKeyResult(TypedDict):
    AccessKey: NewAccessKey


class ListAccessKeysResult(More):
    AccessKeyMetadata: list[AccessKeyMetadata]


@iam.operation(resource=user_arn)
def create_access_key(ctx: Context, user_name: str | None = None) -> CreateAccessKeyResult:
    """A new key of a user; without a name the caller's own."""
    owner = _owner(ctx, user_name)
    quotas.access_keys.check(len(tables.access_keys_by_user.scan(ctx.tx, (ctx.account, owner))))
    key_id, secret = new_key_id(ctx.ids, ctx.account), new_secret(ctx.ids)
    sealed = seal_secret(ctx.vault, ctx.ids, key_id, secret)
    key = AccessKeyRecord(ctx.account, owner, key_id, sealed, ctx.now_ms)
    tables.access_keys.insert(ctx.tx, key)
    return {"AccessKey": {**_metadata(key), "SecretAccessKey": secret}}


@iam.operation(resource=user_arn, readonly=True)
def list_access_keys(
    ctx: Context, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListAccessKeysResult:
    """The keys of a user, without their secrets."""
    owner = _owner(ctx, user_name)

    def scan(after: Key | None, limit: int) -> list[AccessKeyRecord]:
        return tables.access_keys_by_user.scan(ctx.tx, (ctx.account, owner), after=after, limit=limit)

    position = tables.access_keys_by_user.position
    found, following = paging.page(ctx, scan, position, f"ListAccessKeys/{owner}", marker, max_items)
    return {"AccessKeyMetadata": [_metadata(key) for key in found], **more(following)}


@iam.operation(resource=user_arn)
def update_access_key(ctx: Context, access_key_id: str, status: str, user_name: str | None = None) -> None:
    """Activate or deactivate a key."""
    if status == "Expired":
        raise InvalidInputException("Access keys do not expire: the status is Active or Inactive.")
    key = _key(ctx, user_name, access_key_id)
    tables.access_keys.replace(ctx.tx, key, replace(key, active=status == "Active"))


@iam.operation(resource=user_arn)
def delete_access_key(ctx: Context, access_key_id: str, user_name: str | None = None) -> None:
    """The key is gone, be it the one that signed this."""
    tables.access_keys.delete(ctx.tx, _key(ctx, user_name, access_key_id))


def _owner(ctx: Context, user_name: str | None) -> str:
    user = people.user_or_root_of(ctx, user_name)
    return people.ROOT_NAME if user is None else user.name


def _key(ctx: Context, user_name: str | None, key_id: str) -> AccessKeyRecord:
    owner = _owner(ctx, user_name)
    key = tables.access_keys.get(ctx.tx, (key_id,))
    if key is None or (key.account, key.user) != (ctx.account, owner):
        raise NoSuchEntityException(f"The Access Key with id {key_id} cannot be found.")
    return key


def _metadata(key: AccessKeyRecord) -> AccessKeyMetadata:
    return {
        **named(key.user),
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": to_datetime(key.created_ms),
    }
