"""Durable timers: something to do at a moment of cloud time, whatever happens until then.

A timer is set in the transaction that wants it and fires in a transaction of its own, which also removes it: it fires
exactly once, and late rather than never when the cloud was off at its moment.  What it does is a function registered
under the timer's kind, so that timers survive a restart and a new version.

    retire = timers.kind("ec2.retire", lambda moment, payload: …)
    retire.set(ctx.tx, instance_id, due_ms, payload)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

topic: Final = b"control/timers"
_fire_max: Final = 100

Effect = Callable[[Moment, bytes], None]


class Timer(Record, version=1):
    """A timer that is set.  `name` is unique within its kind."""

    kind: str
    name: str
    due_ms: int
    payload: bytes


_timers = Table("control/timers", Timer, key=lambda timer: (timer.kind, timer.name))
_by_due = _timers.index("due", lambda timer: (timer.due_ms,))


class Kind:
    """Timers of one kind, which do one thing."""

    def __init__(self, name: str, effect: Effect) -> None:
        self.name = name
        self.effect = effect

    def set(self, tx: Transaction, name: str, due_ms: int, payload: bytes = b"") -> None:
        """Set the timer `name`, or set it anew."""
        _timers.put(tx, Timer(self.name, name, due_ms, payload))
        tx.notify(topic)

    def cancel(self, tx: Transaction, name: str) -> bool:
        """Unset the timer `name`; whether it was set."""
        timer = _timers.get(tx, (self.name, name))
        if timer is None:
            return False
        _timers.delete(tx, timer)
        return True


class Timers:
    """The kinds of timers of a cloud, and the pass that fires them."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def kind(self, name: str, effect: Effect) -> Kind:
        """Register what timers of the kind `name` do: `effect(moment, payload)`."""
        assert name not in self._kinds, f"two kinds of timers are named {name}"
        self._kinds[name] = Kind(name, effect)
        return self._kinds[name]

    def controller(self) -> Pass:
        """The pass that fires what is due."""
        return Pass("control.timers", period_ms=60_000, work=self._fire, topics=(topic,))

    def _fire(self, moment: Moment) -> Status:
        due = _by_due.scan(moment.tx, until=(moment.now_ms,), limit=_fire_max)
        for timer in due:
            _timers.delete(moment.tx, timer)
            self._kinds[timer.kind].effect(moment, timer.payload)
        if len(due) == _fire_max:
            return MORE
        following = _by_due.first(moment.tx)
        return DONE if following is None else Status(next_ms=following.due_ms)


timers: Final = Timers()
"""The timers of this cloud; services register their kinds at import."""
