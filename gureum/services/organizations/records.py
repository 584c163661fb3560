"""What Organizations keeps beside the tree and its policies (`identity.organization`): what is under way."""

from __future__ import annotations

from enum import StrEnum

from gureum.base.topology import PARTITION
from gureum.state.records import Record


class Action(StrEnum):
    """What a handshake is about."""

    INVITE = "INVITE"
    ENABLE_ALL_FEATURES = "ENABLE_ALL_FEATURES"
    APPROVE_ALL_FEATURES = "APPROVE_ALL_FEATURES"


class HandshakeState(StrEnum):
    """A handshake is REQUESTED while others have to answer before it can be accepted."""

    REQUESTED = "REQUESTED"
    OPEN = "OPEN"
    CANCELED = "CANCELED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


class Handshake(Record, version=1):
    """A question to `recipient`: an account's number, the address of one, or the organization itself.

    `state` is the one it was left in; whether it has expired, the clock says (`rules.handshakes`).  `ended_ms` is when
    it was accepted, declined or canceled.  `parent` is the handshake that waits for this one.
    """

    organization: str
    management: str
    id: str
    action: Action
    state: HandshakeState
    recipient: str
    requested_ms: int
    expires_ms: int
    ended_ms: int | None = None
    parent: str = ""
    notes: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:organizations::111111111111:handshake/o-exampleorgid/invite/h-examplehandshakeid111`."""
        kind = self.action.lower()
        return f"arn:{PARTITION}:organizations::{self.management}:handshake/{self.organization}/{kind}/{self.id}"


class RequestState(StrEnum):
    """How far the creation of an account is."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class AccountRequest(Record, version=1):
    """A request for a new account; `account` is its number, or empty, `failure` AWS's reason, or empty."""

    organization: str
    id: str
    name: str
    email: str
    role: str
    requested_ms: int
    tags: dict[str, str] = {}
    state: RequestState = RequestState.IN_PROGRESS
    completed_ms: int | None = None
    account: str = ""
    failure: str = ""


class Closure(Record, version=1):
    """An account that is being closed, or, with `closed_ms`, was; its organization has `forgotten` it."""

    account: str
    organization: str
    requested_ms: int
    closed_ms: int | None = None
    forgotten: bool = False
