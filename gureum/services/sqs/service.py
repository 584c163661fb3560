"""The service object of SQS, and what its operations act on in the eyes of IAM.

A queue URL is `ENDPOINT/ACCOUNT/NAME`.  Clients come by many names for the same endpoint, so only the last two
components count.  The region is the one that the request is signed for.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.guards import Need, ResourcePolicy, request_tags, tag_keys
from gureum.api.policy.model import KeyValue
from gureum.api.service import Service
from gureum.identity import pinning
from gureum.services.sqs import tables
from gureum.services.sqs.rules import names
from gureum.wire.validate import missing_parameter


def queue_policy(ctx: Context, action: str, arn: str) -> ResourcePolicy | None:
    """The policy of a queue.

    It cannot allow others what only its own account may do, and not keep the root user from mending it.
    """
    queue = tables.queue_of_arn(ctx.tx, arn)
    if queue is None or not queue.settings.policy:
        return None
    if ctx.account != queue.account and action.removeprefix("sqs:") in _own_account_only:
        return None
    if ctx.principal.type == "Root" and ctx.account == queue.account and action in _unlocking:
        return None
    return ResourcePolicy(*pinning.current(ctx.tx, queue.settings.policy, queue.settings.pins))


_unlocking: Final = frozenset({"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueues", "sqs:SetQueueAttributes"})
"""Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-tasks.html (policies that deny all principals)"""

_own_account_only: Final = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html"""


def queue_tags(ctx: Context, arn: str) -> Mapping[str, str]:
    """The tags of a queue."""
    queue = tables.queue_of_arn(ctx.tx, arn)
    return {} if queue is None else queue.tags


QUEUE: Final = "AWS::SQS::Queue"
"""CloudTrail's resource type of the operations that it holds for data events.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html
"""

sqs = Service("sqs", wording=missing_parameter, guardian=queue_policy, tags=queue_tags)


def tags_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request that brings tags (CreateQueue, TagQueue) or names some (UntagQueue)."""
    tags: Mapping[str, str] = values.get("tags") or values.get("Tags") or {}
    return request_tags(tags.items()) or tag_keys(values.get("TagKeys", ()))


def tagging(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
    """To create a queue with tags needs the permission to tag it."""
    return [Need("sqs:TagQueue", named_queue_arn(ctx, values))] if values.get("tags") else []


def queue_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The ARN of the queue of `QueueUrl`.  Raises InvalidAddress."""
    account, name = names.from_url(values["QueueUrl"])
    return names.arn(ctx.region, account, name)


def named_queue_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The ARN of the queue of `QueueName`, in the account of `QueueOwnerAWSAccountId` or the caller's."""
    return names.arn(ctx.region, values.get("QueueOwnerAWSAccountId") or ctx.account, values["QueueName"])
