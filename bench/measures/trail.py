"""The record of a million calls of a hundred accounts: what folding costs, one account's history, and a query in SQL.

On the embedded store, without HTTP: the request itself is measured elsewhere.  Half of the calls are data events, which
LookupEvents does not show.  A rare attribute is one that no event has: the request looks at as many as it ever does.
"""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from bench.results import Options, Row, Target, values
from bench.servers import folder
from gureum.api import calls
from gureum.api.calls import Call
from gureum.api.context import Caller, Context, Kit, Origin
from gureum.api.principal import root
from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.services.cloudtrail import lake
from gureum.services.cloudtrail.operations.lookup import lookup_events
from gureum.services.cloudtrail.rules import events
from gureum.services.cloudtrail.shapes import describe
from gureum.state.paging import Pager
from gureum.state.sqlite import SqliteStore
from gureum.state.store import Transaction

_calls: Final = 1_000_000
_calls_quick: Final = 100_000
_accounts: Final = 100
_batch: Final = 5_000
_lookups: Final = 50
_query_events: Final = 100_000
_page_events: Final = 500
_start_ms: Final = 1_800_000_000_000
_day_ms: Final = 24 * 3600 * 1000


def trail(options: Options) -> Iterator[Row]:
    """Microseconds per call folded, milliseconds per page looked up."""
    count = _calls_quick if options.quick else _calls
    with folder() as place:
        yield from asyncio.run(_measure(place, count))
        yield asyncio.run(_query())
        size_bytes = sum(file.stat().st_size for file in place.iterdir())
        yield values("archive on disk", "bytes per call", [size_bytes / count])


async def _measure(place: Path, count: int) -> list[Row]:
    store = SqliteStore(place)
    await store.open()
    chance, ids = random.Random(7), Ids(random.Random(8).randbytes)
    fold_seconds = 0.0
    for first in range(0, count, _batch):
        batch = [_call(chance, ids, _start_ms + (first + n) * _day_ms // count) for n in range(_batch)]
        await store.transact(lambda tx: _insert(tx, batch))  # noqa: B023  used at once
        began = time.perf_counter()
        while await store.transact(calls.fold):
            pass
        fold_seconds += time.perf_counter() - began
    kit = Kit(ids, Pager(bytes(32)), Vault(bytes(32)))
    newest = [await _lookup(store, kit, account, {}) for account in range(_lookups)]
    attribute = {"lookup_attributes": [{"AttributeKey": "EventName", "AttributeValue": "Never"}]}
    rare = [await _lookup(store, kit, account, attribute) for account in range(_lookups)]
    await store.close()
    return [
        values(f"fold of {count:,} calls, {_accounts} accounts", "µs per call", [fold_seconds / count * 1e6]),
        values(f"LookupEvents, 50 newest of {count:,}", "ms", [median(newest)], Target("≤", 20.0)),
        values("LookupEvents, an attribute that none has", "ms", [median(rare)], Target("≤", 500.0)),
    ]


async def _query() -> Row:
    """Group the events of an event data store, from starting the process to its end."""
    chance, ids, store = random.Random(9), Ids(random.Random(10).randbytes), "11111111-2222-4333-8444-555555555555"
    made = (_call(chance, ids, _start_ms) for _ in range(_page_events))
    lines = [msgspec.json.encode(events.event(call, call.account, describe)) for call in made]
    page = zlib.compress(b"\n".join(lines), 1)

    async def pages() -> AsyncIterator[tuple[int, bytes]]:
        for _ in range(_query_events // _page_events):
            yield 0, page

    statement = f"SELECT recipientAccountId, eventName, count(*) FROM {store} GROUP BY ALL"
    began = time.perf_counter()
    answer = await lake.run(lake.Job(statement, (store,), _start_ms), pages())
    seconds = time.perf_counter() - began
    assert answer.rows, answer.error
    return values(f"query of {_query_events:,} events", "s", [seconds], Target("≤", 10.0))


def _insert(tx: Transaction, batch: list[Call]) -> None:
    for call in batch:
        calls.pending.insert(tx, call)


async def _lookup(store: SqliteStore, kit: Kit, account: int, members: dict[str, Any]) -> float:
    origin = Origin("us-east-1", "request", "http://localhost:4566", "127.0.0.1", _start_ms)
    caller = Caller(root(_account(account)))

    def work(tx: Transaction) -> int:
        context = Context(tx, caller, origin, _start_ms + _day_ms, kit, "cloudtrail")
        return len(lookup_events(context, **members)["Events"])

    began = time.perf_counter()
    found = await store.transact(work, readonly=True)
    seconds = time.perf_counter() - began
    assert found == (0 if members else 50), f"{found} events"
    return seconds * 1000


def _account(number: int) -> str:
    return f"{100_000_000_000 + number}"


def _call(chance: random.Random, ids: Ids, time_ms: int) -> Call:
    account, data = _account(chance.randrange(_accounts)), chance.random() < 0.5
    name = chance.choice(("SendMessage", "ReceiveMessage") if data else ("CreateQueue", "TagQueue", "GetUser"))
    arn = f"arn:aws:sqs:us-east-1:{account}:orders-{chance.randrange(20)}"
    return Call(
        id=ids.uuid(),
        time_ms=time_ms,
        account=account,
        region="us-east-1",
        source="sqs.amazonaws.com",
        operation=name,
        principal_type="Root",
        principal_arn=f"arn:aws:iam::{account}:root",
        principal_id=account,
        access_key_id=account,
        source_ip="127.0.0.1",
        user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11",
        request_id=ids.uuid(),
        readonly=False,
        status=200,
        bytes_in=200,
        bytes_out=300,
        parameters=b'{"QueueUrl":"http://localhost:4566/%s/orders","Tags":{"a":"b"}}' % account.encode(),
        response=b'{"MessageId":"%s"}' % ids.uuid().encode(),
        resources=(arn,),
        data="AWS::SQS::Queue" if data else "",
    )
