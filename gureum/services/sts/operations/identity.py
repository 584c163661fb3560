"""GetCallerIdentity.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.services.sts.service import sts


class GetCallerIdentityResult(TypedDict):
    """The caller's unique id, account and ARN."""

    UserId: str
    Account: str
    Arn: str


@sts.operation(resource=any_resource, readonly=True)
def get_caller_identity(ctx: Context) -> GetCallerIdentityResult:
    """Needs no permission on AWS, and cannot be denied."""
    return {"UserId": ctx.principal.id, "Account": ctx.account, "Arn": ctx.principal.arn}
