"""Disks and zones vanish, and bits rot: reads and writes go on, and repair makes whole."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import AsyncIterator

import pytest

from gureum.objects import care
from gureum.objects.codes import COLD, STANDARD, Code, one_zone
from gureum.objects.errors import TooFewDisks, Unreadable
from gureum.objects.placement import survives
from gureum.objects.shard import header_bytes
from gureum.objects.status import status
from gureum.objects.tables import Segment
from tests.objects.rig import DISKS, MINUTE_MS, ZONES, Rig, flip, stream

pytestmark = pytest.mark.anyio

PAIRS = list(itertools.combinations(DISKS, 2))
PATIENCE_MS = 10 * MINUTE_MS


async def fill(rig: Rig, choices: random.Random) -> dict[bytes, bytes]:
    """One object of each kind."""
    made = {}
    for size, code in ((0, STANDARD), (1000, STANDARD), (50_000, STANDARD), (4_300_000, STANDARD), (60_000, COLD)):
        data = choices.randbytes(size)
        made[await rig.put(data, code)] = data
    return made


async def check(rig: Rig, expected: dict[bytes, bytes]) -> None:
    for object_id, data in expected.items():
        assert await rig.get(object_id) == data


def full(rig: Rig, row: Segment) -> bool:
    """Whether a segment has all its shards, as well spread as six disks allow."""
    zones = {disk.number: disk.record.zone for disk in rig.objects.disks}
    numbers = [place[0] for place in row.places if place]
    per_zone = [sum(zones[number] == zone for number in numbers) for zone in ZONES]
    share = -(-len(row.places) // 3)
    return len(numbers) == len(row.places) and max(per_zone) <= share


@pytest.mark.parametrize("lost", [*PAIRS, *[tuple(d for d in DISKS if d.startswith(zone)) for zone in ZONES]])
async def test_two_disks_vanish(rig: Rig, choices: random.Random, lost: tuple[str, str]) -> None:
    """Any two, those of one zone among them: all is read and written, before it was noticed and after."""
    expected = await fill(rig, choices)
    for name in lost:
        rig.lose(name)
    await check(rig, expected)
    expected |= await fill(rig, choices)
    await rig.objects.refresh()
    expected |= await fill(rig, choices)
    await check(rig, expected)
    for name in lost:
        rig.bring_back(name)
    await check(rig, expected)
    await rig.repair()
    assert all(full(rig, row) for row in await rig.all_rows())
    await check(rig, expected)


async def test_what_is_written_without_a_zone_survives_one_more_disk(rig: Rig, choices: random.Random) -> None:
    """An acknowledged object is never on its last leg."""
    await rig.objects.mark("zone-b", down=True)
    expected = await fill(rig, choices)
    for row in await rig.all_rows():
        assert survives((place[0] for place in row.places if place), row.data)
    for name in ("zone-a/disk-1", "zone-a/disk-2", "zone-c/disk-1", "zone-c/disk-2"):
        rig.lose(name)
        await check(rig, expected)
        rig.bring_back(name)


async def test_two_zones_are_too_many(rig: Rig, choices: random.Random) -> None:
    """Clear errors, nothing stored, and all is well when one returns."""
    expected = await fill(rig, choices)
    await rig.objects.mark("zone-a", down=True)
    await rig.objects.mark("zone-b", down=True)
    with pytest.raises(Unreadable):
        await check(rig, expected)
    with pytest.raises(TooFewDisks):
        await rig.objects.put(stream(bytes(100_000)))
    assert (await status(rig.objects)).zones_down == ("zone-a", "zone-b")
    await rig.objects.mark("zone-a", down=False)
    await check(rig, expected)
    expected |= await fill(rig, choices)
    await check(rig, expected)


async def test_marks_reach_other_processes_and_outlive_them(rig: Rig) -> None:
    """A zone that is taken down is down for everybody."""
    other = rig.make()
    await other.open()
    await rig.objects.mark("zone-c", down=True)
    await other.idle()
    assert {disk.location.zone for disk in other.disks if not disk.readable} == {"zone-c"}
    await other.close()
    await rig.reopen()
    assert {disk.location.zone for disk in rig.objects.disks if not disk.readable} == {"zone-c"}


async def test_a_disk_that_returns_is_not_written_anew(rig: Rig, choices: random.Random) -> None:
    """A restart of a few minutes costs no repair: what it holds is right."""
    await fill(rig, choices)
    rig.lose("zone-a/disk-1")
    assert (await rig.repair(PATIENCE_MS)).repaired == 0
    rig.now_ms += PATIENCE_MS - 1
    assert (await rig.repair(PATIENCE_MS)).repaired == 0
    rig.bring_back("zone-a/disk-1")
    rig.now_ms += MINUTE_MS
    done = await rig.repair(PATIENCE_MS)
    assert (done.missing, done.moved) == (0, 0)
    assert all(disk.record.down_since_ms is None for disk in rig.objects.disks)


@pytest.mark.parametrize("gone", ["emptied", "removed"])
async def test_a_disk_that_is_lost_is_begun_anew(rig: Rig, choices: random.Random, gone: str) -> None:
    """Our own directories are made again after a while, and filled; then two others may go."""
    expected = await fill(rig, choices)
    rig.wipe("zone-a/disk-1")
    if gone == "removed":
        (rig.disks / "zone-a/disk-1").rmdir()
    await rig.repair(PATIENCE_MS)
    assert not rig.extents(["zone-a/disk-1"])
    rig.now_ms += PATIENCE_MS
    done = await rig.repair(PATIENCE_MS)
    assert done.repaired == done.missing > 0
    assert all(full(rig, row) for row in await rig.all_rows())
    rig.lose("zone-b/disk-1")
    rig.lose("zone-c/disk-2")
    await check(rig, expected)


async def test_a_disk_is_replaced_on_demand(rig: Rig, choices: random.Random) -> None:
    """A user's own directory is never taken for a disk because it is empty: nothing may be mounted there."""
    expected = await fill(rig, choices)
    rig.wipe("zone-c/disk-2")
    await rig.objects.substitute("zone-c/disk-2")
    assert (await rig.repair(PATIENCE_MS)).missing > 0
    assert all(full(rig, row) for row in await rig.all_rows())
    await check(rig, expected)


async def test_another_disk_in_its_place_is_not_used(rig: Rig, choices: random.Random) -> None:
    """Cables that were exchanged: nothing is written to a disk that is not what it should be."""
    expected = await fill(rig, choices)
    rig.lose("zone-a/disk-1")
    rig.lose("zone-b/disk-1")
    (rig.away / "zone-a/disk-1").rename(rig.disks / "zone-b/disk-1")
    (rig.away / "zone-b/disk-1").rename(rig.disks / "zone-a/disk-1")
    await rig.reopen()
    problems = {disk.name: disk.problem for disk in (await status(rig.objects)).disks if disk.problem}
    assert problems == dict.fromkeys(["zone-a/disk-1", "zone-b/disk-1"], "another disk is in its place")
    await check(rig, expected)


async def test_extents_that_are_removed_under_a_writer_are_noticed(rig: Rig, choices: random.Random) -> None:
    """The kernel lets one write to a file that nobody will find again."""
    await rig.put(choices.randbytes(50_000))
    for path in rig.extents(["zone-a/disk-1", "zone-c/disk-1"]):
        path.unlink()
    data = choices.randbytes(50_000)
    object_id = await rig.put(data)
    (row,) = [row for row in await rig.all_rows() if row.object_id == object_id]
    assert all(rig.file_of(row, index)[0].exists() for index in range(6))


async def test_disks_vanish_in_the_middle_of_a_put(rig: Rig, choices: random.Random) -> None:
    """What was written to them and not synced yet is written again, elsewhere, before it is acknowledged."""
    data = choices.randbytes(9_000_001)

    async def source() -> AsyncIterator[bytes]:
        async for piece in stream(data):
            yield piece
        for name in ("zone-a/disk-1", "zone-b/disk-2"):
            shutil.rmtree(rig.disks / name)

    stored = await rig.objects.put(source())
    await rig.commit(stored)
    for row in stored.rows:
        assert survives((place[0] for place in row.places if place), row.data)
    assert await rig.get(stored.object_id) == data


FIELDS = {"magic": 0, "version": 4, "flags": 5, "data": 6, "parity": 7, "shard": 8, "segment": 12, "offset": 16}
FIELDS |= {"object": 24, "stored": 40, "payload": 44, "payload crc": 48, "written": 56, "crc": 64, "seal": 72}
FIELDS |= {"first byte": header_bytes, "last byte": -8, "padding": -1}


@pytest.mark.parametrize("field", FIELDS)
async def test_rot_in_any_field_is_found_and_repaired(rig: Rig, choices: random.Random, field: str) -> None:
    """Two shards with a bit flipped in the same field: read as always, found by a scrub, as they were after it."""
    data = choices.randbytes(49_993)
    object_id = await rig.put(data)
    (row,) = await rig.all_rows()
    at = FIELDS[field] if FIELDS[field] >= 0 else row.record_bytes + FIELDS[field]
    for index in (0, 3):
        path, offset = rig.file_of(row, index)
        flip(path, offset + at, choices.randrange(8))
    assert rig.objects.shards.spoiled(row) == [0, 3]
    assert await rig.get(object_id) == data
    done = await rig.scrub()
    assert (done.missing, done.repaired) == (2, 2)
    (mended,) = await rig.all_rows()
    assert rig.objects.shards.spoiled(mended) == []
    assert full(rig, mended)
    for name in ("zone-a/disk-1", "zone-a/disk-2"):
        rig.lose(name)
    assert await rig.get(object_id) == data


async def test_a_reader_has_repaired_what_it_finds(rig: Rig, choices: random.Random) -> None:
    """Without waiting for the scrub to come by."""
    object_id = await rig.put(choices.randbytes(50_000))
    (row,) = await rig.all_rows()
    path, offset = rig.file_of(row, 1)
    flip(path, offset + 1000)
    await rig.get(object_id)
    await rig.objects.idle()
    assert (await status(rig.objects)).damaged == 1
    assert (await care.repair(rig.objects)).tally.repaired == 1
    assert (await status(rig.objects)).damaged == 0


async def test_random_flips_over_all_disks_are_repaired(rig: Rig, choices: random.Random) -> None:
    """As many as there are bytes in a thousand, one disk of a zone at a time: a scrub finds each."""
    expected = await fill(rig, choices)
    for name in DISKS:
        for path in rig.extents([name]):
            for _ in range(20):
                flip(path, choices.randrange(path.stat().st_size), choices.randrange(8))
        flip(rig.disks / name / "disk.json", choices.randrange(100), choices.randrange(8))
        await check(rig, expected)
        await rig.scrub()
        assert all(rig.objects.shards.spoiled(row) == [] for row in await rig.all_rows())
    await check(rig, expected)
    assert all(disk.problem is None for disk in (await status(rig.objects)).disks)


async def test_an_object_cannot_pretend_to_be_a_record(rig: Rig, choices: random.Random) -> None:
    """Bytes of a record inside an object are found by a scan whose place was lost, and must not count."""
    victim = await rig.put(b"the truth", Code(1, 2))
    (row,) = await rig.all_rows()
    path, offset = rig.file_of(row, 0)
    forged = bytearray(path.read_bytes()[offset : offset + row.record_bytes])
    forged[40] ^= 1
    forger = await rig.put(bytes(5000) + forged * 100, Code(1, 2))
    rows = {row.object_id: row for row in await rig.all_rows()}
    for index in range(3):
        spoiled, at = rig.file_of(rows[forger], index)
        flip(spoiled, at)
    await rig.rebuild()
    assert [row.object_id for row in await rig.all_rows()] == [victim]


async def test_too_much_is_lost_and_counted(rig: Rig, choices: random.Random) -> None:
    """What cannot be repaired is not touched, and said; the walk goes on."""
    await rig.put(choices.randbytes(50_000))
    other = await rig.put(choices.randbytes(60_000))
    first, _ = await rig.all_rows()
    for index in range(3):
        path, offset = rig.file_of(first, index)
        flip(path, offset + 500)
    done = await rig.scrub()
    assert (done.segments, done.unreadable) == (2, 1)
    with pytest.raises(Unreadable):
        await rig.get(first.object_id)
    await rig.get(other)
    assert first in await rig.all_rows()


async def test_a_zone_of_two_disks_survives_one(rig: Rig, choices: random.Random) -> None:
    """One Zone storage, within its zone."""
    data = choices.randbytes(50_000)
    object_id = await rig.put(data, one_zone("zone-b"))
    rig.lose("zone-b/disk-2")
    assert await rig.get(object_id) == data
    await rig.objects.refresh()
    with pytest.raises(TooFewDisks):
        await rig.put(data, one_zone("zone-b"))


async def test_a_disk_without_space_is_left_out(rig: Rig, choices: random.Random) -> None:
    """It can be read, and is tried again when there may be room."""
    data = choices.randbytes(50_000)
    object_id = await rig.put(data)
    disk = rig.objects.disks.named("zone-a/disk-1")
    assert disk is not None
    disk.failed(OSError(28, os.strerror(28)))
    later = await rig.put(data)
    rows = {row.object_id: row for row in await rig.all_rows()}
    assert disk.number not in {place[0] for place in rows[later].places if place}
    assert rig.objects.shards.spoiled(rows[object_id]) == []
    assert disk.number in {place[0] for place in rows[object_id].places if place}


async def test_nobody_writes_into_an_empty_mount_point(rig: Rig) -> None:
    """A directory where a disk should be is not a disk."""
    path = rig.disks / "zone-a/disk-1"
    shutil.rmtree(path)
    path.mkdir()
    await rig.reopen()
    await rig.put(bytes(50_000))
    assert list(path.iterdir()) == []
