"""Messages through boto3, in both protocols.

boto3 computes the digests of what it sent and of what it got, and raises when they differ from the answer's.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.clouds import Cloud
from tests.support.refusals import QUERY, refused

ALL = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}


def receive(sqs: Any, url: str, **options: Any) -> list[dict[str, Any]]:
    """Receive without waiting; all there is up to ten."""
    received: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10, **options}).get(
        "Messages", []
    )
    return received


def counts(sqs: Any, url: str) -> tuple[int, int, int]:
    """(visible, in flight, delayed)."""
    names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    visible, in_flight, delayed = (int(shown[name]) for name in names)
    return visible, in_flight, delayed


def test_a_message_is_sent_received_and_deleted(sqs: Any, url: str) -> None:
    """The life of a message, and what counts it."""
    body = "잘 지내? <&>\t\n\U0001f600"
    sent = sqs.send_message(QueueUrl=url, MessageBody=body)
    assert counts(sqs, url) == (1, 0, 0)
    [message] = receive(sqs, url, **ALL)
    assert (message["Body"], message["MessageId"]) == (body, sent["MessageId"])
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["SenderId"] == "000000000000"
    assert message["Attributes"]["SentTimestamp"] <= message["Attributes"]["ApproximateFirstReceiveTimestamp"]
    assert counts(sqs, url) == (0, 1, 0)
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, url) == (0, 0, 0)


def test_messages_come_in_order_of_arrival(sqs: Any, url: str) -> None:
    """AWS only tries; here a standard queue keeps it."""
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    received = [message["Body"] for _ in range(3) for message in receive(sqs, url)]
    assert received == [str(number) for number in range(25)]


def test_message_attributes_travel_and_are_selected(sqs: Any, url: str) -> None:
    """All types, with labels; by name, prefix and all."""
    attributes = {
        "one.text": {"DataType": "String.label", "StringValue": "é"},
        "one.number": {"DataType": "Number", "StringValue": "-1.5e3"},
        "two": {"DataType": "Binary.png", "BinaryValue": bytes(range(256))},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    for wanted, expected in (
        (["All"], set(attributes)),
        ([".*"], set(attributes)),
        (["one.*"], {"one.text", "one.number"}),
        (["two", "three"], {"two"}),
        (["three"], set()),
        ([], set()),
    ):
        [message] = receive(sqs, url, MessageAttributeNames=wanted)
        got = message.get("MessageAttributes", {})
        assert got == {name: attributes[name] for name in expected}
        if expected == set(attributes):
            assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_a_trace_header_is_a_system_attribute(sqs: Any, url: str) -> None:
    """AWSTraceHeader is the only one that senders give."""
    header = {
        "DataType": "String",
        "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes={"AWSTraceHeader": header})
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    [message] = receive(sqs, url, AttributeNames=["AWSTraceHeader"])
    assert message["Attributes"] == {"AWSTraceHeader": header["StringValue"]}
    with refused("InvalidParameterValue", "no trace header"):
        wrong = {"DataType": "String", "StringValue": "what?"}
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes={"AWSTraceHeader": wrong})


WRONG_ATTRIBUTES = {
    "no value": {"a": {"DataType": "String"}},
    "empty value": {"a": {"DataType": "String", "StringValue": ""}},
    "value of another type": {"a": {"DataType": "Binary", "StringValue": "x"}},
    "two values": {"a": {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"}},
    "no type": {"a": {"DataType": "", "StringValue": "x"}},
    "unknown type": {"a": {"DataType": "Date", "StringValue": "x"}},
    "no number": {"a": {"DataType": "Number", "StringValue": "x"}},
    "no finite number": {"a": {"DataType": "Number", "StringValue": "NaN"}},
    "39 digits": {"a": {"DataType": "Number", "StringValue": "1" * 39}},
    "too large": {"a": {"DataType": "Number", "StringValue": "1e127"}},
    "reserved name": {"aws.a": {"DataType": "String", "StringValue": "x"}},
    "name with two periods": {"a..b": {"DataType": "String", "StringValue": "x"}},
    "name with other characters": {"a b": {"DataType": "String", "StringValue": "x"}},
    "long name": {"a" * 257: {"DataType": "String", "StringValue": "x"}},
    "too many": {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)},
}


@pytest.mark.parametrize("reason", WRONG_ATTRIBUTES)
def test_message_attributes_have_rules(sqs: Any, url: str, reason: str) -> None:
    """Each broken in one way; nothing is sent."""
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=WRONG_ATTRIBUTES[reason])
    assert counts(sqs, url) == (0, 0, 0)


def test_list_values_are_not_implemented_as_on_aws(sqs: Any, url: str) -> None:
    """AWS reserves them for future use."""
    with refused(f"{QUERY}UnsupportedOperation", "list values"):
        value = {"DataType": "String", "StringListValues": ["x"]}
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes={"a": value})


def test_a_body_has_rules(sqs: Any, url: str) -> None:
    """It is not empty, has XML's characters only, and fits with its attributes."""
    with refused("MissingParameter", "MessageBody"):
        sqs.send_message(QueueUrl=url, MessageBody="")
    for character in ("\x01", "￾"):
        with refused("InvalidMessageContents", "#xFFFD"):
            sqs.send_message(QueueUrl=url, MessageBody=f"a{character}")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    attribute = {"n": {"DataType": "String", "StringValue": "four"}}
    sqs.send_message(QueueUrl=url, MessageBody="x" * (1024 - 11), MessageAttributes=attribute)
    with refused("InvalidParameterValue", "Message must be shorter than 1024 bytes."):
        sqs.send_message(QueueUrl=url, MessageBody="x" * (1024 - 10), MessageAttributes=attribute)


def test_a_message_may_have_a_mebibyte(sqs: Any, url: str) -> None:
    """The limit since August 2025."""
    body = "m" * 1024 * 1024
    sqs.send_message(QueueUrl=url, MessageBody=body)
    with refused("InvalidParameterValue", "1048576"):
        sqs.send_message(QueueUrl=url, MessageBody=body + "m")
    [message] = receive(sqs, url)
    assert message["Body"] == body


def test_a_delay_hides_a_message_for_a_while(sqs: Any, cloud: Cloud, url: str) -> None:
    """The queue's delay, and a message's own, which wins."""
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "100"})
    sqs.send_message(QueueUrl=url, MessageBody="late")
    sqs.send_message(QueueUrl=url, MessageBody="now", DelaySeconds=0)
    assert counts(sqs, url) == (1, 0, 1)
    assert [message["Body"] for message in receive(sqs, url, VisibilityTimeout=200)] == ["now"]
    cloud.advance(100)
    assert [message["Body"] for message in receive(sqs, url)] == ["late"]
    with refused("InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900."):
        sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901)


def test_a_message_comes_back_unless_it_is_deleted_in_time(sqs: Any, cloud: Cloud, url: str) -> None:
    """The visibility timeout; the most recent handle still deletes afterwards, an older one does nothing."""
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [first] = receive(sqs, url, VisibilityTimeout=10)
    cloud.advance(10)
    assert counts(sqs, url) == (1, 0, 0)
    [second] = receive(sqs, url, VisibilityTimeout=10, **ALL)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert counts(sqs, url) == (0, 1, 0)
    cloud.advance(10)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    assert counts(sqs, url) == (0, 0, 0)


def test_a_visibility_timeout_is_changed_and_changed_again(sqs: Any, cloud: Cloud, url: str) -> None:
    """Longer, shorter, and to nothing; the handle stays good."""
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [message] = receive(sqs, url, VisibilityTimeout=10)
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(**handle, VisibilityTimeout=100)
    cloud.advance(50)
    assert receive(sqs, url) == []
    sqs.change_message_visibility(**handle, VisibilityTimeout=200)
    cloud.advance(100)
    assert receive(sqs, url) == []
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    assert counts(sqs, url) == (1, 0, 0)
    with refused(f"{QUERY}MessageNotInflight"):
        sqs.change_message_visibility(**handle, VisibilityTimeout=10)
    sqs.delete_message(**handle)
    with refused("InvalidParameterValue", "Message does not exist or is not available for visibility timeout change."):
        sqs.change_message_visibility(**handle, VisibilityTimeout=10)


def test_a_message_is_hidden_for_twelve_hours_at_most(sqs: Any, cloud: Cloud, url: str) -> None:
    """Counted from the receive, however often it is prolonged."""
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [message] = receive(sqs, url, VisibilityTimeout=3600)
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    cloud.advance(1800)
    sqs.change_message_visibility(**handle, VisibilityTimeout=41000)
    with refused("InvalidParameterValue", "beyond the limit [43200 seconds]"):
        sqs.change_message_visibility(**handle, VisibilityTimeout=41401)
    with refused("InvalidParameterValue", "between 0 and 43200"):
        sqs.change_message_visibility(**handle, VisibilityTimeout=43201)


def test_receive_has_limits(sqs: Any, url: str) -> None:
    """Each parameter out of its range."""
    for parameters, text in (
        ({"MaxNumberOfMessages": 0}, "Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 11}, "Must be between 1 and 10, if provided."),
        ({"WaitTimeSeconds": 21}, "Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": 43201}, "between 0 and 43200"),
        ({"ReceiveRequestAttemptId": "a"}, "not valid for this queue type"),
    ):
        with refused("InvalidParameterValue", text):
            sqs.receive_message(QueueUrl=url, **parameters)
    with refused("InvalidAttributeName", "Unknown Attribute Colour."):
        sqs.receive_message(QueueUrl=url, AttributeNames=["Colour"])


@pytest.mark.parametrize("handle", ["", "x", "AQEB", "é", "QUJD" * 20])
def test_what_is_no_receipt_handle_is_refused(sqs: Any, url: str, handle: str) -> None:
    """Made-up handles, and those of another queue."""
    with refused("ReceiptHandleIsInvalid", "is not a valid receipt handle", 404):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    with refused("ReceiptHandleIsInvalid", status=404):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)


def test_a_long_poll_gets_the_message_that_comes(sqs: Any, url: str) -> None:
    """Ten receivers wait, ten messages come: each gets one."""
    with ThreadPoolExecutor(10) as pool:
        polls = [pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20) for _ in range(10)]
        for number in range(10):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        bodies = [poll.result()["Messages"][0]["Body"] for poll in polls]
    assert sorted(bodies) == [str(number) for number in range(10)]


def test_a_long_poll_gets_the_message_that_comes_out_of_hiding(sqs: Any, cloud: Cloud, url: str) -> None:
    """By time, as the clock goes, or by a change."""
    sqs.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=10)
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        cloud.advance(10)
        [message] = poll.result()["Messages"]
        poll = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        assert poll.result()["Messages"][0]["Body"] == "delayed"


def test_a_long_poll_ends(sqs: Any, cloud: Cloud, url: str) -> None:
    """By the clock, with nothing; the queue's own waiting time is the default."""
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "1"})
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_messages_that_are_too_old_are_gone(sqs: Any, cloud: Cloud, url: str) -> None:
    """Retention, of visible messages and of those that come back."""
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=url, MessageBody="in flight")
    receive(sqs, url, VisibilityTimeout=70)
    sqs.send_message(QueueUrl=url, MessageBody="visible")
    cloud.advance(60)
    assert receive(sqs, url) == []
    assert counts(sqs, url) == (0, 1, 0)
    cloud.advance(10)
    assert counts(sqs, url) == (0, 0, 0)
