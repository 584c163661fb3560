"""What the tests do to a store of objects: put, read, and let disks vanish and return."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.objects import care, compact, writer
from gureum.objects.codes import STANDARD, Code
from gureum.objects.disks import default_locations
from gureum.objects.rebuild import Rebuilt, rebuild_index
from gureum.objects.store import Objects, Stored
from gureum.objects.tables import Segment, Tally, segments
from gureum.state.memory import MemoryStore
from gureum.state.store import Store

MINUTE_MS = 60_000
DISKS = [location.name for location in default_locations(Path())]
ZONES = ["zone-a", "zone-b", "zone-c"]
SIZES = [0, 1, 1000, 4096, 4097, 70_001, 4_194_304, 4_194_305, 9_000_001]


async def stream(data: bytes, piece: int = 65_536) -> AsyncIterator[bytes]:
    """The data as a client sends it."""
    for start in range(0, len(data), piece):
        yield data[start : start + piece]


class Rig:
    """Objects over six directories, a state in memory and a clock that the test moves."""

    def __init__(self, root: Path, state: Store | None = None, extent_bytes: int = writer.extent_bytes) -> None:
        self.root = root
        self.disks = root / "objects"
        self.away = root / "away"
        self.state: Store = state or MemoryStore(rehearse=True)
        self.now_ms = 1_500_000_000_000
        self.clock = Clock(lambda: self.now_ms)
        self.extent_bytes = extent_bytes
        self.objects = self.make()

    def make(self) -> Objects:
        """Another process's view of the same store."""
        return Objects(self.state, self.clock, Ids(), default_locations(self.disks), extent_bytes=self.extent_bytes)

    async def open(self) -> None:
        self.away.mkdir(parents=True, exist_ok=True)
        await self.state.open()
        await self.objects.open()

    async def close(self) -> None:
        await self.objects.close()
        await self.state.close()

    async def reopen(self) -> None:
        """What is left when the process ends."""
        await self.objects.close()
        self.objects = self.make()
        await self.objects.open()

    async def reopen_extents(self) -> None:
        """Nobody appends to the extents that there are any more, and they have been there for a while."""
        await self.objects.shards.close()
        self.now_ms += 2 * MINUTE_MS

    async def put(self, data: bytes, code: Code = STANDARD) -> bytes:
        """Store, commit; the object's id."""
        stored = await self.objects.put(stream(data), code=code)
        await self.commit(stored)
        return stored.object_id

    async def commit(self, stored: Stored) -> None:
        await self.state.transact(lambda tx: self.objects.commit(tx, stored))

    async def rows(self, object_id: bytes, start: int = 0, end: int | None = None) -> list[Segment]:
        return await self.state.transact(lambda tx: self.objects.locate(tx, object_id, start, end))

    async def get(self, object_id: bytes, start: int = 0, end: int | None = None) -> bytes:
        rows = await self.rows(object_id, start, end)
        return b"".join([piece async for piece in self.objects.read(rows, start, end)])

    async def delete(self, object_id: bytes) -> None:
        await self.state.transact(lambda tx: self.objects.delete(tx, object_id))

    async def all_rows(self) -> list[Segment]:
        """The smallest first."""
        return sorted(await self.state.transact(segments.scan), key=lambda row: row.size_bytes)

    def lose(self, name: str) -> None:
        """A disk is pulled out."""
        (self.away / name).parent.mkdir(parents=True, exist_ok=True)
        (self.disks / name).rename(self.away / name)

    def bring_back(self, name: str) -> None:
        """And put in again, as it was."""
        if (self.disks / name).exists():
            shutil.rmtree(self.disks / name)
        (self.away / name).rename(self.disks / name)

    def wipe(self, name: str) -> None:
        """A disk loses all that it holds."""
        for path in (self.disks / name).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    async def rebuild(self, keep: Callable[[bytes], bool] = lambda _: True) -> Rebuilt:
        return await rebuild_index(self.objects, keep)

    async def repair(self, patience_ms: int = 0) -> Tally:
        """Whole walks until there is nothing left to do."""
        return await self._walk(lambda: care.repair(self.objects, patience_ms=patience_ms))

    async def scrub(self) -> Tally:
        return await self._walk(lambda: care.scrub(self.objects, patience_ms=0))

    async def compact(self, reclaim_ms: int = compact.reclaim_ms) -> int:
        """Compact and remove until there is nothing left to do; how many bytes were given back."""
        removed = 0
        while True:
            done = await compact.compact(self.objects, reclaim_ms=reclaim_ms, readers_ms=0)
            removed += done.removed_bytes
            if not done.retired and not done.removed:
                return removed

    def used_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.extents())

    def extents(self, names: Iterable[str] = DISKS) -> list[Path]:
        return sorted(path for name in names for path in (self.disks / name).rglob("*.extent"))

    def file_of(self, row: Segment, shard: int) -> tuple[Path, int]:
        """The file that a shard is in, and where in it."""
        place = row.places[shard]
        assert place is not None
        disk = self.objects.disks.get(place[0])
        assert disk is not None
        return disk.extent_path(place[1]), place[2]

    async def _walk(self, step: Callable[[], Awaitable[care.Progress]]) -> Tally:
        total = Tally()
        while True:
            progress = await step()
            total += progress.tally
            if not progress.more:
                return total


def flip(path: Path, offset: int, bit: int = 0) -> None:
    """Rot: one bit of a file."""
    file = os.open(path, os.O_RDWR)
    try:
        byte = os.pread(file, 1, offset)[0] ^ (1 << bit)
        os.pwrite(file, bytes([byte]), offset)
    finally:
        os.close(file)
