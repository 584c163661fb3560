"""Under which keys SQS stores what: the only code that builds them.

The messages of a queue are ordered by stamp.  Each is in exactly one of three places: `ready` (visible), `backlog`
(visible, and in a group) or `hidden` (delayed or in flight, in the order in which they come out).  No operation walks
over messages that it does not return, so a queue with a million messages is as fast as an empty one.

Considered and rejected: one table of messages with a visibility time and an index (each receive would write the body
again), and an index by message for `hidden` (a write more in every receive and delete, to save a read in the rare
change of a visibility timeout; `forwards` has just those).
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from gureum.services.sqs.errors import QueueDoesNotExist
from gureum.services.sqs.records import (
    Attempt,
    Contents,
    DeletedQueue,
    Delivery,
    Duplicate,
    Forward,
    Group,
    Message,
    MoveStatus,
    MoveTask,
    Queue,
    Rate,
    Sequence,
)
from gureum.services.sqs.rules import names
from gureum.state.counters import Counters
from gureum.state.keys import Key, after, pack
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

R = TypeVar("R", bound=Record)


def _target(queue: Queue) -> Key | None:
    redrive = queue.settings.redrive
    return None if redrive is None else (redrive.target_arn,)


queues = Table("sqs/queues", Queue, key=lambda q: (q.account, q.region, q.name))
by_dead_letter_queue = queues.index("dead_letter_queue", _target)
deleted_queues = Table("sqs/deleted_queues", DeletedQueue, key=lambda q: (q.account, q.region, q.name))
by_deletion = deleted_queues.index("time", lambda q: (q.deleted_ms,))

messages = Table("sqs/messages", Message, key=lambda m: (m.contents, m.stamp))
ready = Table("sqs/ready", Delivery, key=lambda d: (d.contents, d.stamp))
backlog = Table("sqs/backlog", Delivery, key=lambda d: (d.contents, d.group, d.stamp))
hidden = Table("sqs/hidden", Delivery, key=lambda d: (d.contents, d.visible_ms, d.stamp))
forwards = Table("sqs/forwards", Forward, key=lambda f: (f.contents, f.stamp))
groups = Table("sqs/groups", Group, key=lambda g: (g.contents, g.name))
by_turn = groups.index("turn", lambda g: None if g.head is None or g.rank is None else (g.contents, g.rank, g.head))

sequences = Table("sqs/sequences", Sequence, key=lambda s: (s.queue_id,))
duplicates = Table("sqs/duplicates", Duplicate, key=lambda d: (d.queue_id, d.scope, d.deduplication_id))
duplicates_by_expiry = duplicates.index("expiry", lambda d: (d.expires_ms,))
attempts = Table("sqs/attempts", Attempt, key=lambda a: (a.contents, a.attempt_id))
attempts_by_expiry = attempts.index("expiry", lambda a: (a.expires_ms,))
rates = Table("sqs/rates", Rate, key=lambda r: (r.queue_id, r.call, r.group))
rates_by_second = rates.index("second", lambda r: (r.second,))

ACTIVE: Final = (MoveStatus.RUNNING, MoveStatus.CANCELLING)
"""The states in which a move task is carried on."""

moves = Table("sqs/moves", MoveTask, key=lambda t: (t.queue_id, t.started_ms, t.id))
active_moves = moves.index("active", lambda t: (t.account,) if t.status in ACTIVE else None)

abandoned = Table("sqs/abandoned", Contents, key=lambda c: (c.contents,))
counts = Counters("sqs/counts")
"""(contents, kind): how many messages there are, in flight and delayed."""

STORED: Final = 0
IN_FLIGHT: Final = 1
DELAYED: Final = 2

MOVES_TOPIC: Final = b"sqs/moves"
"""Notified when there is something to do for move tasks."""


def find_queue(tx: Transaction, region: str, url: str) -> Queue:
    """The queue of a URL.  Raises QueueDoesNotExist, and InvalidAddress when that is no queue URL."""
    account, name = names.from_url(url)
    queue = queues.get(tx, (account, region, name))
    if queue is None:
        raise QueueDoesNotExist
    return queue


def queue_of_arn(tx: Transaction, arn: str) -> Queue | None:
    """The queue of an ARN, None when there is none."""
    key = names.from_arn(arn)
    return None if key is None else queues.get(tx, key)


def queues_from(tx: Transaction, account: str, region: str, prefix: str, after: Key | None, limit: int) -> list[Queue]:
    """The queues of an account and region whose name begins with `prefix`, behind the key `after`, by name."""
    found = []
    if after is None and prefix:
        exact = queues.get(tx, (account, region, prefix))
        found = [exact] if exact is not None else []
        after = (account, region, prefix)
    for queue in queues.scan(tx, (account, region), after=after, limit=limit - len(found)):
        if not queue.name.startswith(prefix):
            break
        found.append(queue)
    return found


def next_number(tx: Transaction, queue: Queue) -> int:
    """The next sequence number of a FIFO queue."""
    last = sequences.get(tx, (queue.id,))
    number = 1 if last is None else last.last + 1
    sequences.put(tx, Sequence(queue.id, number))
    return number


def message_of(tx: Transaction, contents: bytes, stamp: bytes) -> Message:
    """The message of a delivery that is there."""
    message = messages.get(tx, (contents, stamp))
    assert message is not None, f"no message {contents.hex()}/{stamp.hex()}, but a delivery of it"
    return message


def messages_of(tx: Transaction, contents: bytes, stamps: list[bytes]) -> list[Message]:
    """The messages of deliveries that are there.  Their stamps ascend, and mostly nothing lies between: one range."""
    if len(stamps) > 1:
        first, last = (messages.base + pack((contents, stamp)) for stamp in (stamps[0], stamps[-1]))
        found = [messages.decode(stored) for _, stored in tx.range(first, after(last), limit=len(stamps))]
        if [message.stamp for message in found] == stamps:
            return found
    return [message_of(tx, contents, stamp) for stamp in stamps]


def discard_message(tx: Transaction, delivery: Delivery) -> None:
    """Remove the message of `delivery` without reading it: it may be a megabyte."""
    tx.delete(messages.base + pack((delivery.contents, delivery.stamp)))


def sweep(tx: Transaction, contents: bytes, limit: int) -> bool:
    """Delete up to `limit` rows per table of abandoned contents; True when nothing is left."""
    left = [_sweep(tx, table, contents, limit) for table in _BY_CONTENTS]
    if any(left):
        return False
    counts.clear(tx, (contents,))
    return True


_BY_CONTENTS: Final[tuple[Table[Any], ...]] = (messages, ready, backlog, hidden, forwards, groups, attempts)


def _sweep(tx: Transaction, table: Table[R], contents: bytes, limit: int) -> bool:
    rows = table.scan(tx, (contents,), limit=limit)
    for row in rows:
        table.delete(tx, row)
    return len(rows) == limit
