"""A process that puts objects until it is killed: `python -m tests.objects.load DIRECTORY FIRST`.

Each object is committed together with an entry in a ledger, and printed when the commit is acknowledged.  What an
object holds follows from its number, so that who reads it later knows what it should be.
"""

from __future__ import annotations

import asyncio
import random
import sys
from functools import partial
from pathlib import Path

from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.objects import care
from gureum.objects.disks import default_locations
from gureum.objects.store import Objects
from gureum.objects.tables import Tally
from gureum.state.records import Record
from gureum.state.sqlite import SqliteStore
from gureum.state.store import Transaction
from gureum.state.tables import Table
from tests.objects.rig import stream

CLIENTS = 6


class Entry(Record, version=1):
    """An object that was committed."""

    number: int
    object_id: bytes


ledger = Table("tests/ledger", Entry, key=lambda entry: (entry.number,))


def content(number: int) -> bytes:
    """What the object of that number holds."""
    choices = random.Random(number)
    size = choices.choice([0, 500, 4096, 5000, 30_000, 200_000])
    if number % 50 == 0:
        size = 4_500_000
    return choices.randbytes(size)


async def opened(root: Path) -> tuple[SqliteStore, Objects]:
    """State and objects in a directory."""
    state = SqliteStore(root / "state")
    await state.open()
    objects = Objects(state, Clock(), Ids(), default_locations(root / "objects"))
    await objects.open()
    return state, objects


async def check(root: Path, acknowledged: set[int]) -> int:
    """See that what was acknowledged is there, and that all that is there is whole; how many objects that are."""
    state, objects = await opened(root)
    try:
        entries = await state.transact(ledger.scan)
        assert acknowledged <= {entry.number for entry in entries}
        for entry in entries:
            rows = await state.transact(partial(objects.locate, object_id=entry.object_id))
            data = b"".join([piece async for piece in objects.read(rows)])
            assert data == content(entry.number), entry.number
            assert [objects.shards.spoiled(row) for row in rows] == [[] for _ in rows]
    finally:
        await objects.close()
        await state.close()
    return len(entries)


async def repair(root: Path) -> Tally:
    """Whole walks of repair, with no patience for what is away."""
    state, objects = await opened(root)
    total, more = Tally(), True
    while more:
        done = await care.repair(objects, patience_ms=0)
        total, more = total + done.tally, done.more
    await objects.close()
    await state.close()
    return total


async def _put_for_ever(state: SqliteStore, objects: Objects, first: int) -> None:
    number = first
    while True:
        stored = await objects.put(stream(content(number)))

        def commit(tx: Transaction, number: int = number) -> None:
            objects.commit(tx, stored)  # noqa: B023  the transaction ends before the next one begins
            ledger.insert(tx, Entry(number, stored.object_id))  # noqa: B023

        await state.transact(commit)
        print(number, flush=True)
        number += CLIENTS


async def _main(root: Path, first: int) -> None:
    state, objects = await opened(root)
    await asyncio.gather(*(_put_for_ever(state, objects, first + client) for client in range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
