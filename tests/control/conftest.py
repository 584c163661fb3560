"""A store in memory and time that jumps: hours of controllers pass in milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.state.memory import MemoryStore
from tests.support import jumping

START_MS = 1_800_000_000_000


class World:
    """What controllers work with: one host, on which several processes may run."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.ids = Ids()
        self._loop = asyncio.get_running_loop()
        self.clock = self.new_clock()

    def new_clock(self) -> Clock:
        """The clock of one more process."""
        return Clock(lambda: START_MS + round(self._loop.time() * 1000))

    @property
    def seconds(self) -> float:
        """Time on the host since the beginning."""
        return self._loop.time()


Story = Callable[[World], Coroutine[Any, Any, None]]
Tell = Callable[[Story], None]


@pytest.fixture
def tell() -> Tell:
    """Runs a story in a world of its own."""

    def run(story: Story) -> None:
        async def work() -> None:
            world = World()
            await world.store.open()
            await story(world)
            await world.store.close()

        jumping.run(work())

    return run
