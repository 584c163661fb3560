"""What SQS stores.

A message has a part that never changes (`Message`, with the body) and a part that changes with every receive
(`Delivery`, a few dozen bytes), so that a body of a megabyte is written once.

Everything in a queue hangs on `Queue.contents`, not on its name: a purge gives the queue new contents and leaves the
old to be swept, however many messages they hold, and a queue that is deleted and created again starts empty.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from gureum.services.sqs.rules import limits, names
from gureum.state.records import Record


class Redrive(msgspec.Struct, frozen=True, array_like=True):
    """A redrive policy: after `max_receive_count` receives a message goes to the dead-letter queue `target_arn`."""

    target_arn: str
    max_receive_count: int


class RedriveAllow(msgspec.Struct, frozen=True, array_like=True):
    """A redrive allow policy: whose dead-letter queue this queue may be.  `permission` is AWS's word for it."""

    permission: str
    source_arns: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, array_like=True):
    """The attributes of a queue that can be set.

    `policy` is JSON or empty; `pins` maps the ARNs of users and roles in it to their unique ids when it was set.
    """

    delay_seconds: int = 0
    message_bytes_max: int = limits.message_bytes_max
    retention_seconds: int = limits.retention_seconds_default
    receive_wait_seconds: int = 0
    visibility_seconds: int = limits.visibility_seconds_default
    policy: str = ""
    redrive: Redrive | None = None
    redrive_allow: RedriveAllow | None = None
    managed_encryption: bool = True
    content_deduplication: bool = False
    deduplication_scope: str = "queue"
    throughput_limit: str = "perQueue"
    pins: dict[str, str] = {}


class Queue(Record, version=1):
    """A queue.  `id` is unique for ever, `epoch` counts its purges; `fair` is set once a message has had a group."""

    account: str
    region: str
    name: str
    id: bytes
    created_ms: int
    modified_ms: int
    settings: Settings
    tags: dict[str, str] = {}
    epoch: int = 0
    purged_ms: int = 0
    fair: bool = False

    @property
    def fifo(self) -> bool:
        """Whether it keeps order and drops duplicates."""
        return names.is_fifo(self.name)

    @property
    def contents(self) -> bytes:
        """Under which all that is in the queue is stored: 8 bytes id, 4 bytes epoch."""
        return self.id + self.epoch.to_bytes(4, "big")

    @property
    def arn(self) -> str:
        """Its ARN."""
        return names.arn(self.region, self.account, self.name)

    @property
    def topic(self) -> bytes:
        """Notified once for each message that becomes visible."""
        return b"sqs/" + self.id


class DeletedQueue(Record, version=1):
    """A name that may not be used again yet."""

    account: str
    region: str
    name: str
    deleted_ms: int


class Contents(Record, version=1):
    """Contents that no queue has any more and that are to be swept."""

    contents: bytes


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A message attribute.  `type` has the custom label: `Number.int`.  Binary ones have `data`, all others `text`."""

    type: str
    text: str = ""
    data: bytes = b""

    @property
    def octets(self) -> bytes:
        """The value, text in UTF-8."""
        return self.data or self.text.encode()


class Message(Record, version=1):
    """What was sent.  `stamp` orders the messages of a queue: by time of arrival, in a FIFO queue by sequence number.

    `sender` is the principal's unique id, `sequence` 20 digits.  `body` is to be read with `bodies`; `key` names what
    it is sealed under, empty when it is not.
    """

    contents: bytes
    stamp: bytes
    id: str
    sent_ms: int
    sender: str
    body: bytes
    attributes: dict[str, Attribute] = {}
    group: str | None = None
    deduplication_id: str | None = None
    sequence: str | None = None
    trace_header: str | None = None
    dead_letter_source: str | None = None
    key: bytes = b""


class Delivery(Record, version=1):
    """How far a message has come.

    `visible_ms` is when it comes out of hiding, 0 while it is visible.  `receipt` proves the most recent receive,
    at `received_ms`; the first was at `first_ms`.  `changed`: its visibility was changed since, so `Forward` knows
    where it is.  A message that was never received and is hidden is delayed.
    """

    contents: bytes
    stamp: bytes
    group: str | None = None
    visible_ms: int = 0
    receives: int = 0
    first_ms: int = 0
    received_ms: int = 0
    receipt: bytes = b""
    changed: bool = False


class Forward(Record, version=1):
    """Until when a message is hidden whose visibility was changed after the receive."""

    contents: bytes
    stamp: bytes
    visible_ms: int


class Group(Record, version=1):
    """A message group with messages in the queue.

    `head` is the stamp of its first visible message.  `rank` says who comes first: None cannot be received from now,
    0 is served in order of `head`, more comes after all others (`rules.fairness`).
    """

    contents: bytes
    name: str
    head: bytes | None = None
    in_flight: int = 0
    rank: int | None = None


class Sequence(Record, version=1):
    """The number of the last message that a FIFO queue took."""

    queue_id: bytes
    last: int


class Duplicate(Record, version=1):
    """A message whose repetitions are not delivered.  `scope` is the group, or empty for the whole queue."""

    queue_id: bytes
    scope: str
    deduplication_id: str
    message_id: str
    sequence: str
    expires_ms: int


class Attempt(Record, version=1):
    """What a receive with an attempt id returned, so that its repetition returns the same.

    `handles` were made when the messages were received; `deliveries` say where they are since the last repetition.
    """

    contents: bytes
    attempt_id: str
    expires_ms: int
    deliveries: tuple[Delivery, ...]
    handles: tuple[str, ...]


class Rate(Record, version=1):
    """How many calls of a kind a FIFO queue, or one group of it, had in a second."""

    queue_id: bytes
    call: str
    group: str
    second: int
    count: int


class MoveStatus(StrEnum):
    """The states of a move task, by AWS's names."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class MoveTask(Record, version=1):
    """Moves messages out of a dead-letter queue: to `destination_arn`, or None for where each came from.

    `velocity` is in messages per second, None as fast as it goes.  `to_move` is how many there were at the start.
    """

    queue_id: bytes
    started_ms: int
    id: str
    account: str
    source_arn: str
    destination_arn: str | None
    velocity: int | None
    to_move: int
    moved: int = 0
    status: MoveStatus = MoveStatus.RUNNING
    failure: str | None = None
