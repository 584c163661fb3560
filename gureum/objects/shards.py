"""The shards of a segment: writing them to disks, reading and verifying them, putting the segment together again.

Reading is done by plain functions that block; `Objects` runs them on threads.  A shard that is not there, is another's
or does not fit its checksum is the same to a reader: missing.  Then others are read, and the segment is decoded.  Which
ones were missing though their disk is there is told, so that they can be repaired.

`Draft` is a segment before it has places: its shards and the row it will have.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec.structs import replace

from gureum.base.clock import Clock
from gureum.objects import codes, shard
from gureum.objects.codes import Code
from gureum.objects.disks import Disk, Disks, recheck_ms
from gureum.objects.errors import TooFewDisks, Unreadable
from gureum.objects.placement import Slot, place, survives
from gureum.objects.shard import COMPRESSED, LAST, ONE_ZONE, Bytes, Header
from gureum.objects.tables import Place, Segment
from gureum.objects.writer import Writer, Written

straggler_seconds: Final = 10.0
"""How long one disk may keep a write waiting until it counts as failed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment that is encoded and not written yet; `row` has no places."""

    row: Segment
    shards: Mapping[int, Bytes]


class Span(NamedTuple):
    """Where a segment belongs: its object, where it begins in it, and whether it is the last."""

    object_id: bytes
    offset: int
    last: bool


def encode(span: Span, code: Code, segment: bytes) -> Draft:
    """Encode a segment.  Takes time: half a second a gigabyte."""
    packed = codes.compress(segment) if code.compressed and segment else None
    stored = segment if packed is None else packed
    used = code.of(len(stored))
    made = codes.encode(used, stored)
    row = Segment(
        object_id=span.object_id,
        offset=span.offset,
        size_bytes=len(segment),
        flags=(LAST * span.last) | (COMPRESSED * (packed is not None)) | (ONE_ZONE * (code.zone is not None)),
        data=used.data,
        parity=used.parity,
        zone=code.zone,
        stored_bytes=len(stored),
        payload_bytes=len(made[0]),
        crc=shard.crc64(segment),
        places=(None,) * used.shards,
    )
    return Draft(row, dict(enumerate(made)))


class Shards:
    """Shards on the disks of one store, as one process writes and reads them."""

    def __init__(
        self, disks: Disks, key: bytes, new_extent: Callable[[], int], clock: Clock, extent_bytes: int
    ) -> None:
        """`new_extent` makes up the number of an extent, which is full with `extent_bytes`."""
        self.disks = disks
        self.key = key
        self._new_extent = new_extent
        self._now_ms = clock.host_ms
        self._extent_bytes = extent_bytes
        self._writers: dict[int, Writer] = {}
        self._looking: set[int] = set()
        self._looks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Let go of all extents."""
        await asyncio.gather(*self._looks, return_exceptions=True)
        for writer in self._writers.values():
            await writer.close()
        self._writers.clear()

    async def write(self, drafted: Draft, *, sync: bool = True, urgent: bool = False) -> tuple[Segment, dict[int, int]]:
        """Write the shards of a draft to where there are none yet; the row with places, and the epoch of each disk.

        Raises TooFewDisks if the segment would not survive the loss of one more disk, unless this is `urgent`: then
        what can be written is, also where room is kept back.
        """
        row, waiting = drafted.row, dict(drafted.shards)
        places, epochs, failed = dict(enumerate(row.places)), dict[int, int](), set[int]()
        while waiting:
            taken = [slot for found in places.values() if found and (slot := self._slot(found[0]))]
            disks = [disk for disk in self._writable(row.zone, urgent) if disk.number not in failed]
            slots = place((disk.slot for disk in disks), taken, len(waiting), turn(row))
            if not slots:
                break
            tried = dict(zip(sorted(waiting), slots, strict=True))
            written = await self._append(row, {index: waiting[index] for index in tried}, tried, sync, urgent)
            for index, slot in tried.items():
                result = written.get(index)
                if result is None or epochs.setdefault(slot.number, result.epoch) != result.epoch:
                    failed.add(slot.number)
                else:
                    places[index] = (slot.number, result.extent, result.offset)
                    del waiting[index]
        made = with_places(row, places)
        if not urgent and not survives((found[0] for found in made.places if found), row.data):
            raise TooFewDisks(f"{len(disks_of(made))} disks could be written to, which is too few for {row.code}", made)
        return made, epochs

    async def sync(self, epochs: Mapping[int, int]) -> set[int]:
        """Make durable what was written to disks in those epochs; the disks of which it may be lost."""
        waits = {number: self._writer(disk).append([]) for number in epochs if (disk := self.disks.get(number))}
        results = await self._wait(waits)
        return {number for number, epoch in epochs.items() if number not in results or results[number].epoch != epoch}

    def read(self, row: Segment, start: int, end: int) -> tuple[bytes, list[int]]:
        """Bytes `start` to `end` of a segment, and which shards were found damaged.  Blocks.  Raises Unreadable."""
        code, whole = row.code, start == 0 and end == row.size_bytes
        found: dict[int, Bytes] = {}
        damaged: list[int] = []
        if code.data > 1 and not whole and not code.compressed:
            size = row.payload_bytes - codes.fragment_header_bytes
            first, behind = start // size, -(-end // size)
            self._collect(row, range(first, behind), behind - first, found, damaged)
            if len(found) == behind - first:
                joined = b"".join(codes.piece(code, found[index]) for index in range(first, behind))
                return joined[start - first * size : end - first * size], damaged
        segment = self._decode(row, found, damaged)
        return segment if whole else segment[start:end], damaged

    def spoiled(self, row: Segment) -> list[int]:
        """The shards that are not good though their disk is there.  Reads them all.  Blocks."""
        return [
            index
            for index, where in enumerate(row.places)
            if where is not None and not self.is_away(where) and self.read_shard(row, index) is None
        ]

    def rebuild(self, row: Segment, wanted: Collection[int]) -> dict[int, Bytes]:
        """Shards of a segment, made from the others, after what those give was checked.  Blocks.  Raises Unreadable."""
        found: dict[int, Bytes] = {}
        self._decode(row, found, [], without=wanted)
        return codes.reconstruct(row.code, found, sorted(wanted))

    def slots(self, row: Segment) -> dict[int, Slot]:
        """On which disks the shards of a segment are, those on disks that are no more left out."""
        found = {index: self._slot(where[0]) for index, where in enumerate(row.places) if where}
        return {index: slot for index, slot in found.items() if slot}

    def read_cached(self, row: Segment) -> bytes | None:
        """A whole segment if nothing is missing and the kernel has it in memory, None otherwise.  Does not block."""
        found: dict[int, Bytes] = {}
        for index in range(row.data):
            payload = self.read_shard(row, index, os.RWF_NOWAIT)
            if payload is None:
                return None
            found[index] = payload
        segment = codes.decode(row.code, found, row.stored_bytes)
        if row.code.compressed:
            segment = codes.decompress(segment, row.size_bytes)
        return segment if shard.crc64(segment) == row.crc else None

    def read_shard(self, row: Segment, index: int, flags: int = 0) -> memoryview | None:
        """The payload of one shard, None if it is not there or not good.  Blocks, unless `flags` say not to."""
        where = row.places[index]
        disk = self.disks.get(where[0]) if where else None
        if where is None or disk is None or not disk.readable:
            return None
        record = bytearray(row.record_bytes)
        try:
            file = os.open(disk.extent_path(where[1]), os.O_RDONLY | os.O_CLOEXEC)
            try:
                if os.preadv(file, [record], where[2], flags) < len(record):
                    return None
            finally:
                os.close(file)
        except OSError:
            return None
        header = shard.parse(self.key, record)
        if header is None or not row.is_of(header, index):
            return None
        return shard.payload_of(header, record)

    def is_away(self, where: Place | None) -> bool:
        """Whether the disk of a place is one that could come back."""
        disk = self.disks.get(where[0]) if where else None
        return disk is not None and not disk.readable

    def _decode(
        self, row: Segment, found: dict[int, Bytes], damaged: list[int], without: Collection[int] = ()
    ) -> bytes:
        order = [index for index in range(len(row.places)) if index not in found and index not in without]
        self._collect(row, order, row.data, found, damaged)
        if len(found) < row.data:
            raise Unreadable(f"{len(found)} of {row.data} shards can be read")
        segment = codes.decode(row.code, found, row.stored_bytes)
        if row.code.compressed:
            segment = codes.decompress(segment, row.size_bytes)
        if shard.crc64(segment) != row.crc:
            raise Unreadable("the shards are whole and do not give what was stored")
        return segment

    def _collect(
        self, row: Segment, order: Iterable[int], enough: int, found: dict[int, Bytes], damaged: list[int]
    ) -> None:
        for index in order:
            if len(found) >= enough:
                return
            payload = self.read_shard(row, index)
            if payload is not None:
                found[index] = payload
            elif not self.is_away(row.places[index]) and index not in damaged:
                damaged.append(index)

    async def _append(
        self, row: Segment, payloads: Mapping[int, Bytes], slots: Mapping[int, Slot], sync: bool, urgent: bool
    ) -> dict[int, Written]:
        waits, now_ms = {}, self._now_ms()
        crcs: dict[int, int] = {}
        for index, payload in payloads.items():
            # Copies are one object: its checksum is computed once.
            crc = crcs.get(id(payload))
            if crc is None:
                crc = crcs[id(payload)] = shard.payload_crc(payload)
            disk = self.disks.get(slots[index].number)
            assert disk is not None
            record = shard.pack(self.key, header_of(row, index, crc, now_ms), payload)
            waits[index] = self._writer(disk).append(record, sync=sync, urgent=urgent)
        results = await self._wait(waits)
        for index, wait in waits.items():
            late = self.disks.get(slots[index].number) if wait.cancelled() else None
            if late is not None:
                late.failed(OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)))
        return results

    async def _wait(self, waits: Mapping[int, asyncio.Future[Written]]) -> dict[int, Written]:
        """What was written in time and without error."""
        if waits:
            await asyncio.wait(waits.values(), timeout=straggler_seconds)
        results = {}
        for index, wait in waits.items():
            if not wait.done():
                wait.cancel()
            elif wait.exception() is None:
                results[index] = wait.result()
        return results

    async def _look(self, disk: Disk) -> None:
        self._looking.add(disk.number)
        try:
            await asyncio.to_thread(disk.look)
        finally:
            self._looking.discard(disk.number)

    def _writer(self, disk: Disk) -> Writer:
        writer = self._writers.get(disk.number)
        if writer is None:
            writer = Writer(disk, asyncio.get_running_loop(), self._new_extent, self._extent_bytes)
            self._writers[disk.number] = writer
        return writer

    def _slot(self, number: int) -> Slot | None:
        disk = self.disks.get(number)
        return disk.slot if disk else None

    def _writable(self, zone: str | None, urgent: bool) -> list[Disk]:
        """The disks to write to; those that were away when last seen are looked at again meanwhile."""
        now_ms = self._now_ms()
        for disk in self.disks:
            unwell = (disk.problem or disk.blocked) and disk.number not in self._looking
            if unwell and now_ms - disk.checked_ms >= recheck_ms:
                disk.checked_ms = now_ms
                look = asyncio.ensure_future(self._look(disk))
                self._looks.add(look)
                look.add_done_callback(self._looks.discard)
        found = self.disks.writable(zone)
        return found or (self.disks.readable(zone) if urgent else [])


def turn(row: Segment) -> int:
    """Which disk begins."""
    return int.from_bytes(row.object_id[-4:], "big") + row.offset // 4096


def header_of(row: Segment, index: int, crc: int, written_ms: int) -> Header:
    """The header of a shard of `row`."""
    return Header(
        row.flags,
        row.data,
        row.parity,
        index,
        row.size_bytes,
        row.offset,
        row.object_id,
        row.stored_bytes,
        row.payload_bytes,
        crc,
        written_ms,
        row.crc,
    )


def with_places(row: Segment, places: Mapping[int, Place | None]) -> Segment:
    """The row with other places."""
    return replace(row, places=tuple(places[index] for index in range(len(row.places))))


def disks_of(row: Segment) -> set[int]:
    """The numbers of the disks that hold shards of a segment."""
    return {found[0] for found in row.places if found}
