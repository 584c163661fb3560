"""GetClock and AdvanceClock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from gureum.api.context import Context
from gureum.base.clock import from_datetime, to_datetime
from gureum.control import clock as keeper
from gureum.services.cloud.errors import InvalidParameterException
from gureum.services.cloud.service import cloud, this_cloud

look_again_ms = 10_000
advance_seconds_max = 100 * 366 * 24 * 3600.0
latest_ms = from_datetime(datetime(9000, 1, 1, tzinfo=UTC))  # some way before the last year that dates can have


class ClockResult(TypedDict):
    """The clock; OffsetSeconds is how far it is ahead of the host's."""

    Now: datetime
    OffsetSeconds: float
    HostNow: datetime


class GetClockResult(ClockResult):
    """The clock, and whether the controllers have followed it."""

    Settled: bool


@cloud.operation(resource=this_cloud, readonly=True)
def get_clock(ctx: Context, wait_until_settled: bool = False) -> GetClockResult:
    """Cloud time and the host's."""
    offset = keeper.read(ctx.tx)
    settled = offset.settled_ms >= offset.offset_ms
    if wait_until_settled and not settled:
        # No deadline on the clock that is being moved: a client that has waited long enough goes away.
        ctx.wait(keeper.settled_topic, until_ms=ctx.now_ms + look_again_ms)
    return {**_result(ctx.now_ms, 0, offset.offset_ms), "Settled": settled}


@cloud.operation(resource=this_cloud)
def advance_clock(ctx: Context, seconds: float) -> ClockResult:
    """Put cloud time forward, durably and for every process."""
    by_ms = round(seconds * 1000) if 0 < seconds <= advance_seconds_max else 0
    if by_ms == 0:
        raise InvalidParameterException(f"Seconds must be more than 0 and at most {advance_seconds_max:.0f}.")
    if ctx.now_ms + by_ms > latest_ms:
        raise InvalidParameterException(f"The clock does not go beyond {to_datetime(latest_ms):%Y-%m-%d}.")
    offset = keeper.advance(ctx.tx, by_ms)
    return _result(ctx.now_ms, by_ms, offset.offset_ms)


def _result(now_ms: int, by_ms: int, offset_ms: int) -> ClockResult:
    return {
        "Now": to_datetime(now_ms + by_ms),
        "OffsetSeconds": offset_ms / 1000,
        "HostNow": to_datetime(now_ms + by_ms - offset_ms),
    }
