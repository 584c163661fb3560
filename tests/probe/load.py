"""Clients that use two queues as hard as they can while the cloud under them dies and comes back.

    standard   producers send, alone and in batches, and never repeat: a call without an answer stays open for ever.
               Consumers delete most of what they receive, leave the rest, and do not repeat either.
    FIFO       each producer owns its groups and numbers their messages; each call is repeated until it is answered,
               with its deduplication ids, so that in the end every number is there exactly once.  Consumers repeat
               receives, with their attempt ids, and deletes until they are answered: each message is consumed exactly
               once, in order, however often the cloud has died.

Consumers check every single answer against the ledger.  Messages that were received and not deleted are hidden for
`visibility_seconds`, longer than any probe runs; a probe puts the clock forward before it looks for them.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from tests.probe.callers import Caller, Interrupted, caller
from tests.probe.ledger import Known, Ledger, body_of, check_found, name_of, numbers_by_group
from tests.support.clouds import Cloud

visibility_seconds: Final = 250
back_seconds_max: Final = 60.0
progress_seconds_max: Final = 60.0
interruptions_max: Final = 50
_poll_seconds: Final = 1
_groups_each: Final = 4
_clients_each: Final = 2
_clients: Final = 4 * _clients_each
_batch_max: Final = 10
_leave_one_in: Final = 4

_STANDARD: Final = {"VisibilityTimeout": str(visibility_seconds)}
_FIFO: Final = {
    **_STANDARD,
    "FifoQueue": "true",
    "DeduplicationScope": "messageGroup",
    "FifoThroughputLimit": "perMessageGroupId",
}
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Load:
    """Two producers and two consumers for each queue, in threads, from entering the block until its end."""

    def __init__(self, port: int, seed: int) -> None:
        self.ledger = Ledger()
        self.ending = threading.Event()
        self.up = threading.Event()
        """Whether the cloud is supposed to answer: cleared before it is killed, set when it is back."""
        self.up.set()
        self._port = port
        self._seed = seed
        self._pool = ThreadPoolExecutor(_clients)
        self._clients: list[Future[None]] = []
        with caller(port) as made:
            self.standard = made.call("CreateQueue", QueueName="probe", Attributes=_STANDARD)["QueueUrl"]
            self.fifo = made.call("CreateQueue", QueueName="probe.fifo", Attributes=_FIFO)["QueueUrl"]

    def __enter__(self) -> Self:
        works: list[Work] = [
            partial(_send, queue=self.standard),
            partial(_send_in_order, queue=self.fifo),
            partial(_consume, queue=self.standard),
            partial(_consume_in_order, queue=self.fifo),
        ] * _clients_each
        for number, work in enumerate(works):
            client = Client(self, self._port, number, random.Random(self._seed + number))
            future = self._pool.submit(client.run, work)
            future.add_done_callback(lambda _: self.ledger.wake())
            self._clients.append(future)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let the clients finish what they are at; raises what went wrong with them, unless something has already."""
        self.ending.set()
        self.up.set()
        self._pool.shutdown()
        if error is None:
            self._raise_failures()

    def progress(self, acknowledgements: int) -> None:
        """Wait until so many more sends and deletes have been acknowledged."""
        if not self.ledger.wait(acknowledgements, progress_seconds_max, self._over):
            self._raise_failures()
            raise AssertionError(f"less than {acknowledgements} acknowledgements in {progress_seconds_max:.0f} s")

    def check(self, cloud: Cloud, before: Known, after: Known) -> None:
        """Whether the cloud, once nobody else uses it, holds what it must and may hold.  Takes all of it out."""
        standard, fifo = self.take_all(cloud)
        check_found([*standard, *fifo], before, after)
        for group, numbers in numbers_by_group(fifo).items():
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"order of {group}: {numbers}"

    def check_nothing_in_flight(self, cloud: Cloud) -> None:
        """Whether consumers of the FIFO queue got all that was handed out: each repeated its receives until it had."""
        with caller(cloud.port) as made:
            _, in_flight, _ = _counts(made, self.fifo)
        assert in_flight == 0, f"{in_flight} messages were received by nobody"

    def take_all(self, cloud: Cloud) -> tuple[list[str], list[str]]:
        """The messages that the queues hold, taken out; the counts must agree with them."""
        cloud.advance(visibility_seconds + 1)
        taken = []
        with caller(cloud.port) as made:
            for queue, prefix in ((self.standard, "standard-"), (self.fifo, "fifo-")):
                counted = _counts(made, queue)
                found = list(_drain(made, queue))
                assert all(name.startswith(prefix) for name in found), f"in the wrong queue: {found}"
                assert counted == (len(found), 0, 0), f"{counted} counted, {len(found)} found"
                assert _counts(made, queue) == (0, 0, 0)
                taken.append(found)
        standard, fifo = taken
        return standard, fifo

    def _over(self) -> bool:
        return any(client.done() for client in self._clients)

    def _raise_failures(self) -> None:
        for client in self._clients:
            if client.done():
                client.result()


class Client:
    """A client: its connection, its choices, its patience."""

    def __init__(self, load: Load, port: int, number: int, choices: random.Random) -> None:
        self.ledger = load.ledger
        self.number = number
        self.choices = choices
        self._load = load
        self._caller = Caller(port)
        self._interruptions = 0

    def run(self, work: Work) -> None:
        """Do one thing after another until the load ends."""
        try:
            for _ in work(self):
                if self._load.ending.is_set():
                    return
        finally:
            self._caller.close()

    def call(self, operation: str, **members: Any) -> dict[str, Any] | None:
        """The result of an operation, None when there was no answer; then the cloud is awaited."""
        try:
            result = self._caller.call(operation, **members)
        except Interrupted as error:
            self._interruptions += 1
            if self._interruptions > interruptions_max or not self._load.up.wait(back_seconds_max):
                raise AssertionError("the cloud does not come back") from error
            return None
        self._interruptions = 0
        return result

    def insist(self, operation: str, **members: Any) -> dict[str, Any]:
        """The result of an operation, asked for until it is there."""
        while (result := self.call(operation, **members)) is None:
            pass
        return result


Work = Callable[[Client], Iterator[None]]


def _send(client: Client, queue: str) -> Iterator[None]:
    number = 0
    while True:
        count = client.choices.choice((1, 1, 1, _batch_max))
        names = [f"standard-{client.number}/{number + index}" for index in range(count)]
        number += count
        client.ledger.ask_send(names)
        if count == 1:
            answered = client.call("SendMessage", QueueUrl=queue, MessageBody=body_of(names[0]))
        else:
            entries = [{"Id": str(index), "MessageBody": body_of(name)} for index, name in enumerate(names)]
            answered = client.call("SendMessageBatch", QueueUrl=queue, Entries=entries)
            _check_batch(answered)
        if answered is not None:
            client.ledger.sent(names)
        yield


def _send_in_order(client: Client, queue: str) -> Iterator[None]:
    groups = dict.fromkeys((f"fifo-{client.number}-{index}" for index in range(_groups_each)), 0)
    while True:
        group = client.choices.choice(list(groups))
        count = client.choices.choice((1, 1, 1, _batch_max))
        names = [f"{group}/{groups[group] + index}" for index in range(count)]
        groups[group] += count
        client.ledger.ask_send(names)
        entries = [_in_group(group, name) for name in names]
        if count == 1:
            client.insist("SendMessage", QueueUrl=queue, **entries[0])
        else:
            numbered = [{"Id": str(index), **entry} for index, entry in enumerate(entries)]
            _check_batch(client.insist("SendMessageBatch", QueueUrl=queue, Entries=numbered))
        client.ledger.sent(names)
        yield


def _in_group(group: str, name: str) -> dict[str, str]:
    return {"MessageBody": body_of(name), "MessageGroupId": group, "MessageDeduplicationId": name}


def _consume(client: Client, queue: str) -> Iterator[None]:
    while True:
        asked_at = client.ledger.count
        answer = client.call("ReceiveMessage", QueueUrl=queue, **_few(client))
        if answer is not None:
            messages = _received(client, answer, asked_at)
            kept = [name for name in messages if client.choices.randrange(_leave_one_in)]
            for name in kept:
                client.ledger.ask_delete([name])
                if client.call("DeleteMessage", QueueUrl=queue, ReceiptHandle=messages[name]) is not None:
                    client.ledger.deleted([name])
        yield


def _consume_in_order(client: Client, queue: str) -> Iterator[None]:
    attempt = 0
    while True:
        attempt += 1
        asked_at = client.ledger.count
        attempt_id = f"{client.number}-{attempt}"
        answer = client.insist("ReceiveMessage", QueueUrl=queue, ReceiveRequestAttemptId=attempt_id, **_few(client))
        messages = _received(client, answer, asked_at)
        client.ledger.check_order(list(messages))
        if client.choices.randrange(2):
            for name, receipt in messages.items():
                client.ledger.ask_delete([name])
                client.insist("DeleteMessage", QueueUrl=queue, ReceiptHandle=receipt)
                client.ledger.deleted([name])
        elif messages:
            client.ledger.ask_delete(messages)
            entries = [{"Id": str(index), "ReceiptHandle": value} for index, value in enumerate(messages.values())]
            _check_batch(client.insist("DeleteMessageBatch", QueueUrl=queue, Entries=entries))
            client.ledger.deleted(list(messages))
        yield


def _few(client: Client) -> dict[str, int]:
    return {"MaxNumberOfMessages": client.choices.choice((1, 2, _batch_max)), "WaitTimeSeconds": _poll_seconds}


def _received(client: Client, answer: dict[str, Any], asked_at: int) -> dict[str, str]:
    """Receipt by name, in the order of the answer, which must agree with the ledger."""
    messages = answer.get("Messages", [])
    named = [(name_of(message["Body"]), message["ReceiptHandle"]) for message in messages]
    client.ledger.check_received([name for name, _ in named], asked_at)
    return dict(named)


def _check_batch(answer: dict[str, Any] | None) -> None:
    assert answer is None or not answer.get("Failed"), answer


def _counts(made: Caller, queue: str) -> tuple[int, ...]:
    """How many messages are visible, in flight and delayed, as the queue says."""
    attributes = made.call("GetQueueAttributes", QueueUrl=queue, AttributeNames=list(_COUNTS))["Attributes"]
    return tuple(int(attributes[name]) for name in _COUNTS)


def _drain(made: Caller, queue: str) -> Iterator[str]:
    """Take out what is in a queue."""
    while messages := made.call("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=_batch_max).get("Messages"):
        yield from (name_of(message["Body"]) for message in messages)
        entries = [{"Id": str(index), "ReceiptHandle": m["ReceiptHandle"]} for index, m in enumerate(messages)]
        _check_batch(made.call("DeleteMessageBatch", QueueUrl=queue, Entries=entries))
