"""Groups, and who is in them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from gureum.api.context import Context
from gureum.identity import records, tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Membership, Owner
from gureum.identity.renames import rename_group
from gureum.services.iam import finding, paging, people
from gureum.services.iam.errors import DeleteConflictException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.service import all_of, global_arn, group_arn, iam, user_arn
from gureum.state.keys import Key


class CreateGroupResult(TypedDict):
    Group: people.Group


class GetGroupResult(More):
    Group: people.Group
    Users: list[people.User]


class ListGroupsResult(More):
    Groups: list[people.Group]


def _old_and_new_arn(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """A rename needs permission for what was and for what will be."""
    old = group_arn(ctx, values)
    found = tables.groups.get(ctx.tx, (ctx.account, values["GroupName"]))
    path = values.get("NewPath") or (names.ROOT_PATH if found is None else found.path)
    new = global_arn(ctx, f"group{path}{values.get('NewGroupName') or values['GroupName']}")
    return [old] if new == old else [old, new]


@iam.operation(resource=group_arn)
def create_group(ctx: Context, group_name: str, path: str = names.ROOT_PATH) -> CreateGroupResult:
    """A new group, without users and policies."""
    taken = tables.groups_by_folded_name.first(ctx.tx, (ctx.account, names.fold(group_name)))
    names.check_free(taken, "Group", group_name)
    quotas.groups.check(tables.groups.count(ctx.tx, (ctx.account,)))
    group = records.Group(ctx.account, group_name, new_unique_id(ctx.ids, "AGPA"), path, ctx.now_ms)
    tables.groups.insert(ctx.tx, group)
    return {"Group": people.group(group)}


@iam.operation(resource=group_arn, readonly=True)
def get_group(ctx: Context, group_name: str, marker: str | None = None, max_items: int | None = None) -> GetGroupResult:
    """A group and its users, by name."""
    group = finding.group(ctx.tx, ctx.account, group_name)

    def scan(after: Key | None, limit: int) -> list[Membership]:
        return tables.memberships_by_group.scan(ctx.tx, (ctx.account, group.name), after=after, limit=limit)

    position = tables.memberships_by_group.position
    found, following = paging.page(ctx, scan, position, f"GetGroup/{group.id}", marker, max_items)
    users = [finding.user(ctx.tx, ctx.account, membership.user) for membership in found]
    return {"Group": people.group(group), "Users": [people.listed_user(user) for user in users], **more(following)}


@iam.operation(resource=all_of("group"), readonly=True)
def list_groups(
    ctx: Context, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListGroupsResult:
    """The groups of the account below a path, by name."""

    def scan(after: Key | None, limit: int) -> list[records.Group]:
        return tables.groups.scan(ctx.tx, (ctx.account,), after=after, limit=limit)

    scope = f"ListGroups/{path_prefix or ''}"
    wanted = names.below(path_prefix) if path_prefix else None
    found, following = paging.page(ctx, scan, tables.groups.key, scope, marker, max_items, wanted)
    return {"Groups": [people.group(group) for group in found], **more(following)}


@iam.operation(resource=_old_and_new_arn)
def update_group(ctx: Context, group_name: str, new_path: str | None = None, new_group_name: str | None = None) -> None:
    """Another name, another path, or both; users and policies stay."""
    group = finding.group(ctx.tx, ctx.account, group_name)
    name = new_group_name or group.name
    taken = tables.groups_by_folded_name.first(ctx.tx, (ctx.account, names.fold(name)))
    names.check_free(None if taken is not None and taken.id == group.id else taken, "Group", name)
    rename_group(ctx.tx, group, name, new_path or group.path)


@iam.operation(resource=group_arn)
def delete_group(ctx: Context, group_name: str) -> None:
    """The group is gone, once it has no users and policies any more."""
    group = finding.group(ctx.tx, ctx.account, group_name)
    policies = (group.account, Owner.GROUP, group.name)
    if tables.memberships_by_group.first(ctx.tx, (group.account, group.name)):
        raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
    if tables.attachments.scan(ctx.tx, policies, limit=1):
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if tables.inline_policies.scan(ctx.tx, policies, limit=1):
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
    tables.groups.delete(ctx.tx, group)


@iam.operation(resource=group_arn)
def add_user_to_group(ctx: Context, group_name: str, user_name: str) -> None:
    """From now on the user has the group's permissions; to be in it already is no error."""
    group = finding.group(ctx.tx, ctx.account, group_name)
    user = finding.user(ctx.tx, ctx.account, user_name)
    if tables.memberships.get(ctx.tx, (ctx.account, user.name, group.name)) is None:
        quotas.groups_of_user.check(tables.memberships.count(ctx.tx, (ctx.account, user.name)))
        tables.memberships.insert(ctx.tx, Membership(ctx.account, user.name, group.name))


@iam.operation(resource=group_arn)
def remove_user_from_group(ctx: Context, group_name: str, user_name: str) -> None:
    """The user has the group's permissions no longer; not to be in it is no error."""
    group = finding.group(ctx.tx, ctx.account, group_name)
    user = finding.user(ctx.tx, ctx.account, user_name)
    membership = tables.memberships.get(ctx.tx, (ctx.account, user.name, group.name))
    if membership is not None:
        tables.memberships.delete(ctx.tx, membership)


@iam.operation(resource=user_arn, readonly=True)
def list_groups_for_user(
    ctx: Context, user_name: str, marker: str | None = None, max_items: int | None = None
) -> ListGroupsResult:
    """The groups that a user is in, by name."""
    user = finding.user(ctx.tx, ctx.account, user_name)

    def scan(after: Key | None, limit: int) -> list[Membership]:
        return tables.memberships.scan(ctx.tx, (ctx.account, user.name), after=after, limit=limit)

    scope = f"ListGroupsForUser/{user.id}"
    found, following = paging.page(ctx, scan, tables.memberships.key, scope, marker, max_items)
    groups = [finding.group(ctx.tx, ctx.account, membership.group) for membership in found]
    return {"Groups": [people.group(group) for group in groups], **more(following)}
