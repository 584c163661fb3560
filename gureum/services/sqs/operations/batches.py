"""Batches: up to ten sends, deletes or visibility changes in one request.

Each entry succeeds or fails by itself, in one transaction: an entry checks everything before it writes anything, so one
that fails has written nothing.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NotRequired, TypedDict, TypeVar

from gureum.api.context import Context
from gureum.api.errors import ApiError
from gureum.services.sqs import quotas, tables
from gureum.services.sqs.errors import ReceiptHandleIsInvalid, missing
from gureum.services.sqs.mailbox import Mailbox
from gureum.services.sqs.operations.messages import Draft, change, delete, post, prepare
from gureum.services.sqs.rules import batches
from gureum.services.sqs.rules.messages import MessageAttributeValue
from gureum.services.sqs.service import QUEUE, queue_arn, sqs

Entry = TypeVar("Entry")
T = TypeVar("T")


class SendMessageBatchRequestEntry(TypedDict):
    Id: str
    MessageBody: str
    DelaySeconds: NotRequired[int]
    MessageAttributes: NotRequired[dict[str, MessageAttributeValue]]
    MessageSystemAttributes: NotRequired[dict[str, MessageAttributeValue]]
    MessageDeduplicationId: NotRequired[str]
    MessageGroupId: NotRequired[str]


class DeleteMessageBatchRequestEntry(TypedDict):
    Id: str
    ReceiptHandle: str


class ChangeMessageVisibilityBatchRequestEntry(TypedDict):
    Id: str
    ReceiptHandle: str
    VisibilityTimeout: NotRequired[int]


class SendMessageBatchResultEntry(TypedDict):
    Id: str
    MessageId: str
    MD5OfMessageBody: str
    MD5OfMessageAttributes: NotRequired[str]
    MD5OfMessageSystemAttributes: NotRequired[str]
    SequenceNumber: NotRequired[str]


class ResultEntry(TypedDict):
    Id: str


class BatchResultErrorEntry(TypedDict):
    Id: str
    SenderFault: bool
    Code: str
    Message: str


class SendMessageBatchResult(TypedDict):
    Successful: list[SendMessageBatchResultEntry]
    Failed: list[BatchResultErrorEntry]


class DeleteMessageBatchResult(TypedDict):
    Successful: list[ResultEntry]
    Failed: list[BatchResultErrorEntry]


class ChangeMessageVisibilityBatchResult(TypedDict):
    Successful: list[ResultEntry]
    Failed: list[BatchResultErrorEntry]


@sqs.operation(action="sqs:SendMessage", resource=queue_arn, hidden=frozenset({"Entries", "Successful"}), data=QUEUE)
def send_message_batch(
    ctx: Context, queue_url: str, entries: list[SendMessageBatchRequestEntry]
) -> SendMessageBatchResult:
    """Send up to ten messages, a mebibyte together, in the order in which they stand."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    batches.check_ids([entry["Id"] for entry in entries], "SendMessageBatchRequestEntry")
    batches.check_size(
        sum(batches.entry_size(entry["MessageBody"], entry.get("MessageAttributes")) for entry in entries)
    )

    def prepare_entry(entry: SendMessageBatchRequestEntry) -> Draft:
        return prepare(
            queue,
            entry["MessageBody"],
            entry.get("DelaySeconds"),
            entry.get("MessageAttributes"),
            entry.get("MessageSystemAttributes"),
            entry.get("MessageDeduplicationId"),
            entry.get("MessageGroupId"),
        )

    drafts, failed = _each(((entry["Id"], entry) for entry in entries), prepare_entry)
    quotas.count_send(ctx.tx, queue, {draft.group or "" for _, draft in drafts}, ctx.now_ms)
    box = Mailbox(ctx.tx, queue, ctx.now_ms)
    return {"Successful": [{"Id": name, **post(ctx, box, draft)} for name, draft in drafts], "Failed": failed}


@sqs.operation(action="sqs:DeleteMessage", resource=queue_arn, data=QUEUE)
def delete_message_batch(
    ctx: Context, queue_url: str, entries: list[DeleteMessageBatchRequestEntry]
) -> DeleteMessageBatchResult:
    """Delete up to ten messages that were received."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    batches.check_ids([entry["Id"] for entry in entries], "DeleteMessageBatchRequestEntry")
    quotas.count_call(ctx.tx, queue, "DeleteMessage", ctx.now_ms)
    box = Mailbox(ctx.tx, queue, ctx.now_ms)

    def delete_entry(entry: DeleteMessageBatchRequestEntry) -> None:
        if not delete(box, entry["ReceiptHandle"]):
            raise ReceiptHandleIsInvalid("The receipt handle has expired")

    done, failed = _each(((entry["Id"], entry) for entry in entries), delete_entry)
    return {"Successful": [{"Id": name} for name, _ in done], "Failed": failed}


@sqs.operation(action="sqs:ChangeMessageVisibility", resource=queue_arn, data=QUEUE)
def change_message_visibility_batch(
    ctx: Context, queue_url: str, entries: list[ChangeMessageVisibilityBatchRequestEntry]
) -> ChangeMessageVisibilityBatchResult:
    """Change how long up to ten messages stay hidden."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    batches.check_ids([entry["Id"] for entry in entries], "ChangeMessageVisibilityBatchRequestEntry")
    box = Mailbox(ctx.tx, queue, ctx.now_ms)

    def change_entry(entry: ChangeMessageVisibilityBatchRequestEntry) -> None:
        seconds = entry.get("VisibilityTimeout")
        if seconds is None:
            raise missing("VisibilityTimeout")
        change(box, entry["ReceiptHandle"], seconds, ctx.now_ms)

    done, failed = _each(((entry["Id"], entry) for entry in entries), change_entry)
    return {"Successful": [{"Id": name} for name, _ in done], "Failed": failed}


def _each(
    entries: Iterable[tuple[str, Entry]], work: Callable[[Entry], T]
) -> tuple[list[tuple[str, T]], list[BatchResultErrorEntry]]:
    """(id, what `work` returned) for the entries where it succeeded, and the others as clients see them."""
    done: list[tuple[str, T]] = []
    failed: list[BatchResultErrorEntry] = []
    for name, entry in entries:
        try:
            done.append((name, work(entry)))
        except ApiError as error:
            failed.append({"Id": name, "SenderFault": True, "Code": error.name(), "Message": error.text})
    return done, failed
