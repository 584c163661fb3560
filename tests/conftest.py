"""One cloud for each test process, and clients of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fixtures.postgres import PostgresServer, postgres_running
from tests.support.clouds import Cloud, running

Client = Callable[..., Any]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud that tests share: they use names of their own."""
    with running(tmp_path_factory.mktemp("cloud")) as started:
        yield started


@pytest.fixture(scope="session")
def restless_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running cloud that tests share who put its clock forward: its time is nobody else's.

    A module of such tests takes it in the place of `cloud`.
    """
    with running(tmp_path_factory.mktemp("restless")) as started:
        yield started


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process."""
    with postgres_running() as server:
        yield server


@pytest.fixture
def client(cloud: Cloud) -> Client:
    """Makes boto3 clients of the shared cloud: `client("sqs", protocol="query", region=…)`."""
    return cloud.client


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for a resource that no other test uses."""
    safe = "".join(c if c.isalnum() else "-" for c in request.node.name)
    return f"{safe[:60]}-{zlib.crc32(request.node.nodeid.encode()):08x}"
