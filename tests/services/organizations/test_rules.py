"""The rules of Organizations as functions: what no request reaches in a reasonable time, and every pair of a table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gureum.api import models
from gureum.services.organizations import errors
from gureum.services.organizations.errors import HandshakeAlreadyInStateException, InvalidHandshakeTransitionException
from gureum.services.organizations.records import Action, Handshake, HandshakeState
from gureum.services.organizations.rules import handshakes, limits, names
from gureum.services.organizations.rules.handshakes import TRANSITIONS, Event

EXPIRES_MS = 1000
HANDSHAKE = Handshake("o-a", "111122223333", "h-a", Action.INVITE, HandshakeState.OPEN, "444455556666", 0, EXPIRES_MS)


@pytest.mark.parametrize(
    ("reasons", "shape"),
    [
        (errors._VIOLATED, "ConstraintViolationExceptionReason"),
        (errors._INVALID, "InvalidInputExceptionReason"),
        (errors._FRUITLESS, "HandshakeConstraintViolationExceptionReason"),
    ],
)
def test_reasons_are_those_of_the_model(reasons: Mapping[str, str], shape: str) -> None:
    """Clients compare them with the model's."""
    assert reasons.keys() <= set(models.load("organizations").shape(shape).enum)


@pytest.mark.parametrize(("accounts", "most"), [(1, 250), (1250, 250), (2000, 400), (10_000, 1000)])
def test_a_fifth_of_the_accounts_may_be_closed(accounts: int, most: int) -> None:
    """At least 250 and at most 1000 in thirty days."""
    assert limits.closures_max(accounts) == most


@pytest.mark.parametrize("email", ["a@b.co", "a.b+c_d@sub.example.com", f"{'a' * 52}@example.com", "!#$*@example.com"])
def test_addresses_that_can_be(email: str) -> None:
    """From 6 to 64 characters."""
    assert names.is_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "a@b.c",
        f"{'a' * 53}@example.com",
        "example.com",
        "a@b@example.com",
        ".a@example.com",
        "a b@example.com",
        "a,b@example.com",
        "a%b@example.com",
        "é@example.com",
        "a@example",
        "a@-example.com",
        "a@example.com.",
        "a@exa_mple.com",
    ],
)
def test_addresses_that_cannot_be(email: str) -> None:
    """One sentence of CreateAccount's documentation each."""
    assert not names.is_email(email)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(HandshakeState, Event)))
def test_handshakes_go_their_ways_and_no_others(state: HandshakeState, event: Event) -> None:
    """What is not in the table is refused, as done already or as impossible; after its time everything is."""
    handshake = replace(HANDSHAKE, state=state)
    following = TRANSITIONS.get((state, event))
    if following is None:
        with pytest.raises((HandshakeAlreadyInStateException, InvalidHandshakeTransitionException)):
            handshakes.after(handshake, event, EXPIRES_MS - 1)
    else:
        moved = handshakes.after(handshake, event, EXPIRES_MS - 1)
        assert moved.state is following
        assert (moved.ended_ms is None) == (following in handshakes.PENDING)
        with pytest.raises(InvalidHandshakeTransitionException):
            handshakes.after(handshake, event, EXPIRES_MS)
