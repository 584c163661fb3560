"""What happens in SQS without a call.

Receivers take what is due out of hiding and drop what is too old themselves, so the first two passes only matter to
queues that nobody receives from: their numbers become right and their space free.  Each pass is one transaction with a
bound on what it changes, and says whether there is more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.services.sqs import tables
from gureum.services.sqs.mailbox import Mailbox, arrival
from gureum.services.sqs.records import Delivery, Message, MoveTask, Queue
from gureum.services.sqs.rules import fifo, limits, moves
from gureum.services.sqs.rules.moves import Event
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Index, Table

R = TypeVar("R", bound=Record)

changes_max: Final = 500
"""How many messages a pass touches before it makes way for others."""

_minute_ms: Final = 60_000


def reveal(moment: Moment) -> Status:
    """Make visible what was delayed, or received and not deleted in time."""
    return _for_all_queues(moment, lambda box: box.reveal(changes_max))


def expire(moment: Moment) -> Status:
    """Delete messages that are older than their queue keeps them."""
    return _for_all_queues(moment, Mailbox.expire)


def sweep(moment: Moment) -> Status:
    """Delete what purged and deleted queues have left, and what was only to be remembered for minutes."""
    tx, now_ms, more = moment.tx, moment.now_ms, False
    for contents in tables.abandoned.scan(tx, limit=1):
        if tables.sweep(tx, contents.contents, changes_max):
            tables.abandoned.delete(tx, contents)
        more = True
    aged: tuple[tuple[Table[Any], Index[Any], int], ...] = (
        (tables.duplicates, tables.duplicates_by_expiry, now_ms),
        (tables.attempts, tables.attempts_by_expiry, now_ms),
        (tables.rates, tables.rates_by_second, now_ms // 1000 - 1),
        (tables.deleted_queues, tables.by_deletion, now_ms - limits.deleted_name_ms),
    )
    for table, by_age, last in aged:
        more |= _forget(tx, table, by_age, last)
    return MORE if more else DONE


def move(moment: Moment) -> Status:
    """Carry on each active move task by a batch."""
    more, times = False, []
    for task in tables.active_moves.scan(moment.tx):
        changed = _carry_on(moment, task)
        if changed != task:
            tables.moves.replace(moment.tx, task, changed)
        if changed.status in tables.ACTIVE:
            more |= moves.allowance(changed, moment.now_ms) > 0
            times.append(moves.next_allowance_ms(changed, moment.now_ms))
    return MORE if more else Status(next_ms=min(times, default=None))


controllers: Final = (
    Pass("sqs.reveal", _minute_ms, reveal),
    Pass("sqs.expire", _minute_ms, expire),
    Pass("sqs.sweep", _minute_ms, sweep),
    Pass("sqs.move", _minute_ms, move, topics=(tables.MOVES_TOPIC,)),
)


def _forget(tx: Transaction, table: Table[R], by_age: Index[R], last: int) -> bool:
    """Delete rows that have grown as old as `last`; whether there may be more."""
    old = by_age.scan(tx, until=(last,), limit=changes_max)
    for row in old:
        table.delete(tx, row)
    return len(old) == changes_max


def _for_all_queues(moment: Moment, work: Callable[[Mailbox], int]) -> Status:
    """`work` on each queue, until it has changed enough; it says how many messages it changed."""
    changed = 0
    for queue in tables.queues.scan(moment.tx):
        changed += work(Mailbox(moment.tx, queue, moment.now_ms))
        if changed >= changes_max:
            break
    return MORE if changed else DONE


def _carry_on(moment: Moment, task: MoveTask) -> MoveTask:
    """The task after one more batch."""
    if (task.status, Event.STOPPED) in moves.TRANSITIONS:
        return _after(task, Event.STOPPED)
    source = tables.queue_of_arn(moment.tx, task.source_arn)
    if source is None:
        return _after(task, Event.FAIL, moves.NO_QUEUE)
    if moment.now_ms >= task.started_ms + limits.move_task_ms_max:
        return _after(task, Event.FAIL, moves.TOO_LONG)
    box, left = Mailbox(moment.tx, source, moment.now_ms), moves.allowance(task, moment.now_ms)
    box.reveal(changes_max)
    while left > 0:
        popped = box.pop(left)
        if not popped:
            return _after(task, Event.EMPTY)
        for index, (_, message) in enumerate(popped):
            failure = _move_one(moment, box, task, message)
            if failure is not None:
                _put_back(box, popped[index:])
                return _after(task, Event.FAIL, failure)
            left, task = left - 1, replace(task, moved=task.moved + 1)
    return _after(task, Event.EMPTY) if task.moved >= task.to_move else task


def _move_one(moment: Moment, box: Mailbox, task: MoveTask, message: Message) -> str | None:
    """Move a message that was popped; the reason why it cannot be."""
    arn = task.destination_arn or message.dead_letter_source
    if arn is None:
        return moves.NO_SOURCE
    destination = tables.queue_of_arn(moment.tx, arn)
    if destination is None:
        return moves.NO_QUEUE
    box.drop(message)
    Mailbox(moment.tx, destination, moment.now_ms).add(_as_new(moment, message, destination))
    return None


def _as_new(moment: Moment, message: Message, destination: Queue) -> Message:
    """The message as it comes into another queue: with a new id and a new time."""
    new = replace(
        message,
        contents=destination.contents,
        id=moment.ids.uuid(),
        sent_ms=moment.now_ms,
        dead_letter_source=None,
    )
    if not destination.fifo:
        return replace(new, stamp=arrival(moment.now_ms, moment.ids))
    number = tables.next_number(moment.tx, destination)
    return replace(new, stamp=fifo.stamp(number), sequence=fifo.sequence_number(number))


def _put_back(box: Mailbox, popped: list[tuple[Delivery, Message]]) -> None:
    for delivery, _ in popped:
        box.restore(delivery)


def _after(task: MoveTask, event: Event, failure: str | None = None) -> MoveTask:
    return replace(task, status=moves.next_status(task.status, event), failure=failure)
