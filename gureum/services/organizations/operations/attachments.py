"""What policies are attached to: the root, units and accounts.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.identity import organization as directory
from gureum.identity import tables as identity
from gureum.identity.organization import MANAGED, ControlAttachment, Member, Organization, PolicyType, Unit
from gureum.services.organizations import callers, tree
from gureum.services.organizations.errors import (
    DuplicatePolicyAttachmentException,
    PolicyNotAttachedException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
    invalid,
    violates,
)
from gureum.services.organizations.operations.policies import find_policy
from gureum.services.organizations.paging import page
from gureum.services.organizations.rules import limits
from gureum.services.organizations.rules import policies as rules
from gureum.services.organizations.service import about, arn_of, organizations, policy_type
from gureum.services.organizations.views import PolicySummary, show_policy
from gureum.state.keys import Key
from gureum.state.store import Transaction


class PolicyTargetSummary(TypedDict):
    TargetId: str
    Arn: str
    Name: str
    Type: str


class ListTargetsForPolicyResult(TypedDict):
    Targets: list[PolicyTargetSummary]
    NextToken: NotRequired[str]


class ListPoliciesForTargetResult(TypedDict):
    Policies: list[PolicySummary]
    NextToken: NotRequired[str]


@organizations.operation(resource=about("PolicyId", "TargetId"), keys=policy_type)
def attach_policy(ctx: Context, policy_id: str, target_id: str) -> None:
    """Attach a policy; it holds with the next request."""
    organization = callers.management(ctx)
    policy = find_policy(ctx.tx, organization, policy_id)
    _check_target(ctx.tx, organization, target_id)
    kind = PolicyType(policy.type)
    if kind not in organization.enabled:
        raise PolicyTypeNotEnabledException
    attached = directory.control_attachments.scan(ctx.tx, (organization.id, target_id, kind))
    if any(attachment.policy == policy_id for attachment in attached):
        raise DuplicatePolicyAttachmentException
    if len(attached) >= limits.attached_max[kind]:
        raise violates("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    directory.control_attachments.insert(ctx.tx, ControlAttachment(organization.id, target_id, kind, policy_id))


@organizations.operation(resource=about("PolicyId", "TargetId"), keys=policy_type)
def detach_policy(ctx: Context, policy_id: str, target_id: str) -> None:
    """Detach a policy.  One service control policy always stays, and AWS's own resource control policy."""
    organization = callers.management(ctx)
    policy = find_policy(ctx.tx, organization, policy_id)
    _check_target(ctx.tx, organization, target_id)
    attached = directory.control_attachments.scan(ctx.tx, (organization.id, target_id, policy.type))
    attachment = next((attachment for attachment in attached if attachment.policy == policy_id), None)
    if attachment is None:
        raise PolicyNotAttachedException
    if policy_id in MANAGED and policy.type == PolicyType.RESOURCE_CONTROL:
        raise invalid("NON_DETACHABLE_POLICY")
    if len(attached) == 1:
        raise violates("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    directory.control_attachments.delete(ctx.tx, attachment)


@organizations.operation(resource=about("PolicyId"), keys=policy_type, readonly=True)
def list_targets_for_policy(
    ctx: Context, policy_id: str, next_token: str | None = None, max_results: int | None = None
) -> ListTargetsForPolicyResult:
    """What a policy is attached to."""
    organization = callers.reader(ctx)
    find_policy(ctx.tx, organization, policy_id)
    index = directory.control_attachments_by_policy

    def scan(after: Key | None, limit: int) -> list[ControlAttachment]:
        return index.scan(ctx.tx, (organization.id, policy_id), after=after, limit=limit)

    scope = f"ListTargetsForPolicy {policy_id}"
    found, token = page(ctx, scan, index.position, scope, next_token, max_results)
    targets = [_show_target(ctx, organization, attachment.target) for attachment in found]
    return {"Targets": targets} if token is None else {"Targets": targets, "NextToken": token}


@organizations.operation(resource=about("TargetId"), keys=policy_type, readonly=True)
def list_policies_for_target(
    ctx: Context,
    target_id: str,
    filter: str,  # noqa: A002  the member's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListPoliciesForTargetResult:
    """The policies of a type that are attached to the root, a unit or an account itself."""
    kind = rules.type_of(filter)
    organization = callers.reader(ctx)
    _check_target(ctx.tx, organization, target_id)
    table = directory.control_attachments

    def scan(after: Key | None, limit: int) -> list[ControlAttachment]:
        return table.scan(ctx.tx, (organization.id, target_id, kind), after=after, limit=limit)

    scope = f"ListPoliciesForTarget {target_id} {filter}"
    found, token = page(ctx, scan, table.key, scope, next_token, max_results)
    shown = [show_policy(organization, find_policy(ctx.tx, organization, each.policy)) for each in found]
    return {"Policies": shown} if token is None else {"Policies": shown, "NextToken": token}


def _check_target(tx: Transaction, organization: Organization, target: str) -> None:
    """Raises TargetNotFoundException."""
    if tree.find(tx, organization, target) is None:
        raise TargetNotFoundException


def _show_target(ctx: Context, organization: Organization, target: str) -> PolicyTargetSummary:
    match tree.find(ctx.tx, organization, target):
        case Unit(name=name):
            kind = "ORGANIZATIONAL_UNIT"
        case Member():
            kind, account = "ACCOUNT", identity.accounts.get(ctx.tx, (target,))
            name = target if account is None else account.name
        case _:
            kind, name = "ROOT", "Root"
    return {"TargetId": target, "Arn": arn_of(ctx, organization, target), "Name": name, "Type": kind}
