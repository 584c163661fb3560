"""The three timestamp formats of AWS protocols, to and from aware `datetime` values in UTC.

`iso8601` (RFC 3339 with a zone, fractions optional), `unixTimestamp` (seconds since 1970, fractions optional) and
`rfc822` (the IMF-fixdate of RFC 9110, which HTTP headers use).  Whole milliseconds survive every format that has
fractions; finer digits are read, and cut off when written, because no AWS service promises them.  An ISO 8601 string
without a zone is refused, as AWS refuses it ("timestamp must follow ISO8601").

Parsers raise ValueError, which each protocol turns into its own error.  Formatters raise TypeError for a naive
datetime: that is our bug.  `email.utils` was rejected: it is lenient in reading and costs an import of the package.

Source: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_epoch: Final = datetime(1970, 1, 1, tzinfo=UTC)
_millisecond: Final = timedelta(milliseconds=1)
_days: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_months: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_month_numbers: Final = {name: number for number, name in enumerate(_months, 1)}
_iso8601 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_number = re.compile(r"-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,3})?", re.ASCII)
_http_date = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (?:GMT|UTC|\+0000)",
    re.ASCII,
)


def parse_iso8601(text: str) -> datetime:
    """`2026-01-31T12:00:00.123Z`; ValueError for anything else."""
    if not _iso8601.fullmatch(text):
        raise ValueError("timestamp must follow ISO8601")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("timestamp is out of range") from error


def parse_epoch(seconds: float) -> datetime:
    """Seconds since 1970, with fractions; ValueError when no year between 1 and 9999 is meant."""
    if not math.isfinite(seconds):
        raise ValueError("timestamp is not a finite number")
    try:
        return _epoch + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("timestamp is out of range") from error


def parse_epoch_text(text: str) -> datetime:
    """Seconds since 1970 as a decimal number; ValueError for anything else."""
    if not _number.fullmatch(text):
        raise ValueError("timestamp must be a number of seconds")
    return parse_epoch(float(text))


def parse_http_date(text: str) -> datetime:
    """`Sat, 31 Jan 2026 12:00:00 GMT`; ValueError for anything else."""
    match = _http_date.fullmatch(text)
    if match is None or match[2] not in _month_numbers:
        raise ValueError("timestamp must follow RFC 9110")
    day, month, year, hour, minute, second, fraction = match.groups()
    microseconds = int((fraction or "").ljust(6, "0"))
    month_number = _month_numbers[month]
    return datetime(int(year), month_number, int(day), int(hour), int(minute), int(second), microseconds, tzinfo=UTC)


def epoch_milliseconds(value: datetime) -> int:
    """Whole milliseconds since 1970, rounded down; TypeError for a naive datetime."""
    return (value - _epoch) // _millisecond


def format_epoch(value: datetime) -> int | float:
    """Seconds since 1970: an int when the value is whole, else a float with three decimals."""
    seconds, milliseconds = divmod(epoch_milliseconds(value), 1000)
    return seconds + milliseconds / 1000 if milliseconds else seconds


def format_epoch_text(value: datetime) -> str:
    """As `format_epoch`, as text."""
    return str(format_epoch(value))


def format_iso8601_milliseconds(value: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`: always with milliseconds, as EC2 and S3 write it."""
    if value.tzinfo is None:
        raise TypeError("a timestamp needs a time zone")
    return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def format_iso8601(value: datetime) -> str:
    """`2026-01-31T12:00:00Z`, with milliseconds when there are any."""
    return format_iso8601_milliseconds(value).replace(".000Z", "Z")


def format_http_date(value: datetime) -> str:
    """`Sat, 31 Jan 2026 12:00:00 GMT`; fractions of seconds do not fit this format."""
    if value.tzinfo is None:
        raise TypeError("a timestamp needs a time zone")
    value = value.astimezone(UTC)
    day, month = _days[value.weekday()], _months[value.month - 1]
    return f"{day}, {value.day:02} {month} {value.year:04} {value.hour:02}:{value.minute:02}:{value.second:02} GMT"


parsers: Final[dict[str, Callable[[str], datetime]]] = {
    "iso8601": parse_iso8601,
    "unixTimestamp": parse_epoch_text,
    "rfc822": parse_http_date,
}

formatters: Final[dict[str, Callable[[datetime], str]]] = {
    "iso8601": format_iso8601,
    "unixTimestamp": format_epoch_text,
    "rfc822": format_http_date,
}
