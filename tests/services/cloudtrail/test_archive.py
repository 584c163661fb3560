"""The archive of calls by account: nobody else's calls, none twice, none left out, in whatever order they come."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.api import calls
from gureum.api.calls import Call
from gureum.state.memory import MemoryStore
from gureum.state.store import Transaction

HOUR_MS = calls.hour_ms
ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("us-east-1", "eu-west-1")


def call(number: int, **values: Any) -> Call:
    empty = {field.name: "" for field in msgspec.structs.fields(Call) if field.type is str}
    known = {"readonly": True, "status": 200, "bytes_in": 1, "bytes_out": 2}
    return Call(**{**empty, **known, "id": f"{number:06}", **values})


made = st.fixed_dictionaries(
    {
        "time_ms": st.integers(0, 3 * HOUR_MS),
        "account": st.sampled_from(("", *ACCOUNTS)),
        "owner": st.sampled_from(("", *ACCOUNTS)),
        "region": st.sampled_from(REGIONS),
        "source": st.sampled_from(("sqs.amazonaws.com", "iam.amazonaws.com")),
        "data": st.sampled_from(("", "AWS::SQS::Queue")),
    }
)
steps = st.lists(st.one_of(made, st.just("fold"), st.just("read")), max_size=60)


def concerns(one: Call, account: str) -> bool:
    return account in (one.account, one.owner)


@settings(deadline=None, derandomize=True)
@given(steps, st.integers(1, 7))
def test_histories_and_arrivals_are_exact(history: list[Any], page: int) -> None:
    """Whoever reads pages of a history, or follows what arrives, sees each call that concerns him once."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        recorded: list[Call] = []
        followed: dict[str, list[Call]] = {account: [] for account in ACCOUNTS}
        cursors = dict.fromkeys(ACCOUNTS, 0)

        async def follow() -> None:
            for account in ACCOUNTS:
                chapters, cursors[account] = await store.transact(
                    partial(calls.arrivals, account=account, after_fold=cursors[account])
                )
                followed[account] += [one for chapter in chapters for one in chapter.calls()]

        for number, step in enumerate(history):
            if step == "fold":
                await store.transact(calls.fold)
            elif step == "read":
                await follow()
            else:
                owner = step["owner"] if step["owner"] != step["account"] else ""
                recorded.append(call(number, **{**step, "owner": owner}))
                await store.transact(partial(calls.pending.insert, record=recorded[-1]))
        while await store.transact(calls.fold):
            pass
        await follow()
        for account in ACCOUNTS:
            mine = [one for one in recorded if concerns(one, account)]
            assert sorted(followed[account], key=lambda one: one.id) == mine
            for region in REGIONS:
                expected = [one for one in mine if not one.data and calls.home_region(one) == region]
                expected.sort(key=lambda one: (one.time_ms, one.id), reverse=True)
                assert await pages(store, account, region, page) == expected

    asyncio.run(work())


async def pages(store: MemoryStore, account: str, region: str, size: int) -> list[Call]:
    """A history, read in pages."""
    found: list[Call] = []
    while True:
        before = (found[-1].time_ms, found[-1].id) if found else None

        def read(tx: Transaction) -> list[Call]:
            return list(calls.history(tx, account, region, before))[:size]  # noqa: B023  used at once

        got = await store.transact(read)
        if not got:
            return found
        found += got


def test_shared_calls_are_forgotten_too() -> None:
    """The copy for the owner of the resource is no older than the call."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        one = call(1, time_ms=1, account=ACCOUNTS[0], owner=ACCOUNTS[1])
        await store.transact(partial(calls.pending.insert, record=one))
        await store.transact(calls.fold)
        assert len(await store.transact(calls.shared.scan)) == 1
        await store.transact(partial(calls.forget, now_ms=calls.retention_ms + 2))
        assert await store.transact(calls.shared.scan) == []
        assert await store.transact(calls.archive.scan) == []

    asyncio.run(work())
