"""A transaction's writes, held back until its work has succeeded, over a reader of what is committed.

The engine sees nothing of a transaction that fails, so there is nothing to undo in it: in a batch of many
transactions one can fail without a savepoint (sqlite), and a retry starts from an empty buffer (PostgreSQL).
Reads look into the buffer first.  The buffer is a dictionary; its sorted keys are kept only from the first range on,
since most transactions that write never ask for a range afterwards.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Protocol

from gureum.state.store import key_bytes_max, value_bytes_max

Pairs = list[tuple[bytes, bytes]]


class Reader(Protocol):
    """What is committed, as of this transaction."""

    def get(self, key: bytes) -> bytes | None:
        """The committed value of `key`."""

    def range(self, start: bytes, end: bytes, limit: int | None, reverse: bool) -> Pairs:
        """The committed pairs with `start <= key < end`."""


class Buffered:
    """The Transaction of every engine."""

    __slots__ = ("_reader", "_readonly", "_sorted", "checks", "effects", "stripe", "stripes", "topics", "writes")

    def __init__(self, reader: Reader, readonly: bool, stripe: int = 0, stripes: int = 1, checks: bool = False) -> None:
        self.stripe = stripe
        self.stripes = stripes
        self.checks = checks
        self.writes: dict[bytes, bytes | None] = {}
        self.topics: dict[bytes, int] | None = None
        self.effects: list[Callable[[], None]] | None = None
        self._reader = reader
        self._readonly = readonly
        self._sorted: list[bytes] | None = None

    @property
    def wrote(self) -> bool:
        return bool(self.writes)

    def get(self, key: bytes) -> bytes | None:
        if key in self.writes:
            return self.writes[key]
        return self._reader.get(key)

    def range(self, start: bytes, end: bytes, limit: int | None = None, reverse: bool = False) -> Pairs:
        assert limit is None or limit >= 0, limit
        if start >= end or limit == 0:
            return []
        if not self.writes:
            return self._reader.range(start, end, limit, reverse)
        keys = self._sorted
        if keys is None:
            keys = self._sorted = sorted(self.writes)
        own = keys[bisect_left(keys, start) : bisect_left(keys, end)]
        if not own:
            return self._reader.range(start, end, limit, reverse)
        return self._merge(own, start, end, limit, reverse)

    def put(self, key: bytes, value: bytes) -> None:
        assert not self._readonly, "put in a readonly transaction"
        assert len(key) <= key_bytes_max, f"key of {len(key)} bytes"
        assert len(value) <= value_bytes_max, f"value of {len(value)} bytes"
        if self._sorted is not None and key not in self.writes:
            insort(self._sorted, key)
        self.writes[key] = value

    def delete(self, key: bytes) -> None:
        assert not self._readonly, "delete in a readonly transaction"
        if self._sorted is not None and key not in self.writes:
            insort(self._sorted, key)
        self.writes[key] = None

    def notify(self, topic: bytes, count: int = 1) -> None:
        if self.topics is None:
            self.topics = {}
        self.topics[topic] = self.topics.get(topic, 0) + count

    def after_commit(self, effect: Callable[[], None]) -> None:
        if self.effects is None:
            self.effects = []
        self.effects.append(effect)

    def run_effects(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call what `after_commit` was given; failures go to the loop's exception handler."""
        for effect in self.effects or ():
            try:
                effect()
            except Exception as error:  # noqa: BLE001  effects are anyone's code and the commit stands
                loop.call_exception_handler({"message": "an effect after a commit failed", "exception": error})

    def _merge(self, own: list[bytes], start: bytes, end: bytes, limit: int | None, reverse: bool) -> Pairs:
        """The committed pairs with the buffer laid over them.

        Each own deletion hides at most one committed pair, so that many more are read than asked for.
        """
        hidden = sum(self.writes[key] is None for key in own)
        merged = dict(self._reader.range(start, end, None if limit is None else limit + hidden, reverse))
        for key in own:
            value = self.writes[key]
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        pairs = sorted(merged.items(), reverse=reverse)
        return pairs if limit is None else pairs[:limit]
