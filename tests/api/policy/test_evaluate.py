"""What a decision says beyond allowed or not: which kind of policy decided, and which statements.

The answers themselves are in the matrix.
"""

from __future__ import annotations

import json
from typing import Any

from gureum.api.policy import (
    Ask,
    Decision,
    Effect,
    Guard,
    Kind,
    Source,
    Standing,
    compile_policy,
    decide,
)
from gureum.api.principal import Principal
from tests.api.policy.cases import ACCOUNT, ALICE, CAROL, LINKED, OTHER, QUEUE, ROOT, SNS, STRANGER, WORKER

SEND: dict[str, Any] = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
READ: dict[str, Any] = {**SEND, "Action": "sqs:ReceiveMessage"}
DENY: dict[str, Any] = {**SEND, "Effect": "Deny"}

NOTHING, OPEN = Standing(), Guard(ACCOUNT)


def source(kind: Kind, *statements: dict[str, Any], name: str = "p") -> Source:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return Source(kind, name, compile_policy(text, kind))


def identity(*statements: dict[str, Any], name: str = "p") -> Source:
    return source(Kind.IDENTITY, *statements, name=name)


def grant(principal: str | dict[str, str], statement: dict[str, Any] = SEND) -> Source:
    return source(Kind.RESOURCE, {**statement, "Principal": principal})


def ask(principal: Principal = ALICE) -> Ask:
    return Ask(principal, "sqs:SendMessage", QUEUE, {})


def decided(standing: Standing = NOTHING, guard: Guard = OPEN, who: Principal = ALICE) -> Decision:
    return decide(ask(who), standing, guard)


def test_all_allowing_statements_are_matches() -> None:
    """Of all policies of the kind that decided, with their places."""
    first, second = identity(READ, SEND, name="a"), identity(SEND, SEND, name="b")
    decision = decided(Standing((first, second)))
    assert (decision.effect, decision.kind, decision.allowed) == (Effect.ALLOWED, Kind.IDENTITY, True)
    assert [(match.source.id, match.index, match.allows) for match in decision.matches] == [
        ("a", 1, True),
        ("b", 0, True),
        ("b", 1, True),
    ]


def test_all_denying_statements_are_matches() -> None:
    """Of all kinds of policies; the kind is that of the first in the order of the flow chart."""
    control = source(Kind.SERVICE_CONTROL, SEND, DENY)
    standing = Standing(
        (identity(SEND, DENY),), source(Kind.BOUNDARY, DENY), (source(Kind.SESSION, DENY),), ((control,),)
    )
    decision = decided(standing, Guard(ACCOUNT, grant("*", DENY)))
    assert (decision.effect, decision.kind) == (Effect.EXPLICIT_DENY, Kind.SERVICE_CONTROL)
    assert [match.source.kind for match in decision.matches] == [
        Kind.SERVICE_CONTROL,
        Kind.RESOURCE,
        Kind.IDENTITY,
        Kind.BOUNDARY,
        Kind.SESSION,
    ]
    assert not any(match.allows for match in decision.matches)


def test_the_first_kind_without_an_allow_is_reported() -> None:
    """Policies are asked in the order of the flow chart; each one that allows uncovers the next that does not."""
    controls = source(Kind.SERVICE_CONTROL, SEND)
    full = {**SEND, "Action": "*", "Principal": "*"}
    standings = [
        (Kind.SERVICE_CONTROL, Standing(controls=((source(Kind.SERVICE_CONTROL, READ),),))),
        (Kind.IDENTITY, Standing((identity(READ),), source(Kind.BOUNDARY, READ), (), ((controls,),))),
        (Kind.BOUNDARY, Standing((identity(SEND),), source(Kind.BOUNDARY, READ), (), ((controls,),))),
        (Kind.SESSION, Standing((identity(SEND),), source(Kind.BOUNDARY, SEND), (), ((controls,),))),
    ]
    guard = Guard(ACCOUNT, controls=((source(Kind.RESOURCE_CONTROL, full),),))
    for kind, standing in standings:
        decision = decided(standing, guard, WORKER)
        assert (decision.effect, decision.kind, decision.matches) == (Effect.IMPLICIT_DENY, kind, ())
    denied = decided(standings[-1][1], Guard(ACCOUNT, controls=((),)))
    assert denied.kind is Kind.RESOURCE_CONTROL


def test_every_level_of_an_organization_allows() -> None:
    """One level without an allow is enough to be denied, however much the others allow."""
    allows, other = (source(Kind.SERVICE_CONTROL, SEND),), (source(Kind.SERVICE_CONTROL, READ),)
    own = (identity(SEND),)
    assert decided(Standing(own, controls=(allows, (*other, *allows)))).allowed
    assert decided(Standing(own, controls=(allows, other))).kind is Kind.SERVICE_CONTROL
    assert decided(Standing(own, controls=(allows, ()))).kind is Kind.SERVICE_CONTROL


def test_across_accounts_both_sides_are_matches() -> None:
    """The resource's policy and the caller's own have to allow; both decided."""
    standing, guard = Standing((identity(SEND),)), Guard(ACCOUNT, grant({"AWS": OTHER}))
    decision = decided(standing, guard, STRANGER)
    assert decision.allowed
    assert [match.source.kind for match in decision.matches] == [Kind.RESOURCE, Kind.IDENTITY]
    assert decided(standing, Guard(ACCOUNT), STRANGER).kind is Kind.RESOURCE
    assert decided(Standing(), guard, STRANGER).kind is Kind.IDENTITY


def test_what_a_resource_grants_directly_is_its_own_doing() -> None:
    """The identity policies were not asked, and the kind says so."""
    decision = decided(Standing((identity(SEND),)), Guard(ACCOUNT, grant({"AWS": ALICE.arn})))
    assert (decision.kind, len(decision.matches)) == (Kind.RESOURCE, 1)
    assert decided(guard=Guard(ACCOUNT, grant({"AWS": ACCOUNT}))).kind is Kind.IDENTITY


def test_nothing_has_to_allow_the_root_user() -> None:
    """So there is no kind; where a policy grants, it is shown."""
    assert decided(who=ROOT) == Decision(Effect.ALLOWED, None)
    assert decided(Standing(boundary=source(Kind.BOUNDARY, DENY)), who=ROOT).allowed
    assert decided(Standing(session=(source(Kind.SESSION, READ),)), who=ROOT).kind is Kind.SESSION


def test_a_resource_that_needs_a_policy() -> None:
    """Without an allow in it nobody has access; the kind is that of roles where there is none at all."""
    assert decided(Standing((identity(SEND),)), Guard(ACCOUNT, required=True)).kind is Kind.TRUST
    assert decided(who=ROOT, guard=Guard(ACCOUNT, grant({"AWS": OTHER}), required=True)).kind is Kind.RESOURCE
    assert decided(Standing((identity(SEND),)), Guard(ACCOUNT, grant({"AWS": ACCOUNT}), required=True)).allowed


def test_services_use_what_belongs_to_nobody() -> None:
    """They have no policies of their own; what has an owner says whom it serves."""
    assert decided(who=SNS, guard=Guard()) == Decision(Effect.ALLOWED, None)
    assert decided(who=SNS).kind is Kind.RESOURCE
    assert decided(who=SNS, guard=Guard(ACCOUNT, grant({"Service": SNS.name}))).allowed


def test_resource_controls_are_for_services_and_not_for_linked_roles() -> None:
    """AWS's own example of a resource control policy denies services that act for other organizations."""
    full = {**SEND, "Action": "*", "Principal": "*"}
    controls = ((source(Kind.RESOURCE_CONTROL, full), source(Kind.RESOURCE_CONTROL, {**DENY, "Principal": "*"})),)
    guard = Guard(ACCOUNT, grant("*"), controls=controls)
    assert decided(who=SNS, guard=guard).kind is Kind.RESOURCE_CONTROL
    assert decided(who=LINKED, guard=guard).allowed


def test_notprincipal_denies_whoever_has_a_boundary() -> None:
    """Whatever it names: AWS warns of it, so it is so here."""
    statement = {**DENY, "NotPrincipal": {"AWS": [ALICE.arn, ROOT.arn]}}
    guard = Guard(ACCOUNT, source(Kind.RESOURCE, statement))
    own = (identity(SEND),)
    assert decided(Standing(own), guard).allowed
    assert decided(Standing(own, source(Kind.BOUNDARY, SEND)), guard).effect is Effect.EXPLICIT_DENY


def test_a_federated_user_without_a_session_policy_may_nothing() -> None:
    """But what a resource grants it by its name."""
    standing = Standing((identity(SEND),))
    assert decided(standing, who=CAROL).kind is Kind.SESSION
    assert decided(standing, Guard(ACCOUNT, grant({"AWS": CAROL.arn})), CAROL).allowed
