"""Clients of SQS in both of its protocols, and SQS without a server."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.sqs.local import Local
from tests.support.clouds import Cloud


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """These tests put the clock forward."""
    return restless_cloud


@pytest.fixture
def account(name: str) -> str:
    """An account of the test's own."""
    return f"{zlib.crc32(name.encode()):012d}"


@pytest.fixture
def stranger(name: str) -> str:
    """Another one."""
    return f"{zlib.crc32(name.encode()) + 1:012d}"


@pytest.fixture(params=["json", "query"])
def sqs(request: pytest.FixtureRequest, client: Callable[..., Any]) -> Any:
    """A boto3 client: each test that uses it runs once in each protocol."""
    return client("sqs", protocol=None if request.param == "json" else request.param)


@pytest.fixture
def url(sqs: Any, name: str) -> str:
    """A standard queue of the test's own."""
    created: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    return created


@pytest.fixture
def fifo_url(sqs: Any, name: str) -> str:
    """A FIFO queue of the test's own, with content-based deduplication."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    created: str = sqs.create_queue(QueueName=f"{name[:70]}.fifo", Attributes=attributes)["QueueUrl"]
    return created


@pytest.fixture
def local() -> Iterator[Local]:
    """SQS over a store in memory."""
    created = Local()
    yield created
    created.close()
