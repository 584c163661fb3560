"""What only the sqlite store does: a full disk, a failing one, checkpoints, taking turns, file modes."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gureum.state import wal
from gureum.state.sqlite import SqliteStore
from gureum.state.store import StoreFull, StoreUnavailable, Transaction
from gureum.state.writelock import exclusive

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "state")
    await store.open()
    yield store
    await store.close()


def put(key: bytes, value: bytes = b"") -> Callable[[Transaction], None]:
    return lambda tx: tx.put(key, value)


async def test_files_are_private(sqlite: SqliteStore, tmp_path: Path) -> None:
    """The state holds secret keys."""
    await sqlite.transact(put(b"a"))
    directory = tmp_path / "state"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    files = [path for path in directory.iterdir() if path.is_file()]
    assert {path.name for path in files} == {"state.db", "state.db-wal", "state.db-shm", "state.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


async def test_full_disk(sqlite: SqliteStore) -> None:
    """StoreFull, nothing half-written, and back to work when there is space."""
    pages = sqlite._engine.connection.execute("PRAGMA page_count").fetchone()[0]
    await sqlite.transact(put(b"before", b"1"))
    sqlite._engine.connection.execute(f"PRAGMA max_page_count={pages + 2}")
    results = await asyncio.gather(
        sqlite.transact(put(b"small", b"x")),
        sqlite.transact(put(b"big", bytes(1 << 20))),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [StoreFull, StoreFull]
    assert await sqlite.transact(lambda tx: tx.range(b"", b"\xff")) == [(b"before", b"1")]
    sqlite._engine.connection.execute("PRAGMA max_page_count=1000000")
    await sqlite.transact(put(b"big", bytes(1 << 20)))
    assert await sqlite.transact(lambda tx: tx.get(b"big")) == bytes(1 << 20)


async def test_failed_sync_stops_the_store(tmp_path: Path) -> None:
    """Nobody is told of a commit whose sync failed, and the store stays stopped: the kernel forgets the error."""
    failures: list[StoreUnavailable] = []
    store = SqliteStore(tmp_path / "state", on_failure=failures.append)
    await store.open()
    await store.transact(put(b"a"))
    unsyncable = os.open("/proc/version", os.O_RDONLY)
    os.dup2(unsyncable, store._log)
    with pytest.raises(StoreUnavailable, match="stopped"):
        await store.transact(put(b"b"))
    with pytest.raises(StoreUnavailable, match="stopped"):
        await store.transact(lambda tx: tx.get(b"a"), readonly=True)
    assert len(failures) == 1
    await store.close()
    os.close(unsyncable)
    again = SqliteStore(tmp_path / "state")
    await again.open()
    assert await again.transact(lambda tx: tx.get(b"a")) == b""
    await again.close()


async def test_log_stays_short(sqlite: SqliteStore, tmp_path: Path) -> None:
    """Under a steady load the log starts over instead of growing."""
    for round_number in range(12):
        value = bytes([round_number]) * (1 << 20)
        await asyncio.gather(*(sqlite.transact(put(b"%d/%d" % (round_number, n), value)) for n in range(16)))
    found = await sqlite.transact(lambda tx: [value[0] for _, value in tx.range(b"", b"\xff", 200)], readonly=True)
    assert sorted(found) == sorted(list(range(12)) * 16)
    assert (tmp_path / "state" / "state.db-wal").stat().st_size < 5 * wal.log_bytes_max


async def test_log_length_is_told_from_the_file(tmp_path: Path) -> None:
    """A log that started over is short although its file is not."""
    path = tmp_path / "db"
    connection = wal.connect(path, busy_ms=0)
    connection.execute("PRAGMA page_size=8192")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (x)")
    with (tmp_path / "db-wal").open("rb") as log:
        length = wal.LogLength(log.fileno(), 8192)
        assert not length.reached(1 << 20)
        connection.execute("INSERT INTO t VALUES (zeroblob(2000000))")
        assert length.reached(1 << 20)
        assert not length.reached(4 << 20)
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        connection.execute("INSERT INTO t VALUES (1)")
        assert not length.reached(1 << 20)
        assert os.fstat(log.fileno()).st_size > 1 << 20
    connection.close()


async def test_log_is_written_over_itself(tmp_path: Path) -> None:
    """What makes a found log durable when there is no space for a checkpoint changes nothing in it."""
    content = bytes(range(256)) * 10_000
    (tmp_path / "log").write_bytes(content)
    wal.rewrite(tmp_path / "log")
    assert (tmp_path / "log").read_bytes() == content


async def test_readers_do_not_wait_for_another_process(sqlite: SqliteStore, tmp_path: Path) -> None:
    """While another has the write lock, reads are answered and writes wait."""
    await sqlite.transact(put(b"a", b"1"))
    with exclusive(tmp_path / "state" / "state.lock"):
        writing = asyncio.ensure_future(sqlite.transact(put(b"a", b"2")))
        assert await sqlite.transact(lambda tx: tx.get(b"a"), readonly=True) == b"1"
        assert not writing.done()
    await writing
    assert await sqlite.transact(lambda tx: tx.get(b"a"), readonly=True) == b"2"


async def test_queued_work_of_a_caller_that_left_is_not_run(sqlite: SqliteStore) -> None:
    """A client that hung up before its turn costs nothing."""
    ran: list[int] = []
    task = asyncio.ensure_future(sqlite.transact(lambda tx: ran.append(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await sqlite.transact(lambda tx: None)
    assert ran == []


async def test_close_lets_the_queued_finish(tmp_path: Path) -> None:
    """What was accepted is answered."""
    store = SqliteStore(tmp_path / "state")
    await store.open()
    writes = [asyncio.ensure_future(store.transact(put(b"%03d" % n))) for n in range(600)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A clear error instead of a new empty cloud."""
    (tmp_path / "state.db").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqliteStore(tmp_path).open()


async def test_long_path(tmp_path: Path) -> None:
    """Socket addresses hold 108 bytes; directories may be deeper."""
    directory = tmp_path / ("d" * 100) / ("e" * 100)
    first, second = SqliteStore(directory), SqliteStore(directory)
    await first.open()
    await second.open()
    with second.listen(b"t") as listener:
        await first.transact(lambda tx: tx.notify(b"t"))
        assert await listener.wait(30)
    await first.close()
    await second.close()
    assert [path.name for path in (directory / "notify").iterdir()] == ["joined"]
