"""SQS against a model of it: whatever is called in whatever order, both agree.

The model is a list of messages in order of arrival, walked through from the beginning for every answer: what the
tables and counters are there to avoid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gureum.api.errors import ApiError
from tests.services.sqs.local import Local

HANDLES = st.integers(0, 7)
SECONDS = st.sampled_from([0, 1, 5, 30, 290, 301])


@dataclass
class Sent:
    """A message as the model knows it: until when it is hidden, and the handle that the last receive gave out."""

    body: str
    group: str
    hidden_until: float = 0
    receives: int = 0
    handle: str = ""
    deleted: bool = False


@dataclass
class Model:
    """What both types of queue have in common."""

    fifo: bool
    now: float = 0
    sent: list[Sent] = field(default_factory=list)
    handles: dict[str, Sent] = field(default_factory=dict)
    ids: dict[str, float] = field(default_factory=dict)

    def there(self) -> list[Sent]:
        return [message for message in self.sent if not message.deleted]

    def in_flight(self, message: Sent) -> bool:
        return message.receives > 0 and message.hidden_until > self.now

    def receivable(self, count: int) -> list[Sent]:
        """The messages that a receive returns."""
        if not self.fifo:
            return [message for message in self.there() if message.hidden_until <= self.now][:count]
        taken: list[Sent] = []
        groups = dict.fromkeys(message.group for message in self.there())
        for group in groups:
            members = [message for message in self.there() if message.group == group]
            if not any(self.in_flight(message) for message in members):
                taken += members
        return taken[:count]


class Machine(RuleBasedStateMachine):
    """What can be called on a queue of either type."""

    name = "q"

    def __init__(self) -> None:
        super().__init__()
        self.local = Local()
        attributes = {"ContentBasedDeduplication": "true"} if self.name.endswith(".fifo") else {}
        self.url = self.local.create(self.name, **attributes)
        self.model = Model(self.name.endswith(".fifo"))
        self.given: list[str] = []

    def teardown(self) -> None:
        self.local.close()

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.local.advance(seconds)
        self.model.now += seconds

    @rule()
    def controllers_pass(self) -> None:
        self.local.control()

    @rule(count=st.integers(1, 10), seconds=SECONDS)
    def receive(self, count: int, seconds: int) -> None:
        expected = self.model.receivable(count)
        messages = self.local.receive(self.url, count, VisibilityTimeout=seconds, AttributeNames=["All"])
        assert [message["Body"] for message in messages] == [message.body for message in expected]
        for message, known in zip(messages, expected, strict=True):
            known.hidden_until, known.receives = self.model.now + seconds, known.receives + 1
            assert message["Attributes"]["ApproximateReceiveCount"] == str(known.receives)
            known.handle = message["ReceiptHandle"]
            self.model.handles[known.handle] = known
            self.given.append(known.handle)

    @precondition(lambda self: self.given)
    @rule(which=HANDLES)
    def delete(self, which: int) -> None:
        handle = self.given[-1 - which % len(self.given)]
        message = self.model.handles[handle]
        good = message.handle == handle and (self.model.in_flight(message) or not self.model.fifo)
        if self.model.fifo and not good and not message.deleted:
            with pytest.raises(ApiError, match="expired"):
                self.local.call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
            return
        self.local.call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
        message.deleted = message.deleted or good

    @precondition(lambda self: self.given)
    @rule(which=HANDLES, seconds=SECONDS)
    def change(self, which: int, seconds: int) -> None:
        handle = self.given[-1 - which % len(self.given)]
        message = self.model.handles[handle]
        members = {"QueueUrl": self.url, "ReceiptHandle": handle, "VisibilityTimeout": seconds}
        if message.deleted or message.handle != handle or not self.model.in_flight(message):
            with pytest.raises(ApiError):
                self.local.call("ChangeMessageVisibility", **members)
            return
        self.local.call("ChangeMessageVisibility", **members)
        message.hidden_until = self.model.now + seconds

    @invariant()
    def counts_agree(self) -> None:
        there = self.model.there()
        in_flight = sum(self.model.in_flight(message) for message in there)
        delayed = sum(message.hidden_until > self.model.now for message in there) - in_flight
        assert self.local.count(self.url) == (len(there) - in_flight - delayed, in_flight, delayed)

    @precondition(lambda self: not self.model.there())
    @rule()
    def nothing_is_left_behind(self) -> None:
        """An empty queue is its own row, a FIFO queue's number, and what is remembered for minutes."""
        self.local.advance(301)
        self.model.now += 301
        self.local.control()
        assert self.local.rows() <= (2 if self.model.fifo else 1)


class StandardMachine(Machine):
    """A standard queue: delays, and old handles that do nothing."""

    @rule(seconds=SECONDS)
    def send(self, seconds: int) -> None:
        message = Sent(str(len(self.model.sent)), "", self.model.now + seconds)
        self.local.call("SendMessage", QueueUrl=self.url, MessageBody=message.body, DelaySeconds=seconds)
        self.model.sent.append(message)

    @precondition(lambda self: not self.model.there())
    @rule()
    def a_tenant(self) -> None:
        """With a few messages in flight nobody is noisy: groups change nothing in the order."""
        for group in "aab":
            body = str(len(self.model.sent))
            self.local.call("SendMessage", QueueUrl=self.url, MessageBody=body, MessageGroupId=group)
            self.model.sent.append(Sent(body, ""))


class FifoMachine(Machine):
    """A FIFO queue: groups and duplicates."""

    name = "q.fifo"

    @rule(group=st.sampled_from("abc"), number=st.integers(0, 30))
    def send(self, group: str, number: int) -> None:
        body = str(number)
        self.local.call("SendMessage", QueueUrl=self.url, MessageBody=body, MessageGroupId=group)
        if self.model.ids.get(body, 0) <= self.model.now:
            self.model.ids[body] = self.model.now + 300
            self.model.sent.append(Sent(body, group))


for machine in (StandardMachine, FifoMachine):
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None, derandomize=True)

TestStandard = StandardMachine.TestCase
TestFifo = FifoMachine.TestCase
