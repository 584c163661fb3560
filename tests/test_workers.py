"""Several processes are one cloud: they serve together, replace each other, and end together."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clouds import START_SECONDS, Cloud, running
from tests.support.raw import Line, ask, control, identity, signed

PATIENCE = 20_000
"""How often something is looked for that comes within seconds."""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of two workers."""
    with running(tmp_path_factory.mktemp("two"), workers=2) as started:
        yield started


def children(pid: int) -> set[int]:
    """The processes whose parent is `pid`."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it has ended meanwhile
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.add(int(entry.name))
    return found


def running_pids() -> set[int]:
    """Every process of the machine."""
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def offsets(cloud: Cloud) -> set[float]:
    """The clock as connections of their own see it: the kernel spreads them over the workers."""
    return {cloud.call("GetClock")["OffsetSeconds"] for _ in range(16)}


def test_both_serve(two: Cloud) -> None:
    """And say that they are two."""
    assert len(children(two.process.pid)) == 2
    assert two.call("DescribeCloud")["Workers"] == 2
    assert {ask(two.port, identity()).status for _ in range(40)} == {200}


def test_what_one_writes_the_other_reads(two: Cloud, name: str) -> None:
    """At once: the state is one."""
    client = two.client("sqs", max_pool_connections=1)
    for number in range(10):
        url = two.client("sqs").create_queue(QueueName=f"{name}-{number}")["QueueUrl"]
        assert two.client("sqs").get_queue_url(QueueName=f"{name}-{number}")["QueueUrl"] == url
    assert len(client.list_queues(QueueNamePrefix=name)["QueueUrls"]) == 10


def test_a_message_wakes_whoever_waits_in_the_other_process(two: Cloud, name: str) -> None:
    """Long polls hear of what other processes commit."""
    url = two.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    received: list[str] = []

    def receive() -> None:
        answer = two.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
        received.extend(message["Body"] for message in answer.get("Messages", []))

    waiting = [threading.Thread(target=receive) for _ in range(6)]
    for thread in waiting:
        thread.start()
    for number in range(6):
        two.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    for thread in waiting:
        thread.join(15)
    assert sorted(received) == ["0", "1", "2", "3", "4", "5"]


def test_the_clock_is_one(two: Cloud) -> None:
    """An advance through one process is followed by the other."""
    before = two.call("GetClock")["OffsetSeconds"]
    two.advance(3600)
    assert offsets(two) == {before + 3600}


def test_one_that_is_killed_is_replaced(two: Cloud) -> None:
    """Nobody is refused meanwhile: the socket stays open, and what connects to it is served by the successor."""
    before = children(two.process.pid)
    os.kill(min(before), signal.SIGKILL)
    assert {ask(two.port, identity()).status for _ in range(20)} == {200}
    assert any(len(children(two.process.pid) - before) == 1 for _ in range(PATIENCE))
    assert len(children(two.process.pid)) == 2
    assert {ask(two.port, identity()).status for _ in range(20)} == {200}


def test_they_end_together(tmp_path: Path) -> None:
    """On SIGTERM to the parent; and leave nothing behind."""
    cloud = Cloud(tmp_path / "data", workers=2).start()
    workers = children(cloud.process.pid)
    cloud.stop()
    assert cloud.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not (cloud.data / "run" / "gureum.json").exists()


def test_without_their_parent_they_end(tmp_path: Path) -> None:
    """Killed, it cannot tell them; they would keep the port and the directory from the cloud that is started next."""
    cloud = Cloud(tmp_path / "data", workers=2).start()
    workers = children(cloud.process.pid)
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    cloud.kill()
    assert any(not workers & running_pids() for _ in range(PATIENCE))
    cloud.start()
    assert cloud.client("sqs").get_queue_url(QueueName="q")["QueueUrl"] == url
    cloud.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_end_before_the_beginning(tmp_path: Path, workers: int) -> None:
    """Told to stop while it starts, it stops."""
    cloud = Cloud(tmp_path / "data", workers=workers)
    cloud.launch()
    lock = cloud.data / "lock"
    while not lock.exists():
        assert cloud.process.poll() is None
    cloud.process.send_signal(signal.SIGTERM)
    cloud.process.wait(START_SECONDS)


def test_who_waits_is_answered_when_the_cloud_ends(tmp_path: Path) -> None:
    """A long poll does not hold up the end, and its client learns of it at once, without a bug in the log."""
    cloud = Cloud(tmp_path / "data").start()
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    with Line(cloud.port) as line:
        body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage"}
        line.send(signed("POST", "/", headers, body, service="sqs"))
        assert cloud.call("GetClock")["Settled"]
        cloud.stop()
        assert cloud.process.returncode == 0
        assert line.read().status == 503
    assert "Traceback" not in cloud.log()
    assert "bug" not in cloud.log()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_that_is_taken(tmp_path: Path, workers: int) -> None:
    """By somebody else, who would otherwise share it without knowing."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        cloud = Cloud(tmp_path / "data", workers=workers, port=other.getsockname()[1])
        cloud.launch()
        assert cloud.process.wait(START_SECONDS) == 1
        cloud.kill()
    assert "cannot start" in cloud.log()
    assert "Traceback" not in cloud.log()


def test_a_directory_that_is_taken(tmp_path: Path) -> None:
    """Two clouds in one directory would be two clocks and two truths; the first one is not disturbed."""
    with running(tmp_path / "data") as first:
        second = Cloud(tmp_path / "data")
        second.launch()
        assert second.process.wait(START_SECONDS) == 1
        second.kill()
        assert "a cloud is already running" in second.log()
        assert first.call("GetClock")["Settled"]
        assert ask(first.port, control("GetClock")).status == 200


def test_workers_that_cannot_start_end_the_cloud(tmp_path: Path) -> None:
    """A state of another root key does not open at the second try either: exit code 1, and the log says why."""
    with running(tmp_path / "cloud") as cloud:
        data = cloud.data
    (data / "root-key").write_bytes(bytes(32))
    other = Cloud(data, workers=2)
    other.launch()
    assert other.process.wait(30) == 1
    other.stop()
    assert "root" in other.log()
