"""The object store alone: put and get of 1 KB, 64 KB, 1 MB and 1 GB, durable and verified, without HTTP.

Puts are committed to the embedded state, one transaction each; both syncs count.  The large object is compared with
what `hashlib.md5` does on the same machine in the same round, which is the limit of what S3 could ever do, and memory
is what the process has grown by while it passes through.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from bench.results import Options, Row, Target, ratios, values
from bench.servers import folder
from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.objects.disks import default_locations
from gureum.objects.store import Objects
from gureum.state.sqlite import SqliteStore

T = TypeVar("T")

_small: Final = ((1_000, 32, "1 KB"), (64_000, 16, "64 KB"), (1_000_000, 4, "1 MB"))
_large_bytes: Final = 1_000_000_000
_piece: Final = 256 * 1024
_megabyte: Final = 1_000_000


def objects(options: Options) -> Iterator[Row]:
    """Objects per second, megabytes per second, and memory."""
    for size, clients, name in _small:
        pairs = [asyncio.run(_rates(size, clients, options.seconds)) for _ in range(options.rounds)]
        yield values(f"objects, PUT {name}, {clients} at once", "/s", [put for put, _ in pairs])
        yield values(f"objects, GET {name}, one at a time", "/s", [get for _, get in pairs])
    large = [asyncio.run(_large()) for _ in range(options.rounds)]
    yield ratios("objects, PUT 1 GB with MD5", "MB/s", [(p, m) for p, _, m, _ in large], Target("≥", 0.7), "MD5 alone")
    yield values("objects, GET 1 GB", "MB/s", [get for _, get, _, _ in large])
    yield values("objects, memory for 1 GB", "MB", [memory for _, _, _, memory in large], Target("≤", 64))


@asynccontextmanager
async def _opened(place: Path) -> AsyncIterator[tuple[SqliteStore, Objects]]:
    state = SqliteStore(place / "state")
    await state.open()
    made = Objects(state, Clock(), Ids(), default_locations(place / "objects"))
    await made.open()
    try:
        yield state, made
    finally:
        await made.close()
        await state.close()


async def _rates(size: int, clients: int, seconds: int) -> tuple[float, float]:
    """Puts and gets a second."""
    data, ids = Ids().bytes(size), list[bytes]()
    with folder() as place:
        async with _opened(place) as (state, made):

            async def put() -> None:
                stored = await made.put(_stream(data, size))
                await state.transact(lambda tx: made.commit(tx, stored))
                ids.append(stored.object_id)

            async def get() -> None:
                object_id = next(turns)
                rows = await state.transact(lambda tx: made.locate(tx, object_id), readonly=True)
                async for _ in made.read(rows):
                    pass

            puts = await asyncio.gather(*(_per_second(put, seconds) for _ in range(clients)))
            turns = itertools.cycle(ids)
            return sum(puts), await _per_second(get, seconds)


async def _per_second(work: Callable[[], Awaitable[None]], seconds: int) -> float:
    started, done = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds:
        await work()
        done += 1
    return done / taken


async def _large() -> tuple[float, float, float, float]:
    """MB/s of a put with MD5, of a get and of MD5 alone; and how many MB of memory the put and the get took."""
    block = Ids().bytes(_piece)
    with folder() as place:
        async with _opened(place) as (state, made):
            await made.put(_stream(block, 16 * _megabyte), hashes=(hashlib.md5(),))
            _forget_peak()
            before = _peak_bytes()
            stored, put = await _timed(made.put(_stream(block, _large_bytes), hashes=(hashlib.md5(),)))
            await state.transact(lambda tx: made.commit(tx, stored))
            rows = await state.transact(lambda tx: made.locate(tx, stored.object_id), readonly=True)
            _, got = await _timed(_drain(made.read(rows)))
            grown = _peak_bytes() - before
    started = time.perf_counter()
    digest = hashlib.md5()
    for _ in range(_large_bytes // _piece):
        digest.update(block)
    md5 = time.perf_counter() - started
    rate = _large_bytes / _megabyte
    return rate / put, rate / got, rate / md5, grown / _megabyte


async def _drain(source: AsyncIterator[bytes]) -> int:
    return sum([len(piece) async for piece in source])


async def _stream(data: bytes, size: int) -> AsyncIterator[bytes]:
    while size > 0:
        yield data[:size]
        size -= len(data)


async def _timed(work: Awaitable[T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = await work
    return result, time.perf_counter() - started


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
