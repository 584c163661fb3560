"""Queue attributes: from the strings that clients send to settings, and back.

Each settable attribute is a line in a table: its field in `Settings` and how its text is read.  Clients see all values
as strings.
Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
API_SetQueueAttributes.html and API_GetQueueAttributes.html of the same reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from gureum.api.errors import NotSupported
from gureum.services.sqs.errors import InvalidAttributeName, InvalidAttributeValue
from gureum.services.sqs.records import Queue, Settings
from gureum.services.sqs.rules import limits, policy, redrive

Parse = Callable[[str, str], Any]


def _integer(low: int, high: int) -> Parse:
    def parse(name: str, text: str) -> int:
        if text.isdecimal() and text.isascii() and len(text) < 10 and low <= int(text) <= high:
            return int(text)
        raise _invalid(name)

    return parse


def _boolean(name: str, text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise _invalid(name)


def _choice(*choices: str) -> Parse:
    def parse(name: str, text: str) -> str:
        if text in choices:
            return text
        raise _invalid(name)

    return parse


def _no_key(name: str, text: str) -> None:
    """Customer keys come with KMS.  Empty means none, which is what a queue has."""
    if text:
        raise _no_kms(name)


def _no_data_keys(name: str, text: str) -> None:
    """How long data keys of KMS are used means nothing without them; the default is what every queue has."""
    if _data_key_seconds(name, text) != limits.data_key_seconds_default:
        raise _no_kms(name)


_data_key_seconds: Final = _integer(limits.data_key_seconds_min, limits.data_key_seconds_max)
_settable: Final[dict[str, tuple[str | None, Parse]]] = {
    "DelaySeconds": ("delay_seconds", _integer(0, limits.delay_seconds_max)),
    "MaximumMessageSize": ("message_bytes_max", _integer(limits.message_bytes_min, limits.message_bytes_max)),
    "MessageRetentionPeriod": (
        "retention_seconds",
        _integer(limits.retention_seconds_min, limits.retention_seconds_max),
    ),
    "ReceiveMessageWaitTimeSeconds": ("receive_wait_seconds", _integer(0, limits.receive_wait_seconds_max)),
    "VisibilityTimeout": ("visibility_seconds", _integer(0, limits.visibility_seconds_max)),
    "Policy": ("policy", lambda name, text: policy.check(text)),
    "RedrivePolicy": ("redrive", lambda name, text: redrive.parse(text)),
    "RedriveAllowPolicy": ("redrive_allow", lambda name, text: redrive.parse_allow(text)),
    "SqsManagedSseEnabled": ("managed_encryption", _boolean),
    "KmsMasterKeyId": (None, _no_key),
    "KmsDataKeyReusePeriodSeconds": (None, _no_data_keys),
}
_settable_fifo: Final[dict[str, tuple[str | None, Parse]]] = {
    "ContentBasedDeduplication": ("content_deduplication", _boolean),
    "DeduplicationScope": ("deduplication_scope", _choice("messageGroup", "queue")),
    "FifoThroughputLimit": ("throughput_limit", _choice("perQueue", "perMessageGroupId")),
}

counted: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_named: Final = ("QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "FifoQueue")
_readable: Final = frozenset({*_settable, *_settable_fifo, *counted, *_named})


def split_type(attributes: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
    """Whether a new queue is to be FIFO, and the other attributes.

    `FifoQueue` is an attribute of FIFO queues only: to say `false` is as wrong as AWS finds it.
    """
    others = dict(attributes)
    text = others.pop("FifoQueue", None)
    if text is None:
        return False, others
    if not _boolean("FifoQueue", text):
        raise InvalidAttributeName("Unknown Attribute FifoQueue.")
    return True, others


def change(settings: Settings, fifo: bool, attributes: Mapping[str, str]) -> Settings:
    """`settings` with `attributes` set.  Raises for unknown names and values out of range."""
    changes: dict[str, Any] = {}
    for name, text in attributes.items():
        settable = _settable.get(name) or (_settable_fifo.get(name) if fifo else None)
        if settable is None:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
        field, parse = settable
        value = parse(name, text)
        if field is not None:
            changes[field] = value
    changed: Settings = msgspec.structs.replace(settings, **changes)
    if changed.throughput_limit == "perMessageGroupId" and changed.deduplication_scope != "messageGroup":
        raise InvalidAttributeValue(
            "The perMessageGroupId value of FifoThroughputLimit is allowed only when DeduplicationScope is "
            "messageGroup."
        )
    return changed


def difference(settings: Settings, requested: Settings, attributes: Iterable[str]) -> str | None:
    """The first of the requested attributes that an existing queue has otherwise, or None.

    The same policy is another one when those whom it names were made anew.
    """
    for name in attributes:
        if name == "Policy" and settings.pins != requested.pins:
            return name
        field = (_settable.get(name) or _settable_fifo[name])[0]
        if field is not None and getattr(settings, field) != getattr(requested, field):
            return name
    return None


def select(wanted: Iterable[str]) -> frozenset[str]:
    """The names of attributes asked for; `All` is all of them.  Raises InvalidAttributeName."""
    names = frozenset(wanted)
    if "All" in names:
        return _readable
    for name in names:
        if name not in _readable:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    return names


def show(queue: Queue) -> dict[str, str]:
    """All attributes that the queue has, but the counted ones."""
    settings = queue.settings
    shown = {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(queue.created_ms // 1000),
        "LastModifiedTimestamp": str(queue.modified_ms // 1000),
        "VisibilityTimeout": str(settings.visibility_seconds),
        "MaximumMessageSize": str(settings.message_bytes_max),
        "MessageRetentionPeriod": str(settings.retention_seconds),
        "DelaySeconds": str(settings.delay_seconds),
        "ReceiveMessageWaitTimeSeconds": str(settings.receive_wait_seconds),
        "SqsManagedSseEnabled": _shown_boolean(settings.managed_encryption),
    }
    if settings.policy:
        shown["Policy"] = settings.policy
    if settings.redrive is not None:
        shown["RedrivePolicy"] = redrive.show(settings.redrive)
    if settings.redrive_allow is not None:
        shown["RedriveAllowPolicy"] = redrive.show_allow(settings.redrive_allow)
    if queue.fifo:
        shown["FifoQueue"] = "true"
        shown["ContentBasedDeduplication"] = _shown_boolean(settings.content_deduplication)
        shown["DeduplicationScope"] = settings.deduplication_scope
        shown["FifoThroughputLimit"] = settings.throughput_limit
    return shown


def _shown_boolean(value: bool) -> str:
    return "true" if value else "false"


def _no_kms(name: str) -> NotSupported:
    return NotSupported(f"The attribute {name} is not supported by Gureum: there is no KMS.")


def _invalid(name: str) -> InvalidAttributeValue:
    return InvalidAttributeValue(f"Invalid value for the parameter {name}.")
