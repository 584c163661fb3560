"""The life of a handshake.

    REQUESTED --all have approved--> OPEN --accept--> ACCEPTED     each until it expires
                                         --decline--> DECLINED
    REQUESTED, OPEN --cancel--> CANCELED

That it has expired is nowhere written: the clock says so.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec.structs import replace

from gureum.services.organizations.errors import HandshakeAlreadyInStateException, InvalidHandshakeTransitionException
from gureum.services.organizations.records import Handshake, HandshakeState
from gureum.services.organizations.rules import limits


class Event(Enum):
    """What happens to a handshake."""

    APPROVED = "approved"
    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"


TRANSITIONS: Final[Mapping[tuple[HandshakeState, Event], HandshakeState]] = {
    (HandshakeState.REQUESTED, Event.APPROVED): HandshakeState.OPEN,
    (HandshakeState.REQUESTED, Event.CANCEL): HandshakeState.CANCELED,
    (HandshakeState.OPEN, Event.ACCEPT): HandshakeState.ACCEPTED,
    (HandshakeState.OPEN, Event.DECLINE): HandshakeState.DECLINED,
    (HandshakeState.OPEN, Event.CANCEL): HandshakeState.CANCELED,
}

PENDING: Final = (HandshakeState.REQUESTED, HandshakeState.OPEN)
_ENDS: Final = {
    Event.ACCEPT: HandshakeState.ACCEPTED,
    Event.DECLINE: HandshakeState.DECLINED,
    Event.CANCEL: HandshakeState.CANCELED,
}


def state(handshake: Handshake, now_ms: int) -> HandshakeState:
    """The state at `now_ms`."""
    expired = handshake.state in PENDING and handshake.expires_ms <= now_ms
    return HandshakeState.EXPIRED if expired else handshake.state


def is_pending(handshake: Handshake, now_ms: int) -> bool:
    """Whether somebody may still answer."""
    return state(handshake, now_ms) in PENDING


def forgotten_ms(handshake: Handshake) -> int:
    """When it is not shown any more."""
    ended_ms = handshake.expires_ms if handshake.ended_ms is None else handshake.ended_ms
    return ended_ms + limits.handshake_remembered_ms


def after(handshake: Handshake, event: Event, now_ms: int) -> Handshake:
    """The handshake after `event`.  Raises HandshakeAlreadyInState, InvalidHandshakeTransition."""
    now = state(handshake, now_ms)
    if now is _ENDS.get(event):
        raise HandshakeAlreadyInStateException
    following = TRANSITIONS.get((now, event))
    if following is None:
        raise InvalidHandshakeTransitionException
    return replace(handshake, state=following, ended_ms=None if following in PENDING else now_ms)
