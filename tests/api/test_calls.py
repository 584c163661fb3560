"""The arithmetic of the record: nothing is counted twice, left out or too large, in whatever order it comes."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.api import calls
from gureum.api.calls import Call
from gureum.state.memory import MemoryStore
from gureum.state.store import Transaction, value_bytes_max

HOUR_MS = calls.hour_ms


def call(time_ms: int, number: int, **values: Any) -> Call:
    empty = {field.name: "" for field in msgspec.structs.fields(Call) if field.type is str}
    known = {"readonly": True, "status": 200, "bytes_in": 1, "bytes_out": 2}
    return Call(**{**empty, **known, "id": f"{number:06}", "time_ms": time_ms, **values})


def listed(tx: Transaction, before: tuple[int, str] | None = None) -> list[Call]:
    return list(calls.newest_first(tx, before))


async def record(store: MemoryStore, *new: Call) -> None:
    def insert(tx: Transaction) -> None:
        for one in new:
            calls.pending.insert(tx, one)

    await store.transact(insert)


steps = st.lists(st.one_of(st.tuples(st.integers(0, 3 * HOUR_MS), st.sampled_from("ab")), st.just("fold")), max_size=60)


@settings(deadline=None, derandomize=True)
@given(steps, st.integers(1, 7))
def test_listing_and_usage_are_exact(history: list[Any], page: int) -> None:
    """Whatever is recorded in whatever order of time, folded whenever: every call once, and counted once."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        made = []
        for number, step in enumerate(history):
            if step == "fold":
                await store.transact(calls.fold)
                continue
            time_ms, account = step
            made.append(call(time_ms, number, account=account))
            await record(store, made[-1])
        wanted = sorted(made, key=lambda c: (c.time_ms, c.id), reverse=True)
        assert await store.transact(listed) == wanted
        paged: list[Call] = []
        while True:
            before = (paged[-1].time_ms, paged[-1].id) if paged else None
            got = (await store.transact(partial(listed, before=before)))[:page]
            if not got:
                break
            paged += got
        assert paged == wanted
        while await store.transact(calls.fold):
            pass
        usage = await store.transact(lambda tx: list(calls.usage_since(tx, 0, None)))
        counted = Counter({(row.hour_ms, row.account): row.requests for row in usage})
        assert counted == Counter((c.time_ms // HOUR_MS * HOUR_MS, c.account) for c in made)
        assert await store.transact(calls.counted) == len(made)

    asyncio.run(work())


def test_a_chapter_fits_into_the_store() -> None:
    """Five hundred of the largest calls, of bytes that do not compress."""
    noise = random.Random(1).randbytes(calls.shown_bytes_max)

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        await record(store, *(call(1, number, parameters=noise, response=noise) for number in range(100)))
        await store.transact(calls.fold)
        sizes = [len(chapter.compressed) for chapter in await store.transact(calls.archive.scan)]
        assert len(sizes) > 1
        assert max(sizes) < value_bytes_max < 5 * sum(sizes), "five hundred of them are more than one value may be"
        assert len(await store.transact(listed)) == 100

    asyncio.run(work())


async def stream() -> AsyncIterator[bytes]:
    """A body that streams."""
    yield b""


def test_what_is_shown() -> None:
    """JSON that anybody can read; no streams, no secrets, nothing beyond the size that CloudTrail shows."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert calls.shown({}, {}) == b""
    values = {"Name": "구름", "Secret": "s", "When": moment, "Data": b"\x00", "Body": stream()}
    assert msgspec.json.decode(calls.shown(values, calls.hide([("Secret",)]))) == {
        "Name": "구름",
        "Secret": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "When": "2026-01-01T00:00:00Z",
        "Data": "AA==",
    }
    assert calls.shown({"Name": "x" * calls.shown_bytes_max}, {}) == b""


def test_forgetting_is_bounded_and_exact() -> None:
    """A pass deletes the oldest first, never what is younger than the retention."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        for number in range(250):
            new = call(number * HOUR_MS, number)
            await record(store, new)
            await store.transact(calls.fold)
        now_ms = 200 * HOUR_MS + calls.retention_ms
        passes = 1
        while await store.transact(lambda tx: calls.forget(tx, now_ms)):
            passes += 1
        assert passes > 1
        kept = await store.transact(listed)
        assert [c.time_ms // HOUR_MS for c in kept] == list(range(249, 199, -1))

    asyncio.run(work())


@pytest.mark.parametrize("size", [0, 1, 10_000])
def test_names_of_any_length_can_be_counted(size: int) -> None:
    """Usage lies under keys of bounded length, whatever clients call things."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        for number, text in enumerate(("x", "\x00", "🌩", os.fsdecode(b"\xc3\xa9"))):
            new = call(1, number, region=text * size, operation=text * size, resources=(text * size,))
            await record(store, new)
        assert not await store.transact(calls.fold)
        usage = await store.transact(lambda tx: list(calls.usage_since(tx, 0, None)))
        assert sum(row.requests for row in usage) == 4

    asyncio.run(work())
