"""Space comes back, the index can be found again, and torn ends of extents hurt nobody."""

from __future__ import annotations

import random

import pytest

from gureum.objects import compact
from gureum.objects.errors import NoSuchObject
from gureum.objects.rebuild import rebuild_index
from gureum.objects.shards import Draft, with_places
from gureum.objects.status import status
from tests.objects.rig import DISKS, SIZES, Rig, flip, stream

pytestmark = pytest.mark.anyio


async def test_space_of_deleted_objects_is_given_back(rig: Rig, choices: random.Random) -> None:
    """What remains is moved, stays readable, and takes what it needs."""
    objects = {await rig.put(data): data for data in (choices.randbytes(20_000) for _ in range(40))}
    for object_id in list(objects)[::4] + list(objects)[1::4] + list(objects)[2::4]:
        await rig.delete(object_id)
        del objects[object_id]
    await rig.reopen_extents()
    before = rig.used_bytes()
    assert await rig.compact() == before
    assert rig.used_bytes() < before * 0.3
    for object_id, data in objects.items():
        assert await rig.get(object_id) == data
    assert (await rig.scrub()).missing == 0
    assert sum(disk.garbage_bytes for disk in (await status(rig.objects)).disks) == 0


async def test_an_extent_in_use_is_left_alone(rig: Rig) -> None:
    """Whoever appends to it, in this process or another."""
    other = rig.make()
    await other.open()
    for objects in (rig.objects, other):
        stored = await objects.put(stream(bytes(20_000)))
        await rig.commit(stored)
        await rig.delete(stored.object_id)
    rig.now_ms += compact.settle_ms + 1
    assert (await compact.compact(rig.objects)).retired == 0
    await other.close()
    assert (await compact.compact(rig.objects, extents_max=100)).retired == 6


async def test_what_is_being_put_is_not_taken_for_garbage(rig: Rig, choices: random.Random) -> None:
    """Bytes that are durable and not yet committed lie between those of a deleted object."""
    data = choices.randbytes(20_000)
    deleted = await rig.put(choices.randbytes(200_000))
    stored = await rig.objects.put(stream(data))
    await rig.delete(deleted)
    await rig.reopen_extents()
    await rig.compact()
    await rig.commit(stored)
    assert await rig.get(stored.object_id) == data
    assert (await rig.scrub()).missing == 0


async def test_many_small_extents_become_few(rig: Rig, choices: random.Random) -> None:
    """Every start of a process makes one on each disk."""
    objects = {}
    for _ in range(compact.small_extents_max + 4):
        data = choices.randbytes(20_000)
        objects[await rig.put(data)] = data
        await rig.reopen_extents()
    await rig.compact()
    assert all(len(rig.extents([name])) <= compact.small_extents_max + 1 for name in DISKS)
    for object_id, data in objects.items():
        assert await rig.get(object_id) == data


async def test_an_interrupted_compaction_costs_nothing(rig: Rig, choices: random.Random) -> None:
    """Copies that no row came to refer to are garbage; the objects stay."""
    data = choices.randbytes(50_000)
    object_id = await rig.put(data)
    (row,) = await rig.all_rows()
    payload = rig.objects.shards.read_shard(row, 0)
    assert payload is not None
    bare = with_places(row, {**dict(enumerate(row.places)), 0: None})
    await rig.objects.shards.write(Draft(bare, {0: payload}))
    assert await rig.get(object_id) == data
    await rig.rebuild()
    assert await rig.get(object_id) == data


async def test_the_index_is_found_again(rig: Rig, choices: random.Random) -> None:
    """From the extents alone, row for row, also by a new state that knows no disk."""
    objects = {await rig.put(data): data for data in map(choices.randbytes, SIZES)}
    before = await rig.all_rows()
    done = await rig.rebuild()
    assert (done.segments, done.dropped, done.away) == (len(before), 0, ())
    assert await rig.all_rows() == before
    await rig.objects.close()
    fresh = Rig(rig.root)
    await fresh.open()
    await fresh.rebuild()
    assert await fresh.all_rows() == before
    for object_id, data in objects.items():
        assert await fresh.get(object_id) == data
    await fresh.close()
    await rig.objects.open()


async def test_rebuilding_asks_what_is_wanted(rig: Rig, choices: random.Random) -> None:
    """Extents do not know what was deleted; who refers to objects does."""
    kept = await rig.put(choices.randbytes(10_000))
    deleted = await rig.put(choices.randbytes(20_000))
    await rig.delete(deleted)
    before = await rig.all_rows()
    await rebuild_index(rig.objects, {kept}.__contains__)
    assert await rig.all_rows() == before
    with pytest.raises(NoSuchObject):
        await rig.get(deleted)


async def test_half_an_upload_is_no_object(rig: Rig, choices: random.Random) -> None:
    """Segments without a last one, or with too few shards, are dropped."""
    await rig.objects.put(stream(choices.randbytes(9_000_000)))
    await rig.put(b"x")
    rows = await rig.all_rows()
    for path in rig.extents():
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.truncate(size - 100 if size > 1000 else size)
    await rig.rebuild()
    assert [row.object_id for row in await rig.all_rows()] in ([rows[0].object_id], [])


async def test_a_torn_end_hurts_nobody(rig: Rig, choices: random.Random) -> None:
    """What a crash leaves behind an acknowledged record: half a record, zeros, noise."""
    data = choices.randbytes(50_000)
    object_id = await rig.put(data)
    await rig.objects.shards.close()
    record = rig.extents()[0].read_bytes()
    for path, tail in zip(
        rig.extents(), (record[:50], record[:5000], bytes(9999), b"GRM\xee", b"\x00GR", b""), strict=True
    ):
        with path.open("ab") as file:
            file.write(tail)
    await rig.reopen()
    more = await rig.put(data)
    before = await rig.all_rows()
    await rig.rebuild()
    assert await rig.all_rows() == before
    assert await rig.get(object_id) == await rig.get(more) == data
    assert (await rig.scrub()).missing == 0


async def test_a_damaged_record_is_not_lost_by_compaction(rig: Rig, choices: random.Random) -> None:
    """It is made again from the others, and only then its extent goes."""
    data = choices.randbytes(50_000)
    object_id = await rig.put(data)
    deleted = await rig.put(choices.randbytes(200_000))
    await rig.delete(deleted)
    (row,) = await rig.all_rows()
    path, offset = rig.file_of(row, 2)
    flip(path, offset + 999)
    await rig.reopen_extents()
    await rig.compact()
    assert path.exists()
    await rig.objects.idle()
    await rig.repair()
    await rig.compact()
    assert not path.exists()
    assert await rig.get(object_id) == data
    assert (await rig.scrub()).missing == 0
