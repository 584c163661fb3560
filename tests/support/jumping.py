"""An event loop whose time does not pass but jumps: minutes of waiting take no time, and come out exact.

Whenever nothing is ready, the loop's time jumps to the next timer.  Sockets work as usual as long as both ends live on
this loop: what one end has sent is ready at the other before the loop looks.  (Trio has the same as `MockClock` with
`autojump_threshold`.)
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_tries = 3
"""Looks at the sockets before a jump: the kernel may carry a packet over the loopback interface in between."""


class _Selector(selectors.DefaultSelector):
    """Answers at once; waiting is moving the time of the loop."""

    jumped_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        for _ in range(_tries if len(self.get_map()) > 1 else 0):  # one is the loop's own
            if ready := super().select(0.001):
                return ready
        if timeout is None:
            return super().select(None)
        self.jumped_seconds += timeout
        return []


class JumpingLoop(asyncio.SelectorEventLoop):
    """Starts at zero seconds."""

    def __init__(self) -> None:
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped_seconds


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in jumping time."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work)


async def pause(seconds: float) -> None:
    """Let time jump ahead."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over
