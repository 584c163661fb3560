"""Controllers run in time, again, alone and all of them, whatever one of them does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gureum.base.clock import Clock
from gureum.control import clock as clock_keeper
from gureum.control.clock import Keeper
from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.control.lease import Leadership, lease_ms, renew_ms
from gureum.control.runner import Runner
from gureum.state.store import Transaction
from tests.control.conftest import START_MS, Tell, World
from tests.support.jumping import pause

TOPIC = b"test/work"
HOUR_MS = 3_600_000


class Diary:
    """A controller's work that notes when it was done."""

    def __init__(self, answer: Callable[[Moment], Status] = lambda moment: DONE) -> None:
        self.times_ms: list[int] = []
        self._answer = answer

    def __call__(self, moment: Moment) -> Status:
        self.times_ms.append(moment.now_ms - START_MS)
        return self._answer(moment)


def runner(world: World, *passes: Pass, owner: str = "one", clock: Clock | None = None) -> Runner:
    clock = clock or world.clock
    bound = [declared.bind(world.store, clock, world.ids) for declared in passes]
    return Runner(bound, world.store, clock, Leadership(world.store, clock, owner))


def test_every_period(tell: Tell) -> None:
    """At the start, and then when its period is over."""
    diary = Diary()

    async def story(world: World) -> None:
        running = runner(world, Pass("test.periodic", HOUR_MS, diary))
        running.start()
        await pause(3 * 3600 + 1)
        await running.stop()
        await pause(3 * 3600)
        assert len(diary.times_ms) == 4
        assert all(abs(time_ms - n * HOUR_MS) < 100 for n, time_ms in enumerate(diary.times_ms))

    tell(story)


def test_at_once_when_something_changed(tell: Tell) -> None:
    """A topic makes a pass come sooner."""
    diary = Diary()

    async def story(world: World) -> None:
        running = runner(world, Pass("test.topic", HOUR_MS, diary, topics=(TOPIC,)))
        running.start()
        await pause(60)
        await world.store.transact(lambda tx: tx.notify(TOPIC))
        await pause(60)
        await running.stop()
        assert [round(time_ms / 1000) for time_ms in diary.times_ms] == [0, 60]

    tell(story)


def test_again_while_there_is_more(tell: Tell) -> None:
    """Bounded passes, one after the other, without waiting."""
    diary = Diary(lambda moment: MORE if len(diary.times_ms) % 10 else DONE)

    async def story(world: World) -> None:
        running = runner(world, Pass("test.more", HOUR_MS, diary))
        running.start()
        await pause(1)
        await running.stop()
        assert len(diary.times_ms) == 10

    tell(story)


def test_when_the_pass_says_so(tell: Tell) -> None:
    """`next_ms` is a moment of cloud time before the period is over."""
    due_ms = START_MS + 90_000
    diary = Diary(lambda moment: Status(next_ms=due_ms) if moment.now_ms < due_ms else DONE)

    async def story(world: World) -> None:
        running = runner(world, Pass("test.next", HOUR_MS, diary))
        running.start()
        await pause(100)
        await running.stop()
        assert len(diary.times_ms) == 2
        assert diary.times_ms[0] == 0
        assert 90_000 <= diary.times_ms[1] < 90_010

    tell(story)


def test_one_that_fails_stops_no_other(tell: Tell) -> None:
    """And is tried again, soon."""

    def fail(moment: Moment) -> Status:
        raise ZeroDivisionError("a bug of the controller's")

    failing, well = Diary(fail), Diary()

    async def story(world: World) -> None:
        running = runner(world, Pass("test.failing", HOUR_MS, failing), Pass("test.well", 60_000, well))
        running.start()
        await pause(121)
        await running.stop()
        assert len(well.times_ms) == 3
        assert len(failing.times_ms) > 10
        assert [runnable.failures > 0 for runnable in running.runnables] == [True, False]

    tell(story)


def test_only_the_leader_runs_them(tell: Tell) -> None:
    """Two processes, one lease; when the leader is gone the other one goes on."""
    first, second = Diary(), Diary()

    async def story(world: World) -> None:
        one = runner(world, Pass("test.first", 1000, first), owner="one")
        two = runner(world, Pass("test.second", 1000, second), owner="two")
        one.start()
        two.start()
        await pause(30)
        assert len(first.times_ms) >= 30
        assert second.times_ms == []
        await one.stop()
        stopped_ms = first.times_ms[-1]
        await pause(30)
        await two.stop()
        assert first.times_ms[-1] == stopped_ms
        assert second.times_ms[0] - stopped_ms <= renew_ms + 1000

    tell(story)


def test_a_leader_that_dies_is_followed(tell: Tell) -> None:
    """Without a word from it, when its lease is over."""
    second = Diary()

    async def story(world: World) -> None:
        assert await Leadership(world.store, world.clock, "dead").hold()
        running = runner(world, Pass("test.heir", 1000, second), owner="heir")
        running.start()
        await pause((lease_ms + renew_ms) / 1000 + 1)
        await running.stop()
        assert lease_ms <= second.times_ms[0] <= lease_ms + renew_ms

    tell(story)


def test_an_advance_settles_when_all_have_followed(tell: Tell) -> None:
    """Not before: who waits for it sees every consequence, also of a pass that takes many steps."""
    slow = Diary(lambda moment: MORE if len(slow.times_ms) % 100 else DONE)
    quick = Diary()

    async def story(world: World) -> None:
        keeper = Keeper(world.store, world.clock)
        await keeper.start()
        running = runner(world, Pass("test.slow", HOUR_MS, slow), Pass("test.quick", HOUR_MS, quick))
        running.start()
        await pause(1)
        day_ms = 24 * HOUR_MS
        settled: list[int] = []
        world.store.subscribe(clock_keeper.settled_topic, lambda: settled.append(len(slow.times_ms)))
        await world.store.transact(lambda tx: clock_keeper.advance(tx, day_ms))
        await pause(1)
        assert world.clock.offset_ms == day_ms
        assert await world.store.transact(clock_keeper.read, readonly=True) == clock_keeper.Offset(day_ms, day_ms)
        assert settled == [200]
        assert quick.times_ms[-1] >= day_ms
        await running.stop()

    tell(story)


def test_an_advance_is_not_settled_while_one_fails(tell: Tell) -> None:
    """Its consequences are not there."""
    broken = True

    def work(moment: Moment) -> Status:
        if broken and moment.now_ms > START_MS + HOUR_MS:
            raise ZeroDivisionError("at the new time only")
        return DONE

    async def story(world: World) -> None:
        nonlocal broken
        await Keeper(world.store, world.clock).start()
        running = runner(world, Pass("test.broken", HOUR_MS, work))
        running.start()
        await pause(1)
        await world.store.transact(lambda tx: clock_keeper.advance(tx, 2 * HOUR_MS))
        await pause(60)
        assert (await world.store.transact(clock_keeper.read)).settled_ms == 0
        broken = False
        await pause(10)
        assert (await world.store.transact(clock_keeper.read)).settled_ms == 2 * HOUR_MS
        await running.stop()

    tell(story)


def test_a_pass_sees_its_transaction_and_its_time(tell: Tell) -> None:
    """What it works with is given, so it can run again after a conflict."""
    seen: list[Any] = []

    def work(moment: Moment) -> Status:
        seen.append((moment.now_ms, moment.ids.hex(4)))
        _touch(moment.tx)
        return DONE

    async def story(world: World) -> None:
        bound = Pass("test.once", HOUR_MS, work).bind(world.store, world.clock, world.ids)
        assert (bound.name, bound.period_ms, bound.topics) == ("test.once", HOUR_MS, ())
        assert await bound.activate() == DONE
        assert seen[0][0] == START_MS

    tell(story)


def _touch(tx: Transaction) -> None:
    tx.put(b"test", b"touched")
