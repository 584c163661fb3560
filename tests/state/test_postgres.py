"""What only the PostgreSQL store does: conflicts between sessions, and a server that goes away and comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from gureum.state.postgres import PostgresStore
from gureum.state.store import StoreUnavailable, Transaction
from tests.fixtures.postgres import PostgresServer, postgres_running
from tests.state.conftest import MakeStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with postgres_running() as server:
        yield server


async def test_conflict_runs_the_work_again(make_postgres: MakeStore) -> None:
    """Two that really overlap: both read before either writes.  One is run again and sees the other's write."""
    store = make_postgres()
    await store.open()
    both_have_read = threading.Barrier(2)
    runs: list[int] = []

    def work(tx: Transaction) -> int:
        seen = len(tx.range(b"", b"\xff"))
        runs.append(seen)
        if len(runs) <= 2:
            both_have_read.wait(30)
        tx.put(b"%d" % len(runs), b"")
        return seen

    results = await asyncio.gather(store.transact(work), store.transact(work))
    assert sorted(results) == [0, 1]
    assert len(runs) >= 3
    await store.close()


async def test_server_restarts(own_server: PostgresServer) -> None:
    """StoreUnavailable while it is away; afterwards all goes on, and waiting listeners are woken once."""
    conninfo = own_server.create_database()
    store, other = PostgresStore(conninfo, sessions=2), PostgresStore(conninfo, sessions=2)
    await store.open()
    await other.open()
    await store.transact(lambda tx: tx.put(b"a", b"1"))
    with other.listen(b"t") as listener:
        await asyncio.to_thread(own_server.stop)
        with pytest.raises(StoreUnavailable):
            await store.transact(lambda tx: tx.get(b"a"))
        await asyncio.to_thread(own_server.start)
        assert await store.transact(lambda tx: tx.get(b"a")) == b"1"
        assert await listener.wait(30)
        await store.transact(lambda tx: tx.notify(b"t"))
        assert await listener.wait(30)
    await other.close()
    await store.close()


async def test_lost_session_is_replaced_unnoticed(own_server: PostgresServer) -> None:
    """An idle session that the server ended (a restart between two calls) costs its next user nothing."""
    store = PostgresStore(own_server.create_database(), sessions=1)
    await store.open()
    await store.transact(lambda tx: tx.put(b"a", b"1"))
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    assert await store.transact(lambda tx: tx.get(b"a")) == b"1"
    await store.close()


async def test_unreachable_server() -> None:
    """Opening fails with our error and not with the driver's."""
    with pytest.raises(StoreUnavailable):
        await PostgresStore("host=/nonexistent dbname=none").open()
