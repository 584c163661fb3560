"""The queue of those who wait: order, hand-over of unused wake-ups, and cost."""

from __future__ import annotations

import asyncio

import pytest

from gureum.state.notify import Hub
from gureum.state.store import ALL

pytestmark = pytest.mark.anyio


async def test_longest_waiting_first() -> None:
    """n notifications wake the n first."""
    hub = Hub()
    with hub.listen(b"t") as first, hub.listen(b"t") as second, hub.listen(b"t") as third, hub.listen(b"u") as other:
        hub.notify(b"t", 2)
        assert [x.notified for x in (first, second, third, other)] == [True, True, False, False]
        hub.notify(b"t", ALL)
        assert third.notified


async def test_notification_before_the_wait_is_not_lost() -> None:
    """It came between the look and the wait."""
    hub = Hub()
    with hub.listen(b"t") as listener:
        hub.notify(b"t", 1)
        assert await listener.wait(30)
        assert not await listener.wait(0)


async def test_wait_is_woken() -> None:
    """And can be woken again, from the end of the queue."""
    hub = Hub()
    with hub.listen(b"t") as listener:
        for _ in range(3):
            waiting = asyncio.ensure_future(listener.wait(30))
            await asyncio.sleep(0)
            hub.notify(b"t", 1)
            assert await waiting


async def test_unused_notification_is_passed_on() -> None:
    """Whoever leaves without having looked again leaves it to the next."""
    hub = Hub()
    with hub.listen(b"t") as staying:
        with hub.listen(b"u"), hub.listen(b"t"):
            hub.notify(b"t", 1)
            assert staying.notified
        with hub.listen(b"t") as second:
            assert not second.notified
    with hub.listen(b"t") as leaving:
        late = hub.listen(b"t").__enter__()
        hub.notify(b"t", 1)
        assert leaving.notified
        assert not late.notified
    assert late.notified


async def test_cancelled_wait_passes_on() -> None:
    """A client that hangs up just as it is woken."""
    hub = Hub()

    async def wait() -> None:
        with hub.listen(b"t") as listener:
            await listener.wait(30)

    leaving = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    with hub.listen(b"t") as next_one:
        hub.notify(b"t", 1)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert next_one.notified


async def test_nothing_is_left_behind() -> None:
    """Topics without listeners cost no memory."""
    hub = Hub()
    for number in range(10):
        with hub.listen(b"%d" % number) as listener:
            assert not await listener.wait(0)
            hub.notify(b"%d" % number, 1)
        hub.subscribe(b"%d" % number, lambda: None)()
    assert not hub._queues
    assert not hub._subscribers


async def test_everyone() -> None:
    """After a loss of notifications all look again."""
    hub = Hub()
    heard: list[int] = []
    hub.subscribe(b"s", lambda: heard.append(1))
    with hub.listen(b"t") as first, hub.listen(b"t") as second, hub.listen(b"u") as third:
        hub.notify_everyone()
        assert first.notified
        assert second.notified
        assert third.notified
    assert heard == [1]
