"""Passes over the record of calls: count and archive what is new, forget what is too old."""

from __future__ import annotations

from typing import Final

from gureum.api import calls
from gureum.control.controller import DONE, MORE, Moment, Pass, Status


def fold(moment: Moment) -> Status:
    """Count and archive recorded calls."""
    return MORE if calls.fold(moment.tx) else DONE


def forget(moment: Moment) -> Status:
    """Delete archived calls beyond their retention."""
    return MORE if calls.forget(moment.tx, moment.now_ms) else DONE


controllers: Final = (
    Pass("cloud.fold-calls", period_ms=1_000, work=fold),
    Pass("cloud.forget-calls", period_ms=3_600_000, work=forget),
)
