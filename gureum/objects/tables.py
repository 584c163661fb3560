"""What the object store keeps in the state, and under which keys.

    objects/segments   (object, offset)        where the shards of a segment are: the index
    objects/disks      (name)                  the disks that belong to the store, and who is marked down
    objects/secret     ()                      the key that seals records
    objects/damaged    (object, offset)        segments that a reader found damaged, for the next repair
    objects/retired    (disk, extent)          extents that compaction has emptied, until the file is removed
    objects/walks      (name)                  how far repair and scrub have come
    objects/dead       (disk, extent)          bytes in an extent that nothing refers to any more (a counter)

Segments are found by the offset of their first byte, so that a read in the middle of a large object fetches the rows
that it needs and no others.  A place is (disk number, extent, offset); None where a shard could not be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import astuple

from gureum.objects.codes import Code
from gureum.objects.shard import COMPRESSED, LAST, Header, record_bytes
from gureum.state.counters import Counters
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

Place = tuple[int, int, int]

DISKS_CHANGED = b"objects/disks"
"""Notified when a disk is marked or replaced."""

DAMAGED = b"objects/damaged"
"""Notified when a reader has found damage."""


class Segment(Record, version=1):
    """A segment of an object, and where its shards are: `places[shard]`."""

    object_id: bytes
    offset: int
    size_bytes: int
    flags: int
    data: int
    parity: int
    zone: str | None
    stored_bytes: int
    payload_bytes: int
    crc: int
    places: tuple[Place | None, ...]

    @property
    def code(self) -> Code:
        """How it was encoded."""
        return Code(self.data, self.parity, self.zone, bool(self.flags & COMPRESSED))

    @property
    def record_bytes(self) -> int:
        """The room that each of its shards takes."""
        return record_bytes(self.payload_bytes)

    def is_of(self, header: Header, shard: int) -> bool:
        """Whether a record with this header is that shard."""
        return (header.object_id, header.offset, header.shard, header.payload_bytes, header.segment_crc) == (
            self.object_id,
            self.offset,
            shard,
            self.payload_bytes,
            self.crc,
        )


class DiskRecord(Record, version=1):
    """A disk.  `number` is given out once and never again: a disk that takes the place of another is another disk."""

    name: str
    zone: str
    number: int
    formatted: bool
    down_since_ms: int | None = None
    marked_down: bool = False


class Secret(Record, version=1):
    """The key that seals records, and the next number of a disk."""

    key: bytes
    next_number: int


class Damaged(Record, version=1):
    """A segment of which a shard could not be read."""

    object_id: bytes
    offset: int


class Retired(Record, version=1):
    """An extent without anything that is referred to; readers may still be at it."""

    disk: int
    extent: int
    retired_ms: int


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """What a walk has seen: segments and their bytes, shards missing, shards made again, segments beyond repair."""

    segments: int = 0
    size_bytes: int = 0
    missing: int = 0
    repaired: int = 0
    moved: int = 0
    unreadable: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


class Walk(Record, version=1):
    """A walk over all there is, by steps: behind which key to go on, when it began, and how the last one ended."""

    name: str
    position: tuple[bytes, int] | None
    started_ms: int
    tally: Tally
    last: Tally | None = None
    finished_ms: int | None = None


segments = Table("objects/segments", Segment, key=lambda row: (row.object_id, row.offset))
disks = Table("objects/disks", DiskRecord, key=lambda row: (row.name,))
secret = Table("objects/secret", Secret, key=lambda _: (None,))
damaged = Table("objects/damaged", Damaged, key=lambda row: (row.object_id, row.offset))
retired = Table("objects/retired", Retired, key=lambda row: (row.disk, row.extent))
walks = Table("objects/walks", Walk, key=lambda row: (row.name,))
dead = Counters("objects/dead")


def rows_of(tx: Transaction, object_id: bytes, start: int = 0, end: int | None = None) -> list[Segment]:
    """The segments of an object that hold bytes from `start` up to, not including, `end`, in order."""
    first = segments.scan(tx, (object_id,), after=(object_id, start + 1), limit=1, reverse=True)
    if not first:
        return []
    rows, limit = first, 1
    while (end is None or rows[-1].offset + rows[-1].size_bytes < end) and not rows[-1].flags & LAST:
        more = segments.scan(tx, (object_id,), after=(object_id, rows[-1].offset), limit=limit)
        if not more:
            break
        rows += more
        limit = min(2 * limit, 1024)
    return rows if end is None else [row for row in rows if row.offset < max(end, 1)]


def add_dead(tx: Transaction, rows: Iterable[Segment]) -> None:
    """Count the shards of rows that are no more."""
    lost: dict[tuple[int, int], int] = {}
    for row in rows:
        for place in row.places:
            if place is not None:
                lost[place[:2]] = lost.get(place[:2], 0) + row.record_bytes
    count_dead(tx, lost)


def count_dead(tx: Transaction, lost: Mapping[tuple[int, int], int]) -> None:
    """Count bytes that are no longer referred to, by extent."""
    for extent, size_bytes in lost.items():
        dead.add(tx, extent, size_bytes)


def exchange(tx: Transaction, old: Segment, new: Segment) -> bool:
    """Put `new` in the place of `old` if that is still what is stored; which shards are garbage now is counted."""
    stored = segments.get(tx, (old.object_id, old.offset))
    before, after = (old, new) if stored == old else (new, old)
    if stored == old:
        segments.replace(tx, old, new)
    gone: dict[tuple[int, int], int] = {}
    for place in set(before.places) - set(after.places) - {None}:
        assert place is not None
        gone[place[:2]] = gone.get(place[:2], 0) + old.record_bytes
    count_dead(tx, gone)
    return stored == old
