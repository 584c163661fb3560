"""SQS without a server: its operations called as functions over a store in memory, at a time that the test sets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, TypeVar

from gureum.api import models
from gureum.api.context import Caller, Context, Kit, Origin, Wait
from gureum.api.principal import root
from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.control.controller import Moment
from gureum.services.sqs import controllers, sqs, tables
from gureum.services.sqs.mailbox import Mailbox
from gureum.services.sqs.records import Queue
from gureum.state.memory import MemoryStore
from gureum.state.paging import Pager
from gureum.state.store import Transaction

ACCOUNT = "111122223333"
REGION = "ap-northeast-2"
ENDPOINT = "http://localhost:4566"
START_MS = 1_700_000_000_000

T = TypeVar("T")


class Local:
    """One SQS, with one caller.  `rehearse` runs each transaction twice, to find what a retry would break."""

    def __init__(self, *, rehearse: bool = True) -> None:
        self.now_ms = START_MS
        self.notified: list[tuple[bytes, int]] = []
        self._store = MemoryStore(rehearse=rehearse)
        self._ids = Ids(random.Random(4).randbytes)
        self._kit = Kit(self._ids, Pager(bytes(32)), Vault(bytes(32)))
        self._runner = asyncio.Runner()
        self._runner.run(self._store.open())

    def close(self) -> None:
        """Free the event loop."""
        self._runner.close()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ms += round(seconds * 1000)

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """The result of an operation; one that would wait for a message returns nothing, as it does in the end."""
        binding = sqs.binding(models.load("sqs", "json"), operation)
        assert binding is not None
        arguments = binding.arguments(members)

        def work(tx: Transaction) -> dict[str, Any]:
            ctx = self._context(tx)
            binding.resource(ctx, members)
            return binding.function(ctx, **arguments) or {}

        try:
            return self.transact(work)
        except Wait:
            return {}

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction."""
        return self._runner.run(self._store.transact(work))

    def control(self) -> None:
        """Let each controller do what there is to do."""
        for controller in controllers:
            for _ in range(1000):
                if not self.transact(lambda tx: controller.work(self._moment(tx))).more:  # noqa: B023  used at once
                    break
            else:
                raise AssertionError(f"{controller.name} does not come to an end")

    def create(self, name: str, **attributes: str) -> str:
        """The URL of a new queue."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        url: str = self.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def receive(self, url: str, count: int = 10, **members: Any) -> list[dict[str, Any]]:
        """Receive messages without waiting."""
        received: list[dict[str, Any]] = self.call(
            "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=count, **members
        ).get("Messages", [])
        return received

    def count(self, url: str) -> tuple[int, int, int]:
        """(visible, in flight, delayed) messages."""
        return self.transact(lambda tx: Mailbox(tx, self.queue(tx, url), self.now_ms).count())

    def queue(self, tx: Transaction, url: str) -> Queue:
        """The record of a queue."""
        return tables.find_queue(tx, REGION, url)

    def rows(self) -> int:
        """How many keys the store has."""
        return self.transact(lambda tx: len(tx.range(b"", b"\xff")))

    def _moment(self, tx: Transaction) -> Moment:
        return Moment(tx, self.now_ms, self._ids)

    def _context(self, tx: Transaction) -> Context:
        origin = Origin(REGION, "request", ENDPOINT, "127.0.0.1", self.now_ms)
        return Context(tx, Caller(root(ACCOUNT)), origin, self.now_ms, self._kit)
