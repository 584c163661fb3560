"""The offset lies in the state: every process follows it, and none goes back."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import uvloop

from gureum.base.clock import Clock
from gureum.control import clock as keeper
from gureum.control.clock import Keeper, Offset
from gureum.state.sqlite import SqliteStore
from tests.control.conftest import Tell, World
from tests.support.jumping import pause

DAY_MS = 86_400_000


def test_an_advance_adds_up(tell: Tell) -> None:
    """And is followed by a process that starts later."""

    async def story(world: World) -> None:
        await Keeper(world.store, world.clock).start()
        assert world.clock.offset_ms == 0
        for days in (1, 2):
            await world.store.transact(partial(keeper.advance, by_ms=days * DAY_MS))
            await pause(0.01)
        assert world.clock.offset_ms == 3 * DAY_MS
        later = world.new_clock()
        await Keeper(world.store, later).start()
        assert later.offset_ms == 3 * DAY_MS
        assert later.now_ms() == world.clock.now_ms()

    tell(story)


def test_settling_goes_forward_only(tell: Tell) -> None:
    """News of an earlier settlement, come late, changes nothing; an advance keeps what is settled."""

    async def story(world: World) -> None:
        await world.store.transact(lambda tx: keeper.advance(tx, DAY_MS))
        await world.store.transact(lambda tx: keeper.settle(tx, DAY_MS))
        await world.store.transact(lambda tx: keeper.settle(tx, 1))
        assert await world.store.transact(keeper.read) == Offset(DAY_MS, DAY_MS)
        await world.store.transact(lambda tx: keeper.advance(tx, DAY_MS))
        assert await world.store.transact(keeper.read) == Offset(2 * DAY_MS, DAY_MS)

    tell(story)


def test_other_processes_follow(tmp_path: Path) -> None:
    """Two stores on one directory are what two workers have; the news goes from one to the other."""

    async def work() -> None:
        stores = [SqliteStore(tmp_path / "state"), SqliteStore(tmp_path / "state")]
        clocks = [Clock(), Clock()]
        for store, clock in zip(stores, clocks, strict=True):
            await store.open()
            await Keeper(store, clock).start()
        followed = asyncio.Event()
        clocks[1].subscribe(followed.set)
        await stores[0].transact(lambda tx: keeper.advance(tx, DAY_MS))
        await asyncio.wait_for(followed.wait(), 30)
        assert clocks[1].offset_ms == DAY_MS
        for store in stores:
            await store.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
