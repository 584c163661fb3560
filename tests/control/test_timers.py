"""Durable timers: each fires exactly once, at its time or as soon as there is somebody to fire it."""

from __future__ import annotations

import pytest

from gureum.control.controller import Moment
from gureum.control.lease import Leadership
from gureum.control.runner import Runner
from gureum.control.timers import Kind, Timers
from tests.control.conftest import START_MS, Tell, World
from tests.support.jumping import pause


class Bell:
    """A kind of timers that notes when it fired, and with what; in the store, so that retries do not count."""

    def __init__(self, timers: Timers) -> None:
        self.kind: Kind = timers.kind("test.bell", self._ring)

    def _ring(self, moment: Moment, payload: bytes) -> None:
        moment.tx.put(b"bell/" + payload, str(moment.now_ms - START_MS).encode())

    async def rung(self, world: World) -> dict[str, int]:
        """Payload to time."""
        pairs = await world.store.transact(lambda tx: tx.range(b"bell/", b"bell0"), readonly=True)
        return {key[5:].decode(): int(value) for key, value in pairs}


def runner(world: World, timers: Timers) -> Runner:
    bound = timers.controller().bind(world.store, world.clock, world.ids)
    return Runner([bound], world.store, world.clock, Leadership(world.store, world.clock, "one"))


async def set_timer(world: World, bell: Bell, name: str, seconds: float) -> None:
    due_ms = START_MS + round(seconds * 1000)
    await world.store.transact(lambda tx: bell.kind.set(tx, name, due_ms, name.encode()))


def test_in_time_and_in_order(tell: Tell) -> None:
    """To the millisecond, however far apart."""

    async def story(world: World) -> None:
        timers = Timers()
        bell = Bell(timers)
        running = runner(world, timers)
        running.start()
        await pause(1)
        for seconds in (5, 2, 3600, 7.5):
            await set_timer(world, bell, str(seconds), seconds)
        await pause(4000)
        rung = await bell.rung(world)
        assert set(rung) == {"5", "2", "3600", "7.5"}
        assert all(0 <= time_ms - float(name) * 1000 < 20 for name, time_ms in rung.items())
        await running.stop()

    tell(story)


def test_late_rather_than_never(tell: Tell) -> None:
    """Set before the cloud was off, fired when it is on again: they lie in the state."""

    async def story(world: World) -> None:
        timers = Timers()
        bell = Bell(timers)
        for number in range(250):
            await set_timer(world, bell, str(number), number)
        await pause(1000)
        running = runner(world, timers)
        running.start()
        await pause(1)
        rung = await bell.rung(world)
        assert len(rung) == 250
        assert all(time_ms >= 1_000_000 for time_ms in rung.values())
        await running.stop()

    tell(story)


def test_set_anew_and_cancelled(tell: Tell) -> None:
    """A name has one timer; one that is cancelled does not fire."""

    async def story(world: World) -> None:
        timers = Timers()
        bell = Bell(timers)
        running = runner(world, timers)
        running.start()
        await set_timer(world, bell, "moved", 10)
        await set_timer(world, bell, "moved", 20)
        await set_timer(world, bell, "cancelled", 10)
        assert await world.store.transact(lambda tx: bell.kind.cancel(tx, "cancelled"))
        assert not await world.store.transact(lambda tx: bell.kind.cancel(tx, "cancelled"))
        await pause(15)
        assert await bell.rung(world) == {}
        await pause(15)
        assert list(await bell.rung(world)) == ["moved"]
        assert not await world.store.transact(lambda tx: bell.kind.cancel(tx, "moved"))
        await running.stop()

    tell(story)


def test_an_advance_fires_what_it_passes(tell: Tell) -> None:
    """Thirty days in no time."""

    async def story(world: World) -> None:
        timers = Timers()
        bell = Bell(timers)
        running = runner(world, timers)
        running.start()
        await set_timer(world, bell, "month", 30 * 86_400)
        await pause(1)
        assert await bell.rung(world) == {}
        world.clock.advance_to(31 * 86_400_000)
        await pause(1)
        assert (await bell.rung(world))["month"] >= 31 * 86_400_000
        await running.stop()

    tell(story)


def test_an_effect_that_fails_is_undone_and_tried_again(tell: Tell) -> None:
    """The timer and its effect are one transaction: neither is done without the other."""

    async def story(world: World) -> None:
        timers = Timers()
        broken = True

        def effect(moment: Moment, payload: bytes) -> None:
            moment.tx.put(b"half", b"done")
            if broken:
                raise ZeroDivisionError

        kind = timers.kind("test.broken", effect)
        running = runner(world, timers)
        running.start()
        await world.store.transact(lambda tx: kind.set(tx, "x", START_MS))
        await pause(10)
        assert await world.store.transact(lambda tx: tx.get(b"half")) is None
        broken = False
        await pause(10)
        assert await world.store.transact(lambda tx: tx.get(b"half")) == b"done"
        assert not await world.store.transact(lambda tx: kind.cancel(tx, "x"))
        await running.stop()

    tell(story)


def test_two_kinds_of_one_name() -> None:
    """What a timer does would depend on who was imported last."""
    timers = Timers()
    Bell(timers)
    with pytest.raises(AssertionError, match=r"test\.bell"):
        Bell(timers)
