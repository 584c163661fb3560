"""Users: create, find, list, rename, tag and delete them.

A user is deleted when nothing is left that belongs to it, its boundary and tags excepted.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.identity import records, tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Owner
from gureum.identity.renames import rename_user
from gureum.services.iam import catalogue, finding, paging, people
from gureum.services.iam import tables as own_tables
from gureum.services.iam.conditions import boundary_asked_for
from gureum.services.iam.errors import DeleteConflictException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import all_of, global_arn, iam, tagging, tags_asked_for, user_arn
from gureum.state.keys import Key


class UserResult(TypedDict):
    User: people.User


class ListUsersResult(More):
    Users: list[people.User]


class ListUserTagsResult(More):
    Tags: list[Tag]


def _old_and_new_arn(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """A rename needs permission for what was and for what will be."""
    old = user_arn(ctx, values)
    found = tables.users.get(ctx.tx, (ctx.account, values["UserName"]))
    path = values.get("NewPath") or (names.ROOT_PATH if found is None else found.path)
    new = global_arn(ctx, f"user{path}{values.get('NewUserName') or values['UserName']}")
    return [old] if new == old else [old, new]


@iam.operation(resource=user_arn, keys=boundary_asked_for, also=tagging("iam:TagUser", user_arn))
def create_user(
    ctx: Context,
    user_name: str,
    path: str = names.ROOT_PATH,
    permissions_boundary: str | None = None,
    tags: list[Tag] | None = None,
) -> UserResult:
    """A new user, who can do nothing yet."""
    names.check_free(tables.users_by_folded_name.first(ctx.tx, (ctx.account, names.fold(user_name))), "User", user_name)
    quotas.users.check(tables.users.count(ctx.tx, (ctx.account,)))
    if permissions_boundary is not None:
        catalogue.check_boundary(ctx.tx, ctx.account, permissions_boundary)
    user = records.User(
        account=ctx.account,
        name=user_name,
        id=new_unique_id(ctx.ids, "AIDA"),
        path=path,
        created_ms=ctx.now_ms,
        tags=rules.merge({}, tags or ()),
        boundary=permissions_boundary or "",
    )
    tables.users.insert(ctx.tx, user)
    return {"User": people.user(user)}


@iam.operation(resource=user_arn, readonly=True)
def get_user(ctx: Context, user_name: str | None = None) -> UserResult:
    """A user; without a name the one who asks, be it the root user."""
    user = people.user_or_root_of(ctx, user_name)
    return {"User": people.root(ctx) if user is None else people.user(user)}


@iam.operation(resource=all_of("user"), readonly=True)
def list_users(
    ctx: Context, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListUsersResult:
    """The users of the account below a path, by name."""

    def scan(after: Key | None, limit: int) -> list[records.User]:
        return tables.users.scan(ctx.tx, (ctx.account,), after=after, limit=limit)

    scope = f"ListUsers/{path_prefix or ''}"
    wanted = names.below(path_prefix) if path_prefix else None
    found, following = paging.page(ctx, scan, tables.users.key, scope, marker, max_items, wanted)
    return {"Users": [people.listed_user(user) for user in found], **more(following)}


@iam.operation(resource=_old_and_new_arn)
def update_user(ctx: Context, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Another name, another path, or both: the user remains the same, its ARN does not."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    name = new_user_name or user.name
    taken = tables.users_by_folded_name.first(ctx.tx, (ctx.account, names.fold(name)))
    names.check_free(None if taken is not None and taken.id == user.id else taken, "User", name)
    rename_user(ctx.tx, user, name, new_path or user.path)


@iam.operation(resource=user_arn)
def delete_user(ctx: Context, user_name: str) -> None:
    """The user is gone, and whatever was signed by it is refused from now on."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    for left in _left_behind(ctx, user):
        raise DeleteConflictException(f"Cannot delete entity, must {left} first.")
    tables.users.delete(ctx.tx, user)


def _left_behind(ctx: Context, user: records.User) -> Iterator[str]:
    """What has to be done before `user` can be deleted."""
    tx, own, by_id = ctx.tx, (user.account, user.name), (user.account, user.id)
    if tables.attachments.scan(tx, (user.account, Owner.USER, user.name), limit=1):
        yield "detach all policies"
    if tables.inline_policies.scan(tx, (user.account, Owner.USER, user.name), limit=1):
        yield "delete policies"
    if tables.memberships.scan(tx, own, limit=1):
        yield "remove users from group"
    if user.login is not None:
        yield "delete login profile"
    if tables.access_keys_by_user.first(tx, own):
        yield "delete access keys"
    if tables.mfa_devices_by_user.first(tx, own):
        yield "delete MFA device"
    if own_tables.signing_certificates.scan(tx, by_id, limit=1):
        yield "delete certificates"
    if own_tables.ssh_public_keys.scan(tx, by_id, limit=1) or own_tables.service_credentials.scan(tx, by_id, limit=1):
        yield "remove referenced objects"


@iam.operation(resource=user_arn, keys=tags_asked_for)
def tag_user(ctx: Context, user_name: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there, in whatever case, is overwritten."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    tables.users.replace(ctx.tx, user, replace(user, tags=rules.merge(user.tags, tags)))


@iam.operation(resource=user_arn, keys=tags_asked_for)
def untag_user(ctx: Context, user_name: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    tables.users.replace(ctx.tx, user, replace(user, tags=rules.without(user.tags, tag_keys)))


@iam.operation(resource=user_arn, readonly=True)
def list_user_tags(
    ctx: Context, user_name: str, marker: str | None = None, max_items: int | None = None
) -> ListUserTagsResult:
    """The tags of a user, by key."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    found, following = paging.tags(ctx, user.tags, f"ListUserTags/{user.id}", marker, max_items)
    return {"Tags": found, **more(following)}
