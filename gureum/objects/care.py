"""Repair and scrubbing: walks over the index that see whether every shard is there and where it should be.

Both look at one segment after the other and do the same about it; they differ in how closely they look.

- **Repair** looks at the index: shards that were never written, those on disks that are no more, those on disks that
  have been away for longer than `patience_ms`.  They are made again from the others and written to other disks.
- **Scrubbing** reads every shard as well and repairs those that are spoiled or gone.

Both move shards that sit too close together, as after a zone has returned.  A segment that lacks a shard or two is
read as always meanwhile; one with too few shards left is logged, counted and left as it is: its disks may come back.

A pass is a bounded step of a walk.  Where the walk has come to lies in the state, so it goes on after a crash and in
another process.  It is driven by the index and not by the extents: a record that cannot be found any more, because its
header was spoiled, is missed only by who knows that it should be there.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from msgspec.structs import replace

from gureum.objects import members, tables
from gureum.objects.errors import Unreadable
from gureum.objects.placement import misplaced
from gureum.objects.shards import Draft, turn, with_places
from gureum.objects.store import Objects, log
from gureum.objects.tables import Segment, Tally, Walk
from gureum.state.store import Transaction

patience_ms: Final = 10 * 60 * 1000
"""How long a disk may be away before what it holds is made again elsewhere: longer than a restart takes."""

_rows_max: Final = 256
_at_once: Final = 4


class Progress(msgspec.Struct, frozen=True):
    """What a pass did, and whether there is more to do at once."""

    tally: Tally
    more: bool


async def repair(objects: Objects, *, patience_ms: int = patience_ms, rows_max: int = _rows_max) -> Progress:
    """A step of the repair walk, after what readers have found damaged."""
    await watch(objects, patience_ms)
    found = await _repair_damaged(objects, patience_ms, rows_max)
    walked = await _walk(objects, "repair", patience_ms, rows_max, None)
    return Progress(found.tally + walked.tally, found.more or walked.more)


async def scrub(objects: Objects, *, patience_ms: int = patience_ms, bytes_max: int = 64 * 1024 * 1024) -> Progress:
    """A step of the scrub walk: read and verify some `bytes_max` of shards.  How often it is called is the pace."""
    await watch(objects, patience_ms)
    return await _walk(objects, "scrub", patience_ms, _rows_max, bytes_max)


async def watch(objects: Objects, patience_ms: int = patience_ms) -> None:
    """See which disks are away, note since when, and begin disks of our own anew that have been gone for too long."""
    now_ms = objects.clock.host_ms()
    await objects.refresh()
    await members.note_absence(objects.state, objects.disks, now_ms)
    for disk in objects.disks:
        since = disk.record.down_since_ms
        gone = disk.location.own and disk.is_blank and not disk.record.marked_down
        if gone and since is not None and now_ms - since >= patience_ms:
            log.warning("disk is begun anew", disk=disk.location.name)
            await members.substitute(objects.state, disk.location.name)
    await members.prepare(objects.state, objects.disks)


async def _repair_damaged(objects: Objects, patience_ms: int, rows_max: int) -> Progress:
    def load(tx: Transaction) -> list[tuple[tables.Damaged, Segment | None]]:
        found = tables.damaged.scan(tx, limit=rows_max)
        return [(each, tables.segments.get(tx, (each.object_id, each.offset))) for each in found]

    def forget(tx: Transaction) -> None:
        for each, _ in noted:
            if tables.damaged.get(tx, tables.damaged.key(each)) is not None:
                tables.damaged.delete(tx, each)

    noted = await objects.state.transact(load, readonly=True)
    if not noted:
        return Progress(Tally(), more=False)
    tally = await _examine_all(objects, [row for _, row in noted if row is not None], patience_ms, verify=True)
    await objects.state.transact(forget)
    return Progress(tally, more=len(noted) == rows_max)


async def _walk(objects: Objects, name: str, patience_ms: int, rows_max: int, bytes_max: int | None) -> Progress:
    """Look at the next segments behind where the walk of that name has come to."""
    now_ms = objects.clock.host_ms()

    def load(tx: Transaction) -> tuple[Walk, list[Segment]]:
        walk = tables.walks.get(tx, (name,)) or Walk(name, None, now_ms, Tally())
        if walk.position is None:
            walk = replace(walk, started_ms=now_ms, tally=Tally())
        return walk, tables.segments.scan(tx, after=walk.position, limit=rows_max)

    walk, rows = await objects.state.transact(load, readonly=True)
    chosen, size = list[Segment](), 0
    for row in rows:
        if bytes_max is not None and chosen and size + row.record_bytes * len(row.places) > bytes_max:
            break
        chosen.append(row)
        size += row.record_bytes * len(row.places)
    tally = await _examine_all(objects, chosen, patience_ms, verify=bytes_max is not None)
    more = len(chosen) < len(rows) or len(rows) == rows_max
    total = walk.tally + tally
    if more:
        after = replace(walk, position=(chosen[-1].object_id, chosen[-1].offset), tally=total)
    else:
        after = replace(walk, position=None, tally=total, last=total, finished_ms=objects.clock.host_ms())
    await objects.state.transact(lambda tx: tables.walks.put(tx, after))
    return Progress(tally, more)


async def _examine_all(objects: Objects, rows: list[Segment], patience_ms: int, *, verify: bool) -> Tally:
    total = Tally()
    for start in range(0, len(rows), _at_once):
        some = rows[start : start + _at_once]
        for tally in await asyncio.gather(*(_examine(objects, row, patience_ms, verify) for row in some)):
            total += tally
    return total


async def _examine(objects: Objects, row: Segment, patience_ms: int, verify: bool) -> Tally:
    """See that all shards of a segment are there and well spread."""
    missing = set(_lost(objects, row, patience_ms))
    if verify:
        missing |= set(await objects.run(objects.shards.spoiled, row))
    seen = Tally(segments=1, size_bytes=row.size_bytes, missing=len(missing))
    try:
        while missing:
            mended = await _mend(objects, row, missing)
            if mended is None:
                return seen
            made = sum(mended.places[index] is not None for index in missing)
            row, seen, missing = mended, seen + Tally(repaired=made), set()
        for _ in row.places:
            moved = await _spread(objects, row)
            if moved is None:
                break
            row, seen = moved, seen + Tally(moved=1)
    except Unreadable as error:
        log.error("a segment cannot be repaired", object=row.object_id.hex(), offset=row.offset, why=error)
        return seen + Tally(unreadable=1)
    return seen


def _lost(objects: Objects, row: Segment, patience_ms: int) -> list[int]:
    """The shards that are not to be waited for."""
    now_ms = objects.clock.host_ms()
    found = []
    for index, where in enumerate(row.places):
        disk = objects.disks.get(where[0]) if where else None
        if disk is None:
            found.append(index)
        elif not disk.readable:
            since = disk.record.down_since_ms
            if since is not None and now_ms - since >= patience_ms:
                found.append(index)
    return found


async def _mend(objects: Objects, row: Segment, missing: set[int]) -> Segment | None:
    """Make shards again and write them to other disks; the new row, None if it did not come to that."""
    bare = with_places(row, {index: None if index in missing else at for index, at in enumerate(row.places)})
    if not objects.disks.writable(row.zone):
        return None
    payloads = await objects.run(objects.shards.rebuild, row, missing)
    made, _ = await objects.shards.write(Draft(bare, payloads), urgent=True)
    if made == bare:
        return None
    kept = await objects.state.transact(lambda tx: tables.exchange(tx, row, made))
    return made if kept else None


async def _spread(objects: Objects, row: Segment) -> Segment | None:
    """Move a shard that shares its disk or zone with too many; the new row, None if all is as it should be."""
    slots = [disk.slot for disk in objects.disks.writable(row.zone)]
    index = misplaced(slots, objects.shards.slots(row), turn(row))
    return None if index is None else await _mend(objects, row, {index})
