"""AddPermission, RemovePermission and the limits of policies, through boto3 in both protocols."""

from __future__ import annotations

import json
from typing import Any

from tests.support.refusals import refused

ACCOUNTS = ["111122223333", "444455556666"]


def policy(sqs: Any, url: str) -> dict[str, Any] | None:
    """The queue's policy."""
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])["Attributes"]
    return json.loads(shown["Policy"]) if "Policy" in shown else None


def test_permissions_are_statements_of_the_policy(sqs: Any, url: str, name: str) -> None:
    """Added under a label, removed by it; the last one takes the policy with it."""
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=ACCOUNTS[:1], Actions=["SendMessage"])
    sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=ACCOUNTS, Actions=["ReceiveMessage", "*"])
    two = {
        "Sid": "two",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in ACCOUNTS]},
        "Action": ["SQS:ReceiveMessage", "SQS:*"],
        "Resource": arn,
    }
    one = {
        **two,
        "Sid": "one",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS[0]}:root"},
        "Action": "SQS:SendMessage",
    }
    assert policy(sqs, url) == {"Version": "2012-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [one, two]}
    sqs.remove_permission(QueueUrl=url, Label="one")
    found = policy(sqs, url)
    assert found is not None
    assert found["Statement"] == [two]
    sqs.remove_permission(QueueUrl=url, Label="two")
    assert policy(sqs, url) is None


def test_permissions_have_rules(sqs: Any, url: str) -> None:
    """Labels, accounts and actions that cannot be, and AWS's limits."""
    good: dict[str, Any] = {"Label": "a", "AWSAccountIds": ACCOUNTS[:1], "Actions": ["SendMessage"]}
    for change, text in (
        ({"Label": "a b"}, "1 to 80 in length"),
        ({"AWSAccountIds": ["1"]}, "Unable to verify."),
        ({"Actions": ["Explode"]}, "SQS:Explode"),
    ):
        with refused("InvalidParameterValue", text):
            sqs.add_permission(QueueUrl=url, **{**good, **change})
    with refused("OverLimit", "8 Actions were found, maximum allowed is 7.", 403):
        sqs.add_permission(QueueUrl=url, **{**good, "Actions": ["SendMessage"] * 8})
    with refused("InvalidParameterValue", "can't find label on existing policy"):
        sqs.remove_permission(QueueUrl=url, Label="a")
    sqs.add_permission(QueueUrl=url, **good)
    with refused("InvalidParameterValue", "Already exists."):
        sqs.add_permission(QueueUrl=url, **good)
    for number in range(19):
        sqs.add_permission(QueueUrl=url, **{**good, "Label": str(number)})
    with refused("OverLimit", "21 Statements", 403):
        sqs.add_permission(QueueUrl=url, **{**good, "Label": "x"})
