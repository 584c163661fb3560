"""The cloud on PostgreSQL: the same services over the other store, in two processes that share it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.postgres import PostgresServer
from tests.support.clouds import Cloud, running


@pytest.fixture(scope="module")
def postgres_cloud(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of two workers whose state is in PostgreSQL."""
    data = tmp_path_factory.mktemp("cloud")
    with running(data, workers=2, state=postgres_server.create_database()) as cloud:
        yield cloud


def test_messages_survive_kill_9(postgres_cloud: Cloud, name: str) -> None:
    """What was acknowledged is in the database, whatever happens to the processes."""
    sqs = postgres_cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sent = {sqs.send_message(QueueUrl=url, MessageBody=str(n))["MessageId"] for n in range(5)}
    postgres_cloud.kill()
    postgres_cloud.start()
    received = postgres_cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {message["MessageId"] for message in received} == sent


def test_a_long_poll_in_one_process_sees_what_another_sends(postgres_cloud: Cloud, name: str) -> None:
    """Notifications cross processes: with eight pollers and senders on connections of their own, both are used."""
    url = postgres_cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]

    def poll(_: int) -> str:
        received = postgres_cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
        return str(received["Messages"][0]["Body"])

    with ThreadPoolExecutor(8) as pool:
        polls = pool.map(poll, range(8))
        for number in range(8):
            postgres_cloud.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
        assert sorted(polls) == [str(number) for number in range(8)]


def test_concurrent_writers_lose_nothing(postgres_cloud: Cloud, name: str) -> None:
    """Serializable transactions that conflict are retried, and each message is received once."""
    sqs = postgres_cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    with ThreadPoolExecutor(8) as pool:
        sent = set(pool.map(lambda n: sqs.send_message(QueueUrl=url, MessageBody=str(n))["MessageId"], range(40)))
        batches = list(
            pool.map(lambda _: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=5, WaitTimeSeconds=1), range(16))
        )
    received = [message["MessageId"] for batch in batches for message in batch.get("Messages", [])]
    assert sorted(received) == sorted(sent)


def test_the_clock_is_advanced_in_all_processes(postgres_cloud: Cloud) -> None:
    """The offset lies in the state, and every process follows."""
    before = postgres_cloud.call("GetClock")["OffsetSeconds"]
    postgres_cloud.advance(3600)
    seen = [postgres_cloud.call("GetClock")["OffsetSeconds"] for _ in range(8)]
    assert seen == [before + 3600] * 8
