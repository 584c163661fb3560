"""Visible messages, and whose turn it is.

Messages without a group stand in one line, in order of arrival.  Messages with a group stand in the group's own line,
and the groups take turns by rank and by their oldest message (`rules.fairness`).  That is one mechanism for two
things: the order within the groups of a FIFO queue, where a group with a message in flight has no turn, and the
fairness of a standard queue, where a noisy tenant comes last.  Whoever takes the next message reads one index entry,
however many groups and messages there are.

A FIFO queue's delay is not a place but a condition on the head of a line: a change of the delay also counts for the
messages that are already there.
Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html,
sqs-fair-queues-detailed.html and sqs-delay-queues.html of the same guide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from msgspec.structs import replace

from gureum.services.sqs.records import Delivery, Group, Message, Queue
from gureum.services.sqs.rules import fairness, fifo
from gureum.services.sqs.tables import IN_FLIGHT, backlog, by_turn, counts, groups, message_of, messages, queues, ready
from gureum.state.store import Transaction


class Lanes:
    """The lines of one queue, in one transaction, at one time."""

    __slots__ = ("_delay_ms", "_now_ms", "_queue", "_tx", "contents", "fifo")

    def __init__(self, tx: Transaction, queue: Queue, now_ms: int) -> None:
        self._tx = tx
        self._queue = queue
        self._now_ms = now_ms
        self.contents = queue.contents
        self.fifo = queue.fifo
        self._delay_ms = queue.settings.delay_seconds * 1000 if self.fifo else 0

    def show(self, delivery: Delivery) -> None:
        """Put a message into its line, at the place where it stood before if it comes back."""
        if delivery.group is None:
            ready.insert(self._tx, delivery)
            return
        if not self.fifo and not self._queue.fair:
            self._become_fair()
        backlog.insert(self._tx, delivery)
        group = groups.get(self._tx, (self.contents, delivery.group))
        if group is None:
            self._save(None, Group(self.contents, delivery.group, delivery.stamp))
        elif group.head is None or delivery.stamp < group.head:
            self._save(group, replace(group, head=delivery.stamp))

    def next(self, count: int) -> list[Delivery]:
        """Take the next messages, at most `count`, out of their lines; in a FIFO queue they are of one group."""
        if self.fifo:
            group = by_turn.first(self._tx, (self.contents,))
            return [] if group is None else self._next_of(group, count)
        plain = ready.scan(self._tx, (self.contents,), limit=count)
        if self._queue.fair:
            return self._next_fair(plain, count)
        for delivery in plain:
            ready.delete(self._tx, delivery)
        return plain

    def leave(self, delivery: Delivery) -> None:
        """Take a message out of its line, wherever it stands there."""
        if delivery.group is None:
            ready.delete(self._tx, delivery)
            return
        backlog.delete(self._tx, delivery)
        group = groups.get(self._tx, (self.contents, delivery.group))
        assert group is not None, f"{delivery} is in the backlog of no group"
        if group.head == delivery.stamp:
            rest = backlog.scan(self._tx, (self.contents, delivery.group), limit=1)
            self._save(group, replace(group, head=rest[0].stamp if rest else None))

    def find(self, stamp: bytes) -> Delivery | None:
        """The message of that stamp, if it is visible."""
        delivery = ready.get(self._tx, (self.contents, stamp))
        if delivery is not None or not (self.fifo or self._queue.fair):
            return delivery
        message = messages.get(self._tx, (self.contents, stamp))
        return None if message is None else backlog.get(self._tx, (self.contents, message.group, stamp))

    def account(self, name: str, number: int) -> None:
        """Count messages of a group that went in flight, or came back (negative)."""
        group = groups.get(self._tx, (self.contents, name))
        if group is None:
            self._save(None, Group(self.contents, name, in_flight=number))
        else:
            self._save(group, replace(group, in_flight=group.in_flight + number))

    def lines(self, count: int) -> Iterator[list[Delivery]]:
        """The first `count` lines that have a turn, of each the first `count` messages, the oldest first."""
        yield ready.scan(self._tx, (self.contents,), limit=count)
        for group in by_turn.scan(self._tx, (self.contents,), limit=count):
            yield backlog.scan(self._tx, (self.contents, group.name), limit=count)

    def in_flight(self) -> int:
        """How many messages are in flight, by the books: those whose time has come count until somebody looks."""
        return counts.read(self._tx, (self.contents, IN_FLIGHT))

    def available_ms(self) -> int | None:
        """When a FIFO queue's next message is no longer delayed; None when none is waiting for that."""
        group = by_turn.first(self._tx, (self.contents,)) if self._delay_ms else None
        return None if group is None or group.head is None else self._until_ms(self._message(group.head))

    def count_delayed(self) -> int:
        """How many messages of a FIFO queue are delayed: found by halving, since they are the last ones in order."""
        last = messages.scan(self._tx, (self.contents,), limit=1, reverse=True) if self._delay_ms else []
        if not last or self._until_ms(last[0]) <= self._now_ms:
            return 0

        def is_delayed(number: int) -> bool:
            position = (self.contents, fifo.stamp(number - 1))
            return self._until_ms(messages.scan(self._tx, (self.contents,), after=position, limit=1)[0]) > self._now_ms

        final = int.from_bytes(last[0].stamp, "big")
        return final - bisect_left(range(1, final + 1), True, key=is_delayed)

    def _next_fair(self, plain: list[Delivery], count: int) -> list[Delivery]:
        """Merge the line without a group with those of the groups: by arrival, but noisy groups last."""
        plain.reverse()
        found: list[Delivery] = []
        while len(found) < count:
            group = by_turn.first(self._tx, (self.contents,))
            if group is not None and (not plain or _is_before(group, plain[-1])):
                found += self._next_of(group, 1)
            elif plain:
                ready.delete(self._tx, plain[-1])
                found.append(plain.pop())
            else:
                break
        return found

    def _next_of(self, group: Group, count: int) -> list[Delivery]:
        """Take the first messages of a group out of its line, as far as they are not delayed."""
        members = backlog.scan(self._tx, (self.contents, group.name), limit=count + 1)
        taken = []
        for delivery in members[:count]:
            if self._delay_ms and self._until_ms(self._message(delivery.stamp)) > self._now_ms:
                break
            backlog.delete(self._tx, delivery)
            taken.append(delivery)
        if taken:
            head = members[len(taken)].stamp if len(members) > len(taken) else None
            self._save(group, replace(group, head=head))
        return taken

    def _save(self, old: Group | None, group: Group) -> None:
        """Store a group whose head or number in flight has changed; one with neither is forgotten."""
        assert group.in_flight >= 0, f"{group} has less than no message in flight"
        if group.head is None and not group.in_flight:
            if old is not None:
                groups.delete(self._tx, old)
            return
        if self.fifo:
            rank = fairness.fifo_rank(group.in_flight)
            if rank is not None and old is not None and old.rank is None:
                self._tx.notify(self._queue.topic)
        else:
            rank = fairness.fair_rank(group.in_flight, self.in_flight)
        ranked = replace(group, rank=rank)
        if old is None:
            groups.insert(self._tx, ranked)
        else:
            groups.replace(self._tx, old, ranked)

    def _become_fair(self) -> None:
        """From the first message with a group on, receivers of a standard queue look at groups."""
        fair = replace(self._queue, fair=True)
        queues.replace(self._tx, self._queue, fair)
        self._queue = fair

    def _message(self, stamp: bytes) -> Message:
        return message_of(self._tx, self.contents, stamp)

    def _until_ms(self, message: Message) -> int:
        return message.sent_ms + self._delay_ms


def _is_before(group: Group, plain: Delivery) -> bool:
    """Whether a group has its turn before a message without one, which is always quiet."""
    return group.rank == 0 and group.head is not None and group.head < plain.stamp
