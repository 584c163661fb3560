"""The pure parts: codes, placement, and records in a stretch of bytes."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.objects import codes, shard
from gureum.objects.codes import COLD, STANDARD, Code
from gureum.objects.compact import scan_file
from gureum.objects.placement import Slot, misplaced, place, survives
from gureum.objects.shard import Header, header_bytes, pack, record_bytes
from tests.objects.rig import flip

KEY = bytes(range(32))
SIX = [Slot(zone, number) for number, zone in enumerate("aabbcc", 1)]


@pytest.mark.parametrize("code", [STANDARD, COLD, Code(2, 2), Code(1, 2)], ids=str)
@pytest.mark.parametrize("size", [1, 4097, 70_001])
def test_any_shards_are_enough(code: Code, size: int) -> None:
    """Every choice of as many as there are data shards gives the segment and all other shards."""
    segment = random.Random(size).randbytes(size)
    made = dict(enumerate(codes.encode(code, segment)))
    choices = list(itertools.combinations(made, code.data))
    for chosen in choices[:: max(1, len(choices) // 40)]:
        some = {index: made[index] for index in chosen}
        assert codes.decode(code, some, size) == segment
        rest = [index for index in made if index not in some]
        assert codes.reconstruct(code, some, rest) == {index: made[index] for index in rest}


def test_threads_may_encode_at_once() -> None:
    """One driver serves all of them."""
    segments = [random.Random(seed).randbytes(300_000) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda segment: codes.encode(STANDARD, segment), segments * 4))
    for segment, shards in zip(segments * 4, made, strict=True):
        assert codes.decode(STANDARD, {index: shards[index] for index in (1, 2, 4, 5)}, len(segment)) == segment


@given(st.sets(st.sampled_from(SIX), min_size=1), st.integers(1, 12), st.integers(0, 1000))
def test_placing_is_as_even_as_it_can_be(usable: set[Slot], count: int, turn: int) -> None:
    """Over zones first, then over the disks of each; and what is placed so stays where it is."""
    chosen = place(usable, [], count, turn)
    assert len(chosen) == count
    zones = {slot.zone for slot in usable}
    per_zone = [sum(slot.zone == zone for slot in chosen) for zone in zones]
    assert max(per_zone) - min(per_zone) <= 1
    for zone in zones:
        per_disk = [chosen.count(slot) for slot in usable if slot.zone == zone]
        assert max(per_disk) - min(per_disk) <= 1
    assert misplaced(usable, dict(enumerate(chosen)), turn) is None


@given(st.lists(st.sampled_from(SIX), min_size=1, max_size=12), st.integers(0, 1000))
def test_moving_ends_well_spread(taken: list[Slot], turn: int) -> None:
    """Shard by shard, from wherever they are, to as even as it can be; and never in a circle."""
    where = dict(enumerate(taken))
    for _ in range(len(taken) + 1):
        index = misplaced(SIX, where, turn)
        if index is None:
            break
        del where[index]
        where[index] = place(SIX, list(where.values()), 1, turn)[0]
    else:
        pytest.fail("it never ends")
    per_zone = [sum(slot.zone == zone for slot in where.values()) for zone in "abc"]
    assert max(per_zone) <= -(-len(taken) // 3)


def test_what_survives() -> None:
    """One shard on each of six disks; two on each of three; all on two."""
    assert survives([1, 2, 3, 4, 5, 6], 4)
    assert survives([1, 2, 3, 4, 5], 4)
    assert not survives([1, 2, 3, 4], 4)
    assert survives([1, 1, 2, 2, 3, 3], 4)
    assert not survives([1, 1, 1, 2, 2, 2], 4)
    assert not survives([], 1)


def header(index: int, payload: bytes) -> Header:
    size = len(payload)
    return Header(1, 1, 2, 0, size, index, b"object-id-of-16b", size, size, shard.payload_crc(payload), 0, 0)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.data())
def test_a_scan_finds_what_is_whole(payloads: list[bytes], data: st.DataObject) -> None:
    """With noise between records, and beginnings of records in the noise."""
    noise = st.binary(max_size=20) | st.just(shard.MAGIC) | st.just(shard.MAGIC + bytes(header_bytes))
    content, expected = b"", []
    for index, payload in enumerate(payloads):
        content += data.draw(noise)
        expected.append(len(content))
        content += b"".join(pack(KEY, header(index, payload), payload))
    with NamedTemporaryFile() as file:
        file.write(content + data.draw(noise))
        file.flush()
        found = scan_file(KEY, Path(file.name))
    assert [(offset, each.offset) for offset, each in found] == list(zip(expected, range(len(payloads)), strict=True))


def test_records_of_another_store_are_none(tmp_path: Path) -> None:
    """The seal is this store's."""
    payload = b"payload!"
    (tmp_path / "x").write_bytes(b"".join(pack(KEY, header(0, payload), payload)))
    assert len(scan_file(KEY, tmp_path / "x")) == 1
    assert scan_file(bytes(32), tmp_path / "x") == []


def test_every_bit_of_a_record_counts(tmp_path: Path) -> None:
    """No flip anywhere, padding included, leaves a record that is taken for good."""
    payload = b"thirteen byte"
    path = tmp_path / "x"
    record = b"".join(pack(KEY, header(0, payload), payload))
    assert len(record) == record_bytes(len(payload))
    for position, bit in itertools.product(range(len(record)), range(8)):
        path.write_bytes(record)
        flip(path, position, bit)
        spoiled = bytearray(path.read_bytes())
        found = shard.parse(KEY, spoiled)
        assert found is None or shard.payload_of(found, spoiled) is None
