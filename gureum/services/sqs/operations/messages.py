"""Messages: send, receive, delete, and change how long they stay hidden.

`prepare`, `post`, `delete` and `change` do the work for one message; the batch operations do it for ten.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html and its neighbours.
"""

from __future__ import annotations

from typing import NamedTuple, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.vault import Vault
from gureum.services.sqs import bodies, quotas, tables
from gureum.services.sqs.errors import MessageNotInflight, OverLimit, invalid
from gureum.services.sqs.mailbox import Mailbox, arrival
from gureum.services.sqs.records import Attempt, Attribute, Delivery, Duplicate, Message, Queue
from gureum.services.sqs.rules import digest, fifo, limits, receipts, visibility
from gureum.services.sqs.rules import messages as message_rules
from gureum.services.sqs.rules.messages import MessageAttributeValue
from gureum.services.sqs.service import QUEUE, queue_arn, sqs


class SendMessageResult(TypedDict):
    MessageId: str
    MD5OfMessageBody: str
    MD5OfMessageAttributes: NotRequired[str]
    MD5OfMessageSystemAttributes: NotRequired[str]
    SequenceNumber: NotRequired[str]


class ReceivedMessage(TypedDict):
    MessageId: str
    ReceiptHandle: str
    MD5OfBody: str
    Body: str
    Attributes: NotRequired[dict[str, str]]
    MD5OfMessageAttributes: NotRequired[str]
    MessageAttributes: NotRequired[dict[str, MessageAttributeValue]]


class ReceiveMessageResult(TypedDict, total=False):
    Messages: list[ReceivedMessage]


class Draft(NamedTuple):
    """A message that may be sent: everything about it is checked.

    The body is in UTF-8.  The size counts attributes, but not system ones.
    """

    body: bytes
    size_bytes: int
    delay_seconds: int
    attributes: dict[str, Attribute]
    trace_header: str | None
    group: str | None
    deduplication_id: str | None


# The digest is no secret to the caller, but on the disk it would confirm a guess of an encrypted body.
_hidden = frozenset({"MessageBody", "MessageAttributes", "MessageSystemAttributes", "MD5OfMessageBody"})


@sqs.operation(resource=queue_arn, hidden=_hidden, data=QUEUE)
def send_message(
    ctx: Context,
    queue_url: str,
    message_body: str,
    delay_seconds: int | None = None,
    message_attributes: dict[str, MessageAttributeValue] | None = None,
    message_system_attributes: dict[str, MessageAttributeValue] | None = None,
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> SendMessageResult:
    """Put a message into the queue."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    draft = prepare(
        queue,
        message_body,
        delay_seconds,
        message_attributes,
        message_system_attributes,
        message_deduplication_id,
        message_group_id,
    )
    quotas.count_send(ctx.tx, queue, [draft.group or ""], ctx.now_ms)
    return post(ctx, Mailbox(ctx.tx, queue, ctx.now_ms), draft)


@sqs.operation(resource=queue_arn, hidden=frozenset({"Messages"}), data=QUEUE)
def receive_message(
    ctx: Context,
    queue_url: str,
    attribute_names: list[str] | None = None,
    message_system_attribute_names: list[str] | None = None,
    message_attribute_names: list[str] | None = None,
    max_number_of_messages: int | None = None,
    visibility_timeout: int | None = None,
    wait_time_seconds: int | None = None,
    receive_request_attempt_id: str | None = None,
) -> ReceiveMessageResult:
    """Take messages out of the queue for a while; wait for the first one if there is none."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    settings = queue.settings
    count = 1 if max_number_of_messages is None else max_number_of_messages
    timeout = settings.visibility_seconds if visibility_timeout is None else visibility_timeout
    wait = settings.receive_wait_seconds if wait_time_seconds is None else wait_time_seconds
    visibility.check_count(count)
    visibility.check_timeout(timeout)
    visibility.check_wait(wait)
    system = message_rules.select_system(attribute_names, message_system_attribute_names)
    quotas.count_call(ctx.tx, queue, "ReceiveMessage", ctx.now_ms)
    box = Mailbox(ctx.tx, queue, ctx.now_ms)
    if receive_request_attempt_id is None:
        received = _receive(ctx, box, count, timeout, wait)
    else:
        received = _receive_attempt(ctx, box, count, timeout, wait, receive_request_attempt_id)
    if not received:
        return {}
    return {"Messages": [_show(ctx.vault, *one, system, message_attribute_names or ()) for one in received]}


@sqs.operation(resource=queue_arn, data=QUEUE)
def delete_message(ctx: Context, queue_url: str, receipt_handle: str) -> None:
    """Delete a message that was received.  To delete one that is gone is no error."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    quotas.count_call(ctx.tx, queue, "DeleteMessage", ctx.now_ms)
    if not delete(Mailbox(ctx.tx, queue, ctx.now_ms), receipt_handle):
        raise invalid("ReceiptHandle", receipt_handle, "The receipt handle has expired.")


@sqs.operation(resource=queue_arn, data=QUEUE)
def change_message_visibility(ctx: Context, queue_url: str, receipt_handle: str, visibility_timeout: int) -> None:
    """Let a message that is in flight stay hidden for another while, counted from now."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    change(Mailbox(ctx.tx, queue, ctx.now_ms), receipt_handle, visibility_timeout, ctx.now_ms)


def prepare(
    queue: Queue,
    body: str,
    delay_seconds: int | None,
    attributes: dict[str, MessageAttributeValue] | None,
    system_attributes: dict[str, MessageAttributeValue] | None,
    deduplication_id: str | None,
    group: str | None,
) -> Draft:
    """Check a message for `queue`.  Raises the error that SQS answers."""
    settings = queue.settings
    encoded = message_rules.encode_body(body)
    parsed = message_rules.parse_attributes(attributes)
    size_bytes = len(encoded) + (message_rules.attributes_size(parsed) if parsed else 0)
    message_rules.check_size(size_bytes, settings.message_bytes_max)
    fifo.check_group(queue.fifo, group)
    if queue.fifo:
        fifo.check_fifo_delay(delay_seconds)
        deduplication_id = fifo.deduplication_id(settings, deduplication_id, encoded)
    else:
        fifo.check_standard(deduplication_id)
    delay = settings.delay_seconds if delay_seconds is None else delay_seconds
    visibility.check_delay(delay)
    trace_header = message_rules.parse_trace_header(system_attributes)
    return Draft(encoded, size_bytes, delay, parsed, trace_header, group, deduplication_id)


def post(ctx: Context, box: Mailbox, draft: Draft) -> SendMessageResult:
    """Send a message that was checked, unless it repeats one.  Raises nothing."""
    body_md5 = digest.of_body(draft.body)
    message_id = ctx.new_id()
    sequence = None
    if not box.queue.fifo:
        _send(ctx, box, draft, message_id, body_md5, arrival(ctx.now_ms, ctx.ids), None)
    else:
        earlier = _same_id(ctx, box.queue, draft)
        if earlier is not None and ctx.now_ms < earlier.expires_ms:
            message_id, sequence = earlier.message_id, earlier.sequence
        else:
            number = tables.next_number(ctx.tx, box.queue)
            sequence = fifo.sequence_number(number)
            _send(ctx, box, draft, message_id, body_md5, fifo.stamp(number), sequence)
            _remember(ctx, box.queue, draft, message_id, sequence, earlier)
    result: SendMessageResult = {"MessageId": message_id, "MD5OfMessageBody": body_md5}
    if draft.attributes:
        result["MD5OfMessageAttributes"] = digest.of_attributes(draft.attributes)
    if draft.trace_header is not None:
        header = {"AWSTraceHeader": Attribute("String", draft.trace_header)}
        result["MD5OfMessageSystemAttributes"] = digest.of_attributes(header)
    if sequence is not None:
        result["SequenceNumber"] = sequence
    return result


def delete(box: Mailbox, handle: str) -> bool:
    """Delete the message of a receipt handle; False when a FIFO queue's handle is no longer good for it.

    A standard queue deletes with the most recent handle, also after its time; with an older one it does nothing.
    """
    receipt = receipts.decode(handle, box.queue.id)
    delivery = box.find(receipt)
    if box.queue.fifo and (delivery is None or not box.is_in_flight(delivery)):
        return not box.exists(receipt)
    if delivery is not None:
        box.remove(delivery)
    return True


def change(box: Mailbox, handle: str, seconds: int, now_ms: int) -> None:
    """Change how long the message of a receipt handle stays hidden.  Raises the error that SQS answers."""
    visibility.check_timeout(seconds)
    receipt = receipts.decode(handle, box.queue.id)
    delivery = box.find(receipt)
    if box.queue.fifo and box.exists(receipt) and (delivery is None or not box.is_in_flight(delivery)):
        raise invalid("ReceiptHandle", handle, "The receipt handle has expired.")
    if delivery is None:
        reason = "Message does not exist or is not available for visibility timeout change."
        raise invalid("ReceiptHandle", handle, reason)
    if not box.is_in_flight(delivery):
        raise MessageNotInflight
    visibility.check_total(seconds, delivery.received_ms, now_ms)
    if seconds:
        box.prolong(delivery, now_ms + seconds * 1000)
    else:
        box.release(delivery)


def _send(
    ctx: Context, box: Mailbox, draft: Draft, message_id: str, body_md5: str, stamp: bytes, sequence: str | None
) -> None:
    body, key = bodies.pack(ctx, box.queue, draft.body, body_md5)
    message = Message(
        contents=box.queue.contents,
        stamp=stamp,
        id=message_id,
        sent_ms=ctx.now_ms,
        sender=ctx.principal.id,
        body=body,
        attributes=draft.attributes,
        group=draft.group,
        deduplication_id=draft.deduplication_id,
        sequence=sequence,
        trace_header=draft.trace_header,
        key=key,
    )
    box.add(message, draft.delay_seconds)


def _same_id(ctx: Context, queue: Queue, draft: Draft) -> Duplicate | None:
    """The message that was last sent with the deduplication id of `draft`, if it is remembered."""
    assert draft.group is not None and draft.deduplication_id is not None, "FIFO drafts have both"
    key = (queue.id, fifo.scope(queue.settings, draft.group), draft.deduplication_id)
    return tables.duplicates.get(ctx.tx, key)


def _remember(
    ctx: Context, queue: Queue, draft: Draft, message_id: str, sequence: str, earlier: Duplicate | None
) -> None:
    """From now for five minutes `draft` is not delivered again.  `earlier` is what was remembered for its id."""
    assert draft.group is not None and draft.deduplication_id is not None, "FIFO drafts have both"
    duplicate = Duplicate(
        queue_id=queue.id,
        scope=fifo.scope(queue.settings, draft.group),
        deduplication_id=draft.deduplication_id,
        message_id=message_id,
        sequence=sequence,
        expires_ms=ctx.now_ms + limits.deduplication_ms,
    )
    if earlier is None:
        tables.duplicates.insert(ctx.tx, duplicate)
    else:
        tables.duplicates.replace(ctx.tx, earlier, duplicate)


Received = tuple[Message, Delivery, str]
"""A message, where it is now, and the receipt handle for it."""


def _receive(ctx: Context, box: Mailbox, count: int, timeout: int, wait: int) -> list[Received]:
    """Receive up to `count` messages; if there are none, wait for up to `wait` seconds since the call came in."""
    box.reveal()
    if box.in_flight() < limits.in_flight_max:
        taken = box.take(count, timeout, ctx.ids)
        if taken:
            return [(m, d, receipts.encode(d.contents, d.stamp, d.visible_ms, d.receipt)) for m, d in taken]
        if box.cleared:
            # What was cleared has to be committed, and a wait would undo it: the client asks again.
            return []
    elif not wait and not box.queue.fifo:
        raise OverLimit(f"The maximum number of in flight messages is reached: {limits.in_flight_max}.")
    deadline_ms = ctx.started_ms + wait * 1000
    if ctx.now_ms < deadline_ms:
        next_ms = box.next_ms() or deadline_ms
        ctx.wait(box.queue.topic, max(ctx.now_ms + 1, min(deadline_ms, next_ms)))
    return []


def _receive_attempt(
    ctx: Context, box: Mailbox, count: int, timeout: int, wait: int, attempt_id: str
) -> list[Received]:
    """Receive; or, if this attempt was made before and nothing happened to its messages, return them once more."""
    if not box.queue.fifo:
        raise invalid("ReceiveRequestAttemptId", attempt_id, fifo.NOT_FOR_THIS_TYPE)
    fifo.check_id("ReceiveRequestAttemptId", attempt_id)
    attempt = tables.attempts.get(ctx.tx, (box.queue.contents, attempt_id))
    received = _repeat(ctx, box, timeout, attempt) if attempt is not None else None
    if received is None:
        received = _receive(ctx, box, count, timeout, wait)
    if received:
        repeated = Attempt(
            contents=box.queue.contents,
            attempt_id=attempt_id,
            expires_ms=ctx.now_ms + limits.receive_attempt_ms,
            deliveries=tuple(delivery for _, delivery, _ in received),
            handles=tuple(handle for _, _, handle in received),
        )
        tables.attempts.put(ctx.tx, repeated)
    return received


def _repeat(ctx: Context, box: Mailbox, timeout: int, attempt: Attempt) -> list[Received] | None:
    """The messages of an attempt, hidden anew, None when it is too old or one of them was changed or deleted."""
    if ctx.now_ms >= attempt.expires_ms or not all(map(box.is_unchanged, attempt.deliveries)):
        return None
    received = []
    for delivery, handle in zip(attempt.deliveries, attempt.handles, strict=True):
        hidden = box.prolong(delivery, ctx.now_ms + timeout * 1000)
        received.append((box.message(delivery), hidden, handle))
    return received


def _show(
    vault: Vault,
    message: Message,
    delivery: Delivery,
    handle: str,
    system: frozenset[str],
    wanted: list[str] | tuple[()],
) -> ReceivedMessage:
    body, body_md5 = bodies.unpack(vault, message)
    shown: ReceivedMessage = {
        "MessageId": message.id,
        "ReceiptHandle": handle,
        "MD5OfBody": body_md5,
        "Body": body,
    }
    if system:
        values = {
            "SenderId": message.sender,
            "SentTimestamp": str(message.sent_ms),
            "ApproximateReceiveCount": str(delivery.receives),
            "ApproximateFirstReceiveTimestamp": str(delivery.first_ms),
            "SequenceNumber": message.sequence,
            "MessageDeduplicationId": message.deduplication_id,
            "MessageGroupId": message.group,
            "AWSTraceHeader": message.trace_header,
            "DeadLetterQueueSourceArn": message.dead_letter_source,
        }
        shown["Attributes"] = {n: value for n, value in values.items() if value is not None and n in system}
    if wanted and message.attributes:
        selected = message_rules.select(wanted, message.attributes)
        if selected:
            shown["MD5OfMessageAttributes"] = digest.of_attributes(selected)
            shown["MessageAttributes"] = {n: message_rules.show_attribute(a) for n, a in selected.items()}
    return shown
