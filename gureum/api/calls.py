"""The record of calls: what CloudTrail will show and what the bill is counted from.

Every call leaves one `Call`, refused ones included.  The record of a call that changed something is written in the
transaction of the change, so there is neither a change without its record nor a record without its change.  The
records of reads and refusals are gathered and written within a second.

Both go into `pending`, keyed by time, and that one append is all that recording costs a request.  A controller folds
pending calls into the archive (compressed chapters) and into the hourly usage, and deletes them, in one transaction:
each call is counted exactly once, whatever crashes when, and the counters need no write of their own in a request.
Rejected: counters updated by each request (a hot key that every transaction of an account would conflict on), and an
in-memory meter (a crash loses what was not flushed).

The archive is kept in chapters of one shelf each: an account, a region, management or data events.  So an account's
history is read without anybody else's calls.  A call on a resource of another account is put on a shelf of the owner as
well.  Each fold has a number, which its chapters carry: who reads by numbers (a trail) sees every call once, in the
order in which calls arrived, however late that was.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from typing import Any, Final

import msgspec

from gureum.api import activity
from gureum.api.context import Caller
from gureum.api.principal import Principal, Session
from gureum.base.topology import DEFAULT_REGION
from gureum.state.counters import Counters
from gureum.state.keys import Key
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Index, Table

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
_shelf_read_max: Final = 16
_usage_read_max: Final = 500
_arrivals_bytes: Final = 256 * 1024
"""Compressed, what `arrivals` gives at a time, and one fold more: some thousands of calls."""

GLOBAL_SOURCES: Final = frozenset({"iam.amazonaws.com", "organizations.amazonaws.com", "cloudfront.amazonaws.com"})
"""Services whose calls happen in us-east-1, wherever they are made.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
"""


class Temporary(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What a record keeps of temporary credentials: little, because every call of a session has it.

    `issuer` is the ARN of the role, or of the user behind a federated one, `issuer_id` their unique id.
    """

    issued_ms: int
    issuer: str = ""
    issuer_id: str = ""
    multi_factor: bool = False
    provider: str = ""
    source_identity: str = ""
    assumed_root: bool = False


class Call(Record, version=1, omit_defaults=True):
    """One call.  `parameters` and `response` are JSON objects; `resources` are ARNs.

    `session` is there for temporary credentials.  `invoked_by` is the service that made the
    call for the principal or for itself.  `owner` is the account of the resources when it is not the caller's.  `data`
    is the resource type of a data event, empty for management events.
    """

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
    principal_name: str = ""
    session: Temporary | None = None
    invoked_by: str = ""
    owner: str = ""
    data: str = ""
    secure: bool = False


class Chapter(Record, version=1):
    """Archived calls of at most one hour, oldest first: zlib over a msgpack list.

    All are of one shelf: of `account` (empty for calls of nobody who is known) in `region`, data events or not.  In
    `shared` the account is the owner of the resources.
    """

    last_ms: int
    last_id: str
    compressed: bytes
    account: str = ""
    region: str = ""
    data: bool = False
    fold: int = 0

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
shared = Table("calls/shared", Chapter, key=lambda chapter: (chapter.last_ms, chapter.last_id, chapter.account))


def _shelf(chapter: Chapter) -> Key | None:
    return (chapter.account, chapter.region, chapter.data, chapter.last_ms) if chapter.account else None


def _arrival(chapter: Chapter) -> Key | None:
    return (chapter.account, chapter.fold) if chapter.account else None


_shelves = tuple(table.index("shelf", _shelf) for table in (archive, shared))
_arrivals = tuple(table.index("arrival", _arrival) for table in (archive, shared))
usage = Table(
    "calls/usage",
    Usage,
    key=lambda u: (u.hour_ms, u.account, u.region, u.source, u.operation, u.resource),
)
_totals = Counters("calls/total")
_folds = Counters("calls/folds")


def hide(paths: Iterable[tuple[str, ...]]) -> Hidden:
    """What to hide, from paths of member names."""
    tree: dict[str, Any] = {}
    for path in sorted(paths, key=len, reverse=True):  # a shorter path hides what longer ones would look into
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = None
    return tree


def record(caller: Caller, account: str, **fields: Any) -> Call:
    """The record of a call that `caller` made in `account`; `fields` are those that do not follow from that."""
    principal, session = caller.principal, caller.session
    return Call(
        account=account,
        principal_type=principal.type,
        principal_arn=principal.arn,
        principal_id=principal.id,
        principal_name=principal.name,
        session=None if session is None else _temporary(principal, session),
        invoked_by=caller.via[-1] if caller.via else principal.name if principal.type == "AWSService" else "",
        owner=_other_owner(account, fields["resources"]),
        **fields,
    )


def _temporary(principal: Principal, session: Session) -> Temporary:
    provider = session.federation.get("aws:federatedprovider", "")
    return Temporary(
        session.issued_ms,
        principal.issuer,
        principal.issuer_id or (principal.unique_id if principal.issuer else ""),
        session.mfa_ms is not None,
        provider if isinstance(provider, str) else provider[0],
        session.source_identity,
        session.assumed_root,
    )


def _other_owner(account: str, resources: Iterable[str]) -> str:
    """The account of the first resource that is another's."""
    for resource in resources:
        parts = resource.split(":", 5)
        if len(parts) == 6 and parts[4] != account and parts[4].isdigit():
            return parts[4]
    return ""


def shown(values: Mapping[str, Any], hidden: Hidden) -> bytes:
    """Parameters or results as the record shows them: JSON without streams, hidden members blanked out."""
    if not values:
        return b""
    if hidden:
        values = _blank(values, hidden)
    try:
        text = msgspec.json.encode(values)
    except TypeError:  # a stream among the values
        text = msgspec.json.encode({name: value for name, value in values.items() if _is_plain(value)})
    return text if len(text) <= shown_bytes_max else b""


Hidden = Mapping[str, Any]
"""Member name to None, or for a member that holds structures to what is hidden in them."""

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def _blank(value: Any, hidden: Hidden) -> Any:
    """`value` with what is hidden in it blanked out.  Lists and the values of maps are looked into."""
    if isinstance(value, list):
        return [_blank(entry, hidden) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if hidden.keys().isdisjoint(value):
        return {name: _blank(entry, hidden) if isinstance(entry, dict) else entry for name, entry in value.items()}
    blanked = dict(value)
    for name, inner in hidden.items():
        if name in blanked:
            blanked[name] = _HIDDEN if inner is None else _blank(blanked[name], inner)
    return blanked


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | bytes | list | tuple | dict | datetime | None)


def fold(tx: Transaction) -> bool:
    """Move the oldest pending calls into archive and usage; True when there may be more."""
    calls = pending.scan(tx, limit=_fold_max)
    if not calls:
        return False
    number = folds(tx) + 1
    for chapter in _chapters(calls, lambda call: call.account, number):
        archive.insert(tx, chapter)
    for chapter in _chapters((call for call in calls if call.owner), lambda call: call.owner, number):
        shared.insert(tx, chapter)
    for addition in _additions(calls):
        _add(tx, addition)
    activity.note(tx, calls)
    for call in calls:
        pending.delete(tx, call)
    _totals.add(tx, (), len(calls))
    _folds.add(tx, (), 1)
    return len(calls) == _fold_max


def forget(tx: Transaction, now_ms: int) -> bool:
    """Delete what the archive keeps beyond its retention; True when there may be more."""
    more = False
    for table in (archive, shared):
        oldest = table.scan(tx, limit=_forget_max)
        old = [chapter for chapter in oldest if chapter.last_ms < now_ms - retention_ms]
        for chapter in old:
            table.delete(tx, chapter)
        more |= len(old) == _forget_max
    return more


def newest_first(tx: Transaction, before: tuple[int, str] | None = None) -> Iterator[Call]:
    """All calls, the newest first; those before the position (`time_ms`, `id`) when it is given.

    Chapters overlap in time, because records are written up to a second late.  They are read in the order of their
    last call, and a call is given out once no unread chapter can have a newer one.
    """
    return _unrolled(_chapters_before(tx, before), pending.scan(tx, reverse=True), before)


def history(tx: Transaction, account: str, region: str, before: tuple[int, str] | None = None) -> Iterator[Call]:
    """The archived management events of an account in a region, the newest first; those before a position.

    That is the account's own calls, and those of others on its resources.
    """
    after: Key = (account, region, False, (1 << 62) if before is None else before[0] + hour_ms + 1)
    chapters = merge(*(_on_shelf(tx, index, after) for index in _shelves), key=_last, reverse=True)
    return _unrolled(chapters, [], before)


def folds(tx: Transaction) -> int:
    """How many folds there were: the number of the last one."""
    return _folds.read(tx, ())


def arrivals(tx: Transaction, account: str, after_fold: int) -> tuple[list[Chapter], int]:
    """Chapters that concern `account`, of the folds behind `after_fold`, and the number of the last fold of these.

    They are some of the next folds, each of them whole; the number is `after_fold` when there is nothing new.
    """
    found: list[Chapter] = []
    last, size_bytes = after_fold, 0
    while size_bytes < _arrivals_bytes:
        nexts = [index.scan(tx, (account,), after=(account, last), limit=1) for index in _arrivals]
        following = [chapter.fold for chapters in nexts for chapter in chapters]
        if not following:
            break
        last = min(following)
        new = [chapter for index in _arrivals for chapter in index.scan(tx, (account, last))]
        size_bytes += sum(len(chapter.compressed) for chapter in new)
        found += new
    return found, last


def home_region(call: Call) -> str:
    """The region whose history shows the call."""
    return DEFAULT_REGION if call.source in GLOBAL_SOURCES else _name(call.region)


def _unrolled(chapters: Iterable[Chapter], waiting: list[Call], before: tuple[int, str] | None) -> Iterator[Call]:
    """Calls out of chapters in the order of their last call, and of `waiting` ones, the newest first."""
    for chapter in chapters:
        ready = [call for call in waiting if call.time_ms > chapter.last_ms]
        yield from _before(ready, before)
        waiting = sorted([*waiting[len(ready) :], *chapter.calls()], key=_position, reverse=True)
    yield from _before(waiting, before)


def _on_shelf(tx: Transaction, index: Index[Chapter], after: Key) -> Iterator[Chapter]:
    while chapters := index.scan(tx, after[:3], after=after, limit=_shelf_read_max, reverse=True):
        yield from chapters
        after = index.position(chapters[-1])


def _last(chapter: Chapter) -> tuple[int, str]:
    return chapter.last_ms, chapter.last_id


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


def _chapters(calls: Iterable[Call], account: Callable[[Call], str], fold: int) -> Iterator[Chapter]:
    """Chapters of `calls`, which are in the order of time, each on the shelf of its `account`."""
    shelves: dict[tuple[int, str, str, bool], list[Call]] = {}
    for call in calls:
        shelf = call.time_ms // hour_ms, account(call), home_region(call), bool(call.data)
        shelves.setdefault(shelf, []).append(call)
    for (_, owner, region, data), members in shelves.items():
        for part in _parts(members):
            compressed = zlib.compress(msgspec.msgpack.encode(part), 1)
            yield Chapter(part[-1].time_ms, part[-1].id, compressed, owner, region, data, fold)


def _parts(calls: list[Call]) -> Iterator[list[Call]]:
    """`calls` in parts that fit into the store."""
    part: list[Call] = []
    size_bytes = 0
    for call in calls:
        part.append(call)
        size_bytes += len(call.parameters) + len(call.response)
        if size_bytes > _chapter_bytes_max:
            yield part
            part, size_bytes = [], 0
    if part:
        yield part


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
