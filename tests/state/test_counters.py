"""Counters: stripes add up, and nothing is left of those that are back at zero."""

from __future__ import annotations

from gureum.state.buffer import Buffered
from gureum.state.counters import Counters
from gureum.state.memory import MemoryStore

counts = Counters("test/counts")


def test_stripes_add_up() -> None:
    """Each connection writes its own stripe; a reader sees the sum."""
    store = MemoryStore()
    tx = Buffered(store, readonly=False, stripes=64)
    for stripe, amount in ((0, 5), (3, -2), (63, 10), (3, 1)):
        tx.stripe = stripe
        counts.add(tx, ("queue", "visible"), amount)
        counts.add(tx, ("queue", "delayed"), 1)
    assert counts.read(tx, ("queue", "visible")) == 14
    assert counts.read(tx, ("queue", "other")) == 0
    assert counts.read_all(tx, ("queue",)) == {("queue", "delayed"): 4, ("queue", "visible"): 14}


def test_zero_leaves_nothing() -> None:
    """Things come and go; their counters must not stay."""
    tx = Buffered(MemoryStore(), readonly=False)
    counts.add(tx, ("a",), 3)
    counts.add(tx, ("a",), -3)
    counts.add(tx, ("b",), 2)
    assert counts.read_all(tx) == {("b",): 2}
    counts.clear(tx, ("b",))
    assert [value for value in tx.writes.values() if value is not None] == []


def test_stripes_that_cancel_out_are_zero() -> None:
    """What one connection added another has taken away."""
    tx = Buffered(MemoryStore(), readonly=False, stripes=2)
    counts.add(tx, ("a",), 1)
    tx.stripe = 1
    counts.add(tx, ("a",), -1)
    assert counts.read(tx, ("a",)) == 0
    assert counts.read_all(tx) == {}
