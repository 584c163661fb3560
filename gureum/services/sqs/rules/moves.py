"""Message move tasks: their handles, their life and their pace.

    RUNNING ──> COMPLETED | FAILED
       └──────> CANCELLING ──> CANCELLED

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import base64
from enum import Enum, auto
from typing import Final

import msgspec

from gureum.services.sqs.errors import ResourceNotFoundException, UnsupportedOperation, invalid
from gureum.services.sqs.records import MoveStatus, MoveTask
from gureum.services.sqs.rules import limits, names


class Event(Enum):
    """What happens to a move task."""

    CANCEL = auto()
    STOPPED = auto()
    EMPTY = auto()
    FAIL = auto()


TRANSITIONS: Final = {
    (MoveStatus.RUNNING, Event.CANCEL): MoveStatus.CANCELLING,
    (MoveStatus.RUNNING, Event.EMPTY): MoveStatus.COMPLETED,
    (MoveStatus.RUNNING, Event.FAIL): MoveStatus.FAILED,
    (MoveStatus.CANCELLING, Event.STOPPED): MoveStatus.CANCELLED,
}

batch_max: Final = 100
"""How many messages one transaction moves."""

NO_QUEUE: Final = "AWS.SimpleQueueService.NonExistentQueue"
NO_SOURCE: Final = "CouldNotDetermineMessageSource"
TOO_LONG: Final = "TaskTimeout"


class Handle(msgspec.Struct, frozen=True):
    """What a task handle says; clients see it as base64 of JSON."""

    taskId: str  # noqa: N815  as AWS writes it
    sourceArn: str  # noqa: N815


def encode(task: MoveTask) -> str:
    """The handle of a task."""
    return base64.b64encode(msgspec.json.encode(Handle(task.id, task.source_arn))).decode()


def decode(handle: str) -> Handle:
    """What a handle says.  Raises ResourceNotFoundException when it is none."""
    try:
        found = msgspec.json.decode(base64.b64decode(handle, validate=True), type=Handle)
    except (ValueError, msgspec.MsgspecError) as error:
        raise ResourceNotFoundException("Task does not exist.") from error
    if names.from_arn(found.sourceArn) is None:
        raise ResourceNotFoundException("Task does not exist.")
    return found


def next_status(status: MoveStatus, event: Event) -> MoveStatus:
    """The status after `event`.  Raises UnsupportedOperation where it cannot happen."""
    following = TRANSITIONS.get((status, event))
    if following is None:
        raise UnsupportedOperation("Only active tasks can be cancelled.")
    return following


def check_velocity(velocity: int | None) -> None:
    """Raise InvalidParameterValue unless messages may be moved that fast."""
    if velocity is not None and not 1 <= velocity <= limits.move_messages_per_second_max:
        reason = f"MaxNumberOfMessagesPerSecond must be between 1 and {limits.move_messages_per_second_max}."
        raise invalid("MaxNumberOfMessagesPerSecond", velocity, reason)


def allowance(task: MoveTask, now_ms: int) -> int:
    """How many messages may be moved now: what the velocity has left over since the start, at most a batch."""
    left = min(batch_max, task.to_move - task.moved)
    if task.velocity is None:
        return left
    return min(left, task.velocity * (1 + (now_ms - task.started_ms) // 1000) - task.moved)


def next_allowance_ms(task: MoveTask, now_ms: int) -> int:
    """When the next second of a task begins."""
    return now_ms + 1000 - (now_ms - task.started_ms) % 1000
