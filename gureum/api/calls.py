"""The record of calls: what CloudTrail will show and what the bill is counted from.

Every call leaves one `Call`, refused ones included.  The record of a call that changed something is written in the
transaction of the change, so there is neither a change without its record nor a record without its change.  The
records of reads and refusals are gathered and written within a second.

Both go into `pending`, keyed by time, and that one append is all that recording costs a request.  A controller folds
pending calls into the archive (compressed chapters) and into the hourly usage, and deletes them, in one transaction:
each call is counted exactly once, whatever crashes when, and the counters need no write of their own in a request.
Rejected: counters updated by each request (a hot key that every transaction of an account would conflict on), and an
in-memory meter (a crash loses what was not flushed).

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import msgspec

from gureum.state.counters import Counters
from gureum.state.keys import Key
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

retention_ms: Final = 90 * 24 * 3600 * 1000
"""As long as CloudTrail's event history."""

shown_bytes_max: Final = 100 * 1024
"""Larger request parameters or response elements are left out, as in CloudTrail."""

hour_ms: Final = 3600 * 1000
_fold_max: Final = 500
_chapter_bytes_max: Final = 8 * 1024 * 1024
"""Parameters and response elements of one chapter before compression: a chapter has to fit into the store."""

_name_bytes_max: Final = 300
"""How much of a region, an operation or a resource usage is counted under: three of them fit into a key of the store,
whatever a client writes there."""

_forget_max: Final = 100
_read_max: Final = 4
_usage_read_max: Final = 500


class Call(Record, version=1, omit_defaults=True):
    """One call.  `parameters` and `response` are JSON objects; `resources` are ARNs."""

    id: str
    time_ms: int
    account: str
    region: str
    source: str
    operation: str
    principal_type: str
    principal_arn: str
    principal_id: str
    access_key_id: str
    source_ip: str
    user_agent: str
    request_id: str
    readonly: bool
    status: int
    bytes_in: int
    bytes_out: int
    error_code: str = ""
    error_message: str = ""
    parameters: bytes = b""
    response: bytes = b""
    resources: tuple[str, ...] = ()


class Chapter(Record, version=1):
    """Archived calls of at most one hour, oldest first: zlib over a msgpack list."""

    last_ms: int
    last_id: str
    compressed: bytes

    def calls(self) -> list[Call]:
        """The calls in it."""
        return _calls_decoder.decode(zlib.decompress(self.compressed))


class Usage(Record, version=1):
    """What one operation was used on one resource in one hour."""

    account: str
    region: str
    source: str
    operation: str
    resource: str
    hour_ms: int
    requests: int
    errors: int
    bytes_in: int
    bytes_out: int


_calls_decoder = msgspec.msgpack.Decoder(list[Call])

pending = Table("calls/pending", Call, key=lambda call: (call.time_ms, call.id))
archive = Table("calls/archive", Chapter, key=lambda chapter: (chapter.last_ms, chapter.last_id))
usage = Table(
    "calls/usage",
    Usage,
    key=lambda u: (u.hour_ms, u.account, u.region, u.source, u.operation, u.resource),
)
_totals = Counters("calls/total")


def shown(values: Mapping[str, Any], hidden: frozenset[str]) -> bytes:
    """Parameters or results as the record shows them: JSON without streams, hidden members blanked out."""
    if not values:
        return b""
    if hidden:
        values = {name: _HIDDEN if name in hidden else value for name, value in values.items()}
    try:
        text = msgspec.json.encode(values)
    except TypeError:  # a stream among the values
        text = msgspec.json.encode({name: value for name, value in values.items() if _is_plain(value)})
    return text if len(text) <= shown_bytes_max else b""


_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | bytes | list | tuple | dict | datetime | None)


def fold(tx: Transaction) -> bool:
    """Move the oldest pending calls into archive and usage; True when there may be more."""
    calls = pending.scan(tx, limit=_fold_max)
    for chapter in _chapters(calls):
        archive.insert(tx, chapter)
    for addition in _additions(calls):
        _add(tx, addition)
    for call in calls:
        pending.delete(tx, call)
    if calls:
        _totals.add(tx, (), len(calls))
    return len(calls) == _fold_max


def forget(tx: Transaction, now_ms: int) -> bool:
    """Delete what the archive keeps beyond its retention; True when there may be more."""
    oldest = archive.scan(tx, limit=_forget_max)
    old = [chapter for chapter in oldest if chapter.last_ms < now_ms - retention_ms]
    for chapter in old:
        archive.delete(tx, chapter)
    return len(old) == _forget_max


def newest_first(tx: Transaction, before: tuple[int, str] | None = None) -> Iterator[Call]:
    """All calls, the newest first; those before the position (`time_ms`, `id`) when it is given.

    Chapters overlap in time, because records are written up to a second late.  They are read in the order of their
    last call, and a call is given out once no unread chapter can have a newer one.
    """
    waiting = pending.scan(tx, reverse=True)
    for chapter in _chapters_before(tx, before):
        ready = [call for call in waiting if call.time_ms > chapter.last_ms]
        yield from _before(ready, before)
        waiting = sorted([*waiting[len(ready) :], *chapter.calls()], key=_position, reverse=True)
    yield from _before(waiting, before)


def counted(tx: Transaction) -> int:
    """How many calls were ever counted."""
    return _totals.read(tx, ())


def usage_since(tx: Transaction, start_ms: int, after: Key | None) -> Iterator[Usage]:
    """Usage from the hour `start_ms` on, in the order of the hours; from behind the key `after` when it is given."""
    position = after or (start_ms - 1, "\U0010ffff")
    while rows := usage.scan(tx, after=position, limit=_usage_read_max):
        yield from rows
        position = usage.key(rows[-1])


def _chapters_before(tx: Transaction, before: tuple[int, str] | None) -> Iterator[Chapter]:
    after = None if before is None else (before[0] + hour_ms + 1, "")
    while chapters := archive.scan(tx, after=after, limit=_read_max, reverse=True):
        yield from chapters
        after = (chapters[-1].last_ms, chapters[-1].last_id)


def _before(calls: Iterable[Call], before: tuple[int, str] | None) -> Iterator[Call]:
    return (call for call in calls if before is None or _position(call) < before)


def _position(call: Call) -> tuple[int, str]:
    return call.time_ms, call.id


def _chapters(calls: Iterable[Call]) -> Iterator[Chapter]:
    for _, group in groupby(calls, key=lambda call: call.time_ms // hour_ms):
        members: list[Call] = []
        size_bytes = 0
        for call in group:
            members.append(call)
            size_bytes += len(call.parameters) + len(call.response)
            if size_bytes > _chapter_bytes_max:
                yield _chapter(members)
                members, size_bytes = [], 0
        if members:
            yield _chapter(members)


def _chapter(members: list[Call]) -> Chapter:
    return Chapter(members[-1].time_ms, members[-1].id, zlib.compress(msgspec.msgpack.encode(members), 1))


def _additions(calls: Iterable[Call]) -> Iterator[Usage]:
    totals: dict[tuple[str, str, str, str, str, int], list[int]] = {}
    for call in calls:
        resource = call.resources[0] if call.resources else "*"
        what = _name(call.region), call.source, _name(call.operation), _name(resource)
        key = (call.account, *what, call.time_ms // hour_ms * hour_ms)
        total = totals.setdefault(key, [0, 0, 0, 0])
        total[0] += 1
        total[1] += bool(call.error_code)
        total[2] += call.bytes_in
        total[3] += call.bytes_out
    for key, total in totals.items():
        yield Usage(*key, *total)


def _name(text: str) -> str:
    return text if len(text) <= _name_bytes_max // 4 else text.encode()[:_name_bytes_max].decode(errors="ignore")


def _add(tx: Transaction, addition: Usage) -> None:
    old = usage.get(tx, usage.key(addition))
    if old is None:
        usage.insert(tx, addition)
        return
    new = msgspec.structs.replace(
        old,
        requests=old.requests + addition.requests,
        errors=old.errors + addition.errors,
        bytes_in=old.bytes_in + addition.bytes_in,
        bytes_out=old.bytes_out + addition.bytes_out,
    )
    usage.replace(tx, old, new)
