"""Typed tables and their indexes over a transaction: the only code that builds keys.

    queues = Table("sqs/queues", Queue, key=lambda q: (q.account, q.region, q.name))
    queues_by_arn = queues.index("arn", lambda q: (q.arn,))

    row    (table, *key)                     -> the record
    index  (table/index, *index tuple, *key) -> the key of the row, or the record if the index is `covering`

Index entries are written in the transaction of their row, so an index never disagrees with its table.  They follow
from the record alone: whoever changes a row says what was there before (`replace`), and the entries of the old record
are exchanged for those of the new.  That saves the read which `put` has to make.

An index is an indirection: each hit costs a second lookup.  A `covering` index has the record itself in the entry, for
small records that are found this way much more often than they change; every write then writes the record twice.
Where both are too dear (a message that moves with every receive), make it a table of its own with the order in its key.

`insert` does not look whether the key is taken: its callers have just looked, or have made the key from a fresh id.
Overwriting a row that is there would leave the old index entries behind, so where tests run (`Transaction.checks`) it
does look.  In production the lookup would be paid by every insert and never find anything.

Positions for paging are plain tuples: a row's key, or for an index the index tuple followed by the key.
Source: https://apple.github.io/foundationdb/simple-indexes.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from gureum.state.keys import Key, after, pack, prefix_range
from gureum.state.records import Record, decoder, encode
from gureum.state.store import Transaction

R = TypeVar("R", bound=Record)

_names: Final[set[str]] = set()


def register_name(name: str) -> str:
    """Claim `name` as the first element of keys; two claims are a mistake found at import."""
    assert name not in _names, f"two tables are named {name}"
    _names.add(name)
    return name


def _bounds(base: bytes, prefix: Key, position: Key | None, reverse: bool) -> tuple[bytes, bytes]:
    """(start, end) of what `prefix` holds, going on behind `position` in the direction of the scan."""
    start, end = prefix_range(base + pack(prefix))
    if position is None:
        return start, end
    assert position[: len(prefix)] == prefix, f"{position} is outside of {prefix}"
    if reverse:
        return start, base + pack(position)
    return after(base + pack(position)), end


class Table(Generic[R]):
    """Rows of one record type, found and ordered by `key`, which is unique and never changes for a row.

    No key may be the beginning of another: all keys of a table have the same length.
    """

    def __init__(self, name: str, record_type: type[R], key: Callable[[R], Key]) -> None:
        self.name = register_name(name)
        self.key = key
        self.base = pack((name,))
        self.decode: Callable[[bytes], R] = decoder(record_type)
        self._indexes: list[Index[R]] = []

    def index(self, name: str, key: Callable[[R], Key | None], *, covering: bool = False) -> Index[R]:
        """Add an index; `key` gives the index tuple of a record, or None to leave it out.

        To be called where the table is made: rows that were written before do not appear in it.
        """
        index = Index(self, name, key, covering)
        self._indexes.append(index)
        return index

    def get(self, tx: Transaction, key: Key) -> R | None:
        """The row of `key`, None if there is none."""
        stored = tx.get(self.base + pack(key))
        return None if stored is None else self.decode(stored)

    def insert(self, tx: Transaction, record: R) -> None:
        """Add a row of which the caller knows that its key is free."""
        key = self.base + pack(self.key(record))
        if tx.checks:
            assert tx.get(key) is None, f"{self.name}: {self.key(record)} exists"
        stored = encode(record)
        tx.put(key, stored)
        for index in self._indexes:
            index.add(tx, record, key, stored)

    def replace(self, tx: Transaction, old: R, new: R) -> None:
        """Exchange the row `old`, as it is stored, for `new`, which has the same key."""
        key = self.base + pack(self.key(new))
        assert self.key(old) == self.key(new), f"{self.name}: {self.key(old)} replaced by {self.key(new)}"
        if tx.checks:
            assert self.get(tx, self.key(old)) == old, f"{self.name}: {self.key(old)} is not what is stored"
        stored = encode(new)
        tx.put(key, stored)
        for index in self._indexes:
            index.move(tx, old, new, key, stored)

    def put(self, tx: Transaction, record: R) -> None:
        """Write a row, whether or not it exists; reads the old one if the table has indexes."""
        if self._indexes:
            old = self.get(tx, self.key(record))
            if old is not None:
                self.replace(tx, old, record)
                return
            self.insert(tx, record)
            return
        tx.put(self.base + pack(self.key(record)), encode(record))

    def delete(self, tx: Transaction, record: R) -> None:
        """Remove the row `record`, as it is stored."""
        key = self.base + pack(self.key(record))
        if tx.checks:
            assert self.get(tx, self.key(record)) == record, f"{self.name}: {self.key(record)} is not what is stored"
        tx.delete(key)
        for index in self._indexes:
            index.remove(tx, record, key)

    def scan(
        self,
        tx: Transaction,
        prefix: Key = (),
        *,
        after: Key | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[R]:
        """The rows whose key begins with `prefix`, in key order, from behind the key `after`, at most `limit`."""
        start, end = _bounds(self.base, prefix, after, reverse)
        decode = self.decode
        return [decode(stored) for _, stored in tx.range(start, end, limit, reverse)]

    def count(self, tx: Transaction, prefix: Key = ()) -> int:
        """How many rows have a key that begins with `prefix`.  Reads them all: for some thousands at most."""
        return len(tx.range(*_bounds(self.base, prefix, None, False)))


class Index(Generic[R]):
    """Rows of a table in another order.  Made by `Table.index`."""

    def __init__(self, table: Table[R], name: str, key: Callable[[R], Key | None], covering: bool) -> None:
        self.name = register_name(f"{table.name}/{name}")
        self.key = key
        self.base = pack((self.name,))
        self._table = table
        self._covering = covering

    def position(self, record: R) -> Key:
        """Where `record` stands in this index: an `after` that goes on behind it."""
        key = self.key(record)
        assert key is not None, f"{record} is not in {self.name}"
        return key + self._table.key(record)

    def scan(
        self,
        tx: Transaction,
        prefix: Key = (),
        *,
        until: Key | None = None,
        after: Key | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[R]:
        """The rows whose index tuple begins with `prefix`, in index order, at most `limit`.

        `until` is the last index tuple that is included, with everything that it begins; it is written whole, with
        `prefix`.  `after` is the position (see there) behind which to go on.
        """
        start, end = _bounds(self.base, prefix, after, reverse)
        if until is not None:
            end = min(end, prefix_range(self.base + pack(until))[1])
        pairs = tx.range(start, end, limit, reverse)
        decode = self._table.decode
        if self._covering:
            return [decode(stored) for _, stored in pairs]
        return [decode(self._row(tx, key)) for _, key in pairs]

    def first(self, tx: Transaction, prefix: Key = (), *, until: Key | None = None, reverse: bool = False) -> R | None:
        """The first row of such a scan, None if it is empty."""
        return next(iter(self.scan(tx, prefix, until=until, limit=1, reverse=reverse)), None)

    def add(self, tx: Transaction, record: R, row: bytes, stored: bytes) -> None:
        """Write the entry of `record`, whose row has the key `row` and the value `stored`."""
        key = self.key(record)
        if key is not None:
            tx.put(self._entry(key, row), stored if self._covering else row)

    def remove(self, tx: Transaction, record: R, row: bytes) -> None:
        """Remove the entry of `record`."""
        key = self.key(record)
        if key is not None:
            tx.delete(self._entry(key, row))

    def move(self, tx: Transaction, old: R, new: R, row: bytes, stored: bytes) -> None:
        """Exchange the entry of `old` for that of `new`."""
        if self.key(old) != self.key(new):
            self.remove(tx, old, row)
            self.add(tx, new, row, stored)
        elif self._covering:
            self.add(tx, new, row, stored)

    def _entry(self, key: Key, row: bytes) -> bytes:
        return self.base + pack(key) + row[len(self._table.base) :]

    def _row(self, tx: Transaction, key: bytes) -> bytes:
        stored = tx.get(key)
        assert stored is not None, f"{self.name} has an entry without a row: {key!r}"
        return stored
