"""DescribeCloud."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from gureum.api import calls, models
from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.services.cloud import tables
from gureum.services.cloud.records import Offering
from gureum.services.cloud.service import OWNER, cloud, this_cloud


class ServiceSummary(TypedDict):
    """A service that is offered."""

    Name: str
    Operations: int
    Total: int


class DescribeCloudResult(TypedDict):
    """The running cloud."""

    Version: str
    Account: str
    Endpoint: str
    StartedAt: datetime
    Workers: int
    State: str
    Services: list[ServiceSummary]
    Requests: int


@cloud.operation(resource=this_cloud, readonly=True)
def describe_cloud(ctx: Context) -> DescribeCloudResult:
    """Where it listens, what it offers, how much it has served."""
    facts = tables.read_facts(ctx.tx)
    return {
        "Version": facts.version,
        "Account": OWNER,
        "Endpoint": facts.endpoint,
        "StartedAt": to_datetime(facts.started_host_ms),
        "Workers": facts.workers,
        "State": facts.state,
        "Services": [_summary(offering) for offering in facts.offerings],
        "Requests": calls.counted(ctx.tx),
    }


def _summary(offering: Offering) -> ServiceSummary:
    total = models.operation_count(offering.name)
    return {"Name": offering.name, "Operations": offering.operations, "Total": total}
