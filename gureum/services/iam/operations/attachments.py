"""Managed policies attached to users, groups and roles; they count from the next request on.

To attach what is attached changes nothing.  Nobody can have more than ten.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import Final, TypedDict

from gureum.api.context import Context
from gureum.identity import tables
from gureum.identity.records import Attachment, Owner
from gureum.services.iam import catalogue, finding, paging
from gureum.services.iam.conditions import policy_of_group, policy_of_role, policy_of_user
from gureum.services.iam.errors import NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.service import group_arn, iam, role_arn, user_arn

_QUOTAS: Final = {
    Owner.USER: quotas.policies_of_user,
    Owner.GROUP: quotas.policies_of_group,
    Owner.ROLE: quotas.policies_of_role,
}


class AttachedPolicy(TypedDict):
    PolicyName: str
    PolicyArn: str


class ListAttachedPoliciesResult(More):
    AttachedPolicies: list[AttachedPolicy]


@iam.operation(resource=user_arn, keys=policy_of_user)
def attach_user_policy(ctx: Context, user_name: str, policy_arn: str) -> None:
    """Give a user a managed policy."""
    _attach(ctx, Owner.USER, user_name, policy_arn)


@iam.operation(resource=group_arn, keys=policy_of_group)
def attach_group_policy(ctx: Context, group_name: str, policy_arn: str) -> None:
    """Give all users of a group a managed policy."""
    _attach(ctx, Owner.GROUP, group_name, policy_arn)


@iam.operation(resource=role_arn, keys=policy_of_role)
def attach_role_policy(ctx: Context, role_name: str, policy_arn: str) -> None:
    """Give a role a managed policy."""
    _attach(ctx, Owner.ROLE, role_name, policy_arn)


@iam.operation(resource=user_arn, keys=policy_of_user)
def detach_user_policy(ctx: Context, user_name: str, policy_arn: str) -> None:
    """Take a managed policy from a user."""
    _detach(ctx, Owner.USER, user_name, policy_arn)


@iam.operation(resource=group_arn, keys=policy_of_group)
def detach_group_policy(ctx: Context, group_name: str, policy_arn: str) -> None:
    """Take a managed policy from a group."""
    _detach(ctx, Owner.GROUP, group_name, policy_arn)


@iam.operation(resource=role_arn, keys=policy_of_role)
def detach_role_policy(ctx: Context, role_name: str, policy_arn: str) -> None:
    """Take a managed policy from a role."""
    _detach(ctx, Owner.ROLE, role_name, policy_arn)


@iam.operation(resource=user_arn, readonly=True)
def list_attached_user_policies(
    ctx: Context,
    user_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListAttachedPoliciesResult:
    """The managed policies of a user, without those of its groups."""
    return _list(ctx, Owner.USER, user_name, path_prefix, marker, max_items)


@iam.operation(resource=group_arn, readonly=True)
def list_attached_group_policies(
    ctx: Context,
    group_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListAttachedPoliciesResult:
    """The managed policies of a group."""
    return _list(ctx, Owner.GROUP, group_name, path_prefix, marker, max_items)


@iam.operation(resource=role_arn, readonly=True)
def list_attached_role_policies(
    ctx: Context,
    role_name: str,
    path_prefix: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListAttachedPoliciesResult:
    """The managed policies of a role."""
    return _list(ctx, Owner.ROLE, role_name, path_prefix, marker, max_items)


def _attach(ctx: Context, owner_type: Owner, name: str, policy_arn: str) -> None:
    finding.changeable_owner(ctx.tx, ctx.account, owner_type, name)
    catalogue.attachable(ctx.tx, ctx.account, policy_arn)
    attachment = Attachment(ctx.account, owner_type, name, policy_arn, ctx.now_ms)
    if tables.attachments.get(ctx.tx, tables.attachments.key(attachment)) is not None:
        return
    _QUOTAS[owner_type].check(tables.attachments.count(ctx.tx, (ctx.account, owner_type, name)))
    tables.attachments.insert(ctx.tx, attachment)


def _detach(ctx: Context, owner_type: Owner, name: str, policy_arn: str) -> None:
    finding.changeable_owner(ctx.tx, ctx.account, owner_type, name)
    found = tables.attachments.get(ctx.tx, (ctx.account, owner_type, name, policy_arn))
    if found is None:
        raise NoSuchEntityException(f"Policy {policy_arn} was not found.")
    tables.attachments.delete(ctx.tx, found)


def _list(
    ctx: Context,
    owner_type: Owner,
    name: str,
    path_prefix: str | None,
    marker: str | None,
    max_items: int | None,
) -> ListAttachedPoliciesResult:
    finding.owner(ctx.tx, ctx.account, owner_type, name)
    prefix = f":policy{path_prefix or names.ROOT_PATH}"
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.attachments.scan(ctx.tx, (ctx.account, owner_type, name), after=after, limit=limit),
        tables.attachments.key,
        f"ListAttachedPolicies/{owner_type}/{name}/{path_prefix}",
        marker,
        max_items,
        lambda attachment: prefix in attachment.policy_arn,
    )
    return {"AttachedPolicies": [_view(attachment) for attachment in found], **more(following)}


def _view(attachment: Attachment) -> AttachedPolicy:
    return {"PolicyName": attachment.policy_arn.rpartition("/")[2], "PolicyArn": attachment.policy_arn}
