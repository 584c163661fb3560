"""The controller that runs queries, one after another.

A query is claimed (RUNNING), run in a process of its own (`lake.py`) and finished, each in a transaction.  Whatever
ends this process in between, the query is still there and open: the next pass, here or in the process that leads next,
runs it again from its start.  So a pass that finds a query RUNNING knows that nobody runs it.

While a query runs, every notification of the topic makes the controller look whether it is still wanted.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from msgspec.structs import replace

from gureum.base.clock import Clock
from gureum.control.controller import DONE, MORE, Status
from gureum.services.cloudtrail import lake, tables
from gureum.services.cloudtrail.lake import Answer, Job
from gureum.services.cloudtrail.operations.queries import rows_per_part
from gureum.services.cloudtrail.records import EventDataStore, Page, Query, QueryStatus, Result
from gureum.state.store import Store, Transaction

_day_ms: Final = 24 * 3600 * 1000
_pages_read: Final = 8


class Scanned(msgspec.Struct):
    """What a query has read."""

    events: int = 0
    size_bytes: int = 0


class Librarian:
    """Runs queries; see `control.controller.Controller`."""

    name = "cloudtrail.queries"
    period_ms = 60_000
    topics = (tables.QUERIES_TOPIC,)

    def __init__(self, store: Store, clock: Clock, seconds_max: float = lake.query_seconds_max) -> None:
        self._store = store
        self._clock = clock
        self._seconds_max = seconds_max

    async def activate(self) -> Status:
        """Run the oldest open query."""
        query = await self._store.transact(_claim)
        if query is None:
            return DONE
        scanned, started = Scanned(), time.monotonic()
        try:
            async with asyncio.timeout(self._seconds_max):
                answer = await self._run_while_wanted(query, scanned)
        except TimeoutError:
            done = replace(query, status=QueryStatus.TIMED_OUT, error="The query took longer than it may.")
            answer = Answer()
        else:
            if answer is None:
                return MORE  # it was cancelled, which is all that is to be said about it
            wrong = answer.refusal or answer.error
            status = QueryStatus.FAILED if wrong else QueryStatus.FINISHED
            done = replace(query, status=status, error=wrong[:1000])
        done = replace(
            done,
            rows=len(answer.rows),
            events_scanned=scanned.events,
            bytes_scanned=scanned.size_bytes,
            execution_ms=round((time.monotonic() - started) * 1000),
        )
        parts = await asyncio.to_thread(_parts, query.id, answer)
        await self._store.transact(lambda tx: _finish(tx, query, done, parts))
        return MORE

    async def _run_while_wanted(self, query: Query, scanned: Scanned) -> Answer | None:
        """What came of the query, None when it was cancelled meanwhile."""
        news = asyncio.Event()
        unsubscribe = self._store.subscribe(tables.QUERIES_TOPIC, news.set)
        running = asyncio.create_task(self._run(query, scanned))
        watching = asyncio.create_task(self._cancelled(query, news))
        try:
            done, _ = await asyncio.wait((running, watching), return_when=asyncio.FIRST_COMPLETED)
            return running.result() if running in done else None
        finally:
            unsubscribe()
            running.cancel()
            watching.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)

    async def _cancelled(self, query: Query, news: asyncio.Event) -> None:
        """Wait until the query is no longer RUNNING."""
        while True:
            news.clear()
            found = await self._store.transact(lambda tx: tables.queries.get(tx, _key(query)), readonly=True)
            if found is None or found.status != QueryStatus.RUNNING:
                return
            await news.wait()

    async def _run(self, query: Query, scanned: Scanned) -> Answer:
        stores = await self._store.transact(lambda tx: _stores(tx, query), readonly=True)
        if len(stores) < len(query.stores):
            return Answer(error="The event data store was deleted.")
        now_ms = self._clock.now_ms()
        since = {store.id: now_ms - store.retention_days * _day_ms for store in stores}
        job = Job(query.statement, query.stores, now_ms, since)
        return await lake.run(job, self._pages(query, scanned))

    async def _pages(self, query: Query, scanned: Scanned) -> AsyncIterator[tuple[int, bytes]]:
        for index, store in enumerate(query.stores):
            last = 0
            while pages := await self._store.transact(lambda tx: _some(tx, store, last), readonly=True):  # noqa: B023
                for page in pages:
                    scanned.events += page.events
                    scanned.size_bytes += page.size_bytes
                    yield index, page.compressed
                last = pages[-1].number


def _key(query: Query) -> tuple[str, str, str]:
    return query.account, query.region, query.id


def _claim(tx: Transaction) -> Query | None:
    query = tables.open_queries.first(tx)
    if query is None:
        return None
    claimed = replace(query, status=QueryStatus.RUNNING)
    tables.queries.replace(tx, query, claimed)
    return claimed


def _stores(tx: Transaction, query: Query) -> list[EventDataStore]:
    found = (tables.stores.get(tx, (query.account, query.region, store_id)) for store_id in query.stores)
    return [store for store in found if store is not None]


def _some(tx: Transaction, store: str, last: int) -> list[Page]:
    return tables.pages.scan(tx, (store,), after=(store, last), limit=_pages_read)


def _parts(query_id: str, answer: Answer) -> list[Result]:
    return [
        Result(query_id, first, zlib.compress(json.dumps([answer.columns, rows]).encode(), 1))
        for first in range(0, len(answer.rows), rows_per_part)
        if (rows := answer.rows[first : first + rows_per_part])
    ]


def _finish(tx: Transaction, query: Query, done: Query, parts: list[Result]) -> None:
    """Keep what came of the query, unless it was cancelled after all."""
    found = tables.queries.get(tx, _key(query))
    if found is None or found.status != QueryStatus.RUNNING:
        return
    for part in parts:
        tables.results.put(tx, part)
    tables.queries.replace(tx, found, done)
