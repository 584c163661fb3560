"""FIFO queues: who may give which ids, and the numbers that keep the order.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
and FIFO-queues-understanding-logic.html of the same guide.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from gureum.services.sqs.errors import InvalidParameterValue, invalid, missing
from gureum.services.sqs.records import Settings
from gureum.services.sqs.rules.limits import id_characters_max

_id = re.compile(rf"[!-~]{{1,{id_characters_max}}}")
_sequence_base: Final = 10**19
_sequence_step: Final = 256

NOT_FOR_THIS_TYPE: Final = "The request include parameter that is not valid for this queue type"


def check_id(name: str, value: str) -> None:
    """Raise InvalidParameterValue unless `value` may be a group, deduplication or attempt id."""
    if not _id.fullmatch(value):
        reason = f"{name} can only include alphanumeric and punctuation characters. 1 to {id_characters_max} in length."
        raise invalid(name, value, reason)


def deduplication_id(settings: Settings, given: str | None, body: bytes) -> str:
    """The deduplication id of a message for a FIFO queue: the one given, or else the hash of the body."""
    if given is not None:
        check_id("MessageDeduplicationId", given)
        return given
    if not settings.content_deduplication:
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    return hashlib.sha256(body).hexdigest()


def check_group(fifo: bool, group: str | None) -> None:
    """Raise unless a message may have that group: in a FIFO queue it has one."""
    if group is None:
        if fifo:
            raise missing("MessageGroupId")
        return
    check_id("MessageGroupId", group)


def check_standard(deduplication_id: str | None) -> None:
    """Raise if a message for a standard queue comes with what only FIFO queues have."""
    if deduplication_id is not None:
        raise invalid("MessageDeduplicationId", deduplication_id, NOT_FOR_THIS_TYPE)


def check_fifo_delay(delay_seconds: int | None) -> None:
    """Raise if a message for a FIFO queue comes with a delay of its own."""
    if delay_seconds:
        raise invalid("DelaySeconds", delay_seconds, NOT_FOR_THIS_TYPE)


def scope(settings: Settings, group: str) -> str:
    """Within what duplicates are looked for: the group, or the whole queue (empty)."""
    return group if settings.deduplication_scope == "messageGroup" else ""


def throttled_group(settings: Settings, group: str) -> str:
    """For whom a send counts against the quota: the group, or the whole queue (empty)."""
    return group if settings.throughput_limit == "perMessageGroupId" else ""


def sequence_number(number: int) -> str:
    """The 20 digits that clients see; larger for each message, not consecutive."""
    return str(_sequence_base + number * _sequence_step)


def stamp(number: int) -> bytes:
    """The same as a position in the queue."""
    return number.to_bytes(8, "big")
