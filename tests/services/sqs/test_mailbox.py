"""What takes too many messages or too long to see through a server: fairness, limits, what is left behind."""

from __future__ import annotations

import json

import pytest

from gureum.services.sqs.errors import OverLimit
from gureum.services.sqs.tables import IN_FLIGHT, counts
from tests.services.sqs.local import Local


def send(local: Local, url: str, *bodies: str, group: str | None = None) -> None:
    """Send messages of a tenant."""
    for body in bodies:
        members = {} if group is None else {"MessageGroupId": group}
        local.call("SendMessage", QueueUrl=url, MessageBody=body, **members)


def bodies(local: Local, url: str, count: int = 10) -> list[str]:
    """Receive, and say what was in the messages."""
    return [message["Body"] for message in local.receive(url, count)]


def test_a_noisy_tenant_comes_last(local: Local) -> None:
    """With 30 of its messages in flight, more than a tenth of all, the others are served first, however late."""
    url = local.create("q")
    send(local, url, *map(str, range(60)), group="noisy")
    for _ in range(2):
        local.receive(url)
    send(local, url, "quiet 1", group="quiet")
    send(local, url, "alone")
    assert bodies(local, url, 9) == [str(number) for number in range(20, 29)]
    send(local, url, "quiet 2", group="quiet")
    assert bodies(local, url, 1) == ["29"], "29 in flight are not noisy"
    assert bodies(local, url, 5) == ["quiet 1", "alone", "quiet 2", "30", "31"]


def test_a_tenant_becomes_quiet_again(local: Local) -> None:
    """When its messages come back or are deleted, its turn is by arrival again."""
    url = local.create("q")
    send(local, url, *map(str, range(40)), group="noisy")
    received = [message for _ in range(3) for message in local.receive(url)]
    for message in received[:5]:
        local.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    send(local, url, "quiet", group="quiet")
    assert bodies(local, url) == [str(number) for number in range(30, 40)]


def test_among_noisy_tenants_the_one_with_less_in_flight_comes_first(local: Local) -> None:
    """It balances what consumers do for them."""
    url = local.create("q")
    send(local, url, *(f"a{number}" for number in range(60)), group="a")
    for _ in range(4):
        local.receive(url)
    send(local, url, *(f"b{number}" for number in range(40)), group="b")
    for _ in range(3):
        local.receive(url)
    assert bodies(local, url, 2) == ["b30", "b31"]


def test_a_standard_queue_has_120_000_messages_in_flight_at_most(local: Local) -> None:
    """OverLimit for a short poll, nothing for a long one; nothing for a FIFO queue either."""
    for name, attributes in (("q", {}), ("q.fifo", {"ContentBasedDeduplication": "true"})):
        url = local.create(name, **attributes)
        send(local, url, "x", group=None if name == "q" else "g")
        local.transact(lambda tx: counts.add(tx, (local.queue(tx, url).contents, IN_FLIGHT), 120_000))  # noqa: B023
        if name == "q":
            with pytest.raises(OverLimit):
                local.receive(url)
        else:
            assert local.receive(url) == []
        assert local.receive(url, WaitTimeSeconds=1) == []


def test_nothing_is_left_of_a_deleted_queue(local: Local) -> None:
    """Messages in every state, groups, numbers, attempts, rates, tasks: all swept, in bounded passes."""
    before = local.rows()
    dead = local.create("dead.fifo", ContentBasedDeduplication="true")
    arn = "arn:aws:sqs:ap-northeast-2:111122223333:dead.fifo"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    source = local.create("source.fifo", ContentBasedDeduplication="true", RedrivePolicy=policy)
    standard = local.create("standard")
    for number in range(600):
        send(local, standard, str(number), group=str(number % 3) if number % 2 else None)
    for url in (source, dead):
        send(local, url, "a", "b", group="g")
        local.receive(url, 1, ReceiveRequestAttemptId="a", VisibilityTimeout=5)
    [message] = local.receive(standard, 1)
    local.call(
        "ChangeMessageVisibility",
        QueueUrl=standard,
        ReceiptHandle=message["ReceiptHandle"],
        VisibilityTimeout=100,
    )
    local.call("SendMessage", QueueUrl=standard, MessageBody="late", DelaySeconds=100)
    local.call("StartMessageMoveTask", SourceArn=arn, DestinationArn=arn.replace("dead", "source"))
    local.call("PurgeQueue", QueueUrl=source)
    for url in (source, dead, standard):
        local.call("DeleteQueue", QueueUrl=url)
    local.advance(600)
    local.control()
    assert local.rows() == before


def test_expiry_deletes_in_bounded_passes(local: Local) -> None:
    """1,000 messages with and without groups that nobody receives, and one that is young enough."""
    url = local.create("q", MessageRetentionPeriod="60")
    for number in range(1000):
        send(local, url, str(number), group=str(number % 60) if number % 3 else None)
    local.advance(59)
    send(local, url, "young", group="1")
    local.advance(1)
    local.control()
    assert local.count(url) == (1, 0, 0)
    assert bodies(local, url) == ["young"]


def test_a_receive_steps_over_what_is_too_old(local: Local) -> None:
    """Where no controller has been yet."""
    url = local.create("q", MessageRetentionPeriod="60")
    send(local, url, *map(str, range(500)))
    local.advance(60)
    send(local, url, "young")
    assert bodies(local, url) == ["young"]
