"""How the object store is: its disks and zones, what repair and scrubbing last saw, what waits."""

from __future__ import annotations

import os

import msgspec

from gureum.objects import tables
from gureum.objects.disks import Disk
from gureum.objects.store import Objects
from gureum.objects.tables import Tally, Walk
from gureum.state.store import Transaction


class DiskStatus(msgspec.Struct, frozen=True):
    """A disk.  `problem` is None when it is in use; sizes are None when it cannot be looked at."""

    name: str
    zone: str
    number: int
    problem: str | None
    down_since_ms: int | None
    extents: int | None
    used_bytes: int | None
    free_bytes: int | None
    garbage_bytes: int


class WalkStatus(msgspec.Struct, frozen=True):
    """A walk: what it has seen so far, and what the last whole one saw; times are the host's."""

    name: str
    started_ms: int
    so_far: Tally
    last: Tally | None
    finished_ms: int | None


class Status(msgspec.Struct, frozen=True):
    """The store."""

    disks: tuple[DiskStatus, ...]
    zones_down: tuple[str, ...]
    damaged: int
    walks: tuple[WalkStatus, ...]


async def status(objects: Objects) -> Status:
    """Look at the disks and at what the state says."""
    await objects.refresh()

    def work(tx: Transaction) -> tuple[dict[int, int], int, list[Walk]]:
        garbage: dict[int, int] = {}
        for (number, _), size in tables.dead.read_all(tx).items():
            assert isinstance(number, int)
            garbage[number] = garbage.get(number, 0) + size
        return garbage, tables.damaged.count(tx), tables.walks.scan(tx)

    garbage, damaged, walks = await objects.state.transact(work, readonly=True)
    disks = [await objects.run(_disk, disk, garbage.get(disk.number, 0)) for disk in objects.disks]
    zones = {disk.zone for disk in disks}
    up = {disk.zone for disk in disks if disk.problem is None}
    return Status(
        disks=tuple(sorted(disks, key=lambda disk: disk.name)),
        zones_down=tuple(sorted(zones - up)),
        damaged=damaged,
        walks=tuple(WalkStatus(w.name, w.started_ms, w.tally, w.last, w.finished_ms) for w in walks),
    )


def _disk(disk: Disk, garbage_bytes: int) -> DiskStatus:
    record = disk.record
    problem = "marked down" if record.marked_down else disk.problem or disk.blocked
    extents = used = free = None
    try:
        sizes = [disk.extent_path(extent).stat().st_size for extent in disk.extents()]
        extents, used = len(sizes), sum(sizes)
        room = os.statvfs(disk.extents_path)
        free = room.f_bavail * room.f_frsize
    except OSError as error:
        problem = problem or os.strerror(error.errno or 0)
    return DiskStatus(
        record.name, record.zone, disk.number, problem, record.down_since_ms, extents, used, free, garbage_bytes
    )
