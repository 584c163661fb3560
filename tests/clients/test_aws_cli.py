"""The stock AWS CLI.

The tests install version 1, which ignores AWS_ENDPOINT_URL for SQS (https://github.com/aws/aws-cli/issues/8737) and
gets `--endpoint-url` for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Run
from tests.support.clouds import Cloud

AWS = str(Path(sys.executable).with_name("aws"))


class Failed(Exception):
    """The CLI said why."""


class Cli:
    """`aws sqs …`."""

    def __init__(self, run: Run, cloud: Cloud) -> None:
        self._run = run
        self._endpoint = cloud.endpoint

    def __call__(self, *arguments: str) -> Any:
        """The JSON that it prints."""
        done = self._run(AWS, "--endpoint-url", self._endpoint, "--output", "json", "sqs", *arguments)
        if done.returncode:
            raise Failed(done.stderr)
        return json.loads(done.stdout or "{}")


@pytest.fixture
def sqs(run: Run, cloud: Cloud) -> Cli:
    return Cli(run, cloud)


def test_who_am_i(run: Run) -> None:
    """With nothing but the environment."""
    done = run(AWS, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    assert done.stdout == "arn:aws:iam::000000000000:root\n"


def test_a_wrong_secret(run: Run) -> None:
    """Is said, and the exit code is not zero."""
    done = run(AWS, "sts", "get-caller-identity", AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode != 0
    assert "SignatureDoesNotMatch" in done.stderr


def test_a_queue(sqs: Cli, name: str) -> None:
    """From its creation to its end."""
    url = sqs("create-queue", "--queue-name", name, "--attributes", "VisibilityTimeout=5", "--tags", "team=cloud")[
        "QueueUrl"
    ]
    sent = sqs("send-message", "--queue-url", url, "--message-body", "하나")
    received = sqs("receive-message", "--queue-url", url, "--wait-time-seconds", "20")["Messages"][0]
    assert (received["MessageId"], received["MD5OfBody"]) == (sent["MessageId"], sent["MD5OfMessageBody"])
    assert received["Body"] == "하나"
    sqs("delete-message", "--queue-url", url, "--receipt-handle", received["ReceiptHandle"])
    with pytest.raises(Failed, match="NonExistentQueue"):
        sqs("delete-queue", "--queue-url", f"{url}-of-nobody")


def test_fifo_and_batches(sqs: Cli, name: str) -> None:
    """In shorthand syntax, as people type it."""
    fifo = ["--attributes", "FifoQueue=true,ContentBasedDeduplication=true"]
    url = sqs("create-queue", "--queue-name", f"{name}.fifo", *fifo)["QueueUrl"]
    entries = [f"Id={number},MessageBody=body-{number},MessageGroupId=g" for number in range(3)]
    assert len(sqs("send-message-batch", "--queue-url", url, "--entries", *entries)["Successful"]) == 3
    received = sqs("receive-message", "--queue-url", url, "--max-number-of-messages", "10")["Messages"]
    assert [message["Body"] for message in received] == ["body-0", "body-1", "body-2"]
