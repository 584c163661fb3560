"""Service control policies and resource control policies.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity.organization import MANAGED, ControlPolicy, Organization, PolicyType
from gureum.services.organizations import callers
from gureum.services.organizations.errors import (
    DuplicatePolicyException,
    PolicyInUseException,
    PolicyNotFoundException,
    invalid,
    violates,
)
from gureum.services.organizations.paging import page
from gureum.services.organizations.rules import limits, names
from gureum.services.organizations.rules import policies as rules
from gureum.services.organizations.rules import tags as tag_rules
from gureum.services.organizations.rules.tags import Tag
from gureum.services.organizations.service import about, organizations, policy_type, tagging
from gureum.services.organizations.views import PolicySummary, PolicyView, show_policy
from gureum.state.keys import Key
from gureum.state.store import Transaction

_id_characters = 10


class PolicyResult(TypedDict):
    Policy: PolicyView


class ListPoliciesResult(TypedDict):
    Policies: list[PolicySummary]
    NextToken: NotRequired[str]


@organizations.operation(resource=any_resource, keys=policy_type, also=tagging("policy"))
def create_policy(
    ctx: Context,
    content: str,
    description: str,
    name: str,
    type: str,  # noqa: A002  the member's name
    tags: list[Tag] | None = None,
) -> PolicyResult:
    """A policy, attached to nothing yet."""
    kind = rules.type_of(type)
    organization = callers.with_policies(callers.management(ctx))
    rules.check(content, kind)
    _check_name(ctx.tx, organization, kind, name)
    of_type = (organization.id, kind)
    most = limits.policies_max[kind]
    if len(directory.control_policies_by_name.scan(ctx.tx, of_type, limit=most)) >= most:
        raise violates("POLICY_NUMBER_LIMIT_EXCEEDED")
    policy = ControlPolicy(
        organization=organization.id,
        id=names.new_id(ctx.ids, "p", _id_characters),
        type=kind,
        name=name,
        description=description,
        document=content,
        created_ms=ctx.now_ms,
        tags=tag_rules.merge({}, tags),
    )
    directory.control_policies.insert(ctx.tx, policy)
    return _show(organization, policy)


@organizations.operation(resource=about("PolicyId"), keys=policy_type)
def update_policy(
    ctx: Context, policy_id: str, name: str | None = None, description: str | None = None, content: str | None = None
) -> PolicyResult:
    """Change a policy; where it is attached, it holds with the next request."""
    organization = callers.management(ctx)
    policy = find_policy(ctx.tx, organization, policy_id)
    if policy_id in MANAGED:
        raise invalid("IMMUTABLE_POLICY")
    kind = PolicyType(policy.type)
    if content is not None:
        rules.check(content, kind)
    if name is not None and name != policy.name:
        _check_name(ctx.tx, organization, kind, name)
    changed = replace(
        policy,
        name=policy.name if name is None else name,
        description=policy.description if description is None else description,
        document=policy.document if content is None else content,
    )
    directory.control_policies.replace(ctx.tx, policy, changed)
    return _show(organization, changed)


@organizations.operation(resource=about("PolicyId"), keys=policy_type)
def delete_policy(ctx: Context, policy_id: str) -> None:
    """Delete a policy that is attached to nothing."""
    organization = callers.management(ctx)
    policy = find_policy(ctx.tx, organization, policy_id)
    if policy_id in MANAGED:
        raise invalid("IMMUTABLE_POLICY")
    if directory.control_attachments_by_policy.first(ctx.tx, (organization.id, policy_id)) is not None:
        raise PolicyInUseException
    directory.control_policies.delete(ctx.tx, policy)


@organizations.operation(resource=about("PolicyId"), keys=policy_type, readonly=True)
def describe_policy(ctx: Context, policy_id: str) -> PolicyResult:
    """A policy with its content."""
    organization = callers.reader(ctx)
    return _show(organization, find_policy(ctx.tx, organization, policy_id))


@organizations.operation(resource=any_resource, keys=policy_type, readonly=True)
def list_policies(
    ctx: Context,
    filter: str,  # noqa: A002  the member's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListPoliciesResult:
    """The policies of a type: first AWS's own, then those of the organization by name."""
    kind = rules.type_of(filter)
    organization = callers.reader(ctx)
    index = directory.control_policies_by_name
    own = [rules.managed(organization.id, policy) for policy, managed in MANAGED.items() if managed[0] is kind]

    def scan(after: Key | None, limit: int) -> list[ControlPolicy]:
        if after is None:
            return own + index.scan(ctx.tx, (organization.id, kind), limit=limit - len(own))
        behind = None if after == position(own[-1]) else after[1:]
        return index.scan(ctx.tx, (organization.id, kind), after=behind, limit=limit)

    def position(policy: ControlPolicy) -> Key:
        return (policy.id not in MANAGED, *index.position(policy))

    found, token = page(ctx, scan, position, f"ListPolicies {filter}", next_token, max_results)
    shown = [show_policy(organization, policy) for policy in found]
    return {"Policies": shown} if token is None else {"Policies": shown, "NextToken": token}


def find_policy(tx: Transaction, organization: Organization, policy_id: str) -> ControlPolicy:
    """A policy of the organization, or AWS's own.  Raises PolicyNotFoundException."""
    if policy_id in MANAGED:
        return rules.managed(organization.id, policy_id)
    policy = directory.control_policies.get(tx, (organization.id, policy_id))
    if policy is None:
        raise PolicyNotFoundException
    return policy


def _check_name(tx: Transaction, organization: Organization, kind: PolicyType, name: str) -> None:
    """Raises DuplicatePolicyException: names are unique among policies of a type."""
    taken = {managed[1] for managed in MANAGED.values() if managed[0] is kind}
    if name in taken or directory.control_policies_by_name.first(tx, (organization.id, kind, name)) is not None:
        raise DuplicatePolicyException


def _show(organization: Organization, policy: ControlPolicy) -> PolicyResult:
    return {"Policy": {"PolicySummary": show_policy(organization, policy), "Content": policy.document}}
