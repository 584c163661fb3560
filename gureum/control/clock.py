"""The clock's keeper: the offset of cloud time lies in the state, and every process follows it.

An advance is a write like any other: it is durable before anybody sees it, and it never goes back.  After an advance
the controllers of the leading process make their passes at the new time; `settled` tells that they have, so that who
advanced the clock can wait for its consequences.
"""

from __future__ import annotations

import asyncio
from typing import Final

from gureum.base.clock import Clock
from gureum.state.records import Record
from gureum.state.store import Store, Transaction
from gureum.state.tables import Table

topic: Final = b"control/clock"
settled_topic: Final = b"control/clock/settled"


class Offset(Record, version=1):
    """How far cloud time is ahead of the host's, and up to which offset the controllers have followed."""

    offset_ms: int
    settled_ms: int


_offsets = Table("control/clock", Offset, key=lambda _: ())
_START: Final = Offset(0, 0)


def read(tx: Transaction) -> Offset:
    """The offset as it is stored."""
    return _offsets.get(tx, ()) or _START


def advance(tx: Transaction, by_ms: int) -> Offset:
    """Put the clock forward."""
    assert by_ms > 0
    old = read(tx)
    new = Offset(old.offset_ms + by_ms, old.settled_ms)
    _offsets.put(tx, new)
    tx.notify(topic)
    return new


def settle(tx: Transaction, offset_ms: int) -> None:
    """The controllers have made their passes at `offset_ms`."""
    old = read(tx)
    if offset_ms > old.settled_ms:
        _offsets.put(tx, Offset(old.offset_ms, offset_ms))
        tx.notify(settled_topic, 1 << 31)


class Keeper:
    """Keeps this process's clock at the offset in the state."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take over the offset, now and whenever it changes."""
        await self._follow()
        self._store.subscribe(topic, self._changed)

    def _changed(self) -> None:
        task = asyncio.create_task(self._follow())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        offset = await self._store.transact(read, readonly=True)
        self._clock.advance_to(offset.offset_ms)
