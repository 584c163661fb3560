"""SSH public keys of users.

On AWS they open CodeCommit's repositories.  No service here takes them yet; they can be kept and looked up.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html and its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import User
from gureum.services.iam import paging, people, records, tables
from gureum.services.iam.errors import DuplicateSSHPublicKeyException, InvalidInputException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import quotas
from gureum.services.iam.rules import ssh_keys as rules
from gureum.services.iam.service import iam, user_arn
from gureum.state.keys import Key


class SSHPublicKeyMetadata(TypedDict):
    UserName: str
    SSHPublicKeyId: str
    Status: str
    UploadDate: datetime


class SSHPublicKey(SSHPublicKeyMetadata):
    Fingerprint: str
    SSHPublicKeyBody: str


class SSHPublicKeyResult(TypedDict):
    SSHPublicKey: SSHPublicKey


class ListSSHPublicKeysResult(More):
    SSHPublicKeys: list[SSHPublicKeyMetadata]


@iam.operation(resource=user_arn)
def upload_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_body: str) -> SSHPublicKeyResult:
    """Add a key to a user's."""
    user = people.user_of(ctx, user_name)
    fingerprint = rules.fingerprint(ssh_public_key_body)
    present = tables.ssh_public_keys.scan(ctx.tx, (ctx.account, user.id))
    if any(key.fingerprint == fingerprint for key in present):
        raise DuplicateSSHPublicKeyException(f"The SSH public key is already associated with user {user.name}.")
    quotas.ssh_public_keys.check(len(present))
    key = records.SshPublicKey(
        account=ctx.account,
        user_id=user.id,
        id=new_unique_id(ctx.ids, "APKA"),
        body=ssh_public_key_body,
        fingerprint=fingerprint,
        uploaded_ms=ctx.now_ms,
    )
    tables.ssh_public_keys.insert(ctx.tx, key)
    return {"SSHPublicKey": _shown(user, key, key.body)}


@iam.operation(resource=user_arn, readonly=True)
def get_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str, encoding: str) -> SSHPublicKeyResult:
    """A key in the encoding that is asked for."""
    user = people.user_of(ctx, user_name)
    key = _key(ctx, user, ssh_public_key_id)
    return {"SSHPublicKey": _shown(user, key, rules.encoded(key.body, encoding))}


@iam.operation(resource=user_arn, readonly=True)
def list_ssh_public_keys(
    ctx: Context, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListSSHPublicKeysResult:
    """The keys of a user, without their bodies."""
    user = people.user_of(ctx, user_name)

    def scan(after: Key | None, limit: int) -> list[records.SshPublicKey]:
        return tables.ssh_public_keys.scan(ctx.tx, (ctx.account, user.id), after=after, limit=limit)

    scope = f"ListSSHPublicKeys/{user.id}"
    found, following = paging.page(ctx, scan, tables.ssh_public_keys.key, scope, marker, max_items)
    return {"SSHPublicKeys": [_metadata(user, key) for key in found], **more(following)}


@iam.operation(resource=user_arn)
def update_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str, status: str) -> None:
    """Activate or deactivate a key."""
    if status == "Expired":
        raise InvalidInputException("SSH public keys do not expire: the status is Active or Inactive.")
    key = _key(ctx, people.user_of(ctx, user_name), ssh_public_key_id)
    tables.ssh_public_keys.replace(ctx.tx, key, replace(key, active=status == "Active"))


@iam.operation(resource=user_arn)
def delete_ssh_public_key(ctx: Context, user_name: str, ssh_public_key_id: str) -> None:
    """The key is gone."""
    tables.ssh_public_keys.delete(ctx.tx, _key(ctx, people.user_of(ctx, user_name), ssh_public_key_id))


def _key(ctx: Context, user: User, key_id: str) -> records.SshPublicKey:
    found = tables.ssh_public_keys.get(ctx.tx, (ctx.account, user.id, key_id))
    if found is None:
        raise NoSuchEntityException(f"The Public Key with id {key_id} cannot be found.")
    return found


def _metadata(user: User, key: records.SshPublicKey) -> SSHPublicKeyMetadata:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "UploadDate": to_datetime(key.uploaded_ms),
    }


def _shown(user: User, key: records.SshPublicKey, body: str) -> SSHPublicKey:
    return {**_metadata(user, key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}
