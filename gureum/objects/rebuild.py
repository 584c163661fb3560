"""The index made again from the extents alone, when the state was lost or is not believed.

Every record says which shard of which segment of which object it is, sealed, so the rows follow from the headers.  What
the extents cannot tell is which objects were deleted or never committed: their records lie there until compaction takes
them.  So the rows of all that is complete come back, and `keep` decides which objects are wanted, by asking those who
hold references; what it does not want is counted as garbage.

An object is complete when its segments follow each other from zero to one that is marked as the last, each with enough
shards.  To judge that all disks have to be there: with one away nothing is dropped, and another run finishes.

The store must not be in use meanwhile: reads would not find what is not yet back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import groupby
from typing import Final

import msgspec
from msgspec.structs import replace

from gureum.objects import tables
from gureum.objects.compact import scan_file
from gureum.objects.disks import Disk
from gureum.objects.shard import LAST, ONE_ZONE, Header
from gureum.objects.store import Objects, log
from gureum.objects.tables import Segment
from gureum.state.store import Transaction

_rows_at_once: Final = 512


class Rebuilt(msgspec.Struct, frozen=True):
    """Segments that have a row now, those that were dropped, and disks that could not be read."""

    segments: int
    dropped: int
    away: tuple[str, ...]


async def rebuild_index(objects: Objects, keep: Callable[[bytes], bool] = lambda _: True) -> Rebuilt:
    """Make the index anew; `keep` says of an object's id whether it is wanted."""
    await objects.refresh()
    away = tuple(disk.location.name for disk in objects.disks if not disk.readable)
    await _clear(objects)
    for disk in objects.disks:
        if disk.readable:
            await _take_in(objects, disk)
    return await _judge(objects, keep, away)


async def _clear(objects: Objects) -> None:
    def work(tx: Transaction) -> int:
        rows = tables.segments.scan(tx, limit=_rows_at_once)
        for row in rows:
            tables.segments.delete(tx, row)
        tables.dead.clear(tx, ())
        return len(rows)

    while await objects.state.transact(work):
        pass


async def _take_in(objects: Objects, disk: Disk) -> None:
    """Put the places of all records on a disk into rows."""
    retired = {row.extent for row in await objects.state.transact(lambda tx: tables.retired.scan(tx, (disk.number,)))}
    for extent in await objects.run(disk.extents):
        if extent in retired:
            continue
        found = await objects.run(scan_file, objects.shards.key, disk.extent_path(extent))
        for start in range(0, len(found), _rows_at_once):
            some = found[start : start + _rows_at_once]

            def work(tx: Transaction, some: list[tuple[int, Header]] = some, extent: int = extent) -> None:
                for offset, header in some:
                    _add(tx, disk, extent, offset, header)

            await objects.state.transact(work)


def _add(tx: Transaction, disk: Disk, extent: int, offset: int, header: Header) -> None:
    row = tables.segments.get(tx, (header.object_id, header.offset))
    place = (disk.number, extent, offset)
    if row is None:
        row = _row(disk, header)
        places = tuple(place if index == header.shard else None for index in range(len(row.places)))
        tables.segments.insert(tx, replace(row, places=places))
    elif row.is_of(header, header.shard) and row.places[header.shard] is None:
        places = tuple(place if index == header.shard else at for index, at in enumerate(row.places))
        tables.segments.replace(tx, row, replace(row, places=places))
    else:
        tables.count_dead(tx, {(disk.number, extent): header.record_bytes})


def _row(disk: Disk, header: Header) -> Segment:
    return Segment(
        object_id=header.object_id,
        offset=header.offset,
        size_bytes=header.segment_bytes,
        flags=header.flags,
        data=header.data,
        parity=header.parity,
        zone=disk.record.zone if header.flags & ONE_ZONE else None,
        stored_bytes=header.stored_bytes,
        payload_bytes=header.payload_bytes,
        crc=header.segment_crc,
        places=(None,) * (header.data + header.parity),
    )


async def _judge(objects: Objects, keep: Callable[[bytes], bool], away: tuple[str, ...]) -> Rebuilt:
    """Drop what is not wanted, and what is not complete unless that may be for want of a disk."""
    kept = dropped = 0
    async for rows in _objects(objects):
        wanted = keep(rows[0].object_id)
        if wanted and (away or _is_complete(rows)):
            kept += len(rows)
            continue
        if wanted:
            log.warning("object is not complete", object=rows[0].object_id.hex())
        dropped += len(rows)

        def drop(tx: Transaction, rows: list[Segment] = rows) -> None:
            for row in rows:
                tables.segments.delete(tx, row)
            tables.add_dead(tx, rows)

        await objects.state.transact(drop)
    return Rebuilt(kept, dropped, away)


async def _objects(objects: Objects) -> AsyncIterator[list[Segment]]:
    """The rows of each object, in order."""
    rest: list[Segment] = []
    after: tuple[bytes, int] | None = None
    while True:
        rows = await objects.state.transact(partial(tables.segments.scan, after=after, limit=_rows_at_once))
        groups = [list(group) for _, group in groupby([*rest, *rows], key=lambda row: row.object_id)]
        for group in groups[:-1]:
            yield group
        rest = groups[-1] if groups else []
        if len(rows) < _rows_at_once:
            break
        after = (rows[-1].object_id, rows[-1].offset)
    if rest:
        yield rest


def _is_complete(rows: list[Segment]) -> bool:
    ends = [0, *(row.offset + row.size_bytes for row in rows)]
    return (
        all(row.offset == end for row, end in zip(rows, ends, strict=False))
        and bool(rows[-1].flags & LAST)
        and all(sum(place is not None for place in row.places) >= row.data for row in rows)
    )
