"""The policy simulator.  How it decides is in `rules.simulation`.

Resource-based policies are simulated for users only, as on AWS; resource control policies not at all.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html and
API_SimulateCustomPolicy
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict

import msgspec

from gureum.api.context import Context
from gureum.api.policy import KeyValue, Kind, Source, Standing
from gureum.api.principal import Principal
from gureum.api.service import any_resource
from gureum.identity import organization, standing, tables
from gureum.identity.organization import Place
from gureum.identity.records import Owner, Role, User
from gureum.services.iam import exclusions, holdings, paging
from gureum.services.iam.errors import InvalidInputException
from gureum.services.iam.exclusions import PolicyIdentifier
from gureum.services.iam.holdings import Holder
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import simulation
from gureum.services.iam.rules.simulation import ContextEntry, Question, Result, Simulation
from gureum.services.iam.service import global_arn, iam
from gureum.state.keys import Key

_linked_path: Final = "/aws-service-role/"


class SimulateResult(More):
    EvaluationResults: list[Result]


class ControlPolicies(TypedDict):
    ServiceControlPolicyInputList: NotRequired[list[str]]


class Caller(msgspec.Struct, frozen=True):
    """Who a simulated request comes from, and the condition keys that follow from it."""

    principal: Principal
    keys: Mapping[str, KeyValue] = {}
    type: Owner = Owner.USER


def source_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The user, group or role whose policies are asked about."""
    arn: str = values["PolicySourceArn"]
    return arn


@iam.operation(resource=any_resource, readonly=True)
def simulate_custom_policy(
    ctx: Context,
    policy_input_list: list[str],
    action_names: list[str],
    resource_arns: list[str] | None = None,
    permissions_boundary_policy_input_list: list[str] | None = None,
    ordered_organization_policy_input_list: list[ControlPolicies] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[ContextEntry] | None = None,
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> SimulateResult:
    """What policies that nobody has need allow."""
    if resource_policy is not None and caller_arn is None:
        raise InvalidInputException("CallerArn is required when ResourcePolicy is included.")
    found = _nobody(ctx) if caller_arn is None else _caller(ctx, caller_arn)
    levels = ordered_organization_policy_input_list or []
    own = Standing(
        _inputs(policy_input_list, "PolicyInputList", Kind.IDENTITY),
        _boundary(permissions_boundary_policy_input_list),
        None,
        tuple(
            _inputs(level.get("ServiceControlPolicyInputList"), "ServiceControlPolicyInputList", Kind.SERVICE_CONTROL)
            for level in levels
        ),
    )
    simulated = _simulation(found, own, context_entries, resource_policy, resource_owner, organized=bool(levels))
    asked = _questions(action_names, resource_arns, resource_handling_option)
    return _results(ctx, simulated, asked, max_items, marker)


@iam.operation(resource=source_arn, readonly=True)
def simulate_principal_policy(
    ctx: Context,
    policy_source_arn: str,
    action_names: list[str],
    policy_input_list: list[str] | None = None,
    permissions_boundary_policy_input_list: list[str] | None = None,
    policy_exclusion_list: list[PolicyIdentifier] | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[ContextEntry] | None = None,
    resource_handling_option: str | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> SimulateResult:
    """What the policies of a user, group or role allow, with further ones and without some."""
    owner_type, owner = holdings.holder(ctx, policy_source_arn)
    found = _caller(ctx, caller_arn or policy_source_arn)
    excluded = exclusions.Exclusions(policy_exclusion_list or ())
    held = holdings.all_held(ctx.tx, ctx.account, owner_type, owner.name)
    place = organization.place_of(ctx.tx, ctx.account)
    boundary = _boundary(permissions_boundary_policy_input_list) or standing.boundary(ctx.tx, _boundary_arn(owner))
    own = Standing(
        (
            *(policy.source for policy in held if not excluded.match(policy)),
            *_inputs(policy_input_list, "PolicyInputList", Kind.IDENTITY),
        ),
        None if excluded.boundaries else boundary,
        None,
        () if place is None or excluded.controls or owner.path.startswith(_linked_path) else place.service_controls,
    )
    organized = place is not None
    simulated = _simulation(found, own, context_entries, resource_policy, resource_owner, organized=organized)
    asked = _questions(action_names, resource_arns, resource_handling_option)
    return _results(ctx, simulated, asked, max_items, marker)


def _inputs(texts: Sequence[str] | None, name: str, kind: Kind) -> tuple[Source, ...]:
    return tuple(simulation.check_document(text, kind, f"{name}.{at}") for at, text in enumerate(texts or (), 1))


def _boundary(texts: Sequence[str] | None) -> Source | None:
    found = _inputs(texts, "PermissionsBoundaryPolicyInputList", Kind.BOUNDARY)
    if len(found) > 1:
        raise InvalidInputException("Only one permissions boundary policy can be simulated.")
    return found[0] if found else None


def _boundary_arn(owner: Holder) -> str:
    return owner.boundary if isinstance(owner, User | Role) else ""


def _simulation(
    caller: Caller,
    own: Standing,
    entries: Sequence[ContextEntry] | None,
    resource_policy: str | None,
    resource_owner: str | None,
    *,
    organized: bool,
) -> Simulation:
    owner = "" if resource_owner is None else simulation.check_owner(resource_owner)
    policy = None
    if resource_policy is not None:
        if caller.type is not Owner.USER:
            raise InvalidInputException(
                f"Simulation of resource-based policies isn't supported for IAM {caller.type}s."
            )
        policy = simulation.check_document(resource_policy, Kind.RESOURCE, "ResourcePolicy")
        owner = owner or caller.principal.account
    keys = {**caller.keys, **simulation.context(entries or ())}
    return Simulation(caller.principal, own, keys, policy, owner, organized)


def _questions(actions: list[str], resources: list[str] | None, scenario: str | None) -> list[Question]:
    simulation.check_actions(actions)
    return simulation.questions(actions, simulation.check_resources(resources, scenario))


def _results(
    ctx: Context, simulated: Simulation, asked: list[Question], max_items: int | None, marker: str | None
) -> SimulateResult:
    """A page of results: fewer than were asked for, where they take many decisions."""
    largest = max((len(question.resources) for question in asked), default=1)
    limit = min(max_items or paging.page_default, max(simulation.decisions_per_page_max // largest, 1))
    numbered = list(enumerate(asked))

    def position(item: tuple[int, Question]) -> Key:
        return (item[0],)

    asked_for = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
    scan = paging.scan_of(numbered, position)
    found, following = paging.page(ctx, scan, position, f"SimulatePolicy/{asked_for}", marker, limit)
    return {"EvaluationResults": [simulation.answer(simulated, question) for _, question in found], **more(following)}


def _nobody(ctx: Context) -> Caller:
    """Somebody of whom nothing is known but that it has the policies."""
    return Caller(Principal("IAMUser", ctx.account, global_arn(ctx, "user/"), ""))


def _caller(ctx: Context, arn: str) -> Caller:
    """The user, group or role of that ARN, which need not exist.  Raises InvalidInputException."""
    account, owner_type, name = holdings.entity(arn)
    found: User | Role | None = None
    if owner_type is Owner.USER:
        found = tables.users.get(ctx.tx, (account, name))
    elif owner_type is Owner.ROLE:
        found = tables.roles.get(ctx.tx, (account, name))
    unique_id = found.id if found is not None and found.arn == arn and account == ctx.account else ""
    tags = found.tags if found is not None and unique_id else {}
    is_role = owner_type is Owner.ROLE
    principal = Principal(
        "AssumedRole" if is_role else "IAMUser", account, arn, unique_id, name, issuer=arn if is_role else ""
    )
    place = organization.place_of(ctx.tx, account) if account == ctx.account else None
    keys = {} if owner_type is Owner.GROUP else _keys(principal, tags, place)
    return Caller(principal, keys, owner_type)


def _keys(principal: Principal, tags: Mapping[str, str], place: Place | None) -> dict[str, KeyValue]:
    keys: dict[str, KeyValue] = {
        "aws:principalarn": principal.arn,
        "aws:principalaccount": principal.account,
        "aws:principaltype": "User" if principal.type == "IAMUser" else principal.type,
        "aws:principalisawsservice": "false",
        **{f"aws:principaltag/{key.lower()}": value for key, value in tags.items()},
    }
    if principal.type == "IAMUser":
        keys["aws:username"] = principal.name
        if principal.id:
            keys["aws:userid"] = principal.id
    if place is not None:
        keys["aws:principalorgid"] = place.organization
        keys["aws:principalorgpaths"] = (place.path,)
    return keys
