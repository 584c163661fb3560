"""One process at a time holds a lease, and no longer than it lives."""

from __future__ import annotations

from gureum.control.lease import Leadership, lease_ms, renew_ms
from tests.control.conftest import Tell, World
from tests.support.jumping import pause


def test_one_at_a_time(tell: Tell) -> None:
    """Who has it keeps it as long as it is renewed."""

    async def story(world: World) -> None:
        one = Leadership(world.store, world.clock, "one")
        two = Leadership(world.store, world.clock, "two")
        assert await one.hold()
        for _ in range(20):
            assert not await two.hold()
            await pause(renew_ms / 1000)
            assert await one.hold()

    tell(story)


def test_it_runs_out(tell: Tell) -> None:
    """A millisecond before the end it still holds."""

    async def story(world: World) -> None:
        one = Leadership(world.store, world.clock, "one")
        two = Leadership(world.store, world.clock, "two")
        assert await one.hold()
        await pause((lease_ms - 1) / 1000)
        assert not await two.hold()
        await pause(0.002)
        assert await two.hold()
        assert not await one.hold()

    tell(story)


def test_given_back(tell: Tell) -> None:
    """The next one need not wait; and nobody gives back what another one holds."""

    async def story(world: World) -> None:
        one = Leadership(world.store, world.clock, "one")
        two = Leadership(world.store, world.clock, "two")
        assert await one.hold()
        await two.release()
        assert not await two.hold()
        await one.release()
        assert await two.hold()

    tell(story)


def test_the_next_in_the_same_place_goes_on_at_once(tell: Tell) -> None:
    """A worker that is started again in the place of a dead one has its name."""

    async def story(world: World) -> None:
        assert await Leadership(world.store, world.clock, "place").hold()
        assert await Leadership(world.store, world.clock, "place").hold()

    tell(story)


def test_leases_of_other_names_are_others(tell: Tell) -> None:
    """Each thing to lead has its own."""

    async def story(world: World) -> None:
        assert await Leadership(world.store, world.clock, "one", "controllers").hold()
        assert await Leadership(world.store, world.clock, "two", "something-else").hold()

    tell(story)


def test_cloud_time_does_not_matter(tell: Tell) -> None:
    """Advancing the clock by a year must not take the lease from a process that is well."""

    async def story(world: World) -> None:
        one = Leadership(world.store, world.clock, "one")
        other_clock = world.new_clock()
        other_clock.advance_to(365 * 24 * 3_600_000)
        assert await one.hold()
        assert not await Leadership(world.store, other_clock, "two").hold()

    tell(story)
