"""Calls from one service to another: validated, authorized and recorded like any other, in one transaction.

The calling service is the test's own, so that it can do what a later one of AWS's will.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from botocore.exceptions import ClientError

from gureum.api.context import Context
from gureum.api.service import Service, any_resource
from gureum.services.iam import iam
from gureum.services.sqs import sqs
from tests.support.inprocess import ACCOUNT, House, serving

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
QUEUE = f"http://localhost/{ACCOUNT}/orders"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


class Published(TypedDict):
    MessageId: str


class Created(TypedDict):
    TopicArn: str


def topics() -> Service:
    """A service that delivers for itself, and creates for whoever asks."""
    sns = Service("sns")

    @sns.operation(resource=any_resource)
    def publish(ctx: Context, message: str, topic_arn: str | None = None) -> Published:
        """Sends to the queue as the service, on behalf of the topic."""
        sent = ctx.call("sqs", "SendMessage", {"QueueUrl": QUEUE, "MessageBody": message}, source_arn=topic_arn)
        return {"MessageId": sent["MessageId"]}

    @sns.operation(resource=any_resource)
    def create_topic(ctx: Context, name: str) -> Created:
        """Creates a queue as the caller."""
        ctx.call("sqs", "CreateQueue", {"QueueName": name})
        return {"TopicArn": TOPIC}

    return sns


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A queue whose policy lets the service in for one topic."""
    with serving(iam, sqs, topics()) as started:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": QUEUE_ARN,
            "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        started.client("sqs").create_queue(QueueName="orders", Attributes={"Policy": policy})
        yield started


def user(house: House, name: str, service: str, *statements: dict[str, Any]) -> Any:
    """A client that is a user with these statements."""
    admin = house.client("iam")
    admin.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    admin.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    key = admin.create_access_key(UserName=name)["AccessKey"]
    return house.client(service, key=(key["AccessKeyId"], key["SecretAccessKey"]))


def test_a_service_acts_for_itself(house: House) -> None:
    """The queue's policy decides, by the service's principal and the resource it acts for; the record shows it."""
    house.client("sns").publish(TopicArn=TOPIC, Message="hello")
    received = house.client("sqs").receive_message(QueueUrl=QUEUE)["Messages"][0]
    assert received["Body"] == "hello"
    inner = next(call for call in reversed(house.recorded()) if call.operation == "SendMessage")
    assert (inner.principal_type, inner.invoked_by, inner.account) == ("AWSService", "sns.amazonaws.com", ACCOUNT)
    assert inner.source_ip == "sns.amazonaws.com"


def test_it_is_refused_like_anybody(house: House) -> None:
    """For another topic nothing is allowed, and what was done before is undone with it."""
    with pytest.raises(ClientError, match="no resource-based policy allows the sqs:SendMessage action"):
        house.client("sns").publish(TopicArn=TOPIC + "2", Message="hello")


def test_a_call_for_the_caller_needs_the_callers_permission(house: House) -> None:
    """Through a service a user may do what it may do itself, and no more."""
    sns = user(house, "bob", "sns", {"Effect": "Allow", "Action": "sns:*", "Resource": "*"})
    with pytest.raises(ClientError, match="user/bob is not authorized to perform: sqs:CreateQueue"):
        sns.create_topic(Name="made")


def test_policies_know_that_a_service_is_between(house: House) -> None:
    """`aws:CalledVia` and `aws:ViaAWSService`: allowed through the service, refused directly."""
    through = {"StringEquals": {"aws:CalledViaFirst": "sns.amazonaws.com"}, "Bool": {"aws:ViaAWSService": "true"}}
    statements = (
        {"Effect": "Allow", "Action": "sns:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": through},
    )
    user(house, "carol", "sns", *statements).create_topic(Name="made")
    inner = next(call for call in reversed(house.recorded()) if call.operation == "CreateQueue")
    assert (inner.principal_name, inner.invoked_by) == ("carol", "sns.amazonaws.com")
    key = house.client("iam").create_access_key(UserName="carol")["AccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        house.client("sqs", key=(key["AccessKeyId"], key["SecretAccessKey"])).create_queue(QueueName="direct")


def test_input_is_validated(house: House) -> None:
    """What the model forbids does not get in from inside either."""
    with pytest.raises(ClientError):
        house.client("sns").create_topic(Name="x" * 200)
