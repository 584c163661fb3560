"""The one clock.

Every time in the cloud is read here, as whole milliseconds since 1970 (UTC).  Cloud time is the host's time plus an
offset that only grows: advancing the clock makes thirty days of retention pass in a second.  The offset is kept in the
state and carried to every process (`control.clock`); this object is one process's view of it.

Host time stays visible for the few things that happen outside the cloud: the age of a client's signature is measured on
the client's clock, which nobody advances (docs/decisions/0003).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Subscriber = Callable[[], None]


def host_ms() -> int:
    """The host's time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Clock:
    """Cloud time: `host()` plus `offset_ms`.

    A subscriber is called after each advance, in the thread that advanced; it must not block.
    """

    def __init__(self, host: Callable[[], int] = host_ms, offset_ms: int = 0) -> None:
        self._host = host
        self._offset_ms = offset_ms
        self._subscribers: dict[int, Subscriber] = {}
        self._subscriptions = 0

    def now_ms(self) -> int:
        """Cloud time."""
        return self._host() + self._offset_ms

    def host_ms(self) -> int:
        """The host's time, for what is timed outside the cloud."""
        return self._host()

    @property
    def offset_ms(self) -> int:
        """How far cloud time is ahead of the host's."""
        return self._offset_ms

    def advance_to(self, offset_ms: int) -> None:
        """Take over a new offset; one that is not larger is ignored, so late news cannot turn time back."""
        if offset_ms <= self._offset_ms:
            return
        self._offset_ms = offset_ms
        for subscriber in list(self._subscribers.values()):
            subscriber()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` after each advance until the returned function is called."""
        self._subscriptions += 1
        subscription = self._subscriptions
        self._subscribers[subscription] = subscriber
        return lambda: self._subscribers.pop(subscription, None) and None


def to_datetime(instant_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime in UTC."""
    seconds, milliseconds = divmod(instant_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def from_datetime(moment: datetime) -> int:
    """An aware datetime as milliseconds since 1970."""
    assert moment.tzinfo is not None
    return round(moment.timestamp() * 1000)
