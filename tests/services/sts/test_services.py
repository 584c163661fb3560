"""Services that assume the roles which people gave them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

from gureum.api.context import Context
from gureum.api.service import Service, any_resource
from gureum.services.iam import iam
from gureum.services.sts import sts
from tests.services.iam.documents import allow
from tests.services.sts.people import add_role, trusting
from tests.support.inprocess import ACCOUNT, House, serving
from tests.support.refusals import refused

worker = Service("sqs")
SOURCE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


class CreateQueueResult(TypedDict):
    """Whoever the service has become."""

    QueueUrl: str


@worker.operation(resource=any_resource)
def create_queue(ctx: Context, queue_name: str) -> CreateQueueResult:
    """Assume the role called like the queue, for a resource of the caller's."""
    members = {"RoleArn": f"arn:aws:iam::{ctx.account}:role/{queue_name}", "RoleSessionName": "orders"}
    answer = ctx.call("sts", "AssumeRole", members, source_arn=SOURCE)
    return {"QueueUrl": answer["AssumedRoleUser"]["Arn"]}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A cloud with a service of the test's own in it."""
    with serving(worker, iam, sts) as started:
        yield started


def test_a_service_assumes_a_role_that_trusts_it(house: House) -> None:
    """It alone, and on behalf of the resource that the role names: the other confused deputy."""
    people: Any = house.client("iam")
    queues: Any = house.client("sqs")
    host = "sqs.amazonaws.com"
    add_role(people, "open", trusting(Service=host), allow("s3:*"))
    add_role(people, "mine", trusting(Service=host, condition={"ArnEquals": {"aws:SourceArn": SOURCE}}))
    add_role(people, "other", trusting(Service=host, condition={"ArnEquals": {"aws:SourceArn": f"{SOURCE}2"}}))
    add_role(people, "person", trusting(AWS=ACCOUNT))
    for name in ("open", "mine"):
        assumed = queues.create_queue(QueueName=name)["QueueUrl"]
        assert assumed == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/orders"
    for name in ("other", "person", "missing"):
        with refused("AccessDenied", f"User: {host} is not authorized to perform: sts:AssumeRole", 403):
            queues.create_queue(QueueName=name)
