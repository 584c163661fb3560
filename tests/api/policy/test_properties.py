"""What is true of every policy: order says nothing, a denial wins, more allows never take away, nothing breaks.

Policies are drawn from a small world, in which most of what is drawn concerns the request that is asked.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.api.policy import (
    Ask,
    Decision,
    Effect,
    Guard,
    Kind,
    MalformedPolicy,
    Source,
    Standing,
    compile_policy,
    decide,
    patterns,
    statement_positions,
)
from gureum.api.policy.compile import Compiled
from tests.api.policy.cases import ACCOUNT, ALICE, CAROL, OTHER, QUEUE, ROOT, SNS, STRANGER, WORKER

Body = dict[str, Any]
STEADY = settings(deadline=None, derandomize=True)

ACTIONS = ["sqs:SendMessage", "sqs:Send*", "SQS:*", "*", "s3:GetObject", "sqs:?endMessage"]
RESOURCES = [QUEUE, "*", "arn:aws:sqs:*:*:*", "arn:aws:sqs:*:*:${aws:username}", "arn:aws:s3:::b/*"]
PRINCIPALS: list[Any] = ["*", {"AWS": ACCOUNT}, {"AWS": [ALICE.arn, WORKER.issuer, OTHER]}, {"Service": SNS.name}]
CONDITIONS: list[Any] = [
    {},
    {"StringEquals": {"aws:username": ["alice", "orders"]}},
    {"StringNotLike": {"aws:username": "a*"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "b"]}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "c"]}},
    {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": ["10", "20"]}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}, "Bool": {"aws:SecureTransport": "true"}},
]

callers = st.sampled_from([ALICE, WORKER, CAROL, ROOT, SNS, STRANGER])
keys = st.fixed_dictionaries(
    {},
    optional={
        "aws:username": st.sampled_from(["alice", "orders", "bob"]),
        "aws:tagkeys": st.sampled_from([(), ("a",), ("a", "b"), ("c", "d")]),
        "aws:multifactorauthage": st.sampled_from(["5", "15", "99"]),
        "aws:sourceip": st.sampled_from(["10.1.1.1", "192.0.2.1", "2001:db8::1"]),
        "aws:securetransport": st.sampled_from(["true", "false"]),
    },
)


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def bodies(draw: st.DrawFn, *, effects: str = "Allow Deny", principal: bool = False) -> Body:
    body: Body = {"Effect": draw(st.sampled_from(effects.split())), "Condition": draw(st.sampled_from(CONDITIONS))}
    body[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(ACTIONS))
    body[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(RESOURCES))
    return body | ({"Principal": draw(st.sampled_from(PRINCIPALS))} if principal else {})


def policies(*, principal: bool = False) -> st.SearchStrategy[list[Body]]:
    return st.lists(bodies(principal=principal), min_size=1, max_size=4)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A request with the statements of every policy around it."""
    return {
        "who": draw(callers),
        "keys": draw(keys),
        "identity": draw(st.lists(policies(), max_size=3)),
        "boundary": draw(st.none() | policies()),
        "session": draw(st.none() | policies()),
        "controls": draw(st.lists(policies(), max_size=2)),
        "policy": draw(st.none() | policies(principal=True)),
    }


def source(kind: Kind, statements: list[Body]) -> Source:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return Source(kind, kind.value, compile_policy(text, kind))


def decided(world: dict[str, Any]) -> Decision:
    boundary, session, policy = world["boundary"], world["session"], world["policy"]
    standing = Standing(
        identity=tuple(source(Kind.IDENTITY, statements) for statements in world["identity"]),
        boundary=None if boundary is None else source(Kind.BOUNDARY, boundary),
        session=None if session is None else (source(Kind.SESSION, session),),
        controls=tuple((source(Kind.SERVICE_CONTROL, statements),) for statements in world["controls"]),
    )
    guard = Guard(ACCOUNT, None if policy is None else source(Kind.RESOURCE, policy))
    return decide(Ask(world["who"], "sqs:SendMessage", QUEUE, world["keys"]), standing, guard)


def outcome(decision: Decision) -> tuple[Effect, Kind | None, int]:
    return decision.effect, decision.kind, len(decision.matches)


DENY_ALL: Body = {"Effect": "Deny", "Action": "*", "Resource": "*"}
ALLOW_ALL: Body = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@STEADY
@given(worlds(), st.sampled_from(["identity", "session", "controls", "policy"]))
def test_an_explicit_deny_always_wins(world: dict[str, Any], where: str) -> None:
    """Wherever it stands, and whatever allows."""
    if where in ("identity", "controls"):
        world[where] = [*world[where], [ALLOW_ALL, DENY_ALL]]
    else:
        body = DENY_ALL if where == "session" else {**DENY_ALL, "Principal": "*"}
        world[where] = [*(world[where] or []), body]
    decision = decided(world)
    assert decision.effect is Effect.EXPLICIT_DENY
    assert not any(match.allows for match in decision.matches)


@STEADY
@given(worlds(), bodies(effects="Allow"), st.sampled_from(["identity", "boundary", "session", "controls", "policy"]))
def test_an_allow_more_never_removes_access(world: dict[str, Any], body: Body, where: str) -> None:
    """Added to a policy that is there; a policy that was not is another matter, for it may limit."""
    before = decided(world)
    place = world[where]
    if place and where in ("identity", "controls"):
        place[0] = [*place[0], body]
    elif place:
        world[where] = [*place, {**body, "Principal": "*"} if where == "policy" else body]
    assert decided(world).effect is Effect.ALLOWED or before.effect is not Effect.ALLOWED


@STEADY
@given(worlds(), bodies(effects="Deny"))
def test_a_denial_more_never_grants(world: dict[str, Any], body: Body) -> None:
    """And neither does a boundary."""
    before = decided(world)
    after = decided({**world, "identity": [*world["identity"], [body]]})
    assert before.allowed or not after.allowed
    bounded = decided({**world, "boundary": [*(world["boundary"] or []), body]})
    assert before.allowed or not bounded.allowed


@STEADY
@given(worlds(), st.data())
def test_order_says_nothing(world: dict[str, Any], data: st.DataObject) -> None:
    """Not that of policies, statements, actions, resources, operators or values."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(each) for each in data.draw(st.permutations(value))]
        if isinstance(value, dict):
            return {name: shuffled(each) for name, each in data.draw(st.permutations(list(value.items())))}
        return value

    before = outcome(decided(world))
    parts = {name: world[name] for name in ("identity", "boundary", "session", "policy")}
    controls = [shuffled(statements) for statements in world["controls"]]
    assert outcome(decided({**world, **shuffled(parts), "controls": controls})) == before


@STEADY
@given(worlds())
def test_a_statement_may_be_split(world: dict[str, Any]) -> None:
    """One with several actions is as good as one for each of them, and several policies as good as one."""
    whole = decided(world)
    split = [
        {**body, "Action": action}
        for statements in world["identity"]
        for body in statements
        for action in body.get("Action", [None])
    ]
    split = [body if body["Action"] is not None else _without_action(body) for body in split]
    parts = decided({**world, "identity": [[body] for body in split]})
    joined = decided({**world, "identity": [split] if split else []})
    assert (whole.effect, whole.kind) == (parts.effect, parts.kind) == (joined.effect, joined.kind)


def _without_action(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "Action"}


ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
OTHERS = ["Version", "Id", "Statement", "AWS", "Service", "StringLike", "ForAllValues:ArnLike", "Null", "IpAddress"]
names = st.sampled_from([*ELEMENTS, *OTHERS, "DateEquals", "aws:SourceIp", "aws:username"])
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["2012-10-17", "Allow", "Deny", "*", "sqs:*", QUEUE, ACCOUNT, "${aws:username}", "${", "10.0.0.0/8"]
    )
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6))
documents = st.dictionaries(names, values, max_size=4) | st.builds(
    lambda statement: {"Version": "2012-10-17", "Statement": statement},
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": values | st.just("sqs:*")},
        optional={"Resource": values, "Condition": values, "Principal": values, "Sid": values, "NotPrincipal": values},
    ),
)


@STEADY
@given(documents.map(json.dumps) | st.text(), st.sampled_from(list(Kind)))
def test_any_text_is_a_policy_or_malformed(text: str, kind: Kind) -> None:
    """And whatever is a policy can be decided with."""
    try:
        compiled = Compiled(text, kind)
    except MalformedPolicy:
        return
    assert len(statement_positions(text)) == len(compiled.statements)
    policy = Source(kind, "p", compiled)
    for who in (ALICE, WORKER, SNS):
        ask = Ask(who, "sqs:SendMessage", QUEUE, {"aws:username": "alice", "aws:sourceip": "10.0.0.1"})
        decide(ask, Standing((policy,), policy, (policy,), ((policy,),)), Guard(ACCOUNT, policy))


@STEADY
@given(st.text())
def test_any_text_has_places_or_none(text: str) -> None:
    """Nothing but MalformedPolicy comes of a text that is no policy."""
    try:
        statement_positions(text)
    except MalformedPolicy:
        return


def _naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _naive(pattern[1:], text) or (bool(text) and _naive(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and _naive(pattern[1:], text[1:])


@STEADY
@given(st.text("ab*?:", max_size=8), st.text("ab:", max_size=10))
def test_wildcards_are_what_they_are_defined_as(pattern: str, text: str) -> None:
    """The quick way gives the answers of the definition."""
    read = str(patterns.read(pattern, variables=False, wildcards=True))
    assert patterns.glob(read)(text) is _naive(pattern, text)


def _naive_resource(pattern: str, text: str, colons: int = 0) -> bool:
    """As `_naive`; `colons` of the pattern were passed, and in the first five segments wildcards know them."""
    if not pattern:
        return not text
    sign, rest, in_head = pattern[0], pattern[1:], colons < 5
    if sign == "*":
        bound = in_head and rest.lstrip("*")[:1] not in ("", ":")
        goes_on = bool(text) and not (bound and text[0] == ":")
        return _naive_resource(rest, text, colons) or (goes_on and _naive_resource(pattern, text[1:], colons))
    if not text or not (sign == text[0] or (sign == "?" and not (in_head and text[0] == ":"))):
        return False
    return _naive_resource(rest, text[1:], colons + (sign == ":"))


@STEADY
@given(
    st.lists(st.text("ab*?", max_size=3), min_size=6, max_size=7).map(":".join),
    st.lists(st.text("ab", max_size=2), min_size=6, max_size=8).map(":".join),
)
def test_resources_are_what_they_are_defined_as(pattern: str, text: str) -> None:
    """The same for the wildcards of Resource, whose asterisks stay within their segment or end it."""
    read = str(patterns.read(pattern, variables=False, wildcards=True))
    assert patterns.resource(read)(text) is _naive_resource(pattern, text)
