"""The three engines as fixtures.  Tests of the store are asynchronous and run on uvloop, as the cloud does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gureum.state.memory import MemoryStore
from gureum.state.postgres import PostgresStore
from gureum.state.sqlite import SqliteStore
from gureum.state.store import Store
from tests.fixtures.postgres import PostgresServer

MakeStore = Callable[[], Store]
OpenStore = Callable[[], "AsyncIterator[Store]"]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Makes stores, not yet open, that all have the same content."""
    if request.param == "memory":
        memory = MemoryStore(rehearse=True)
        return lambda: memory
    made: MakeStore = request.getfixturevalue(f"make_{request.param}")
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def make_shared_store(request: pytest.FixtureRequest) -> MakeStore:
    """The same, for the engines that several processes can share."""
    made: MakeStore = request.getfixturevalue(f"make_{request.param}")
    return made


@pytest.fixture
def make_sqlite(tmp_path: Path) -> MakeStore:
    return lambda: SqliteStore(tmp_path / "state")


@pytest.fixture
def make_postgres(postgres_server: PostgresServer) -> MakeStore:
    conninfo = postgres_server.create_database()
    return lambda: PostgresStore(conninfo, sessions=4)


@pytest.fixture
async def store(make_store: MakeStore) -> AsyncIterator[Store]:
    """An empty open store of each engine."""
    opened = make_store()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def two_stores(make_shared_store: MakeStore) -> AsyncIterator[tuple[Store, Store]]:
    """Two open stores with the same content, as two processes have them."""
    first, second = make_shared_store(), make_shared_store()
    await first.open()
    await second.open()
    yield first, second
    await second.close()
    await first.close()
