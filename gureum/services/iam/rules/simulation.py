"""Simulated requests: what a request would be answered, by the engine that answers requests.

There is one result for each action and type of resource, in which the strictest decision about its resources counts,
and in it one for each resource.  A request without resources is about `*`.

What AWS's documentation leaves open: the keys that follow from the caller (`aws:username`, `aws:PrincipalArn`, tags)
are there unless entries say otherwise, as they are in a real request.  Whose a resource is matters only when the
simulation has a resource policy or an owner: nothing is known about the policies of the resources themselves.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html and API_EvaluationResult
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NotRequired, TypedDict

import msgspec

from gureum.api.policy import (
    Ask,
    Decision,
    Effect,
    Guard,
    KeyValue,
    Kind,
    MalformedPolicy,
    Match,
    Source,
    Standing,
    compile_policy,
    decide,
    statement_positions,
)
from gureum.api.policy.conditions import compile_condition
from gureum.api.policy.document import Block
from gureum.api.principal import Principal
from gureum.base import arn as arns
from gureum.services.iam.errors import InvalidInputException
from gureum.services.iam.reference import resources as templates

ANY_RESOURCE: Final = "*"
resources_max: Final = 2000
decisions_per_page_max: Final = 2000

_action: Final = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_everything: Final = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
_strictness: Final = {Effect.ALLOWED: 0, Effect.IMPLICIT_DENY: 1, Effect.EXPLICIT_DENY: 2}
_tests: Final = {
    "numeric": "NumericEquals",
    "ip": "IpAddress",
    "binary": "BinaryEquals",
    "date": "DateEquals",
}
_instance: Final = ("instance", "image", "security-group", "network-interface")
_SCENARIOS: Final = {
    "EC2-VPC-InstanceStore": _instance,
    "EC2-VPC-InstanceStore-Subnet": (*_instance, "subnet"),
    "EC2-VPC-EBS": (*_instance, "volume"),
    "EC2-VPC-EBS-Subnet": (*_instance, "subnet", "volume"),
}
"""What has to be among the resources of a scenario of EC2."""

_spans = lru_cache(maxsize=256)(statement_positions)


class ContextEntry(TypedDict):
    ContextKeyName: NotRequired[str]
    ContextKeyValues: NotRequired[list[str]]
    ContextKeyType: NotRequired[str]


class Position(TypedDict):
    Line: int
    Column: int


class MatchedStatement(TypedDict):
    SourcePolicyId: str
    SourcePolicyType: str
    StartPosition: Position
    EndPosition: Position


class BoundaryDetail(TypedDict):
    AllowedByPermissionsBoundary: bool


class OrganizationsDetail(TypedDict):
    AllowedByOrganizations: bool


class ResourceResult(TypedDict):
    EvalResourceName: str
    EvalResourceDecision: str
    MatchedStatements: list[MatchedStatement]
    MissingContextValues: list[str]
    EvalDecisionDetails: NotRequired[dict[str, str]]
    PermissionsBoundaryDecisionDetail: NotRequired[BoundaryDetail]


class Result(TypedDict):
    EvalActionName: str
    EvalResourceName: str
    EvalDecision: str
    MatchedStatements: list[MatchedStatement]
    MissingContextValues: list[str]
    OrganizationsDecisionDetail: NotRequired[OrganizationsDetail]
    PermissionsBoundaryDecisionDetail: NotRequired[BoundaryDetail]
    EvalDecisionDetails: NotRequired[dict[str, str]]
    ResourceSpecificResults: NotRequired[list[ResourceResult]]


class Simulation(msgspec.Struct, frozen=True):
    """What is simulated for each action and resource.

    `owner` is the account of resources whose ARNs do not tell theirs, empty where it does not matter.  `organized` says
    whether service control policies are part of it.
    """

    principal: Principal
    standing: Standing
    keys: Mapping[str, KeyValue]
    policy: Source | None = None
    owner: str = ""
    organized: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What was decided about one action and resource."""

    resource: str
    decision: Decision
    missing: tuple[str, ...]
    by_organization: bool
    by_boundary: bool
    details: dict[str, Effect]


class Question(msgspec.Struct, frozen=True):
    """An action and the resources of one type: what one result is about."""

    action: str
    template: str
    resources: tuple[str, ...]


def check_document(text: str, kind: Kind, name: str) -> Source:
    """A policy of the request.  Raises InvalidInputException."""
    try:
        return Source(kind, name, compile_policy(text, kind))
    except MalformedPolicy as error:
        raise InvalidInputException(f"Invalid policy document in {name}: {error}") from None


def check_actions(names: Iterable[str]) -> None:
    """Raise InvalidInputException unless all are names of actions, with their service and without wildcards."""
    for name in names:
        if not _action.fullmatch(name):
            raise InvalidInputException(f"Invalid action name: {name}.")


def check_resources(names: Sequence[str] | None, scenario: str | None) -> tuple[str, ...]:
    """The resources of a request.  Raises InvalidInputException, also when those that a scenario needs are missing."""
    found = tuple(dict.fromkeys(names or (ANY_RESOURCE,)))
    if len(found) > resources_max:
        raise InvalidInputException(f"A simulation can have at most {resources_max} resources.")
    for name in found:
        if name != ANY_RESOURCE and arns.parse(name) is None:
            raise InvalidInputException(f"ResourceNames are not in a valid ARN format: {name}.")
    if scenario is not None:
        _check_scenario(scenario, found)
    return found


def _check_scenario(scenario: str, resources: tuple[str, ...]) -> None:
    wanted = _SCENARIOS.get(scenario)
    if wanted is None:
        raise InvalidInputException(f"Invalid ResourceHandlingOption: {scenario}.")
    parsed = [arn for arn in map(arns.parse, resources) if arn is not None and arn.service == "ec2"]
    types = {arn.resource.partition("/")[0] for arn in parsed}
    missing = [type_ for type_ in wanted if type_ not in types]
    if missing:
        raise InvalidInputException(f"{scenario} requires resources of these types: {', '.join(missing)}.")


def check_owner(owner: str) -> str:
    """The account that `ResourceOwner` tells.  Raises InvalidInputException."""
    parsed = arns.parse(owner)
    if parsed is None or (parsed.service, parsed.resource) != ("iam", "root") or not parsed.account.isdigit():
        raise InvalidInputException(f"'{owner}' is not a valid as a Resource Owner.")
    return parsed.account


def context(entries: Iterable[ContextEntry]) -> dict[str, KeyValue]:
    """The condition keys that entries give.  Raises InvalidInputException."""
    found: dict[str, KeyValue] = {}
    for entry in entries:
        name, kind = entry.get("ContextKeyName"), entry.get("ContextKeyType")
        if name is None or kind is None:
            raise InvalidInputException("A context entry needs ContextKeyName and ContextKeyType.")
        if ":" not in name.strip(":") or name.lower() in found:
            raise InvalidInputException(f"Invalid context key name: {name}.")
        values, several = tuple(entry.get("ContextKeyValues") or ()), kind.endswith("List")
        if not values or (len(values) > 1 and not several):
            raise InvalidInputException(f"Context key {name} of type {kind} has the wrong number of values.")
        _check_values(name, kind.removesuffix("List"), values)
        found[name.lower()] = values if several else values[0]
    return found


def _check_values(name: str, kind: str, values: tuple[str, ...]) -> None:
    operator = _tests.get(kind)
    if kind == "boolean" and not {value.lower() for value in values} <= {"true", "false"}:
        raise InvalidInputException(f"Invalid value for context key {name} of type {kind}.")
    if operator is None:
        return
    try:
        compile_condition(Block(operator, name, values), variables=False)
    except MalformedPolicy:
        raise InvalidInputException(f"Invalid value for context key {name} of type {kind}.") from None


def questions(actions: Sequence[str], resources: tuple[str, ...]) -> list[Question]:
    """One question for each action and type of resource, in the order of the request."""
    found: list[Question] = []
    for action in dict.fromkeys(actions):
        types: dict[str, list[str]] = {}
        for resource in resources:
            types.setdefault(templates.template(action, resource), []).append(resource)
        found += [Question(action, template, tuple(members)) for template, members in types.items()]
    return found


def answer(simulation: Simulation, question: Question) -> Result:
    """The result of the simulation for one question."""
    verdicts = [_judge(simulation, question.action, resource) for resource in question.resources]
    effect = max((verdict.decision.effect for verdict in verdicts), key=_strictness.__getitem__)
    deciding = [match for verdict in verdicts if verdict.decision.effect is effect for match in _matches(verdict)]
    result: Result = {
        "EvalActionName": question.action,
        "EvalResourceName": question.template,
        "EvalDecision": effect.value,
        "MatchedStatements": _unique(_shown(match) for match in deciding),
        "MissingContextValues": list(dict.fromkeys(key for verdict in verdicts for key in verdict.missing)),
    }
    if simulation.organized:
        allowed = all(verdict.by_organization for verdict in verdicts)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    if simulation.standing.boundary is not None:
        bounded = all(verdict.by_boundary for verdict in verdicts)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": bounded}
    if question.resources == (ANY_RESOURCE,):
        return result
    if all(verdict.by_organization for verdict in verdicts):
        result["EvalDecisionDetails"] = _strictest(verdict.details for verdict in verdicts)
    result["ResourceSpecificResults"] = [_specific(simulation, verdict) for verdict in verdicts]
    return result


def _specific(simulation: Simulation, verdict: Verdict) -> ResourceResult:
    found: ResourceResult = {
        "EvalResourceName": verdict.resource,
        "EvalResourceDecision": verdict.decision.effect.value,
        "MatchedStatements": [_shown(match) for match in _matches(verdict)],
        "MissingContextValues": list(verdict.missing),
    }
    if verdict.by_organization:
        found["EvalDecisionDetails"] = _strictest((verdict.details,))
    if simulation.standing.boundary is not None:
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": verdict.by_boundary}
    return found


def _judge(simulation: Simulation, action: str, resource: str) -> Verdict:
    ask = Ask(simulation.principal, action, resource, simulation.keys)
    standing, guard = simulation.standing, _guard(simulation, resource)
    everything = (Source(Kind.IDENTITY, "", compile_policy(_everything, Kind.IDENTITY)),)
    boundary = standing.boundary
    return Verdict(
        resource,
        decide(ask, standing, guard),
        tuple(_missing(simulation, ask)),
        decide(ask, Standing(everything, controls=standing.controls), Guard()).allowed,
        boundary is None or decide(ask, Standing(everything, boundary), Guard()).allowed,
        _details(ask, standing, guard, everything) if guard.account not in ("", ask.principal.account) else {},
    )


def _guard(simulation: Simulation, resource: str) -> Guard:
    if not simulation.owner:
        return Guard()
    parsed = arns.parse(resource)
    account = parsed.account if parsed is not None and len(parsed.account) == 12 else simulation.owner
    return Guard(account, simulation.policy)


def _details(ask: Ask, standing: Standing, guard: Guard, everything: tuple[Source, ...]) -> dict[str, Effect]:
    """What each type of policy says to a request across accounts."""
    details = {
        "IAM Policy": decide(ask, Standing(standing.identity), Guard()).effect,
        "Resource Policy": decide(ask, Standing(everything), guard).effect,
    }
    if standing.boundary is not None:
        details["Permissions Boundary"] = decide(ask, Standing(everything, standing.boundary), Guard()).effect
    return details


def _strictest(details: Iterable[Mapping[str, Effect]]) -> dict[str, str]:
    found: dict[str, Effect] = {}
    for each in details:
        for name, effect in each.items():
            found[name] = max(found.get(name, effect), effect, key=_strictness.__getitem__)
    return {name: effect.value for name, effect in found.items()}


def _missing(simulation: Simulation, ask: Ask) -> Iterator[str]:
    """The keys that statements about the action ask for and that nobody gave."""
    sources = [*simulation.standing.identity, *filter(None, (simulation.standing.boundary, simulation.policy))]
    found: dict[str, str] = {}
    for source in sources:
        for statements in source.compiled.concerning(ask.action):
            for statement in statements:
                for key in statement.keys:
                    if ask.keys.get(key.lower()) is None:
                        found.setdefault(key.lower(), key)
    yield from found.values()


def _matches(verdict: Verdict) -> list[Match]:
    """The statements that are shown: those of service control policies and boundaries are not."""
    return [match for match in verdict.decision.matches if match.source.kind in (Kind.IDENTITY, Kind.RESOURCE)]


def _unique(statements: Iterable[MatchedStatement]) -> list[MatchedStatement]:
    found: list[MatchedStatement] = []
    for statement in statements:
        if statement not in found:
            found.append(statement)
    return found


def _shown(match: Match) -> MatchedStatement:
    source = match.source
    span = _spans(source.compiled.text)[match.index]
    return {
        "SourcePolicyId": source.id.rpartition("/")[2],
        "SourcePolicyType": _type(source),
        "StartPosition": {"Line": span.start.line, "Column": span.start.column},
        "EndPosition": {"Line": span.end.line, "Column": span.end.column},
    }


def _type(source: Source) -> str:
    """Where a policy comes from, which its id tells (`identity.standing`)."""
    if source.kind is Kind.RESOURCE:
        return "resource"
    parsed = arns.parse(source.id)
    if parsed is not None:
        return "aws-managed" if parsed.account == "aws" else "user-managed"
    owner, separator, _ = source.id.partition("_")
    return owner if separator else "none"
