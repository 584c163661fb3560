"""Inline policies: documents that are part of a user, group or role; they count from the next request on.

An owner may have any number, as long as they are not too large together.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.identity import tables
from gureum.identity.records import InlinePolicy, Owner
from gureum.services.iam import finding, paging
from gureum.services.iam.conditions import boundary_of_role, boundary_of_user
from gureum.services.iam.errors import no_such
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import documents
from gureum.services.iam.service import group_arn, iam, role_arn, user_arn


class UserPolicyResult(TypedDict):
    UserName: str
    PolicyName: str
    PolicyDocument: str


class GroupPolicyResult(TypedDict):
    GroupName: str
    PolicyName: str
    PolicyDocument: str


class RolePolicyResult(TypedDict):
    RoleName: str
    PolicyName: str
    PolicyDocument: str


class ListInlinePoliciesResult(More):
    PolicyNames: list[str]


@iam.operation(resource=user_arn, keys=boundary_of_user)
def put_user_policy(ctx: Context, user_name: str, policy_name: str, policy_document: str) -> None:
    """Add a policy to a user, or replace the one of that name."""
    _put(ctx, Owner.USER, user_name, policy_name, policy_document)


@iam.operation(resource=group_arn)
def put_group_policy(ctx: Context, group_name: str, policy_name: str, policy_document: str) -> None:
    """Add a policy to a group, or replace the one of that name."""
    _put(ctx, Owner.GROUP, group_name, policy_name, policy_document)


@iam.operation(resource=role_arn, keys=boundary_of_role)
def put_role_policy(ctx: Context, role_name: str, policy_name: str, policy_document: str) -> None:
    """Add a policy to a role, or replace the one of that name."""
    _put(ctx, Owner.ROLE, role_name, policy_name, policy_document)


@iam.operation(resource=user_arn, readonly=True)
def get_user_policy(ctx: Context, user_name: str, policy_name: str) -> UserPolicyResult:
    """A policy of a user."""
    found = _get(ctx, Owner.USER, user_name, policy_name)
    return {"UserName": user_name, "PolicyName": policy_name, "PolicyDocument": documents.shown(found.document)}


@iam.operation(resource=group_arn, readonly=True)
def get_group_policy(ctx: Context, group_name: str, policy_name: str) -> GroupPolicyResult:
    """A policy of a group."""
    found = _get(ctx, Owner.GROUP, group_name, policy_name)
    return {"GroupName": group_name, "PolicyName": policy_name, "PolicyDocument": documents.shown(found.document)}


@iam.operation(resource=role_arn, readonly=True)
def get_role_policy(ctx: Context, role_name: str, policy_name: str) -> RolePolicyResult:
    """A policy of a role."""
    found = _get(ctx, Owner.ROLE, role_name, policy_name)
    return {"RoleName": role_name, "PolicyName": policy_name, "PolicyDocument": documents.shown(found.document)}


@iam.operation(resource=user_arn, readonly=True)
def list_user_policies(
    ctx: Context, user_name: str, marker: str | None = None, max_items: int | None = None
) -> ListInlinePoliciesResult:
    """The names of a user's inline policies."""
    return _list(ctx, Owner.USER, user_name, marker, max_items)


@iam.operation(resource=group_arn, readonly=True)
def list_group_policies(
    ctx: Context, group_name: str, marker: str | None = None, max_items: int | None = None
) -> ListInlinePoliciesResult:
    """The names of a group's inline policies."""
    return _list(ctx, Owner.GROUP, group_name, marker, max_items)


@iam.operation(resource=role_arn, readonly=True)
def list_role_policies(
    ctx: Context, role_name: str, marker: str | None = None, max_items: int | None = None
) -> ListInlinePoliciesResult:
    """The names of a role's inline policies."""
    return _list(ctx, Owner.ROLE, role_name, marker, max_items)


@iam.operation(resource=user_arn, keys=boundary_of_user)
def delete_user_policy(ctx: Context, user_name: str, policy_name: str) -> None:
    """Remove a policy from a user."""
    _delete(ctx, Owner.USER, user_name, policy_name)


@iam.operation(resource=group_arn)
def delete_group_policy(ctx: Context, group_name: str, policy_name: str) -> None:
    """Remove a policy from a group."""
    _delete(ctx, Owner.GROUP, group_name, policy_name)


@iam.operation(resource=role_arn, keys=boundary_of_role)
def delete_role_policy(ctx: Context, role_name: str, policy_name: str) -> None:
    """Remove a policy from a role."""
    _delete(ctx, Owner.ROLE, role_name, policy_name)


def _put(ctx: Context, owner_type: Owner, owner: str, name: str, document: str) -> None:
    finding.changeable_owner(ctx.tx, ctx.account, owner_type, owner)
    others = tables.inline_policies.scan(ctx.tx, (ctx.account, owner_type, owner))
    documents.check_inline(document, (o.document for o in others if o.name != name), owner_type, owner)
    tables.inline_policies.put(ctx.tx, InlinePolicy(ctx.account, owner_type, owner, name, document))


def _get(ctx: Context, owner_type: Owner, owner: str, name: str) -> InlinePolicy:
    finding.owner(ctx.tx, ctx.account, owner_type, owner)
    found = tables.inline_policies.get(ctx.tx, (ctx.account, owner_type, owner, name))
    if found is None:
        raise no_such(f"{owner_type} policy", name)
    return found


def _delete(ctx: Context, owner_type: Owner, owner: str, name: str) -> None:
    finding.changeable_owner(ctx.tx, ctx.account, owner_type, owner)
    tables.inline_policies.delete(ctx.tx, _get(ctx, owner_type, owner, name))


def _list(
    ctx: Context, owner_type: Owner, owner: str, marker: str | None, max_items: int | None
) -> ListInlinePoliciesResult:
    finding.owner(ctx.tx, ctx.account, owner_type, owner)
    prefix = (ctx.account, owner_type, owner)
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.inline_policies.scan(ctx.tx, prefix, after=after, limit=limit),
        tables.inline_policies.key,
        f"ListInlinePolicies/{owner_type}/{owner}",
        marker,
        max_items,
    )
    return {"PolicyNames": [policy.name for policy in found], **more(following)}
