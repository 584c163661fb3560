"""Long polls: a handler that finds nothing waits, and neither a wake-up nor a message is lost, whoever comes and goes.

The service is the test's own over two operations of SQS: a heap of messages, taken one at a time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

import pytest

from gureum.api.context import Context
from gureum.api.service import Service, any_resource
from gureum.services.sts import sts
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table
from gureum.wire.http import Request, Response
from gureum.wire.sigv4 import sign
from tests.support import jumping
from tests.support.inprocess import Parts
from tests.support.raw import TEST_KEY

TOPIC = b"test/heap"
START_MS = 1_800_000_000_000


class Item(Record, version=1):
    """A message on the heap."""

    id: str
    body: str


class ItemResult(TypedDict, total=False):
    """Part of SQS's Message."""

    Body: str


class TakeResult(TypedDict):
    """What ReceiveMessage answers."""

    Messages: NotRequired[list[ItemResult]]


class PutResult(TypedDict):
    """What SendMessage answers."""

    MessageId: str


_items = Table("test/heap", Item, key=lambda item: (item.id,))
heap = Service("sqs")


@heap.operation(resource=any_resource)
def send_message(ctx: Context, queue_url: str, message_body: str) -> PutResult:
    """Put a message on the heap and wake one who waits for it."""
    item = Item(ctx.new_id(), message_body)
    _items.insert(ctx.tx, item)
    ctx.notify(TOPIC)
    return {"MessageId": item.id}


@heap.operation(resource=any_resource)
def receive_message(ctx: Context, queue_url: str, wait_time_seconds: int = 0) -> TakeResult:
    """Take a message, or wait for one."""
    for item in _items.scan(ctx.tx, limit=1):
        _items.delete(ctx.tx, item)
        return {"Messages": [{"Body": item.body}]}
    deadline_ms = ctx.started_ms + wait_time_seconds * 1000
    if ctx.now_ms < deadline_ms:
        ctx.wait(TOPIC, until_ms=deadline_ms)
    return {}


class Someone:
    """A client that the gateway sees come and go."""

    address = "192.0.2.1"
    endpoint = "http://localhost"
    secure = False

    def __init__(self) -> None:
        self.gone = False
        self._callback: Callable[[], None] | None = None

    def watch(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def leave(self) -> None:
        """Go away, whether or not it is watched yet."""
        self.gone = True
        if self._callback is not None:
            self._callback()


class World:
    """A gateway in jumping time, and clients of it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.parts = Parts([heap, sts], host=lambda: START_MS + round(loop.time() * 1000))

    def ask(self, operation: str, someone: Someone | None = None, **members: Any) -> asyncio.Task[Response]:
        """Begin a call."""
        body = json.dumps({"QueueUrl": "http://localhost/q", **members}).encode()
        headers = {
            "host": "localhost",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{operation}",
        }
        request = Request("POST", "/", "", headers, body)
        headers |= sign(request, TEST_KEY, "us-east-1", "sqs", self.parts.clock.host_ms())
        return asyncio.create_task(self.parts.gateway.invoke(request, someone or Someone()))

    def take(self, someone: Someone | None = None, seconds: int = 20) -> asyncio.Task[Response]:
        return self.ask("ReceiveMessage", someone, WaitTimeSeconds=seconds)

    def put(self, body: str) -> asyncio.Task[Response]:
        return self.ask("SendMessage", MessageBody=body)


def bodies(response: Response) -> list[str]:
    """The messages in an answer."""
    assert isinstance(response.body, bytes)
    return [message["Body"] for message in json.loads(response.body).get("Messages", [])]


async def settle() -> None:
    """Let everybody come as far as they come without time."""
    for _ in range(20):
        await asyncio.sleep(0)


def story(tell: Callable[[World], Any]) -> None:
    """Run `tell` in a world of its own."""

    async def work() -> None:
        world = World()
        await world.parts.store.open()
        await tell(world)
        await world.parts.store.close()

    jumping.run(work())


def test_whoever_waits_gets_what_comes() -> None:
    """At once, not at the end of the wait."""

    async def tell(world: World) -> None:
        taking = world.take()
        await settle()
        assert not taking.done()
        await world.put("news")
        assert bodies(await taking) == ["news"]
        assert asyncio.get_running_loop().time() == 0

    story(tell)


def test_the_wait_ends_in_time() -> None:
    """With an empty answer, on the millisecond."""

    async def tell(world: World) -> None:
        assert bodies(await world.take(seconds=7)) == []
        assert asyncio.get_running_loop().time() == pytest.approx(7, abs=0.01)

    story(tell)


def test_the_wait_is_of_cloud_time() -> None:
    """Advancing the clock ends it, and part of an advance ends part of it."""

    async def tell(world: World) -> None:
        taking = world.take(seconds=20)
        await settle()
        world.parts.clock.advance_to(15_000)
        await settle()
        assert not taking.done()
        assert bodies(await taking) == []
        assert asyncio.get_running_loop().time() == pytest.approx(5, abs=0.01)

    story(tell)


def test_as_many_as_there_are_messages_are_served() -> None:
    """Each exactly one, in the order in which they came to wait; the others wait on."""

    async def tell(world: World) -> None:
        takers = []
        for _ in range(10):
            takers.append(world.take())
            await settle()
        await asyncio.gather(*(world.put(str(number)) for number in range(6)))
        await settle()
        assert [taker.done() for taker in takers] == [True] * 6 + [False] * 4
        served = [body for taker in takers[:6] for body in bodies(taker.result())]
        assert sorted(served) == ["0", "1", "2", "3", "4", "5"]
        assert [bodies(await taker) for taker in takers[6:]] == [[]] * 4

    story(tell)


def test_who_leaves_takes_nothing_along() -> None:
    """The message stays for the next, and the record says why there was no answer."""

    async def tell(world: World) -> None:
        someone = Someone()
        taking = world.take(someone)
        await settle()
        someone.leave()
        assert (await taking).status == 499
        await world.put("kept")
        assert bodies(await world.take(seconds=0)) == ["kept"]
        records = [(call.operation, call.error_code) for call in await world.parts.recorded()]
        assert records.count(("ReceiveMessage", "ClientDisconnected")) == 1
        assert records.count(("ReceiveMessage", "")) == 1

    story(tell)


def test_who_is_woken_and_leaves_hands_it_on() -> None:
    """The wake-up of one who left in the same moment belongs to the next; else it would sleep beside a message."""

    async def tell(world: World) -> None:
        someone = Someone()
        first = world.take(someone)
        await settle()
        second = world.take()
        await settle()

        def put(tx: Transaction) -> None:
            _items.insert(tx, Item("1", "for anybody"))
            tx.notify(TOPIC)

        await world.parts.store.transact(put)
        someone.leave()
        await settle()
        assert first.result().status == 499
        assert bodies(second.result()) == ["for anybody"]

    story(tell)


def test_who_has_left_before_the_first_look_does_not_wait() -> None:
    """The news of it comes while the handler runs, when nobody waits yet who could be interrupted."""

    async def tell(world: World) -> None:
        someone = Someone()
        someone.leave()
        assert (await world.take(someone)).status == 499
        assert asyncio.get_running_loop().time() < 1

    story(tell)


def test_thousands_wait_at_once() -> None:
    """A waiting receiver is a future and a timer: there may be many, and each is recorded once."""

    async def tell(world: World) -> None:
        takers = [world.take() for _ in range(2000)]
        await settle()
        await asyncio.gather(*(world.put(str(number)) for number in range(50)))
        answers = [bodies(await taker) for taker in takers]
        assert sum(map(len, answers)) == 50
        operations = [call.operation for call in await world.parts.recorded()]
        assert (operations.count("ReceiveMessage"), operations.count("SendMessage")) == (2000, 50)

    story(tell)
