"""How long a message stays hidden.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

from __future__ import annotations

from gureum.services.sqs.errors import invalid
from gureum.services.sqs.rules import limits


def check_timeout(seconds: int) -> None:
    """Raise InvalidParameterValue unless a visibility timeout may be that long."""
    if not 0 <= seconds <= limits.visibility_seconds_max:
        reason = f"VisibilityTimeout must be an integer between 0 and {limits.visibility_seconds_max}."
        raise invalid("VisibilityTimeout", seconds, reason)


def check_total(seconds: int, received_ms: int, now_ms: int) -> None:
    """Raise InvalidParameterValue if the message would be hidden for more than twelve hours since its receive."""
    if now_ms + seconds * 1000 - received_ms > limits.visibility_seconds_max * 1000:
        reason = (
            f"Total VisibilityTimeout for the message is beyond the limit [{limits.visibility_seconds_max} seconds]"
        )
        raise invalid("VisibilityTimeout", seconds, reason)


def check_delay(seconds: int) -> None:
    """Raise InvalidParameterValue unless a message may be delayed that long."""
    if not 0 <= seconds <= limits.delay_seconds_max:
        reason = f"DelaySeconds must be >= 0 and <= {limits.delay_seconds_max}."
        raise invalid("DelaySeconds", seconds, reason)


def check_wait(seconds: int) -> None:
    """Raise InvalidParameterValue unless a receiver may wait that long."""
    if not 0 <= seconds <= limits.receive_wait_seconds_max:
        reason = f"Must be >= 0 and <= {limits.receive_wait_seconds_max}, if provided."
        raise invalid("WaitTimeSeconds", seconds, reason)


def check_count(count: int) -> None:
    """Raise InvalidParameterValue unless that many messages may be received at once."""
    if not 1 <= count <= limits.receive_messages_max:
        reason = f"Must be between 1 and {limits.receive_messages_max}, if provided."
        raise invalid("MaxNumberOfMessages", count, reason)
