"""What a handler knows of the call it serves.

Handlers are deterministic: time, identifiers and the state come from the context and from nowhere else, so a
transaction can run again after a conflict, and a test needs no patching.  Effects outside the state go through
`after_commit` or are left to a controller.

A handler that finds nothing to answer yet gives up with `ctx.wait(topic, until_ms)`: its transaction leaves no trace,
and it runs again from the start once the topic is notified or the clock gets there.  (Software transactional memory
calls this `retry`: Harris, Marlow, Peyton Jones, Herlihy, "Composable memory transactions", 2005.)  So a long poll
reads like any other operation, and no wake-up is lost between looking and waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import msgspec

from gureum.api.principal import Principal
from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.base.topology import PARTITION
from gureum.state.paging import Pager
from gureum.state.store import Transaction


class Wait(Exception):
    """The handler wants to run again when `topic` is notified, at the latest at `until_ms` of cloud time."""

    def __init__(self, topic: bytes, until_ms: int) -> None:
        super().__init__(topic, until_ms)
        self.topic = topic
        self.until_ms = until_ms


class Origin(msgspec.Struct, frozen=True):
    """Where a call comes from.

    `endpoint` is the scheme, host and port by which the client reached the cloud, `started_ms` when it did.
    """

    region: str
    request_id: str
    endpoint: str
    source_ip: str
    started_ms: int


class Kit(msgspec.Struct, frozen=True):
    """What handlers work with, the same for every call."""

    ids: Ids
    pager: Pager
    vault: Vault


class Context:
    """One attempt at a call.

    `account` and `region` are the ones the call is made in, `principal` is who makes it; for the rest of where it comes
    from see `Origin`.  `now_ms` is when this attempt started, which after a wait is not when the call did.  `tx` is the
    transaction of this attempt.  `pager` makes and reads pagination tokens, `vault` seals what is to be stored
    encrypted.
    """

    __slots__ = (
        "account",
        "endpoint",
        "ids",
        "now_ms",
        "pager",
        "principal",
        "region",
        "request_id",
        "source_ip",
        "started_ms",
        "tx",
        "vault",
    )

    def __init__(
        self,
        tx: Transaction,
        principal: Principal,
        origin: Origin,
        now_ms: int,
        kit: Kit,
    ) -> None:
        self.tx = tx
        self.principal = principal
        self.account = principal.account
        self.region = origin.region
        self.request_id = origin.request_id
        self.endpoint = origin.endpoint
        self.source_ip = origin.source_ip
        self.started_ms = origin.started_ms
        self.now_ms = now_ms
        self.ids = kit.ids
        self.pager = kit.pager
        self.vault = kit.vault

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the calling account in the region of the call."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account}:{resource}"

    def new_id(self) -> str:
        """A new UUID."""
        return self.ids.uuid()

    def notify(self, topic: bytes, count: int = 1) -> None:
        """After the commit, wake `count` of those who wait for `topic`, in every process."""
        self.tx.notify(topic, count)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Call `effect` once this call's writes are durable; never, when they are not."""
        self.tx.after_commit(effect)

    def wait(self, topic: bytes, until_ms: int) -> NoReturn:
        """Give up this attempt and run again when `topic` is notified, at the latest at `until_ms`."""
        assert until_ms > self.now_ms, "a handler that waits for the past would never answer"
        raise Wait(topic, until_ms)
