"""The life of the messages in a queue.

    add ──> delayed ──┐                        ┌──> deleted
     │                v                        │
     └───────────> visible ──── take ────> in flight
                    │  ^                       │
                    │  └── time, or a change ──┘
                    └──> dead-letter queue, or too old

Whatever is due comes out of hiding when somebody receives, so nothing depends on a timer; a controller does it where
nobody does.  A message goes to the dead-letter queue when it would be received once too often, as on AWS, not when it
comes out of hiding: until then its last receiver may still delete it.

Everything here is called with a transaction and a time; operations and controllers alike use it.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-lifecycle.html (basic
architecture) and the pages named in `rules`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Final

from msgspec.structs import replace

from gureum.base.ids import Ids
from gureum.services.sqs.lanes import Lanes
from gureum.services.sqs.records import Delivery, Forward, Message, Queue
from gureum.services.sqs.rules import fifo, receipts
from gureum.services.sqs.rules.receipts import Receipt
from gureum.services.sqs.tables import (
    DELAYED,
    IN_FLIGHT,
    STORED,
    counts,
    discard_message,
    forwards,
    hidden,
    message_of,
    messages,
    messages_of,
    next_number,
    queue_of_arn,
)
from gureum.state.store import Transaction

revealed_max: Final = 100
"""How many messages one receive takes out of hiding; the rest follow with the next."""

examined_max: Final = 100
"""How many visible messages one receive looks at, when they turn out to be too old or dead letters."""

expired_max: Final = 50
"""How many lines an expiry looks at, and how many messages in each."""

due_counted_max: Final = 1000

_ties = itertools.count()
"""Tells messages apart that arrive in this process in the same millisecond."""


def arrival(now_ms: int, ids: Ids) -> bytes:
    """A stamp for a message that arrives now: behind all before it, and unique among processes."""
    return now_ms.to_bytes(6, "big") + (next(_ties) & 0xFFFFFFFF).to_bytes(4, "big") + ids.bytes(4)


class Mailbox:
    """The messages of one queue, in one transaction, at one time.

    `cleared` counts the messages that were found to be too old, or dead letters, and are gone from the queue.
    """

    __slots__ = ("_contents", "_fifo", "_lanes", "_now_ms", "_tx", "cleared", "queue")

    def __init__(self, tx: Transaction, queue: Queue, now_ms: int) -> None:
        self.queue = queue
        self.cleared = 0
        self._tx = tx
        self._now_ms = now_ms
        self._lanes = Lanes(tx, queue, now_ms)
        self._contents = self._lanes.contents
        self._fifo = self._lanes.fifo

    # Messages come in.

    def add(self, message: Message, delay_seconds: int = 0, delivery: Delivery | None = None) -> None:
        """Put a message into the queue.  `delivery` is how far it had come in the queue that it comes from."""
        if delivery is None:
            delivery = Delivery(message.contents, message.stamp, message.group)
        messages.insert(self._tx, message)
        counts.add(self._tx, (self._contents, STORED), 1)
        if delay_seconds and not self._fifo:
            hidden.insert(self._tx, replace(delivery, visible_ms=self._now_ms + delay_seconds * 1000))
            counts.add(self._tx, (self._contents, DELAYED), 1)
        else:
            self._lanes.show(delivery)
            self._tx.notify(self.queue.topic)

    # Messages go out.

    def take(self, count: int, visibility_seconds: int, ids: Ids) -> list[tuple[Message, Delivery]]:
        """Receive up to `count` of the visible messages, in the queue's order: they are in flight from now."""
        taken: list[tuple[Message, Delivery]] = []
        in_flight: Counter[str] = Counter()
        visible_ms = self._now_ms + visibility_seconds * 1000
        for _ in range(examined_max):
            popped = self.pop(count - len(taken))
            for delivery, message in popped:
                if self._is_dead(delivery) and self._to_dead_letters(delivery, message):
                    continue
                taken.append((message, self._hide(delivery, visible_ms, ids.bytes(receipts.receipt_bytes))))
                if delivery.group is not None:
                    in_flight[delivery.group] += 1
            for name, number in in_flight.items():
                self._lanes.account(name, number)
            in_flight.clear()
            if not popped or len(taken) == count:
                break
        if taken:
            counts.add(self._tx, (self._contents, IN_FLIGHT), len(taken))
        return taken

    def pop(self, count: int) -> list[tuple[Delivery, Message]]:
        """Take up to `count` visible messages out of their place, in the queue's order; those too old are dropped.

        In a FIFO queue they are of one group.  Empty when nothing can be received now, or when too much was too old.
        """
        for _ in range(examined_max):
            found = self._lanes.next(count)
            popped = []
            read = messages_of(self._tx, self._contents, [delivery.stamp for delivery in found])
            for delivery, message in zip(found, read, strict=True):
                if self._is_expired(message):
                    self.drop(message)
                    self.cleared += 1
                else:
                    popped.append((delivery, message))
            if popped or not found:
                return popped
        return []

    def restore(self, delivery: Delivery) -> None:
        """Put a message back where it was popped from."""
        self._lanes.show(delivery)

    def drop(self, message: Message) -> None:
        """Delete a message that is in no place."""
        messages.delete(self._tx, message)
        counts.add(self._tx, (self._contents, STORED), -1)

    def reveal(self, limit: int = revealed_max) -> int:
        """Take up to `limit` messages out of hiding whose time has come; how many that were."""
        due = self._due(limit)
        for delivery in due:
            self.release(delivery)
        return len(due)

    def expire(self) -> int:
        """Delete some of the visible messages that are too old; how many that were, 0 when none is left.

        Those in flight are deleted when they come back.
        """
        deleted = 0
        for line in self._lanes.lines(expired_max):
            for delivery in line:
                if not self._is_expired(self.message(delivery)):
                    break
                self.remove(delivery)
                deleted += 1
        return deleted

    def release(self, delivery: Delivery) -> None:
        """Make a hidden message visible."""
        self._unhide(delivery)
        self._lanes.show(replace(delivery, visible_ms=0, changed=False))
        self._tx.notify(self.queue.topic)

    # Receipts.

    def find(self, receipt: Receipt) -> Delivery | None:
        """Where the message is that was received with `receipt`; None when it is gone or was received again."""
        contents, stamp = receipt.contents, receipt.stamp
        if contents != self._contents:
            return None
        delivery = hidden.get(self._tx, (contents, receipt.visible_ms, stamp))
        if delivery is None:
            forward = forwards.get(self._tx, (contents, stamp))
            if forward is not None:
                delivery = hidden.get(self._tx, (contents, forward.visible_ms, stamp))
        if delivery is None:
            delivery = self._lanes.find(stamp)
        return delivery if delivery is not None and delivery.receipt == receipt.receipt else None

    def exists(self, receipt: Receipt) -> bool:
        """Whether the message of a receipt is still in the queue."""
        key = (receipt.contents, receipt.stamp)
        return receipt.contents == self._contents and messages.get(self._tx, key) is not None

    def is_in_flight(self, delivery: Delivery) -> bool:
        """Whether a message is hidden and stays so for now."""
        return delivery.visible_ms > self._now_ms

    def is_unchanged(self, delivery: Delivery) -> bool:
        """Whether a message is still in flight exactly as `delivery` says."""
        key = (delivery.contents, delivery.visible_ms, delivery.stamp)
        return self.is_in_flight(delivery) and hidden.get(self._tx, key) == delivery

    def message(self, delivery: Delivery) -> Message:
        """The message that `delivery` is about, which is in the queue."""
        return message_of(self._tx, self._contents, delivery.stamp)

    def remove(self, delivery: Delivery) -> None:
        """Delete a message, wherever it is."""
        if delivery.visible_ms:
            self._unhide(delivery)
        else:
            self._lanes.leave(delivery)
        discard_message(self._tx, delivery)
        counts.add(self._tx, (self._contents, STORED), -1)

    def prolong(self, delivery: Delivery, visible_ms: int) -> Delivery:
        """Hide a message that is in flight until another time."""
        hidden.delete(self._tx, delivery)
        changed = replace(delivery, visible_ms=visible_ms, changed=True)
        hidden.insert(self._tx, changed)
        forwards.put(self._tx, Forward(self._contents, delivery.stamp, visible_ms))
        return changed

    # What there is.

    def next_ms(self) -> int | None:
        """When the next message becomes visible by itself, None when none is going to."""
        times = [delivery.visible_ms for delivery in self._first_hidden(1)]
        available_ms = self._lanes.available_ms()
        if available_ms is not None:
            times.append(available_ms)
        return min(times, default=None)

    def in_flight(self) -> int:
        """How many messages are in flight, by the books: those whose time has come count until somebody looks."""
        return self._lanes.in_flight()

    def count(self) -> tuple[int, int, int]:
        """(visible, in flight, delayed) messages; of those that are due, the first thousand count as visible."""
        stored, in_flight, delayed = (counts.read(self._tx, (self._contents, k)) for k in (STORED, IN_FLIGHT, DELAYED))
        for delivery in self._due(due_counted_max):
            in_flight -= delivery.receives > 0
            delayed -= delivery.receives == 0
        if self._fifo:
            delayed = self._lanes.count_delayed()
        return stored - in_flight - delayed, in_flight, delayed

    # Hiding.

    def _first_hidden(self, limit: int) -> list[Delivery]:
        return hidden.scan(self._tx, (self._contents,), limit=limit)

    def _due(self, limit: int) -> list[Delivery]:
        """The first of the hidden messages whose time has come; mostly there are none, and one look says so."""
        first = self._first_hidden(1)
        if not first or first[0].visible_ms > self._now_ms:
            return []
        return [delivery for delivery in self._first_hidden(limit) if delivery.visible_ms <= self._now_ms]

    def _hide(self, delivery: Delivery, visible_ms: int, receipt: bytes) -> Delivery:
        received = replace(
            delivery,
            visible_ms=visible_ms,
            receives=delivery.receives + 1,
            first_ms=delivery.first_ms or self._now_ms,
            received_ms=self._now_ms,
            receipt=receipt,
        )
        hidden.insert(self._tx, received)
        return received

    def _unhide(self, delivery: Delivery) -> None:
        hidden.delete(self._tx, delivery)
        if delivery.changed:
            forwards.delete(self._tx, Forward(self._contents, delivery.stamp, delivery.visible_ms))
        if not delivery.receives:
            counts.add(self._tx, (self._contents, DELAYED), -1)
            return
        counts.add(self._tx, (self._contents, IN_FLIGHT), -1)
        if delivery.group is not None:
            self._lanes.account(delivery.group, -1)

    # Ends.

    def _is_expired(self, message: Message) -> bool:
        return message.sent_ms + self.queue.settings.retention_seconds * 1000 <= self._now_ms

    def _is_dead(self, delivery: Delivery) -> bool:
        redrive = self.queue.settings.redrive
        return redrive is not None and delivery.receives >= redrive.max_receive_count

    def _to_dead_letters(self, delivery: Delivery, message: Message) -> bool:
        """Move a message that is in no place to the dead-letter queue; False when that queue does not exist any more.

        It keeps its count of receives.  In a standard queue it also keeps its time, so that it does not become older
        than the dead-letter queue allows; in a FIFO queue it is put behind what is there, under its own id, because
        two messages with the same deduplication id may both end here.
        """
        redrive = self.queue.settings.redrive
        target = queue_of_arn(self._tx, redrive.target_arn) if redrive is not None else None
        if target is None:
            return False
        self.drop(message)
        moved = replace(message, contents=target.contents, dead_letter_source=self.queue.arn)
        if self._fifo:
            number = next_number(self._tx, target)
            moved = replace(
                moved,
                stamp=fifo.stamp(number),
                sequence=fifo.sequence_number(number),
                deduplication_id=message.id,
                sent_ms=self._now_ms,
            )
        place = Delivery(
            target.contents, moved.stamp, moved.group, receives=delivery.receives, first_ms=delivery.first_ms
        )
        Mailbox(self._tx, target, self._now_ms).add(moved, delivery=place)
        self.cleared += 1
        return True
