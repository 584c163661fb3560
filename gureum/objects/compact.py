"""Compaction: giving back the room of what was deleted, moved or never committed.

An extent is compacted when at least half of it is garbage and nobody appends to it any more: what is still referred to
is written again, usually on the same disk, to the extent that the process appends to, and the rows are exchanged.  Then
the extent is *retired*: its file is removed after `readers_ms`, so that who is reading from it can finish.

What is garbage?  A record that no row refers to.  But the record of a put that is not committed yet has no row either.
Two things tell them apart. A counter says how many bytes of an extent are known to be garbage, because a transaction
has removed or given up what referred to them; if that is all that is not referred to, nothing is under way. Otherwise
it is waited until the records are older than `reclaim_ms`, when a commit would be refused (`store.commit_ms_max`).

`survey` finds the garbage that no counter knows: what a crash or a client that went away has left.  It reads the
headers of an extent and no payloads.

Many small extents, as restarts leave them, are put together in the same way.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gureum.objects import shard, tables
from gureum.objects.disks import Disk, sync_directory
from gureum.objects.shard import Bytes, Header
from gureum.objects.shards import Draft, with_places
from gureum.objects.store import Objects, commit_ms_max
from gureum.objects.tables import Retired, Segment
from gureum.objects.writer import is_sealed
from gureum.state.store import Transaction

readers_ms: Final = 15 * 60 * 1000
reclaim_ms: Final = 2 * commit_ms_max
settle_ms: Final = 60 * 1000
garbage_share_min: Final = 0.5
small_bytes: Final = 4 * 1024 * 1024
small_extents_max: Final = 16

_records_at_once: Final = 64


class Reclaimed(msgspec.Struct, frozen=True):
    """What a pass did: extents retired, files removed and their bytes, and whether there is more to do at once."""

    retired: int
    removed: int
    removed_bytes: int
    more: bool


class _Extent(NamedTuple):
    disk: Disk
    number: int
    size: int


class _Found(NamedTuple):
    """A record, and the row that refers to it, if one does."""

    offset: int
    header: Header
    row: Segment | None


async def compact(
    objects: Objects, *, reclaim_ms: int = reclaim_ms, readers_ms: int = readers_ms, extents_max: int = 4
) -> Reclaimed:
    """Compact the extents with the most garbage, and remove files that were retired long enough ago."""
    removed, removed_bytes = await _remove_retired(objects, readers_ms)
    candidates = await _candidates(objects)
    done = 0
    for extent in candidates[:extents_max]:
        done += await _compact(objects, extent, reclaim_ms)
    return Reclaimed(done, removed, removed_bytes, more=len(candidates) > extents_max and done > 0)


async def survey(objects: Objects, *, reclaim_ms: int = reclaim_ms) -> int:
    """Count the garbage of all extents that nobody appends to; how many bytes were not known before."""
    total = 0
    for extent in await _sealed(objects):
        oldest_ms = objects.clock.host_ms() - reclaim_ms
        headers = await objects.run(_headers, objects.shards.key, extent)
        if headers is None:
            continue
        found = await _look_up(objects, extent, headers)
        old = sum(each.header.record_bytes for each in found if each.row is None and each.header.written_ms < oldest_ms)
        key = (extent.disk.number, extent.number)

        def raise_to(tx: Transaction, key: tuple[int, int] = key, old: int = old) -> int:
            new = max(old - tables.dead.read(tx, key), 0)
            tables.dead.add(tx, key, new)
            return new

        total += await objects.state.transact(raise_to)
    return total


async def _sealed(objects: Objects) -> list[_Extent]:
    """The extents that nobody appends to and that are not retired."""
    retired = {(row.disk, row.extent) for row in await objects.state.transact(tables.retired.scan, readonly=True)}
    newest = (objects.clock.host_ms() - settle_ms) << 16
    extents = []
    for disk in objects.disks:
        if disk.readable:
            extents += await objects.run(_sealed_on, disk, newest)
    return [extent for extent in extents if (extent.disk.number, extent.number) not in retired]


def _sealed_on(disk: Disk, newest: int) -> list[_Extent]:
    found = []
    try:
        for number in disk.extents():
            path = disk.extent_path(number)
            if number < newest and is_sealed(path):
                found.append(_Extent(disk, number, path.stat().st_size))
    except OSError:
        return []
    return found


async def _candidates(objects: Objects) -> list[_Extent]:
    """What is worth compacting, the most garbage first."""
    known = await objects.state.transact(tables.dead.read_all, readonly=True)
    extents = await _sealed(objects)
    shares = {
        extent: known.get((extent.disk.number, extent.number), 0) / extent.size if extent.size else 1.0
        for extent in extents
    }
    small = [extent for extent in shares if extent.size < small_bytes]
    for disk in objects.disks:
        mine = [extent for extent in small if extent.disk is disk]
        if len(mine) > small_extents_max:
            shares.update(dict.fromkeys(mine, 1.0))
    worth = [extent for extent, share in shares.items() if share >= garbage_share_min]
    return sorted(worth, key=lambda extent: -shares[extent])


async def _compact(objects: Objects, extent: _Extent, reclaim_ms: int) -> bool:
    """Move what is referred to and retire the extent; whether it came to that."""
    key = (extent.disk.number, extent.number)
    known = await objects.state.transact(lambda tx: tables.dead.read(tx, key), readonly=True)
    headers = await objects.run(_headers, objects.shards.key, extent)
    if headers is None:
        return False
    found = await _look_up(objects, extent, headers)
    unknown = [each.header for each in found if each.row is None]
    oldest_ms = objects.clock.host_ms() - reclaim_ms
    if sum(header.record_bytes for header in unknown) != known and any(h.written_ms >= oldest_ms for h in unknown):
        return False
    live = [each for each in found if each.row is not None]
    for start in range(0, len(live), _records_at_once):
        if not await _move(objects, extent, live[start : start + _records_at_once]):
            return False
    now_ms = objects.clock.host_ms()

    def retire(tx: Transaction) -> None:
        tables.retired.put(tx, Retired(*key, now_ms))
        tables.dead.clear(tx, key)

    await objects.state.transact(retire)
    return True


def _headers(key: bytes, extent: _Extent) -> list[tuple[int, Header]] | None:
    """Where the records of an extent are, None if it cannot be read."""
    try:
        return scan_file(key, extent.disk.extent_path(extent.number))
    except OSError as error:
        extent.disk.failed(error)
        return None


def scan_file(key: bytes, path: Path) -> list[tuple[int, Header]]:
    """(offset, header) of the records in an extent.  OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return list(shard.scan(key, file, os.fstat(file).st_size))
    finally:
        os.close(file)


async def _look_up(objects: Objects, extent: _Extent, headers: list[tuple[int, Header]]) -> list[_Found]:
    """Which row refers to each record."""

    def rows(tx: Transaction) -> list[_Found]:
        return [_Found(offset, header, _row(tx, extent, offset, header)) for offset, header in some]

    found = []
    for start in range(0, len(headers), _records_at_once):
        some = headers[start : start + _records_at_once]
        found += await objects.state.transact(rows, readonly=True)
    return found


def _row(tx: Transaction, extent: _Extent, offset: int, header: Header) -> Segment | None:
    row = tables.segments.get(tx, (header.object_id, header.offset))
    place = (extent.disk.number, extent.number, offset)
    return row if row is not None and row.places[header.shard] == place else None


async def _move(objects: Objects, extent: _Extent, live: list[_Found]) -> bool:
    """Write records again; whether all of them are elsewhere now."""
    gone: dict[tuple[bytes, int], tuple[Segment, dict[int, Bytes]]] = {}
    whole = True
    for each in live:
        row, index = each.row, each.header.shard
        assert row is not None
        payload = await objects.run(objects.shards.read_shard, row, index)
        if payload is None:
            objects.note_damage(row)
            whole = False
        else:
            gone.setdefault((row.object_id, row.offset), (row, {}))[1][index] = payload
    moves = []
    for row, payloads in gone.values():
        bare = with_places(row, {index: None if index in payloads else at for index, at in enumerate(row.places)})
        moved, _ = await objects.shards.write(Draft(bare, payloads), urgent=True)
        # What could not be written anywhere stays where it is.
        places = {index: at or row.places[index] for index, at in enumerate(moved.places)}
        whole = whole and all(places[index] != row.places[index] for index in payloads)
        moves.append((row, with_places(row, places)))
    kept = await objects.state.transact(lambda tx: [tables.exchange(tx, old, new) for old, new in moves])
    return whole and all(kept)


async def _remove_retired(objects: Objects, readers_ms: int) -> tuple[int, int]:
    """Remove files nobody reads from any more; how many, and their bytes."""
    due_ms = objects.clock.host_ms() - readers_ms
    rows = await objects.state.transact(tables.retired.scan, readonly=True)
    removed = removed_bytes = 0
    for row in rows:
        disk = objects.disks.get(row.disk)
        if row.retired_ms > due_ms or (disk is not None and not disk.readable):
            continue
        if disk is not None:
            size = await objects.run(_remove, disk, row.extent)
            if size is None:
                continue
            removed, removed_bytes = removed + 1, removed_bytes + size
        await objects.state.transact(partial(tables.retired.delete, record=row))
    return removed, removed_bytes


def _remove(disk: Disk, extent: int) -> int | None:
    path = disk.extent_path(extent)
    try:
        size = path.stat().st_size
        path.unlink()
        sync_directory(path.parent)
    except FileNotFoundError:
        return 0
    except OSError:
        return None
    return size
