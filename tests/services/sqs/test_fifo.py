"""FIFO queues through boto3, in both protocols: duplicates, order, ids, throughput."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.sqs.local import Local
from tests.support.clouds import Cloud
from tests.support.refusals import refused


def send(sqs: Any, url: str, body: str, group: str = "g", **options: Any) -> dict[str, Any]:
    """Send to a group."""
    sent: dict[str, Any] = sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **options)
    return sent


def receive(sqs: Any, url: str, count: int = 10, **options: Any) -> list[dict[str, Any]]:
    """Receive with all system attributes."""
    received: list[dict[str, Any]] = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=count, MessageSystemAttributeNames=["All"], **options
    ).get("Messages", [])
    return received


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    """What was in them."""
    return [message["Body"] for message in messages]


def test_a_repetition_is_not_delivered(sqs: Any, cloud: Cloud, fifo_url: str) -> None:
    """For five minutes, by id or by content; also when the first has been deleted.  The answer is the first one's."""
    first = send(sqs, fifo_url, "a")
    again = send(sqs, fifo_url, "a", "other")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    content = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert send(sqs, fifo_url, "b", MessageDeduplicationId=content)["MessageId"] == first["MessageId"]
    [message] = receive(sqs, fifo_url)
    assert message["Attributes"]["MessageDeduplicationId"] == content
    assert message["Attributes"]["MessageGroupId"] == "g"
    assert message["Attributes"]["SequenceNumber"] == first["SequenceNumber"]
    sqs.delete_message(QueueUrl=fifo_url, ReceiptHandle=message["ReceiptHandle"])
    send(sqs, fifo_url, "a")
    assert receive(sqs, fifo_url) == []
    cloud.advance(300)
    assert send(sqs, fifo_url, "a")["MessageId"] != first["MessageId"]
    assert bodies(receive(sqs, fifo_url)) == ["a"]


def test_duplicates_may_be_looked_for_in_the_group_only(sqs: Any, fifo_url: str) -> None:
    """DeduplicationScope messageGroup."""
    sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes={"DeduplicationScope": "messageGroup"})
    for group in ("g", "h", "g"):
        send(sqs, fifo_url, "a", group)
    assert bodies(receive(sqs, fifo_url)) == ["a", "a"]


def test_sequence_numbers_have_twenty_digits_and_grow(sqs: Any, fifo_url: str) -> None:
    """Their length is fixed, so they order as text too."""
    numbers = [send(sqs, fifo_url, str(n))["SequenceNumber"] for n in range(3)]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {20}


def test_a_group_keeps_its_order_and_waits_for_itself(sqs: Any, cloud: Cloud, fifo_url: str) -> None:
    """While a message of a group is in flight none of that group comes; other groups do."""
    for body in ("a1", "b1", "a2", "a3"):
        send(sqs, fifo_url, body, body[0])
    first = receive(sqs, fifo_url, 2)
    assert bodies(first) == ["a1", "a2"]
    second = receive(sqs, fifo_url)
    assert bodies(second) == ["b1"]
    sqs.delete_message(QueueUrl=fifo_url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert receive(sqs, fifo_url) == []
    sqs.change_message_visibility(QueueUrl=fifo_url, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(receive(sqs, fifo_url)) == ["a2", "a3"]
    cloud.advance(30)
    assert bodies(receive(sqs, fifo_url)) == ["b1", "a2", "a3"]


def test_a_batch_is_one_group_first(sqs: Any, fifo_url: str) -> None:
    """ReceiveMessage prefers messages of one group, then goes on with the next."""
    for number in range(6):
        send(sqs, fifo_url, f"{'ab'[number % 2]}{number}", "ab"[number % 2])
    assert bodies(receive(sqs, fifo_url)) == ["a0", "a2", "a4", "b1", "b3", "b5"]


def test_a_handle_is_good_until_its_time(sqs: Any, cloud: Cloud, fifo_url: str) -> None:
    """Afterwards it neither deletes nor changes; a message that is gone may be deleted again."""
    send(sqs, fifo_url, "a")
    [message] = receive(sqs, fifo_url, VisibilityTimeout=10)
    handle = {"QueueUrl": fifo_url, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(**handle, VisibilityTimeout=20)
    cloud.advance(20)
    with refused("InvalidParameterValue", "Reason: The receipt handle has expired."):
        sqs.delete_message(**handle)
    with refused("InvalidParameterValue", "Reason: The receipt handle has expired."):
        sqs.change_message_visibility(**handle, VisibilityTimeout=20)
    batch = sqs.delete_message_batch(QueueUrl=fifo_url, Entries=[{"Id": "a", "ReceiptHandle": handle["ReceiptHandle"]}])
    assert (batch["Failed"][0]["Code"], batch["Failed"][0]["Message"]) == (
        "ReceiptHandleIsInvalid",
        "The receipt handle has expired",
    )
    [message] = receive(sqs, fifo_url)
    for _ in range(2):
        sqs.delete_message(QueueUrl=fifo_url, ReceiptHandle=message["ReceiptHandle"])


def test_a_receive_may_be_repeated(sqs: Any, cloud: Cloud, fifo_url: str) -> None:
    """ReceiveRequestAttemptId: same messages, same handles, hidden anew; unless one was deleted or changed."""
    for body in ("a", "b"):
        send(sqs, fifo_url, body, body)
    first = receive(sqs, fifo_url, ReceiveRequestAttemptId="try", VisibilityTimeout=100)
    cloud.advance(60)
    again = receive(sqs, fifo_url, ReceiveRequestAttemptId="try", VisibilityTimeout=100)
    assert again == first
    cloud.advance(60)
    assert receive(sqs, fifo_url) == []
    assert receive(sqs, fifo_url, ReceiveRequestAttemptId="try") == first
    sqs.delete_message(QueueUrl=fifo_url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert receive(sqs, fifo_url, ReceiveRequestAttemptId="try") == []


def test_a_queues_delay_holds_for_what_is_there_too(sqs: Any, cloud: Cloud, fifo_url: str) -> None:
    """A FIFO queue's delay is retroactive, and messages have none of their own."""
    send(sqs, fifo_url, "a")
    sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes={"DelaySeconds": "100"})
    send(sqs, fifo_url, "b")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    shown = sqs.get_queue_attributes(QueueUrl=fifo_url, AttributeNames=names)["Attributes"]
    assert shown == {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "2"}
    assert receive(sqs, fifo_url) == []
    cloud.advance(100)
    assert bodies(receive(sqs, fifo_url)) == ["a", "b"]
    with refused("InvalidParameterValue", "not valid for this queue type"):
        send(sqs, fifo_url, "c", DelaySeconds=1)


def test_ids_have_rules(sqs: Any, url: str, fifo_url: str) -> None:
    """What is needed, what is allowed, and what is only for the other type."""
    with refused("MissingParameter", "MessageGroupId"):
        sqs.send_message(QueueUrl=fifo_url, MessageBody="a")
    for wrong in ("", "a b", "é", "x" * 129):
        with refused("InvalidParameterValue", "can only include alphanumeric and punctuation characters"):
            send(sqs, fifo_url, "a", wrong)
        with refused("InvalidParameterValue", "can only include alphanumeric and punctuation characters"):
            send(sqs, fifo_url, "a", MessageDeduplicationId=wrong)
        with refused("InvalidParameterValue", "can only include alphanumeric and punctuation characters"):
            receive(sqs, fifo_url, ReceiveRequestAttemptId=wrong)
    sqs.set_queue_attributes(QueueUrl=fifo_url, Attributes={"ContentBasedDeduplication": "false"})
    with refused("InvalidParameterValue", "ContentBasedDeduplication enabled or MessageDeduplicationId provided"):
        send(sqs, fifo_url, "a")
    with refused("InvalidParameterValue", "not valid for this queue type"):
        sqs.send_message(QueueUrl=url, MessageBody="a", MessageDeduplicationId="a")


@pytest.mark.parametrize("call", ["SendMessage", "ReceiveMessage", "DeleteMessage"])
def test_a_queue_takes_300_calls_of_a_kind_in_a_second(local: Local, call: str) -> None:
    """The quota of a FIFO queue without high throughput; a batch is one call."""
    url = local.create("q.fifo", ContentBasedDeduplication="true")
    local.call("SendMessage", QueueUrl=url, MessageBody="first", MessageGroupId="g")
    [message] = local.receive(url)
    local.advance(1)
    members = {
        "SendMessage": {"MessageBody": "x", "MessageGroupId": "g"},
        "ReceiveMessage": {},
        "DeleteMessage": {"ReceiptHandle": message["ReceiptHandle"]},
    }[call]
    for _ in range(300):
        local.call(call, QueueUrl=url, **members)
    with pytest.raises(Exception, match="Request is throttled"):
        local.call(call, QueueUrl=url, **members)
    local.advance(1)
    local.call(call, QueueUrl=url, **members)


def test_high_throughput_gives_each_group_the_quota(local: Local) -> None:
    """perMessageGroupId: 300 sends to one group do not hinder another."""
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    url = local.create("q.fifo", ContentBasedDeduplication="true", **high)
    for _ in range(300):
        local.call("SendMessage", QueueUrl=url, MessageBody="x", MessageGroupId="g")
    with pytest.raises(Exception, match="Request is throttled"):
        local.call("SendMessage", QueueUrl=url, MessageBody="x", MessageGroupId="g")
    local.call("SendMessage", QueueUrl=url, MessageBody="x", MessageGroupId="h")
    for _ in range(301):
        local.call("ReceiveMessage", QueueUrl=url)
