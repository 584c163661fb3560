"""The service object of SQS, and what its operations act on in the eyes of IAM.

A queue URL is `ENDPOINT/ACCOUNT/NAME`.  Clients come by many names for the same endpoint, so only the last two
components count.  The region is the one that the request is signed for.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gureum.api.context import Context
from gureum.api.service import Service
from gureum.services.sqs.rules import names
from gureum.wire.validate import missing_parameter

sqs = Service("sqs", wording=missing_parameter)


def queue_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The ARN of the queue of `QueueUrl`.  Raises InvalidAddress."""
    account, name = names.from_url(values["QueueUrl"])
    return names.arn(ctx.region, account, name)


def named_queue_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The ARN of the queue of `QueueName`, in the account of `QueueOwnerAWSAccountId` or the caller's."""
    return names.arn(ctx.region, values.get("QueueOwnerAWSAccountId") or ctx.account, values["QueueName"])
