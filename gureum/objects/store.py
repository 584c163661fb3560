"""The store of objects as services use it: put, commit, locate, read, delete.

    stored = await objects.put(source)                        # bytes are durable; nobody knows of them
    await state.transact(lambda tx: (objects.commit(tx, stored), …))     # now it is an object
    rows = await state.transact(lambda tx: objects.locate(tx, object_id))
    async for piece in objects.read(rows, start, end): …
    await state.transact(lambda tx: (objects.delete(tx, object_id), …))

`commit`, `locate` and `delete` run in the caller's transaction, so that bytes and what is known about them come and go
together.  A put that is never committed, because the client went away or the process died, is garbage from the start:
it is found and reclaimed once `commit_ms_max` has passed, after which it cannot be committed any more.

A put holds about six segments in memory, a read two, whatever the size of the object.  Encoding, hashing and large
reads are done on threads; what is small is done where it is, because a change of thread takes longer.

The store is of one process; several may share the disks and the state.  Passes that clean up (`care.py`, `compact.py`)
are for one of them at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec

from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.base.log import Log
from gureum.objects import members, tables, writer
from gureum.objects.codes import STANDARD, Code
from gureum.objects.disks import Disks, Location
from gureum.objects.errors import NoSuchObject, TooFewDisks, TooLate, Unreadable
from gureum.objects.memory import keep_buffers
from gureum.objects.placement import survives
from gureum.objects.shards import Draft, Shards, Span, encode, with_places
from gureum.objects.tables import DAMAGED, Damaged, Segment
from gureum.state.store import Store, StoreError, Transaction

segment_bytes: Final = 4 * 1024 * 1024
inline_bytes_max: Final = 32 * 1024
commit_ms_max: Final = 12 * 3600 * 1000
threads: Final = 4
noted_max: Final = 1024
_doubtful: Final = -1

T = TypeVar("T")

log = Log("objects")


class Hash(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes, /) -> object:
        """Take in more."""


class Stored(msgspec.Struct, frozen=True):
    """Bytes that are durable and not yet an object: to be committed."""

    object_id: bytes
    size_bytes: int
    begun_ms: int
    rows: tuple[Segment, ...]


class _Line:
    """The segments of a put: while one is received, the one before is encoded, and the one before that is written."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards
        self._encoding: asyncio.Task[Draft] | None = None
        self._writing: asyncio.Task[tuple[Segment, dict[int, int]]] | None = None
        self._rows: list[Segment] = []
        self._epochs: dict[int, int] = {}

    async def add(self, draft: Callable[[], Coroutine[None, None, Draft]]) -> None:
        """Let the next segment in, when there is room."""
        await self._advance()
        self._encoding = asyncio.create_task(draft())

    async def finish(self) -> tuple[Segment, ...]:
        """All of them, durable.  Raises TooFewDisks."""
        await self._advance()
        await self._advance()
        lost = await self._shards.sync(self._epochs)
        for index, row in enumerate(self._rows):
            left = {at: None if place and place[0] in lost else place for at, place in enumerate(row.places)}
            self._rows[index] = await self._completed(with_places(row, left))
        return tuple(self._rows)

    async def _completed(self, row: Segment) -> Segment:
        """The segment, written again in part if disks have failed since it was written."""
        if survives((place[0] for place in row.places if place), row.data):
            return row
        missing = [index for index, place in enumerate(row.places) if place is None]
        try:
            shards = await asyncio.to_thread(self._shards.rebuild, row, missing)
        except Unreadable as error:
            raise TooFewDisks("too many disks failed while it was written") from error
        made, _ = await self._shards.write(Draft(row, shards))
        return made

    async def give_up(self) -> list[Segment]:
        """What was written."""
        tasks = [task for task in (self._encoding, self._writing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return self._rows

    async def _advance(self) -> None:
        drafted = None if self._encoding is None else await self._encoding
        self._encoding = None
        if self._writing is not None:
            self._keep(*await self._writing)
            self._writing = None
        if drafted is not None:
            self._writing = asyncio.create_task(self._shards.write(drafted, sync=False))

    def _keep(self, row: Segment, epochs: dict[int, int]) -> None:
        """Take over a segment that was written.  A second epoch on a disk makes its shards doubtful."""
        self._rows.append(row)
        for number, epoch in epochs.items():
            if self._epochs.setdefault(number, epoch) != epoch:
                self._epochs[number] = _doubtful


class Objects:
    """An erasure-coded store over `locations`, with its index in `state`."""

    def __init__(
        self,
        state: Store,
        clock: Clock,
        ids: Ids,
        locations: Sequence[Location],
        *,
        extent_bytes: int = writer.extent_bytes,
    ) -> None:
        self.state = state
        self.clock = clock
        self._ids = ids
        self._locations = locations
        self._extent_bytes = extent_bytes
        self._shards: Shards | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._noted: set[tuple[bytes, int]] = set()
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def shards(self) -> Shards:
        """Shards on disks; the store must be open."""
        assert self._shards is not None, "the object store is not open"
        return self._shards

    @property
    def disks(self) -> Disks:
        """The disks as this process sees them."""
        return self.shards.disks

    async def open(self) -> None:
        """Find the disks, and make those that are new."""
        keep_buffers()
        found, key = await members.join(self.state, self._ids, self._locations)
        self._shards = Shards(found, key, self._new_extent, self.clock, self._extent_bytes)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="objects")
        self._unsubscribe = self.state.subscribe(tables.DISKS_CHANGED, lambda: self._background(self.refresh()))

    async def close(self) -> None:
        """Let go of the disks; what is under way ends first."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        await self.idle()
        if self._shards is not None:
            await self._shards.close()
            self._shards = None
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None

    async def idle(self) -> None:
        """Wait until what goes on in the background is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def refresh(self) -> None:
        """See which disks are marked, replaced or there."""
        await members.refresh(self.state, self.disks)

    async def mark(self, name: str, *, down: bool) -> list[str]:
        """Mark a disk or all of a zone down, or up again, in all processes; which disks.  Raises ObjectsError."""
        marked = await members.mark(self.state, name, down=down, now_ms=self.clock.host_ms())
        await self.refresh()
        return marked

    async def substitute(self, name: str) -> None:
        """Have a new, empty disk in the place of one that is lost for good.  Raises ObjectsError."""
        await members.substitute(self.state, name)
        await members.prepare(self.state, self.disks)

    async def put(self, source: AsyncIterator[bytes], *, code: Code = STANDARD, hashes: Sequence[Hash] = ()) -> Stored:
        """Store what `source` gives, durably; to be committed.  `hashes` are fed with all of it.

        Raises TooFewDisks, or what `source` raises; then there is nothing.
        """
        begun_ms = self.clock.host_ms()
        object_id = begun_ms.to_bytes(6, "big") + self._ids.bytes(10)
        line = _Line(self.shards)
        offset = 0
        try:
            async for pieces, size, last in cut(source):
                span = Span(object_id, offset, last)
                offset += size
                draft = partial(self._draft, span, code, pieces, size, hashes)
                del pieces
                if last and span.offset == 0:
                    row, _ = await self.shards.write(await draft())
                    return Stored(object_id, offset, begun_ms, (row,))
                await line.add(draft)
                del draft
            return Stored(object_id, offset, begun_ms, await line.finish())
        except BaseException as error:
            rows = await line.give_up()
            if isinstance(error, TooFewDisks) and error.wasted is not None:
                rows.append(error.wasted)
            self._background(self.discard(rows))
            raise

    async def discard(self, rows: Iterable[Segment]) -> None:
        """Say that what was put will not be committed, so that its room is counted as free sooner."""
        given_up = tuple(rows)
        if given_up:
            await self.state.transact(lambda tx: tables.add_dead(tx, given_up))

    def commit(self, tx: Transaction, stored: Stored) -> None:
        """Make it an object.  Raises TooLate."""
        if self.clock.host_ms() - stored.begun_ms > commit_ms_max:
            raise TooLate("it was written too long ago")
        for row in stored.rows:
            tables.segments.insert(tx, row)

    def locate(self, tx: Transaction, object_id: bytes, start: int = 0, end: int | None = None) -> list[Segment]:
        """What `read` needs for the bytes from `start` up to, not including, `end`.  Raises NoSuchObject."""
        rows = tables.rows_of(tx, object_id, start, end)
        if not rows:
            raise NoSuchObject(object_id.hex())
        return rows

    def delete(self, tx: Transaction, object_id: bytes) -> None:
        """Remove an object.  Who is reading it has some time to finish.  Raises NoSuchObject."""
        rows = self.locate(tx, object_id)
        for row in rows:
            tables.segments.delete(tx, row)
        tables.add_dead(tx, rows)

    async def read(self, rows: Sequence[Segment], start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, of what `locate` found for them, a segment at a time.

        Raises Unreadable, possibly in the middle, and NoSuchObject if the object is shorter.
        """
        behind = rows[-1].offset + rows[-1].size_bytes
        end = behind if end is None else end
        if end > behind or start < rows[0].offset:
            raise NoSuchObject(f"{start} to {end} is not within {rows[0].offset} to {behind}")
        wanted = [row for row in rows if row.offset < end and row.offset + row.size_bytes > start]
        ahead: asyncio.Task[bytes] | None = None
        try:
            for index, row in enumerate(wanted):
                piece = await (self._read(row, start, end) if ahead is None else ahead)
                ahead = None
                if index + 1 < len(wanted):
                    ahead = asyncio.create_task(self._read(wanted[index + 1], start, end))
                yield piece
        finally:
            if ahead is not None:
                ahead.cancel()

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Do what blocks or computes on a thread of the store's."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def note_damage(self, row: Segment) -> None:
        """Have a segment repaired of which a shard was found damaged."""
        place = row.object_id, row.offset
        if place not in self._noted and len(self._noted) < noted_max:
            self._noted.add(place)
            self._background(self._note(Damaged(*place)))

    async def _draft(self, span: Span, code: Code, pieces: list[bytes], size: int, hashes: Sequence[Hash]) -> Draft:
        if size <= inline_bytes_max:
            segment = b"".join(pieces)
            _hash(hashes, segment)
            return encode(span, code, segment)
        hashed = self.run(_hash_all, hashes, pieces) if hashes else _nothing()
        made, _ = await asyncio.gather(self.run(_draft_of, span, code, pieces), hashed)
        return made

    async def _read(self, row: Segment, start: int, end: int) -> bytes:
        first, behind = max(start - row.offset, 0), min(end - row.offset, row.size_bytes)
        if row.size_bytes <= inline_bytes_max:
            segment = self.shards.read_cached(row)
            if segment is not None:
                return segment[first:behind]
        try:
            piece, damaged = await self.run(self.shards.read, row, first, behind)
        except Unreadable:
            # A disk that was away may be back.
            await self.refresh()
            piece, damaged = await self.run(self.shards.read, row, first, behind)
        if damaged:
            # It is damage only if the disk is there.
            await self.refresh()
            if not all(self.shards.is_away(row.places[index]) for index in damaged):
                self.note_damage(row)
        return piece

    async def _note(self, found: Damaged) -> None:
        def work(tx: Transaction) -> None:
            if tables.segments.get(tx, (found.object_id, found.offset)) is not None:
                tables.damaged.put(tx, found)
                tx.notify(DAMAGED)

        await self.state.transact(work)
        self._noted.discard((found.object_id, found.offset))

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[None, None, None]) -> None:
        """What is lost with an error here is found again by a walk."""
        try:
            await work
        except StoreError as error:
            log.warning("not noted", why=error)

    def _new_extent(self) -> int:
        return self.clock.host_ms() << 16 | self._ids.integer(1 << 16)


async def cut(source: AsyncIterator[bytes]) -> AsyncIterator[tuple[list[bytes], int, bool]]:
    """(pieces, size, whether it is the last) of each segment: all but the last are full, and there is one at least."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in source:
        position = 0
        while position < len(chunk):
            if size == segment_bytes:
                yield pieces, size, False
                pieces, size = [], 0
            taken = min(segment_bytes - size, len(chunk) - position)
            pieces.append(chunk if taken == len(chunk) else chunk[position : position + taken])
            size += taken
            position += taken
    yield pieces, size, True


def _draft_of(span: Span, code: Code, pieces: list[bytes]) -> Draft:
    return encode(span, code, b"".join(pieces))


def _hash_all(hashes: Sequence[Hash], pieces: list[bytes]) -> None:
    for piece in pieces:
        _hash(hashes, piece)


def _hash(hashes: Sequence[Hash], data: bytes) -> None:
    for each in hashes:
        each.update(data)


async def _nothing() -> None:
    return None
