"""Message move tasks: start, list and cancel them.  A controller does the moving.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and its
neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.guards import Need
from gureum.services.sqs import tables
from gureum.services.sqs.errors import (
    InvalidParameterValue,
    OverLimit,
    ResourceNotFoundException,
    UnsupportedOperation,
    invalid,
)
from gureum.services.sqs.mailbox import Mailbox
from gureum.services.sqs.records import MoveStatus, MoveTask, Queue
from gureum.services.sqs.rules import limits, moves, names
from gureum.services.sqs.rules.moves import Event
from gureum.services.sqs.service import sqs


class StartMessageMoveTaskResult(TypedDict):
    TaskHandle: str


class CancelMessageMoveTaskResult(TypedDict):
    ApproximateNumberOfMessagesMoved: int


class ListMessageMoveTasksResultEntry(TypedDict):
    Status: str
    SourceArn: str
    ApproximateNumberOfMessagesMoved: int
    ApproximateNumberOfMessagesToMove: int
    StartedTimestamp: int
    TaskHandle: NotRequired[str]
    DestinationArn: NotRequired[str]
    MaxNumberOfMessagesPerSecond: NotRequired[int]
    FailureReason: NotRequired[str]


class ListMessageMoveTasksResult(TypedDict):
    Results: list[ListMessageMoveTasksResultEntry]


def source_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The queue that messages are moved out of."""
    arn: str = values["SourceArn"]
    if names.from_arn(arn) is None:
        raise ResourceNotFoundException("The resource that you specified for the SourceArn parameter doesn't exist.")
    return arn


def task_source_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The queue that a task moves messages out of."""
    return moves.decode(values["TaskHandle"]).sourceArn


def moving(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
    """What a task does is done for whoever starts it: take messages out here, and put them in there.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    source: str = values["SourceArn"]
    taking = [Need(f"sqs:{action}", source) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    destination = values.get("DestinationArn")
    if destination is not None:
        destinations = [destination]
    else:
        destinations = [queue.arn for queue in tables.by_dead_letter_queue.scan(ctx.tx, (source,))]
    return taking + [Need("sqs:SendMessage", arn) for arn in destinations]


@sqs.operation(resource=source_arn, also=moving)
def start_message_move_task(
    ctx: Context,
    source_arn: str,
    destination_arn: str | None = None,
    max_number_of_messages_per_second: int | None = None,
) -> StartMessageMoveTaskResult:
    """Begin to move the messages of a dead-letter queue to another queue, or back to where each came from."""
    moves.check_velocity(max_number_of_messages_per_second)
    source = _source(ctx, source_arn)
    if tables.by_dead_letter_queue.first(ctx.tx, (source_arn,)) is None:
        raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None:
        _check_destination(ctx, source, destination_arn)
    tasks = tables.moves.scan(ctx.tx, (source.id,))
    if any(task.status in tables.ACTIVE for task in tasks):
        raise UnsupportedOperation(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    if len(tables.active_moves.scan(ctx.tx, (source.account,))) >= limits.move_tasks_active_max:
        raise OverLimit(f"An account can have {limits.move_tasks_active_max} active message move tasks.")
    for task in tasks[: -limits.move_tasks_listed_max + 1]:
        tables.moves.delete(ctx.tx, task)
    visible, _, _ = Mailbox(ctx.tx, source, ctx.now_ms).count()
    task = MoveTask(
        queue_id=source.id,
        started_ms=ctx.now_ms,
        id=ctx.new_id(),
        account=source.account,
        source_arn=source_arn,
        destination_arn=destination_arn,
        velocity=max_number_of_messages_per_second,
        to_move=visible,
    )
    tables.moves.insert(ctx.tx, task)
    ctx.notify(tables.MOVES_TOPIC)
    return {"TaskHandle": moves.encode(task)}


@sqs.operation(resource=task_source_arn)
def cancel_message_move_task(ctx: Context, task_handle: str) -> CancelMessageMoveTaskResult:
    """Stop a task.  What it has moved stays where it is."""
    handle = moves.decode(task_handle)
    source = tables.queue_of_arn(ctx.tx, handle.sourceArn)
    tasks = tables.moves.scan(ctx.tx, (source.id,)) if source is not None else []
    task = next((task for task in tasks if task.id == handle.taskId), None)
    if task is None:
        raise ResourceNotFoundException("Task does not exist.")
    cancelled = replace(task, status=moves.next_status(task.status, Event.CANCEL))
    tables.moves.replace(ctx.tx, task, cancelled)
    ctx.notify(tables.MOVES_TOPIC)
    return {"ApproximateNumberOfMessagesMoved": task.moved}


@sqs.operation(resource=source_arn, readonly=True)
def list_message_move_tasks(
    ctx: Context, source_arn: str, max_results: int | None = None
) -> ListMessageMoveTasksResult:
    """The most recent tasks of a queue, the newest first."""
    count = 1 if max_results is None else max_results
    if not 1 <= count <= limits.move_tasks_listed_max:
        raise invalid("MaxResults", count, f"MaxResults must be between 1 and {limits.move_tasks_listed_max}.")
    source = _source(ctx, source_arn)
    tasks = tables.moves.scan(ctx.tx, (source.id,), limit=count, reverse=True)
    return {"Results": [_show(task) for task in tasks]}


def _source(ctx: Context, arn: str) -> Queue:
    queue = tables.queue_of_arn(ctx.tx, arn)
    if queue is None:
        raise ResourceNotFoundException("The resource that you specified for the SourceArn parameter doesn't exist.")
    return queue


def _check_destination(ctx: Context, source: Queue, arn: str) -> None:
    destination = tables.queue_of_arn(ctx.tx, arn)
    if destination is None:
        raise ResourceNotFoundException(
            "The resource that you specified for the DestinationArn parameter doesn't exist."
        )
    if destination.id == source.id:
        raise InvalidParameterValue("Source queue arn and destination queue arn cannot be the same.")
    if destination.fifo != source.fifo:
        raise InvalidParameterValue("Source queue and destination queue must be of the same type.")
    if (destination.account, destination.region) != (source.account, source.region):
        raise InvalidParameterValue("Source queue and destination queue must be of the same account and region.")


def _show(task: MoveTask) -> ListMessageMoveTasksResultEntry:
    shown: ListMessageMoveTasksResultEntry = {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_ms,
    }
    if task.status is MoveStatus.RUNNING:
        shown["TaskHandle"] = moves.encode(task)
    if task.destination_arn is not None:
        shown["DestinationArn"] = task.destination_arn
    if task.velocity is not None:
        shown["MaxNumberOfMessagesPerSecond"] = task.velocity
    if task.failure is not None:
        shown["FailureReason"] = task.failure
    return shown
