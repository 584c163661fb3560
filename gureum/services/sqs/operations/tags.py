"""Cost allocation tags of queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html
"""

from __future__ import annotations

from typing import TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.services.sqs import tables
from gureum.services.sqs.rules import tags as rules
from gureum.services.sqs.service import QUEUE, queue_arn, sqs, tags_asked_for


class ListQueueTagsResult(TypedDict, total=False):
    Tags: dict[str, str]


@sqs.operation(resource=queue_arn, keys=tags_asked_for)
def tag_queue(ctx: Context, queue_url: str, tags: dict[str, str]) -> None:
    """Add tags; one whose key is there is overwritten."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    tables.queues.replace(ctx.tx, queue, replace(queue, tags=rules.merge(queue.tags, tags)))


@sqs.operation(resource=queue_arn, keys=tags_asked_for)
def untag_queue(ctx: Context, queue_url: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    tables.queues.replace(ctx.tx, queue, replace(queue, tags=rules.without(queue.tags, tag_keys)))


@sqs.operation(resource=queue_arn, readonly=True, data=QUEUE)
def list_queue_tags(ctx: Context, queue_url: str) -> ListQueueTagsResult:
    """All tags of a queue."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    return {"Tags": queue.tags} if queue.tags else {}
