"""Sharing a queue: AddPermission and RemovePermission edit the queue's policy.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
"""

from __future__ import annotations

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.services.sqs import tables
from gureum.services.sqs.records import Queue
from gureum.services.sqs.rules import policy
from gureum.services.sqs.service import queue_arn, sqs


@sqs.operation(resource=queue_arn)
def add_permission(ctx: Context, queue_url: str, label: str, aws_account_ids: list[str], actions: list[str]) -> None:
    """Let other accounts do something with the queue."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    _set_policy(ctx, queue, policy.add(queue.settings.policy, queue.arn, label, aws_account_ids, actions))


@sqs.operation(resource=queue_arn)
def remove_permission(ctx: Context, queue_url: str, label: str) -> None:
    """Take back what was allowed under a label."""
    queue = tables.find_queue(ctx.tx, ctx.region, queue_url)
    _set_policy(ctx, queue, policy.remove(queue.settings.policy, label))


def _set_policy(ctx: Context, queue: Queue, text: str) -> None:
    settings = replace(queue.settings, policy=text)
    tables.queues.replace(ctx.tx, queue, replace(queue, settings=settings, modified_ms=ctx.now_ms))
