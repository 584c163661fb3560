"""Controllers: named passes that compare what is with what should be, and take a step.

A pass takes no input.  What changed only decides when it runs, never what it does, so a pass that was missed, ran twice
or died half-way costs nothing but time: the next one finds the same state and does the same thing.

Most passes are one bounded transaction (`Pass`).  A pass that touches the world outside the store implements
`Controller` itself.

Source: level-triggered reconcilers as in Kubernetes ("Writing Controllers") and Oxide's background tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.state.store import Store, Transaction


class Status(msgspec.Struct, frozen=True):
    """How a pass ended.

    `more`: there is more to do now.  `next_ms`: when there will be (cloud time), if that is known to be before the
    controller's period is over.
    """

    more: bool = False
    next_ms: int | None = None


DONE = Status()
MORE = Status(more=True)


class Controller(Protocol):
    """What the runner runs: every `period_ms` of cloud time, and whenever one of `topics` is notified."""

    @property
    def name(self) -> str:
        """Unique, for logs and status: `sqs.expire`."""

    @property
    def period_ms(self) -> int:
        """The longest time between two passes."""

    @property
    def topics(self) -> tuple[bytes, ...]:
        """What makes a pass worth running sooner."""

    async def activate(self) -> Status:
        """One pass."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the transaction of a pass works with: like a handler, it takes time and ids from nowhere else."""

    tx: Transaction
    now_ms: int
    ids: Ids


@dataclass(frozen=True, slots=True)
class Pass:
    """A controller whose pass is one transaction: as a service declares it, before there is a store."""

    name: str
    period_ms: int
    work: Callable[[Moment], Status]
    topics: tuple[bytes, ...] = ()

    def bind(self, store: Store, clock: Clock, ids: Ids) -> BoundPass:
        """The controller that makes this pass over `store`."""
        return BoundPass(self, store, clock, ids)


class BoundPass:
    """A `Pass` with the store it passes over."""

    def __init__(self, declared: Pass, store: Store, clock: Clock, ids: Ids) -> None:
        self.name = declared.name
        self.period_ms = declared.period_ms
        self.topics = declared.topics
        self._work = declared.work
        self._store = store
        self._clock = clock
        self._ids = ids

    async def activate(self) -> Status:
        """One pass."""
        return await self._store.transact(lambda tx: self._work(Moment(tx, self._clock.now_ms(), self._ids)))
