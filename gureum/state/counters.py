"""Counters that many transactions add to at the same time.

A counter is split into stripes, each a key of its own; a transaction adds to the stripe that its connection owns
(`Transaction.stripe`) and a reader sums all.  So two PostgreSQL transactions that count the same thing write different
rows and do not abort each other, as they would with one row under SERIALIZABLE.  Engines that run writers one after
another (sqlite, memory) use one stripe, and a counter costs what a key costs.

A stripe may be negative (what one connection adds another takes away); only the sum means something.  A stripe that
returns to zero is removed, so counters of things that are gone leave nothing behind.

Whoever both adds and reads in one transaction conflicts with every other that adds: counts are for showing, what must
be exact and small in number belongs into the record that it protects.
Source: https://cloud.google.com/firestore/docs/solutions/counters (sharded counters)
"""

from __future__ import annotations

from gureum.state.keys import Key, pack, prefix_range, unpack
from gureum.state.store import Transaction
from gureum.state.tables import register_name


class Counters:
    """A family of counters, each named by a key tuple; all keys of a family have the same length.

    Values lie within 64 bits, signed.  A counter that was never added to is zero.
    """

    def __init__(self, name: str) -> None:
        self.name = register_name(name)
        self._base = pack((name,))

    def add(self, tx: Transaction, key: Key, amount: int) -> None:
        """Add `amount`, which may be negative."""
        stripe = self._base + pack((*key, tx.stripe))
        stored = tx.get(stripe)
        total = amount if stored is None else amount + int.from_bytes(stored, "big", signed=True)
        if total:
            tx.put(stripe, total.to_bytes(8, "big", signed=True))
        elif stored is not None:
            tx.delete(stripe)

    def read(self, tx: Transaction, key: Key) -> int:
        """The value of one counter."""
        if tx.stripes == 1:
            stored = tx.get(self._base + pack((*key, tx.stripe)))
            return 0 if stored is None else int.from_bytes(stored, "big", signed=True)
        pairs = tx.range(*prefix_range(self._base + pack(key)))
        return sum(int.from_bytes(stored, "big", signed=True) for _, stored in pairs)

    def read_all(self, tx: Transaction, prefix: Key = ()) -> dict[Key, int]:
        """All counters whose key begins with `prefix` and that are not zero, in key order."""
        totals: dict[Key, int] = {}
        for packed, stored in tx.range(*prefix_range(self._base + pack(prefix))):
            key = unpack(packed)[1:-1]
            totals[key] = totals.get(key, 0) + int.from_bytes(stored, "big", signed=True)
        return {key: total for key, total in totals.items() if total}

    def clear(self, tx: Transaction, prefix: Key) -> None:
        """Set all counters whose key begins with `prefix` to zero."""
        for packed, _ in tx.range(*prefix_range(self._base + pack(prefix))):
            tx.delete(packed)
