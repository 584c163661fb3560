"""Dead-letter queues and move tasks through boto3, in both protocols."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.sqs.local import Local
from tests.support.clouds import Cloud
from tests.support.refusals import QUERY, refused


class Pair:
    """A queue and its dead-letter queue."""

    def __init__(self, sqs: Any, name: str, receives: int = 1, suffix: str = "") -> None:
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if suffix else {}
        stem = name[:70]
        self.sqs = sqs
        self.dead = sqs.create_queue(QueueName=f"{stem}-dlq{suffix}", Attributes=attributes)["QueueUrl"]
        self.dead_arn = arn(sqs, self.dead)
        policy = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": receives})
        self.source = sqs.create_queue(
            QueueName=f"{stem}-src{suffix}",
            Attributes={**attributes, "RedrivePolicy": policy, "VisibilityTimeout": "0" if not suffix else "30"},
        )["QueueUrl"]
        self.source_arn = arn(sqs, self.source)

    def kill(self, *bodies: str) -> None:
        """Send messages and receive each once too often."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.source, MessageBody=body)
        for _ in bodies:
            self.receive(self.source)
        assert self.receive(self.source) == []

    def receive(self, url: str) -> list[dict[str, Any]]:
        """Receive with all system attributes."""
        received: list[dict[str, Any]] = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        return received


def arn(sqs: Any, url: str) -> str:
    """The ARN of a queue."""
    found: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return found


@pytest.fixture
def pair(sqs: Any, name: str) -> Pair:
    """A queue whose messages die when they are received a second time."""
    return Pair(sqs, name)


def test_a_message_that_nobody_deletes_goes_to_the_dead_letter_queue(sqs: Any, name: str) -> None:
    """After maxReceiveCount receives, with its time, its count and where it came from."""
    pair = Pair(sqs, name, receives=2)
    sqs.send_message(QueueUrl=pair.source, MessageBody="poison")
    [first] = pair.receive(pair.source)
    [second] = pair.receive(pair.source)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert pair.receive(pair.source) == []
    [dead] = pair.receive(pair.dead)
    assert (dead["Body"], dead["MessageId"]) == ("poison", first["MessageId"])
    assert dead["Attributes"]["SentTimestamp"] == first["Attributes"]["SentTimestamp"]
    assert dead["Attributes"]["ApproximateReceiveCount"] == "3"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == pair.source_arn
    shown = sqs.list_dead_letter_source_queues(QueueUrl=pair.dead)
    assert shown["queueUrls"] == [pair.source]


def test_a_fifo_dead_letter_queue_gets_a_new_message(sqs: Any, cloud: Cloud, name: str) -> None:
    """New time, new number, and the message's id for deduplication; the group stays."""
    pair = Pair(sqs, name, suffix=".fifo")
    sent = sqs.send_message(QueueUrl=pair.source, MessageBody="poison", MessageGroupId="g")
    [first] = pair.receive(pair.source)
    cloud.advance(30)
    assert pair.receive(pair.source) == []
    [dead] = pair.receive(pair.dead)
    assert dead["Attributes"]["MessageDeduplicationId"] == sent["MessageId"]
    assert dead["Attributes"]["MessageGroupId"] == "g"
    assert int(dead["Attributes"]["SentTimestamp"]) >= int(first["Attributes"]["SentTimestamp"]) + 30_000


def test_without_the_dead_letter_queue_messages_stay(sqs: Any, pair: Pair) -> None:
    """A dead-letter queue that was deleted loses nothing."""
    sqs.delete_queue(QueueUrl=pair.dead)
    sqs.send_message(QueueUrl=pair.source, MessageBody="x")
    for _ in range(3):
        assert len(pair.receive(pair.source)) == 1


def test_a_redrive_policy_is_taken_back(sqs: Any, pair: Pair) -> None:
    """An empty value removes it."""
    sqs.set_queue_attributes(QueueUrl=pair.source, Attributes={"RedrivePolicy": ""})
    shown = sqs.get_queue_attributes(QueueUrl=pair.source, AttributeNames=["RedrivePolicy"])
    assert shown.get("Attributes", {}) == {}
    assert sqs.list_dead_letter_source_queues(QueueUrl=pair.dead).get("queueUrls", []) == []


def test_a_redrive_policy_has_rules(sqs: Any, url: str, fifo_url: str) -> None:
    """Form, count, and a target that exists, is another queue and of the same type."""
    own = arn(sqs, url)
    for policy, text in (
        ("x", "Redrive policy is not a valid JSON map."),
        ("[]", "Redrive policy is not a valid JSON map."),
        ({"maxReceiveCount": 1}, "does not contain mandatory attribute: deadLetterTargetArn."),
        ({"deadLetterTargetArn": own}, "does not contain mandatory attribute: maxReceiveCount."),
        ({"deadLetterTargetArn": "x", "maxReceiveCount": 1}, "deadLetterTargetArn"),
        ({"deadLetterTargetArn": own, "maxReceiveCount": 0}, "valid values are from 1 to 1000 both inclusive."),
        ({"deadLetterTargetArn": own, "maxReceiveCount": "1001"}, "valid values are from 1 to 1000 both inclusive."),
        ({"deadLetterTargetArn": own, "maxReceiveCount": 1, "x": 1}, "Only following attributes are supported"),
        ({"deadLetterTargetArn": f"{own}-x", "maxReceiveCount": 1}, "Dead letter target does not exist."),
        ({"deadLetterTargetArn": own, "maxReceiveCount": 1}, "its own dead-letter queue"),
        ({"deadLetterTargetArn": arn(sqs, fifo_url), "maxReceiveCount": 1}, "must be same type of queue"),
    ):
        with refused("InvalidParameterValue", text):
            written = policy if isinstance(policy, str) else json.dumps(policy)
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": written})


def test_a_dead_letter_queue_says_whose_it_is(sqs: Any, url: str, pair: Pair) -> None:
    """The redrive allow policy: all, none, or up to ten queues."""

    def allow(permission: str, *sources: str) -> None:
        policy = {"redrivePermission": permission, **({"sourceQueueArns": sources} if sources else {})}
        sqs.set_queue_attributes(QueueUrl=pair.dead, Attributes={"RedriveAllowPolicy": json.dumps(policy)})

    def choose() -> None:
        policy = json.dumps({"deadLetterTargetArn": pair.dead_arn, "maxReceiveCount": "5"})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})

    for refusing in (["denyAll"], ["byQueue", pair.source_arn]):
        allow(*refusing)
        with refused("InvalidParameterValue", "does not allow"):
            choose()
    for allowing in (["byQueue", pair.source_arn, arn(sqs, url)], ["allowAll"]):
        allow(*allowing)
        choose()
    for wrong in (["some"], ["byQueue"], ["allowAll", pair.source_arn], ["byQueue", *([pair.source_arn] * 11)]):
        with refused("InvalidParameterValue", "RedriveAllowPolicy"):
            allow(*wrong)


def test_dead_letters_move_back(sqs: Any, cloud: Cloud, pair: Pair) -> None:
    """StartMessageMoveTask without a destination: as new messages, to where they came from."""
    pair.kill("a", "b")
    handle = sqs.start_message_move_task(SourceArn=pair.dead_arn)["TaskHandle"]
    cloud.advance(1)
    [task] = sqs.list_message_move_tasks(SourceArn=pair.dead_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert task["ApproximateNumberOfMessagesToMove"] == 2
    assert task["SourceArn"] == pair.dead_arn
    assert "TaskHandle" not in task
    messages = pair.receive(pair.source)
    assert [message["Body"] for message in messages] == ["a", "b"]
    assert messages[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert pair.receive(pair.dead) == []
    with refused(f"{QUERY}UnsupportedOperation", "Only active tasks can be cancelled."):
        sqs.cancel_message_move_task(TaskHandle=handle)


def test_dead_letters_move_elsewhere_at_a_pace(sqs: Any, cloud: Cloud, url: str, pair: Pair) -> None:
    """One a second, until it is cancelled; what has moved stays."""
    pair.kill(*map(str, range(10)))
    destination = arn(sqs, url)
    handle = sqs.start_message_move_task(
        SourceArn=pair.dead_arn, DestinationArn=destination, MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    with refused(f"{QUERY}UnsupportedOperation", "There is already a task running."):
        sqs.start_message_move_task(SourceArn=pair.dead_arn)
    cloud.advance(2)
    [task] = sqs.list_message_move_tasks(SourceArn=pair.dead_arn)["Results"]
    assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
    assert (task["DestinationArn"], task["MaxNumberOfMessagesPerSecond"]) == (destination, 1)
    assert 3 <= task["ApproximateNumberOfMessagesMoved"] < 10
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    cloud.advance(60)
    [task] = sqs.list_message_move_tasks(SourceArn=pair.dead_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", moved)
    assert len(pair.receive(url)) == moved
    sqs.start_message_move_task(SourceArn=pair.dead_arn, DestinationArn=destination)
    cloud.advance(1)
    tasks = sqs.list_message_move_tasks(SourceArn=pair.dead_arn, MaxResults=10)["Results"]
    assert [task["Status"] for task in tasks] == ["COMPLETED", "CANCELLED"]


def test_a_message_without_a_source_cannot_move_back(sqs: Any, cloud: Cloud, pair: Pair) -> None:
    """One that was sent to the dead-letter queue itself makes the task fail; it stays where it is."""
    sqs.send_message(QueueUrl=pair.dead, MessageBody="x")
    sqs.start_message_move_task(SourceArn=pair.dead_arn)
    cloud.advance(1)
    [task] = sqs.list_message_move_tasks(SourceArn=pair.dead_arn)["Results"]
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert len(pair.receive(pair.dead)) == 1


def test_move_tasks_have_rules(sqs: Any, url: str, fifo_url: str, pair: Pair) -> None:
    """Sources, destinations, paces and handles that cannot be."""
    missing = f"{pair.dead_arn}-x"
    for parameters, code, text, status in (
        ({"SourceArn": "x"}, "ResourceNotFoundException", "SourceArn", 404),
        ({"SourceArn": missing}, "ResourceNotFoundException", "SourceArn", 404),
        ({"SourceArn": arn(sqs, url)}, "InvalidParameterValue", "must be configured as a Dead Letter Queue.", 400),
        ({"SourceArn": pair.dead_arn, "DestinationArn": missing}, "ResourceNotFoundException", "DestinationArn", 404),
        ({"SourceArn": pair.dead_arn, "DestinationArn": pair.dead_arn}, "InvalidParameterValue", "the same", 400),
        ({"SourceArn": pair.dead_arn, "DestinationArn": arn(sqs, fifo_url)}, "InvalidParameterValue", "type", 400),
        ({"SourceArn": pair.dead_arn, "MaxNumberOfMessagesPerSecond": 501}, "InvalidParameterValue", "500", 400),
    ):
        with refused(code, text, status):
            sqs.start_message_move_task(**parameters)
    for handle in ("x", "e30=", "eyJ0YXNrSWQiOiAiYSIsICJzb3VyY2VBcm4iOiAieCJ9"):
        with refused("ResourceNotFoundException", "Task does not exist.", 404):
            sqs.cancel_message_move_task(TaskHandle=handle)
    with refused("InvalidParameterValue", "MaxResults"):
        sqs.list_message_move_tasks(SourceArn=pair.dead_arn, MaxResults=11)
    assert sqs.list_message_move_tasks(SourceArn=pair.dead_arn).get("Results", []) == []


def test_a_move_of_many_messages_takes_several_transactions(local: Local) -> None:
    """250 messages, 100 at a time, FIFO: the order within each group is kept."""
    dead = local.create("dead.fifo")
    policy = json.dumps(
        {"deadLetterTargetArn": f"arn:aws:sqs:ap-northeast-2:111122223333:{'dead.fifo'}", "maxReceiveCount": 1}
    )
    local.create("source.fifo", RedrivePolicy=policy)
    to = local.create("to.fifo")
    for number in range(250):
        local.advance(1)
        local.call(
            "SendMessage",
            QueueUrl=dead,
            MessageBody=str(number),
            MessageGroupId=str(number % 7),
            MessageDeduplicationId=str(number),
        )
    name = "arn:aws:sqs:ap-northeast-2:111122223333"
    local.call("StartMessageMoveTask", SourceArn=f"{name}:dead.fifo", DestinationArn=f"{name}:to.fifo")
    local.control()
    assert (local.count(dead), local.count(to)) == ((0, 0, 0), (250, 0, 0))
    seen: dict[str, list[int]] = {}
    while messages := local.receive(to, MessageSystemAttributeNames=["MessageGroupId"]):
        for message in messages:
            seen.setdefault(message["Attributes"]["MessageGroupId"], []).append(int(message["Body"]))
            local.call("DeleteMessage", QueueUrl=to, ReceiptHandle=message["ReceiptHandle"])
        local.advance(1)
    assert sum(map(len, seen.values())) == 250
    assert all(numbers == sorted(numbers) for numbers in seen.values())


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_the_books_are_right_after_a_death(local: Local, suffix: str) -> None:
    """Both queues count what they have, and the groups of the source go on."""
    name = "arn:aws:sqs:ap-northeast-2:111122223333"
    dead = local.create(f"dead{suffix}")
    policy = json.dumps({"deadLetterTargetArn": f"{name}:dead{suffix}", "maxReceiveCount": 1})
    source = local.create(f"source{suffix}", RedrivePolicy=policy)
    for number in range(6):
        deduplication = {"MessageDeduplicationId": str(number)} if suffix else {}
        local.call(
            "SendMessage", QueueUrl=source, MessageBody=str(number), MessageGroupId=str(number % 2), **deduplication
        )
    assert len(local.receive(source, 4)) == 4
    local.advance(30)
    left = local.receive(source)
    assert [message["Body"] for message in left] == (["3", "5"] if suffix else ["4", "5"])
    assert (local.count(source), local.count(dead)) == ((0, 2, 0), (4, 0, 0))
    for message in left:
        local.call("DeleteMessage", QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
    assert local.count(source) == (0, 0, 0)
    assert len(local.receive(dead)) == 4
