"""The store in memory, for tests: nothing is durable, everything else is as in the others.

It is stricter than the engines that it stands in for, to find mistakes early: `checks` is on, so tables look whether
what they are told is true, and with `rehearse` each work runs twice (the first time for nothing), which shows work
that would not survive a retry.

A sorted list of keys and a dictionary; inserting a key is O(n) in machine words moved, which for the sizes of tests is
faster than any tree written in Python.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import TypeVar

from gureum.state.buffer import Buffered, Pairs
from gureum.state.notify import Hub, Listener
from gureum.state.store import StoreUnavailable, Transaction

T = TypeVar("T")


class MemoryStore:
    """A Store whose content lives as long as the object; closing keeps it, opening again goes on with it."""

    def __init__(self, *, rehearse: bool = False) -> None:
        self._keys: list[bytes] = []
        self._values: dict[bytes, bytes] = {}
        self._rehearse = rehearse
        self._hub = Hub()
        self._open = False

    async def open(self) -> None:
        self._open = True

    async def close(self) -> None:
        self._open = False

    async def transact(self, work: Callable[[Transaction], T], *, readonly: bool = False) -> T:
        if not self._open:
            raise StoreUnavailable("the store is not open")
        if self._rehearse:
            work(Buffered(self, readonly, checks=True))
        transaction = Buffered(self, readonly, checks=True)
        result = work(transaction)
        for key, value in transaction.writes.items():
            self._write(key, value)
        self._finish(transaction)
        return result

    def listen(self, topic: bytes) -> Listener:
        return self._hub.listen(topic)

    def subscribe(self, topic: bytes, callback: Callable[[], None]) -> Callable[[], None]:
        return self._hub.subscribe(topic, callback)

    def get(self, key: bytes) -> bytes | None:
        """The committed value of `key`."""
        return self._values.get(key)

    def range(self, start: bytes, end: bytes, limit: int | None, reverse: bool) -> Pairs:
        """The committed pairs with `start <= key < end`."""
        first, last = bisect_left(self._keys, start), bisect_left(self._keys, end)
        if limit is not None and reverse:
            first = max(first, last - limit)
        elif limit is not None:
            last = min(last, first + limit)
        keys = self._keys[first:last]
        if reverse:
            keys.reverse()
        return [(key, self._values[key]) for key in keys]

    def _write(self, key: bytes, value: bytes | None) -> None:
        if value is not None:
            if key not in self._values:
                insort(self._keys, key)
            self._values[key] = value
        elif self._values.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def _finish(self, transaction: Buffered) -> None:
        transaction.run_effects(asyncio.get_running_loop())
        for topic, count in (transaction.topics or {}).items():
            self._hub.notify(topic, count)
