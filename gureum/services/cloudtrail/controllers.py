"""What happens in CloudTrail without a call: event data stores take in events, and what is over is removed.

A store follows the archive of calls by the numbers of its folds (`api.calls`), and what it takes in is written in the
transaction that moves its cursor: each event once.  Events are appended to the last page of the store until that is
full, so that a quiet cloud does not fill it with pages of one event.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from gureum.api import calls
from gureum.api.calls import Call
from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.records import EventDataStore, Intake, Page
from gureum.services.cloudtrail.rules import events, selectors, windows
from gureum.services.cloudtrail.shapes import describe
from gureum.state.store import Transaction

restore_ms: Final = 7 * 24 * 3600 * 1000
results_ms: Final = 7 * 24 * 3600 * 1000
_day_ms: Final = 24 * 3600 * 1000
_page_events_max: Final = 500
_page_bytes_max: Final = 1024 * 1024
_removed_max: Final = 50


def ingest(moment: Moment) -> Status:
    """Let each event data store take in what has happened since."""
    more = False
    for store in tables.stores.scan(moment.tx):
        more |= _take_in(moment.tx, store)
    return MORE if more else DONE


def expire(moment: Moment) -> Status:
    """Remove events beyond the retention of their store, stores that were deleted, and old queries."""
    tx, now_ms = moment.tx, moment.now_ms
    more = False
    for store in tables.stores.scan(tx):
        more |= _remove_pages(tx, store.id, now_ms - store.retention_days * _day_ms)
    for store in tables.stores_by_deletion.scan(tx, until=(now_ms - restore_ms,), limit=_removed_max):
        more = True
        if not _remove_pages(tx, store.id, now_ms + 1):
            _remove_store(tx, store)
    old = tables.queries_by_age.scan(tx, until=(now_ms - results_ms,), limit=_removed_max)
    for query in old:
        tables.remove_query(tx, query)
    return MORE if more or len(old) == _removed_max else DONE


controllers: Final = (
    Pass("cloudtrail.ingest", period_ms=5_000, work=ingest),
    Pass("cloudtrail.expire", period_ms=3_600_000, work=expire),
)


def _take_in(tx: Transaction, store: EventDataStore) -> bool:
    """Take in some of what is new; whether there is more."""
    intake = tables.intakes.get(tx, (store.id,))
    assert intake is not None, f"{store.id} has no intake"
    folds = dict(intake.folds)
    lines: list[tuple[int, bytes]] = []
    for account in tables.accounts_of(tx, store.account, store.organization):
        chapters, last = calls.arrivals(tx, account, folds.setdefault(account, calls.folds(tx)))
        folds[account] = last
        takes = selectors.compile_selectors((), store.selectors)
        for chapter in chapters:
            if store.multi_region or chapter.region == store.region:
                wanted = (call for call in chapter.calls() if windows.covers(store.windows, call.time_ms))
                taken = (call for call in wanted if takes(selectors.facts(call, account)))
                lines += [(call.time_ms, _line(call, account)) for call in taken]
    if folds == intake.folds:
        return False
    pages = intake.pages
    for page in _pages(tx, store, pages, sorted(lines)):
        tables.pages.put(tx, page)
        pages = page.number
    tables.intakes.replace(tx, intake, Intake(store.id, folds, pages))
    return True


def _line(call: Call, account: str) -> bytes:
    return msgspec.json.encode(events.event(call, account, describe))


def _pages(tx: Transaction, store: EventDataStore, last: int, lines: list[tuple[int, bytes]]) -> Iterator[Page]:
    """Pages with `lines`, which have their times: the last one of the store, if it has room, and new ones."""
    if not lines:
        return
    number = last
    page = tables.pages.get(tx, (store.id, last))
    content: list[bytes] = []
    first_ms, last_ms, size_bytes = lines[0][0], 0, 0
    if page is not None and page.events < _page_events_max and page.size_bytes < _page_bytes_max:
        content = zlib.decompress(page.compressed).split(b"\n")
        first_ms, last_ms, size_bytes = min(page.first_ms, first_ms), page.last_ms, page.size_bytes
    else:
        number += 1
    for time_ms, line in lines:
        if len(content) >= _page_events_max or size_bytes >= _page_bytes_max:
            yield _page(store.id, number, first_ms, last_ms, content)
            number, content, first_ms, last_ms, size_bytes = number + 1, [], time_ms, 0, 0
        content.append(line)
        size_bytes += len(line) + 1
        last_ms = max(last_ms, time_ms)
    yield _page(store.id, number, first_ms, last_ms, content)


def _page(store: str, number: int, first_ms: int, last_ms: int, lines: list[bytes]) -> Page:
    text = b"\n".join(lines)
    return Page(store, number, first_ms, last_ms, len(lines), len(text), zlib.compress(text, 1))


def _remove_pages(tx: Transaction, store: str, before_ms: int) -> bool:
    """Remove the oldest pages all of whose events are older; whether there may be more."""
    oldest = tables.pages.scan(tx, (store,), limit=_removed_max)
    old = [page for page in oldest if page.last_ms < before_ms]
    for page in old:
        tables.pages.delete(tx, page)
    return len(old) == _removed_max


def _remove_store(tx: Transaction, store: EventDataStore) -> None:
    intake = tables.intakes.get(tx, (store.id,))
    if intake is not None:
        tables.intakes.delete(tx, intake)
    # Late records may have brought a newer event onto an older page than the scan had reached.
    for page in tables.pages.scan(tx, (store.id,)):
        tables.pages.delete(tx, page)
    tables.stores.delete(tx, store)
