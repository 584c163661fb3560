"""Disks without space: writes go elsewhere, then are refused, and nothing that was acknowledged suffers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gureum.objects.errors import TooFewDisks
from gureum.objects.status import status
from tests.objects.rig import DISKS, Rig
from tests.probe.disks import MIB, small_disk, why_none

pytestmark = pytest.mark.anyio


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[tuple[Rig, Path]]:
    """A store of which two disks share a small file system."""
    if (reason := why_none(tmp_path)) is not None:
        pytest.skip(f"no file system can be mounted: {reason}")
    with small_disk(tmp_path, 24 * MIB) as point:
        rig = Rig(tmp_path / "rig")
        for name in DISKS[:2]:
            (point / name).mkdir(parents=True)
            (rig.disks / name).parent.mkdir(parents=True, exist_ok=True)
            (rig.disks / name).symlink_to(point / name)
        await rig.open()
        yield rig, point
        await rig.close()


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[Rig]:
    """A store of which all disks share a small file system."""
    if (reason := why_none(tmp_path)) is not None:
        pytest.skip(f"no file system can be mounted: {reason}")
    with small_disk(tmp_path, 24 * MIB) as point:
        rig = Rig(tmp_path / "rig")
        rig.root.mkdir()
        rig.disks.symlink_to(point)
        await rig.open()
        yield rig
        await rig.close()


async def test_a_full_disk_is_left_out(small: tuple[Rig, Path], choices: random.Random) -> None:
    """A zone whose disks are full: writes go on, all is read, and with room again shards return to it."""
    rig, _ = small
    objects = {}
    for _ in range(40):
        data = choices.randbytes(1_500_000)
        objects[await rig.put(data)] = data
    problems = {disk.name: disk.problem for disk in (await status(rig.objects)).disks if disk.problem}
    assert problems == dict.fromkeys(DISKS[:2], "No space left on device")
    for object_id, data in objects.items():
        assert await rig.get(object_id) == data
    for object_id in list(objects)[:38]:
        await rig.delete(object_id)
        del objects[object_id]
    await rig.reopen_extents()
    await rig.compact()
    await rig.reopen_extents()
    await rig.repair()
    assert all(disk.problem is None for disk in (await status(rig.objects)).disks)
    assert (await rig.scrub()).missing == 0
    zones = {disk.number: disk.record.zone for disk in rig.objects.disks}
    for row in await rig.all_rows():
        assert len({zones[found[0]] for found in row.places if found}) == 3
    for object_id, data in objects.items():
        assert await rig.get(object_id) == data


async def fill_up(rig: Rig, choices: random.Random) -> None:
    """Put until it is refused."""
    while True:
        await rig.put(choices.randbytes(3_000_000))


async def test_a_put_without_room_leaves_nothing(full: Rig, choices: random.Random) -> None:
    """All disks full: a clear refusal, what is there stays, and it goes on when there is room."""
    kept = choices.randbytes(1_000_000)
    object_id = await full.put(kept)
    with pytest.raises(TooFewDisks):
        await fill_up(full, choices)
    assert await full.get(object_id) == kept
    for row in await full.all_rows():
        if row.object_id != object_id:
            await full.delete(row.object_id)
    await full.objects.idle()
    await full.reopen_extents()
    assert await full.compact() > 5_000_000
    await full.objects.refresh()
    await full.put(choices.randbytes(1_000_000))
    assert await full.get(object_id) == kept
