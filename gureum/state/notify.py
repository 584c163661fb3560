"""Wake-ups for those who wait for the store to change: long polls, controllers, the clock.

A listener takes its place in the queue before it looks, so a change between the look and the wait is not missed:

    with store.listen(topic) as listener:
        while True:
            result = await store.transact(take)
            if result or clock() >= deadline:
                return result
            await listener.wait(timeout_seconds)

`notify(topic, n)` wakes the n listeners that have waited longest.  One that is woken and goes away without having
looked again (its client left, or its look had succeeded already) hands its wake-up to the next, so that n changes
never reach fewer than n waiting listeners.  A wake-up is only a hint to look: it carries nothing and may come in vain.

Every operation is O(1) in the number of listeners and of topics.  A plain dict as queue would not be: its first entry
is found by skipping all that were removed before, which OrderedDict's linked list avoids.

All of it belongs to the event loop's thread.  Engines carry notifications to other processes (`peers.py` for sqlite,
LISTEN for PostgreSQL) and hand them to the Hub of each.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Hub:
    """The listeners and subscribers of one process."""

    def __init__(self) -> None:
        self._queues: dict[bytes, OrderedDict[Listener, None]] = {}
        self._subscribers: dict[bytes, list[Callable[[], None]]] = {}

    def listen(self, topic: bytes) -> Listener:
        """A listener that takes its place when it is entered."""
        return Listener(self, topic)

    def subscribe(self, topic: bytes, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at each notification of `topic`, until the returned function is called."""
        self._subscribers.setdefault(topic, []).append(callback)

        def unsubscribe() -> None:
            callbacks = self._subscribers.get(topic, [])
            if callback in callbacks:
                callbacks.remove(callback)
            if not callbacks:
                self._subscribers.pop(topic, None)

        return unsubscribe

    def notify(self, topic: bytes, count: int) -> None:
        """Wake the `count` longest-waiting listeners of `topic`, and call its subscribers."""
        for callback in tuple(self._subscribers.get(topic, ())):
            callback()
        self.wake(topic, count)

    def notify_everyone(self) -> None:
        """Wake all listeners and call all subscribers: notifications may have been lost."""
        for topic in {*self._queues, *self._subscribers}:
            self.notify(topic, len(self._queues.get(topic, ())))

    def wake(self, topic: bytes, count: int) -> None:
        """Wake the `count` longest-waiting listeners of `topic`."""
        queue = self._queues.get(topic)
        if queue is None:
            return
        for _ in range(min(count, len(queue))):
            listener, _nothing = queue.popitem(last=False)
            listener.notified = True
            if listener.waiter is not None and not listener.waiter.done():
                listener.waiter.set_result(None)
        if not queue:
            del self._queues[topic]

    def enqueue(self, listener: Listener) -> None:
        """Put `listener` at the end of its topic's queue."""
        queue = self._queues.get(listener.topic)
        if queue is None:
            queue = self._queues[listener.topic] = OrderedDict()
        queue[listener] = None

    def dequeue(self, listener: Listener) -> None:
        """Take `listener` out of its topic's queue, if it is there."""
        queue = self._queues.get(listener.topic)
        if queue is not None:
            queue.pop(listener, None)
            if not queue:
                del self._queues[listener.topic]


class Listener:
    """One who waits for a topic.  In the queue from entering the context until it is woken, and again from then on."""

    __slots__ = ("_hub", "notified", "topic", "waiter")

    def __init__(self, hub: Hub, topic: bytes) -> None:
        self.topic = topic
        self.notified = False
        self.waiter: asyncio.Future[None] | None = None
        self._hub = hub

    def __enter__(self) -> Self:
        self._hub.enqueue(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._hub.dequeue(self)
        if self.notified:
            self.notified = False
            self._hub.wake(self.topic, 1)

    def interrupt(self) -> None:
        """End a wait under way as if its time were up."""
        if self.waiter is not None:
            _expire(self.waiter)

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for a notification since entering or since the last one that was waited for.

        True if there was one, False after `timeout_seconds` of real time.
        """
        if not self.notified:
            loop = asyncio.get_running_loop()
            self.waiter = waiter = loop.create_future()
            timer = loop.call_later(timeout_seconds, _expire, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self.waiter = None
        if not self.notified:
            return False
        self.notified = False
        self._hub.enqueue(self)
        return True


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
