"""The sentence that a denied caller reads."""

from __future__ import annotations

import json

import pytest

from gureum.api.policy import Ask, Decision, Effect, Kind, Match, Source, compile_policy, denial
from gureum.api.principal import ANONYMOUS, Principal
from tests.api.policy.cases import ACCOUNT, ALICE, OTHER, QUEUE, SNS

SENTENCE = f"User: {ALICE.arn} is not authorized to perform: sqs:SendMessage on resource: {QUEUE} "
CONTROL = "arn:aws:organizations::123456789012:policy/o-abcdefghij/service_control_policy/p-12345678"
POLICY = json.dumps({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})


def ask(principal: Principal = ALICE, resource: str = QUEUE) -> Ask:
    return Ask(principal, "sqs:SendMessage", resource, {})


def explicit(kind: Kind, name: str = "inline") -> Decision:
    policy = Source(kind, name, compile_policy(POLICY, Kind.IDENTITY))
    return Decision(Effect.EXPLICIT_DENY, kind, (Match(policy, 0, allows=False),))


@pytest.mark.parametrize("kind", Kind)
def test_implicit_denials(kind: Kind) -> None:
    """No policy of that type allows it."""
    expected = f"{SENTENCE}because no {kind.value} allows the sqs:SendMessage action"
    assert denial(ask(), Decision(Effect.IMPLICIT_DENY, kind)) == expected


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.IDENTITY, "an identity-based policy"),
        (Kind.RESOURCE, "a resource-based policy"),
        (Kind.TRUST, "the role trust policy"),
        (Kind.BOUNDARY, "a permissions boundary"),
        (Kind.SESSION, "a session policy"),
        (Kind.SERVICE_CONTROL, "a service control policy"),
        (Kind.RESOURCE_CONTROL, "a resource control policy"),
        (Kind.ENDPOINT, "a VPC endpoint policy"),
    ],
)
def test_explicit_denials(kind: Kind, words: str) -> None:
    """One policy of that type denies it; an inline one has no ARN to tell."""
    assert denial(ask(), explicit(kind)) == f"{SENTENCE}with an explicit deny in {words}"


def test_the_policy_that_denies_is_named_within_the_account() -> None:
    """Whoever asks for another's resource learns the type alone."""
    decision = explicit(Kind.SERVICE_CONTROL, CONTROL)
    assert denial(ask(), decision) == f"{SENTENCE}with an explicit deny in a service control policy: {CONTROL}"
    assert denial(ask(resource="*"), decision).endswith(
        f"on resource: * with an explicit deny in a service control policy: {CONTROL}"
    )
    assert denial(ask(resource=QUEUE.replace(ACCOUNT, OTHER)), decision).endswith("in a service control policy")
    assert denial(ask(), explicit(Kind.RESOURCE, QUEUE)).endswith("in a resource-based policy")


def test_bearers_of_tokens() -> None:
    """Who is known to nobody yet is told nothing about policies."""
    bearer = Principal("WebIdentityUser", ACCOUNT, "", "subject", "subject")
    asked = Ask(bearer, "sts:AssumeRoleWithWebIdentity", f"arn:aws:iam::{ACCOUNT}:role/web", {})
    missing = Decision(Effect.IMPLICIT_DENY, Kind.TRUST)
    assert denial(asked, missing) == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_callers_without_an_arn() -> None:
    """Somebody who did not sign, and services."""
    missing = Decision(Effect.IMPLICIT_DENY, Kind.RESOURCE)
    assert denial(ask(ANONYMOUS), missing).startswith("User: anonymous is not authorized to perform: sqs:SendMessage")
    assert denial(ask(SNS), missing).startswith("User: sns.amazonaws.com is not authorized")
