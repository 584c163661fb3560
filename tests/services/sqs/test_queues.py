"""Queues through boto3, in both protocols."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.clouds import Cloud
from tests.support.refusals import QUERY, refused


def test_a_queue_is_created_found_and_listed(sqs: Any, name: str) -> None:
    """The life of a queue as every client begins it."""
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url.endswith(f"/000000000000/{name}")
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId="000000000000")["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] == [url]


def test_creating_it_again_is_no_error_unless_it_is_to_be_different(sqs: Any, name: str) -> None:
    """CreateQueue is idempotent."""
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"}, tags={"a": "b"})["QueueUrl"]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"}, tags={"a": "b"})["QueueUrl"] == url
    with refused("QueueAlreadyExists", "different value for attribute VisibilityTimeout"):
        sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "46"})
    with refused("QueueAlreadyExists", "different tags"):
        sqs.create_queue(QueueName=name, tags={"a": "c"})


def test_a_deleted_queue_is_gone_and_its_name_is_free_after_a_minute(sqs: Any, cloud: Cloud, name: str) -> None:
    """The 60-second rule, and that a new queue of an old name is empty."""
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.delete_queue(QueueUrl=url)
    with refused(f"{QUERY}NonExistentQueue", "The specified queue does not exist"):
        sqs.get_queue_url(QueueName=name)
    with refused(f"{QUERY}NonExistentQueue"):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    with refused(f"{QUERY}QueueDeletedRecently", "60 seconds"):
        sqs.create_queue(QueueName=name)
    cloud.advance(60)
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_purge_deletes_everything_once_a_minute(sqs: Any, cloud: Cloud, url: str) -> None:
    """Messages in flight are purged as well, and their handles do nothing."""
    for body in ("a", "b"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.purge_queue(QueueUrl=url)
    with refused(f"{QUERY}PurgeQueueInProgress", "allowed every 60 seconds", 403):
        sqs.purge_queue(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert [v for n, v in counted.items() if n.startswith("Approximate")] == ["0", "0", "0"]
    cloud.advance(60)
    sqs.purge_queue(QueueUrl=url)


def test_queues_are_listed_in_pages(sqs: Any, name: str) -> None:
    """A token only comes when pages are asked for, and is good for the same listing only."""
    urls = [sqs.create_queue(QueueName=f"{name[:70]}-{n}")["QueueUrl"] for n in range(5)]
    prefix = f"{name[:70]}-"
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2})
    assert [url for page in pages for url in page["QueueUrls"]] == urls
    assert "NextToken" not in sqs.list_queues(QueueNamePrefix=prefix)
    token = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)["NextToken"]
    with refused("InvalidParameterValue", "next token"):
        sqs.list_queues(QueueNamePrefix=f"{prefix}0", MaxResults=2, NextToken=token)
    with refused("InvalidParameterValue", "between 1 and 1000"):
        sqs.list_queues(MaxResults=1001)
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=f"{prefix}none")


@pytest.mark.parametrize(
    ("wrong", "attributes"),
    [
        ("", {}),
        ("with space", {}),
        ("x" * 81, {}),
        ("queue.fifo", {}),
        ("queue", {"FifoQueue": "true"}),
        ("x" * 76 + ".fifo", {"FifoQueue": "true"}),
    ],
)
def test_names_have_rules(sqs: Any, wrong: str, attributes: dict[str, str]) -> None:
    """80 characters, and `.fifo` exactly where a queue is FIFO."""
    with refused("InvalidParameterValue", "1 to 80 in length"):
        sqs.create_queue(QueueName=wrong, Attributes=attributes)


ATTRIBUTES = {
    "DelaySeconds": ("5", ["-1", "901", "x", "", "１"]),
    "MaximumMessageSize": ("2048", ["1023", "1048577"]),
    "MessageRetentionPeriod": ("60", ["59", "1209601"]),
    "ReceiveMessageWaitTimeSeconds": ("20", ["21"]),
    "VisibilityTimeout": ("43200", ["43201", "1.5"]),
    "SqsManagedSseEnabled": ("false", ["yes"]),
    "Policy": (
        json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "SQS:*", "Resource": "*"}]}),
        ["{", "[]", "{}", '{"Statement":[{"Effect":"Allow"}]}', '{"Statement":[7]}'],
    ),
}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attributes_are_set_and_read(sqs: Any, url: str, attribute: str) -> None:
    """Every attribute by itself: the good value comes back, bad ones are refused and change nothing."""
    good, bad = ATTRIBUTES[attribute]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: good})
    for value in bad:
        with refused("InvalidAttributeValue", f"Invalid value for the parameter {attribute}."):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: value})
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"] == {attribute: good}


def test_a_new_queue_has_the_documented_defaults(sqs: Any, url: str, name: str) -> None:
    """What GetQueueAttributes shows of a queue that was created without any."""
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert shown.pop("CreatedTimestamp") == shown.pop("LastModifiedTimestamp")
    assert shown == {
        "QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{name}",
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)


def test_a_change_has_a_time(sqs: Any, cloud: Cloud, url: str) -> None:
    """LastModifiedTimestamp."""
    cloud.advance(100)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["CreatedTimestamp", "LastModifiedTimestamp"])
    assert int(shown["Attributes"]["LastModifiedTimestamp"]) >= int(shown["Attributes"]["CreatedTimestamp"]) + 100


def test_fifo_attributes_belong_to_fifo_queues(sqs: Any, url: str, fifo_url: str) -> None:
    """High throughput needs both attributes; a standard queue knows none of them."""
    fifo = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    with refused("InvalidAttributeValue", "only when DeduplicationScope is messageGroup"):
        sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes={"FifoThroughputLimit": "perMessageGroupId"})
    with refused("InvalidAttributeValue", "DeduplicationScope"):
        sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes={"DeduplicationScope": "account"})
    sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes=fifo)
    names = [*fifo, "FifoQueue", "ContentBasedDeduplication"]
    shown = sqs.get_queue_attributes(QueueUrl=fifo_url, AttributeNames=names)["Attributes"]
    assert shown == {**fifo, "FifoQueue": "true", "ContentBasedDeduplication": "true"}
    with refused("InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"ContentBasedDeduplication": "true"})


def test_what_is_not_an_attribute_is_named(sqs: Any, url: str, name: str) -> None:
    """Unknown names, names that cannot be set, and `FifoQueue` of a standard queue."""
    for attribute in ("Colour", "QueueArn", "FifoQueue"):
        with refused("InvalidAttributeName", f"Unknown Attribute {attribute}."):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: "true"})
    with refused("InvalidAttributeName", "Unknown Attribute Colour."):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Colour"])
    with refused("InvalidAttributeName", "Unknown Attribute FifoQueue."):
        sqs.create_queue(QueueName=f"{name[:70]}-2", Attributes={"FifoQueue": "false"})


def test_a_customer_key_is_refused_by_name(sqs: Any, url: str) -> None:
    """There is no KMS: nothing is accepted and ignored."""
    with refused("NotImplemented", "KmsMasterKeyId", 501):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": ""})


def test_the_life_of_data_keys_is_refused_by_name(sqs: Any, url: str) -> None:
    """Data keys are KMS's.  The default changes nothing and is accepted: Terraform sends it."""
    for value in ("59", "86401", "x"):
        with refused("InvalidAttributeValue", "Invalid value for the parameter KmsDataKeyReusePeriodSeconds."):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsDataKeyReusePeriodSeconds": value})
    with refused("NotImplemented", "KmsDataKeyReusePeriodSeconds", 501):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsDataKeyReusePeriodSeconds": "60"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsDataKeyReusePeriodSeconds": "300"})


def test_what_is_no_queue_url_is_an_invalid_address(sqs: Any) -> None:
    """InvalidAddress, and a queue that does not exist."""
    with refused("InvalidAddress", "is not valid for this endpoint", 404):
        sqs.get_queue_attributes(QueueUrl="http://localhost/nowhere", AttributeNames=["All"])
    with refused(f"{QUERY}NonExistentQueue"):
        sqs.get_queue_attributes(QueueUrl="http://elsewhere:1/000000000000/nothing", AttributeNames=["All"])


def test_another_account_is_refused(sqs: Any) -> None:
    """The account of the URL counts, and only its owner has it."""
    with refused("AccessDenied", status=403):
        sqs.send_message(QueueUrl="http://localhost/999999999999/theirs", MessageBody="x")


def test_regions_are_apart(client: Any, sqs: Any, url: str, name: str) -> None:
    """A queue exists in the region in which it was created."""
    with refused(f"{QUERY}NonExistentQueue"):
        client("sqs", region="eu-west-1").get_queue_url(QueueName=name)
