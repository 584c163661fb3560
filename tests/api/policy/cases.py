"""The matrix of policy evaluation as data: who asks what, under which policies, and what AWS's documentation says.

A `Case` is one request and its answer.  Cases stand in groups; a group checks one rule, and `rule` ties it to the page
that says so, because a case that nobody can look up is an opinion.  Pages are addresses below
https://docs.aws.amazon.com/; those without a slash are of IAM's user guide (IAM/latest/UserGuide/).

Unless a case says otherwise, somebody of `ACCOUNT` sends a message to a queue of that account.  Which kind of policy
decided is given only where the documentation, or the meaning of `Decision.kind`, leaves no choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest

from gureum.api.policy.compile import compile_policy
from gureum.api.policy.evaluate import decide
from gureum.api.policy.model import Ask, Decision, Effect, Guard, KeyValue, Kind, Source, Standing
from gureum.api.principal import Principal, root, service_principal

ALLOWED, EXPLICIT, IMPLICIT = Effect.ALLOWED, Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY

Statement = dict[str, Any]
Statements = tuple[Statement, ...]
"""One document."""
Documents = Statements | list[Statements]
"""One document, or a list of several."""
Condition = Mapping[str, Mapping[str, Any]]
Texts = str | list[str]

ACCOUNT = "111122223333"
OTHER = "444455556666"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"


def user(name: str, account: str = ACCOUNT, path: str = "/") -> Principal:
    """A user, with its own keys or those of GetSessionToken, which make no other principal of it."""
    arn = f"arn:aws:iam::{account}:user{path}{name}"
    return Principal(type="IAMUser", account=account, arn=arn, id=f"AIDA{name.upper()}", name=name)


def role_session(role: str, session: str, account: str = ACCOUNT, path: str = "/") -> Principal:
    """A session of a role, as AssumeRole makes it."""
    return Principal(
        type="AssumedRole",
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        id=f"AROA{role.upper()}:{session}",
        name=role,
        issuer=f"arn:aws:iam::{account}:role{path}{role}",
    )


def federated(name: str, issuer: Principal) -> Principal:
    """A session of GetFederationToken that `issuer`, a user or root, called."""
    account = issuer.account
    arn = f"arn:aws:sts::{account}:federated-user/{name}"
    return Principal(
        type="FederatedUser", account=account, arn=arn, id=f"{account}:{name}", name=name, issuer=issuer.arn
    )


ROOT = root(ACCOUNT)
ALICE, BOB = user("alice"), user("bob")
WORKER = role_session("worker", "build-7")
CAROL = federated("carol", ALICE)
SNS = service_principal("sns")
LINKED = role_session("AWSServiceRoleForRDS", "rds", path="/aws-service-role/rds.amazonaws.com/")
STRANGER = user("mallory", OTHER)
STRANGER_WORKER = role_session("courier", "van-1", OTHER)
STRANGER_ROOT = root(OTHER)
ACCOUNT_ARN, OTHER_ARN = ROOT.arn, STRANGER_ROOT.arn


@dataclass(frozen=True)
class Case:
    """A request, the policies that apply to it, the answer, and the kind of policy that gave it.

    `session` is None where no session policy was passed and `[]` where an empty set of them was; `scps` and `rcps` have
    one entry for each level from the root of the organization down.  A `trust` policy stands for `policy` of a resource
    that needs one.  `pins` are those of `policy` or `trust`.
    """

    id: str
    who: Principal
    answer: Effect
    by: Kind | Literal["unsaid"] | None = "unsaid"
    action: str = "sqs:SendMessage"
    resource: str = QUEUE
    owner: str = ACCOUNT
    keys: Mapping[str, KeyValue] = field(default_factory=dict)
    version: str | None = "2012-10-17"
    identity: Documents = ()
    boundary: Statements | None = None
    session: Documents | None = None
    scps: tuple[Documents, ...] = ()
    policy: Statements | None = None
    trust: Statements | None = None
    required: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)
    rcps: tuple[Documents, ...] = ()
    page: str = ""


def check(case: Case) -> None:
    """The engine's answer to `case` is the documentation's."""
    decision = decide(_ask(case), _standing(case), _guard(case))
    assert decision.effect is case.answer, (case.page, decision)
    if case.by != "unsaid":
        assert decision.kind is case.by, (case.page, decision)
    _check_reasons(decision)


def rule(page: str, *cases: Case) -> pytest.MarkDecorator:
    """Run a test for each of `cases`, all of which check what `page` says."""
    marked = [replace(case, page=page) for case in cases]
    return pytest.mark.parametrize("case", marked, ids=[case.id for case in cases])


def allow(action: Texts = "*", resource: Texts = "*", condition: Condition | None = None, **more: Any) -> Statement:
    """An Allow statement; `more` are other elements, of which NotAction and NotResource replace Action and Resource."""
    return _statement("Allow", action, resource, condition, more)


def deny(action: Texts = "*", resource: Texts = "*", condition: Condition | None = None, **more: Any) -> Statement:
    """A Deny statement, like `allow`."""
    return _statement("Deny", action, resource, condition, more)


def grant(principal: Any, action: Texts = "*", condition: Condition | None = None, **more: Any) -> Statement:
    """An Allow statement of a resource-based policy; a list or an ARN is of principals of type AWS."""
    return allow(action, condition=condition, Principal=_principal(principal), **more)


def refuse(principal: Any, action: Texts = "*", condition: Condition | None = None, **more: Any) -> Statement:
    """A Deny statement of a resource-based policy, or of a resource control policy."""
    return deny(action, condition=condition, Principal=_principal(principal), **more)


def trust(principal: Any, condition: Condition | None = None, action: Texts = "sts:AssumeRole") -> Statement:
    """An Allow statement of a role's trust policy, which has no Resource."""
    return _without_resource(grant(principal, action, condition))


def distrust(principal: Any, condition: Condition | None = None, action: Texts = "sts:AssumeRole") -> Statement:
    """A Deny statement of a role's trust policy."""
    return _without_resource(refuse(principal, action, condition))


def holds(id: str, condition: Condition, keys: Mapping[str, KeyValue]) -> Case:  # noqa: A002
    """`condition` is true of a request with `keys`: the statement that has it allows."""
    return Case(id, ALICE, ALLOWED, Kind.IDENTITY, identity=(allow(condition=condition),), keys=keys)


def fails(id: str, condition: Condition, keys: Mapping[str, KeyValue]) -> Case:  # noqa: A002
    """`condition` is false of a request with `keys`: the statement that has it does not allow."""
    return Case(id, ALICE, IMPLICIT, Kind.IDENTITY, identity=(allow(condition=condition),), keys=keys)


def _statement(effect: str, action: Texts, resource: Texts, condition: Condition | None, more: Statement) -> Statement:
    statement: Statement = {"Effect": effect, **more}
    if "NotAction" not in more:
        statement["Action"] = action
    if "NotResource" not in more:
        statement["Resource"] = resource
    if condition:
        statement["Condition"] = condition
    return statement


def _without_resource(statement: Statement) -> Statement:
    return {element: value for element, value in statement.items() if element != "Resource"}


def _principal(principal: Any) -> Any:
    return principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}


def _check_reasons(decision: Decision) -> None:
    """The statements given as reasons have the effect that was decided, and are of the kind of policy that decided."""
    assert all(match.allows is decision.allowed for match in decision.matches), decision
    if decision.effect is IMPLICIT or decision.kind is None:
        assert not decision.matches, decision
    else:
        assert decision.kind in {match.source.kind for match in decision.matches}, decision


def _ask(case: Case) -> Ask:
    keys = {name.lower(): value for name, value in case.keys.items()}
    return Ask(principal=case.who, action=case.action, resource=case.resource, keys=keys)


def _standing(case: Case) -> Standing:
    return Standing(
        identity=_sources(case, Kind.IDENTITY, case.identity),
        boundary=None if case.boundary is None else _source(case, Kind.BOUNDARY, case.boundary),
        session=None if case.session is None else _sources(case, Kind.SESSION, case.session),
        controls=tuple(_sources(case, Kind.SERVICE_CONTROL, level) for level in case.scps),
    )


def _guard(case: Case) -> Guard:
    kind, statements = (Kind.TRUST, case.trust) if case.trust is not None else (Kind.RESOURCE, case.policy)
    return Guard(
        account=case.owner,
        policy=None if statements is None else _source(case, kind, statements, case.pins),
        required=case.required or case.trust is not None,
        controls=tuple(_sources(case, Kind.RESOURCE_CONTROL, level) for level in case.rcps),
    )


def _sources(case: Case, kind: Kind, documents: Documents) -> tuple[Source, ...]:
    several = documents if isinstance(documents, list) else [documents] if documents else []
    return tuple(_source(case, kind, statements) for statements in several)


def _source(case: Case, kind: Kind, statements: Statements, pins: Mapping[str, str] | None = None) -> Source:
    document: dict[str, Any] = {"Version": case.version} if case.version else {}
    document["Statement"] = statements
    return Source(kind=kind, id=kind.name.lower(), compiled=compile_policy(json.dumps(document), kind), pins=pins or {})


FULL: Statements = (allow(),)
"""AdministratorAccess, and the service control policy FullAWSAccess."""
RCP_FULL: Statements = (grant("*"),)
"""RCPFullAWSAccess."""
