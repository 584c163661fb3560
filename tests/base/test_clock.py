"""The clock: the host's time plus an offset that only grows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.base.clock import Clock, from_datetime, host_ms, to_datetime


def test_it_follows_the_host() -> None:
    """And is ahead of it by the offset."""
    now_ms = 1000
    clock = Clock(lambda: now_ms, offset_ms=50)
    assert (clock.now_ms(), clock.host_ms(), clock.offset_ms) == (1050, 1000, 50)
    now_ms = 2000
    assert (clock.now_ms(), clock.host_ms()) == (2050, 2000)


def test_it_never_goes_back() -> None:
    """Late news of an earlier advance changes nothing, and nobody is told."""
    clock = Clock(lambda: 0)
    told: list[int] = []
    clock.subscribe(lambda: told.append(clock.now_ms()))
    for offset_ms in (10, 5, 10, 20):
        clock.advance_to(offset_ms)
    assert told == [10, 20]


def test_subscriptions_end() -> None:
    """Also while others are being told."""
    clock = Clock(lambda: 0)
    told: list[str] = []
    unsubscribe = clock.subscribe(lambda: told.append("first"))

    def second() -> None:
        told.append("second")
        unsubscribe()

    clock.subscribe(second)
    clock.advance_to(1)
    clock.advance_to(2)
    unsubscribe()
    assert told == ["first", "second", "second"]


def test_the_default_is_the_hosts() -> None:
    """In milliseconds."""
    assert abs(Clock().now_ms() - host_ms()) < 10_000
    assert host_ms() > from_datetime(datetime(2025, 1, 1, tzinfo=UTC))


@settings(deadline=None, derandomize=True)
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])))
def test_datetimes_and_milliseconds(moment: datetime) -> None:
    """There and back, to the millisecond, before 1970 as well."""
    back = to_datetime(from_datetime(moment))
    assert abs(back - moment) < timedelta(milliseconds=1)
    assert back.tzinfo is UTC
    assert to_datetime(from_datetime(back)) == back


def test_a_naive_datetime_is_a_bug() -> None:
    """Nobody knows which moment it means."""
    with pytest.raises(AssertionError):
        from_datetime(datetime(2026, 1, 1))  # noqa: DTZ001  that is the point
