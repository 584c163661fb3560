"""A disk that is full: writes are refused in plain words, reads go on, nothing breaks, and space is all it takes.

The whole data directory lies on a small file system, and with it ballast that stands for what somebody else can delete.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest
from botocore.exceptions import ClientError

from gureum.cli.client import is_healthy
from gureum.gateway.audit import gathered_max
from tests.probe.callers import Caller, Refused, caller
from tests.probe.disks import MIB, small_disk
from tests.probe.processes import killed
from tests.support.clouds import Cloud

_disk_bytes: Final = 36 * MIB
_ballast_bytes: Final = (16 * MIB, 2 * MIB)
"""The last goes first; the first leaves room for emptying the queue, which writes too."""
_restarts: Final = 8
"""A start may find the last page for what it writes; after so many there is none."""
_clients: Final = 4
_reads: Final = 50
_unrecorded: Final = 2 * gathered_max
_body_sizes: Final = (200_000, 20_000, 1_000, 0)
_batch_max: Final = 10

pytestmark = pytest.mark.usefixtures("mountable")


class Site:
    """A cloud on a small disk, its queue, and the bodies that it has acknowledged."""

    def __init__(self, cloud: Cloud) -> None:
        self.ballast = [cloud.data / f"ballast-{number}" for number, _ in enumerate(_ballast_bytes)]
        for ballast, size_bytes in zip(self.ballast, _ballast_bytes, strict=True):
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
        self.cloud = cloud
        with caller(self.cloud.port) as made:
            self.queue: str = made.call("CreateQueue", QueueName="filled")["QueueUrl"]
        self.acknowledged: list[str] = []

    def send(self, made: Caller, name: str, size: int) -> None:
        """Send a message of about that size."""
        body = name + "." * size
        made.call("SendMessage", QueueUrl=self.queue, MessageBody=body)
        self.acknowledged.append(body)

    def fill(self, name: str) -> None:
        """Send until there is no room even for the smallest message; several clients at once share their batches."""
        with ThreadPoolExecutor(_clients) as pool:
            list(pool.map(lambda number: self._fill(f"{name}-{number}"), range(_clients)))
        self.check_full()

    def _fill(self, name: str) -> None:
        number = 0
        with caller(self.cloud.port) as made:
            for size in _body_sizes:
                refused = None
                while refused is None:
                    number += 1
                    try:
                        self.send(made, f"{name}-{number}", size)
                    except Refused as error:
                        refused = error
                assert refused.status == HTTPStatus.INSUFFICIENT_STORAGE, refused

    def check_full(self) -> None:
        """Writes are refused in either protocol and leave nothing behind; reads beside them go on."""
        for protocol in ("json", "query"):
            sqs = self.cloud.client("sqs", protocol=protocol)
            with pytest.raises(ClientError) as refused:
                sqs.send_message(QueueUrl=self.queue, MessageBody="." * max(_body_sizes))
            answer = refused.value.response
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.INSUFFICIENT_STORAGE
            assert answer["Error"]["Code"] == "InsufficientStorage"
            assert "disk is full" in answer["Error"]["Message"]
        assert is_healthy("127.0.0.1", self.cloud.port)
        with ThreadPoolExecutor(_clients) as pool:
            writers = [pool.submit(self._refused_writes) for _ in range(_clients - 1)]
            for _ in range(_reads):
                self.check_count(len(self.acknowledged))
            for writer in writers:
                writer.result()

    def _refused_writes(self) -> None:
        with caller(self.cloud.port) as made:
            for _ in range(_reads):
                with pytest.raises(Refused, match="InsufficientStorage"):
                    self.send(made, "refused", max(_body_sizes))

    def check_count(self, expected: int) -> None:
        """The queue is found and counts so many messages."""
        with caller(self.cloud.port) as made:
            assert made.call("ListQueues")["QueueUrls"] == [self.queue]
            names = ["ApproximateNumberOfMessages"]
            counted = made.call("GetQueueAttributes", QueueUrl=self.queue, AttributeNames=names)["Attributes"]
            assert counted == {names[0]: str(expected)}

    def check_log(self) -> None:
        """The cloud does not fill its log instead, however many calls it cannot record."""
        lines = self.cloud.log().count("\n")
        with caller(self.cloud.port) as made:
            for _ in range(_unrecorded):
                made.call("GetQueueUrl", QueueName="filled")
        assert self.cloud.log().count("\n") - lines < _unrecorded // 10, self.cloud.log()[-2000:]

    def make_room(self) -> None:
        """Delete something that is not the cloud's; the next write finds the room."""
        self.ballast.pop().unlink()
        with caller(self.cloud.port) as made:
            self.send(made, f"room-{len(self.ballast)}", max(_body_sizes))

    def take_all(self) -> list[str]:
        """Take out what is in the queue."""
        taken: list[str] = []
        with caller(self.cloud.port) as made:
            while messages := made.call("ReceiveMessage", QueueUrl=self.queue, MaxNumberOfMessages=_batch_max).get(
                "Messages"
            ):
                taken += [message["Body"] for message in messages]
                for message in messages:
                    made.call("DeleteMessage", QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return taken


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A cloud on a small disk."""
    with small_disk(tmp_path, _disk_bytes) as path, killed(path) as cloud:
        yield Site(cloud)


def test_a_full_disk_refuses_writes_and_recovers(site: Site) -> None:
    """Whoever runs a cloud will fill its disk one day: that must cost nothing but the writes for which room lacks."""
    site.fill("first")
    site.check_log()
    site.make_room()
    site.fill("second")
    for _ in range(_restarts):
        site.cloud.kill()
        site.cloud.start()
    site.check_full()
    site.make_room()
    assert sorted(site.take_all()) == sorted(site.acknowledged)
    site.check_count(0)
    site.cloud.stop()
    with closing(sqlite3.connect(site.cloud.data / "state" / "state.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
