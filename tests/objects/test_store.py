"""Putting, reading, deleting; and what is left by those who go away in the middle."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gureum.objects import compact
from gureum.objects.codes import COLD, STANDARD, Code, one_zone
from gureum.objects.errors import NoSuchObject, TooLate
from gureum.objects.store import commit_ms_max
from tests.objects.rig import MINUTE_MS, SIZES, Rig, stream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "code", [STANDARD, COLD, one_zone("zone-b"), Code(1, 2)], ids=["4+2", "8+4z", "zone", "copies"]
)
async def test_what_was_put_is_what_is_read(rig: Rig, choices: random.Random, code: Code) -> None:
    """Sizes around every limit: nothing, copies, one segment, several; whole and by ranges."""
    for size in SIZES:
        data = choices.randbytes(size // 2) + bytes(size - size // 2)
        object_id = await rig.put(data, code)
        assert await rig.get(object_id) == data
        for _ in range(5):
            start, end = sorted(choices.choices(range(size + 1), k=2))
            assert await rig.get(object_id, start, end) == data[start:end]


async def test_a_range_loads_the_rows_that_it_needs(rig: Rig) -> None:
    """A few bytes of a large object must not cost its whole index."""
    object_id = await rig.put(bytes(5 * 4_194_304))
    assert [row.offset // 4_194_304 for row in await rig.rows(object_id, 9_000_000, 9_000_001)] == [2]
    assert [row.offset // 4_194_304 for row in await rig.rows(object_id, 4_194_303, 12_582_913)] == [0, 1, 2, 3]
    assert len(await rig.rows(object_id)) == 5


async def test_a_range_beyond_the_end_is_refused(rig: Rig) -> None:
    """A caller who believes that an object is longer has lost something."""
    object_id = await rig.put(b"abc")
    with pytest.raises(NoSuchObject):
        await rig.get(object_id, 0, 4)


async def test_every_shard_is_on_a_disk_of_its_own(rig: Rig) -> None:
    """4+2 over six disks; copies in three zones."""
    for size in (1, 100_000):
        await rig.put(bytes(size))
    small, large = await rig.all_rows()
    zones = {disk.number: disk.record.zone for disk in rig.objects.disks}
    assert len({zones[place[0]] for place in small.places if place}) == 3
    assert len({place[0] for place in large.places if place}) == 6


async def test_a_zone_keeps_what_belongs_to_it(rig: Rig) -> None:
    """One Zone storage is in one zone."""
    await rig.put(bytes(100_000), one_zone("zone-b"))
    (row,) = await rig.all_rows()
    zones = {disk.number: disk.record.zone for disk in rig.objects.disks}
    assert {zones[place[0]] for place in row.places if place} == {"zone-b"}


async def test_cold_data_is_compressed(rig: Rig) -> None:
    """And what cannot be is not made larger."""
    await rig.put(b"all work and no play " * 50_000, COLD)
    await rig.put(random.Random(1).randbytes(100_000), COLD)
    plain, packed = await rig.all_rows()
    assert packed.stored_bytes < packed.size_bytes / 10
    assert plain.stored_bytes == plain.size_bytes


async def test_hashes_see_all_bytes_in_order(rig: Rig, choices: random.Random) -> None:
    """A caller's digests are computed on the store's threads."""
    for size in (0, 10, 9_000_001):
        data, digest = choices.randbytes(size), hashlib.sha256()
        await rig.objects.put(stream(data, 10_007), hashes=(digest,))
        assert digest.digest() == hashlib.sha256(data).digest()


async def test_what_is_deleted_is_gone(rig: Rig) -> None:
    """And can be deleted once only."""
    object_id = await rig.put(b"abc")
    await rig.delete(object_id)
    for again in (rig.get, rig.delete):
        with pytest.raises(NoSuchObject):
            await again(object_id)


async def test_who_is_reading_can_finish(rig: Rig, choices: random.Random) -> None:
    """An object that is deleted, and even compacted, in the middle of a download is read to its end."""
    data = choices.randbytes(9_000_001)
    object_id = await rig.put(data)
    reading = rig.objects.read(await rig.rows(object_id))
    got = [await anext(reading)]
    await rig.delete(object_id)
    await rig.reopen_extents()
    assert (await compact.compact(rig.objects)).retired == 4
    got += [piece async for piece in reading]
    assert b"".join(got) == data


async def test_nothing_is_there_without_a_commit(rig: Rig) -> None:
    """Bytes are an object by the caller's transaction alone."""
    stored = await rig.objects.put(stream(b"abc"))
    with pytest.raises(NoSuchObject):
        await rig.get(stored.object_id)


async def test_a_commit_can_come_too_late(rig: Rig) -> None:
    """Before the bytes may be taken for garbage."""
    stored = await rig.objects.put(stream(b"abc"))
    rig.now_ms += commit_ms_max + 1
    with pytest.raises(TooLate):
        await rig.commit(stored)
    assert compact.reclaim_ms > commit_ms_max


async def test_a_client_that_vanishes_leaves_nothing(rig: Rig) -> None:
    """What was written of an object is given back, at once where it is known and later where it is not."""

    async def vanishing() -> AsyncIterator[bytes]:
        for _ in range(130):
            yield bytes(100_000)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await rig.objects.put(vanishing())
    await rig.reopen_extents()
    assert rig.used_bytes() > 4_000_000
    rig.now_ms += compact.reclaim_ms + MINUTE_MS
    await compact.survey(rig.objects)
    await rig.compact()
    assert rig.used_bytes() == 0
    assert await rig.all_rows() == []


async def test_a_put_that_is_cancelled_leaves_nothing(rig: Rig) -> None:
    """The same for a request that is ended from our side."""
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000_000)
            started.set()
            await asyncio.sleep(0)

    putting = asyncio.create_task(rig.objects.put(endless()))
    await started.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await rig.reopen_extents()
    rig.now_ms += compact.reclaim_ms + MINUTE_MS
    await compact.survey(rig.objects)
    await rig.compact()
    assert rig.used_bytes() == 0


async def test_two_processes_share_the_disks(rig: Rig, choices: random.Random) -> None:
    """Each appends to extents of its own and reads those of all."""
    other = rig.make()
    await other.open()
    data = choices.randbytes(100_000)
    object_id = await rig.put(data)
    rows = await rig.rows(object_id)
    assert b"".join([piece async for piece in other.read(rows)]) == data
    stored = await other.put(stream(data))
    await rig.state.transact(lambda tx: other.commit(tx, stored))
    assert await rig.get(stored.object_id) == data
    await other.close()


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_file_stays_open(rig: Rig, choices: random.Random) -> None:
    """Descriptors do not grow with what is done."""
    await rig.put(choices.randbytes(100_000))
    before = descriptors()
    for size in SIZES:
        object_id = await rig.put(choices.randbytes(size))
        await rig.get(object_id)
        await rig.delete(object_id)
    await rig.scrub()
    await rig.compact()
    assert descriptors() <= before
