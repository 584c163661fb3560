"""Time is written in three formats, of which each has its corners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import timestamps

MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=UTC)


def test_formats() -> None:
    """The examples of https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait."""
    assert timestamps.format_iso8601(MOMENT) == "2026-01-31T12:00:00.123Z"
    assert timestamps.format_iso8601(MOMENT.replace(microsecond=0)) == "2026-01-31T12:00:00Z"
    assert timestamps.format_iso8601_milliseconds(MOMENT.replace(microsecond=0)) == "2026-01-31T12:00:00.000Z"
    assert timestamps.format_epoch(MOMENT) == 1769860800.123
    assert timestamps.format_epoch(MOMENT.replace(microsecond=0)) == 1769860800
    assert timestamps.format_http_date(MOMENT) == "Sat, 31 Jan 2026 12:00:00 GMT"


def test_another_zone_is_written_as_utc() -> None:
    """A moment is one moment, wherever its clock hangs."""
    seoul = MOMENT.astimezone(timezone(timedelta(hours=9)))
    assert timestamps.format_iso8601(seoul) == "2026-01-31T12:00:00.123Z"
    assert timestamps.format_http_date(seoul) == "Sat, 31 Jan 2026 12:00:00 GMT"
    assert timestamps.parse_iso8601("2026-01-31T21:00:00.123+09:00") == MOMENT


@pytest.mark.parametrize("write", [timestamps.format_iso8601, timestamps.format_http_date, timestamps.format_epoch])
def test_a_naive_time_is_our_bug(write: object) -> None:
    """A time without a zone would be written as if it were UTC."""
    assert callable(write)
    with pytest.raises(TypeError):
        write(MOMENT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-W05-6T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_iso8601_refuses(text: str) -> None:
    """What Python would accept and AWS does not."""
    with pytest.raises(ValueError, match=r".+"):
        timestamps.parse_iso8601(text)


@pytest.mark.parametrize("text", ["", "nan", "1_0", "1e999", "٣", "9" * 30])
def test_epoch_refuses(text: str) -> None:
    """Numbers that Python's float would read."""
    with pytest.raises(ValueError, match=r".+"):
        timestamps.parse_epoch_text(text)


@given(st.integers(-62_000_000_000_000, 253_000_000_000_000))
def test_milliseconds_survive(milliseconds: int) -> None:
    """Formats with fractions keep whole milliseconds over all years."""
    value = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert timestamps.parse_iso8601(timestamps.format_iso8601(value)) == value
    assert timestamps.parse_http_date(timestamps.format_http_date(value)) == value.replace(microsecond=0)
    if 1970 <= value.year < 2200:
        assert timestamps.parse_epoch(timestamps.format_epoch(value)) == value
