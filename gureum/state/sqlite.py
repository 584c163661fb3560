"""The embedded store: one table in one SQLite file, written in batches, synced in groups.

    kv(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID

**Batches.**  `transact` queues its work; at the next turn of the event loop all that is queued runs in one SQLite
transaction, one work after another, on the loop's thread.  Each has a write buffer of its own, which is applied when
the work has succeeded: later ones see earlier ones, and a failing one leaves no trace.  So BEGIN, COMMIT and the pages
that all touch are paid once per batch, and the store is serializable because its writers are serial.  A worker thread
would cost two switches per transaction to win nothing: works are short and Python runs one at a time anyway.

**Groups.**  COMMIT appends to the log without syncing; the write lock is released and the loop goes on with the next
batch while a thread syncs the log (`wal.py`, which also says why this survives a power cut).  Results, exceptions
included, are handed out after the sync.  A batch that wrote nothing waits for a sync only if a commit it may have seen
is not yet durable: one of its own process, or of another, which `PRAGMA data_version` tells.

**Processes.**  Several may share the directory.  They take turns by a lock file (`writelock.py`) and tell each other
what changed (`peers.py`).  Readers need no turn: they read a snapshot.

**Failures.**  A full disk fails the writers of the batch with StoreFull; the batch is rolled back and the next one may
succeed.  Its readers are asked again, and until a write succeeds readers and writers have batches of their own.  A
failed sync stops the store for good (`wal.py`).

Space of deleted keys is reused by SQLite for new ones; the file does not shrink (`VACUUM` does that, offline).
Files are readable by their owner only.

Sources: https://www.sqlite.org/wal.html, https://www.sqlite.org/withoutrowid.html
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from gureum.state import wal
from gureum.state.buffer import Buffered, Pairs
from gureum.state.notify import Hub, Listener
from gureum.state.peers import Peers, Topics
from gureum.state.store import StoreFull, StoreUnavailable, Transaction
from gureum.state.writelock import WriteLock, exclusive

T = TypeVar("T")

page_bytes: Final = 8192
cache_bytes: Final = 16 * 1024 * 1024
batch_works_max: Final = 256
batch_seconds_max: Final = 0.004
busy_ms: Final = 1_000
format_version: Final = 1
known_keys_max: Final = 4096
known_value_bytes_max: Final = 1024

_get: Final = "SELECT value FROM kv WHERE key=?"
_put: Final = "INSERT INTO kv VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value"
_delete: Final = "DELETE FROM kv WHERE key=?"
_ascending: Final = "SELECT key,value FROM kv WHERE key>=? AND key<? ORDER BY key LIMIT ?"
_descending: Final = "SELECT key,value FROM kv WHERE key>=? AND key<? ORDER BY key DESC LIMIT ?"


class Job:
    """One call of `transact`: its work, and what became of it."""

    __slots__ = ("error", "future", "readonly", "result", "transaction", "work")

    def __init__(self, work: Callable[[Transaction], Any], future: asyncio.Future[Any], readonly: bool) -> None:
        self.work = work
        self.future = future
        self.readonly = readonly
        self.transaction: Buffered | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Answer with `error`."""
        if not self.future.done():
            self.future.set_exception(error)


Batch = list[Job]


class Engine:
    """The connection: reads for the transactions of the current batch, and their writes.

    A statement costs 5 to 8 µs whatever it does, so few are made.  The writes of a batch are kept back and given to
    SQLite together, at the commit or before a range that has to see them.  Small values that were read or written stay
    known: a queue's settings and its counters are read by every transaction on it.  They are known for the snapshot
    that `data_version` names; when another process has committed, or a batch was rolled back, all are forgotten.
    """

    def __init__(self, path: Path) -> None:
        self.connection = wal.connect(path, busy_ms=busy_ms)
        self.connection.execute(f"PRAGMA cache_size=-{cache_bytes // 1024}")
        self._cursor = self.connection.cursor()
        self._execute = self._cursor.execute
        self._executemany = self._cursor.executemany
        self._pending: dict[bytes, bytes | None] = {}
        self._known: dict[bytes, bytes] = {}
        self._known_version = -1

    def begin(self, writing: bool) -> None:
        """Start a batch."""
        self._execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def commit(self) -> None:
        """End it."""
        self._flush()
        self._execute("COMMIT")

    def rollback(self) -> None:
        """Drop it, unless SQLite has done so already."""
        self._pending.clear()
        self._known.clear()
        if self.connection.in_transaction:
            self._execute("ROLLBACK")

    def data_version(self) -> int:
        """A number that changes when another connection has committed what this batch sees.

        To be asked at the beginning of each batch: the question takes the snapshot, and what is known depends on it.
        """
        version = cast(int, self._execute("PRAGMA data_version").fetchone()[0])
        if version != self._known_version:
            self._known_version = version
            self._known.clear()
        return version

    def page_bytes(self) -> int:
        """The page size that the file was made with."""
        return cast(int, self._execute("PRAGMA page_size").fetchone()[0])

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, as of this batch."""
        if key in self._pending:
            return self._pending[key]
        known = self._known.get(key)
        if known is not None:
            return known
        row = self._execute(_get, (key,)).fetchone()
        if row is None:
            return None
        value = cast(bytes, row[0])
        if len(value) <= known_value_bytes_max:
            if len(self._known) >= known_keys_max:
                self._known.clear()
            self._known[key] = value
        return value

    def range(self, start: bytes, end: bytes, limit: int | None, reverse: bool) -> Pairs:
        """The pairs with `start <= key < end`, as of this batch."""
        self._flush()
        statement = _descending if reverse else _ascending
        return self._execute(statement, (start, end, -1 if limit is None else limit)).fetchall()

    def apply(self, writes: dict[bytes, bytes | None]) -> None:
        """Take over what a work has left in its buffer."""
        self._pending.update(writes)

    def _flush(self) -> None:
        """Give SQLite what was kept back."""
        if not self._pending:
            return
        writes, self._pending = self._pending, {}
        for key in self._known.keys() & writes.keys():
            value = writes[key]
            if value is None or len(value) > known_value_bytes_max:
                del self._known[key]
            else:
                self._known[key] = value
        puts = [item for item in writes.items() if item[1] is not None]
        if puts:
            self._executemany(_put, puts)
        if len(puts) < len(writes):
            self._executemany(_delete, [(key,) for key, value in writes.items() if value is None])


class SqliteStore:
    """A Store in a directory of its own."""

    def __init__(self, directory: Path, *, on_failure: Callable[[StoreUnavailable], None] | None = None) -> None:
        """`on_failure` is called once, on the event loop, if the store has to stop: the process should then end."""
        self._directory = directory
        self._path = directory / "state.db"
        self._log_path = directory / "state.db-wal"
        self._lock_path = directory / "state.lock"
        self._on_failure = on_failure
        self._hub = Hub()
        self._reads: deque[Job] = deque()
        self._writes: deque[Job] = deque()
        self._syncing: deque[Batch] = deque()
        self._scheduled = False
        self._unavailable: StoreUnavailable | None = StoreUnavailable("the store is not open")
        self._seen_version = -1
        self._full = False

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            self._prepare_files()
            with exclusive(self._lock_path):
                self._engine = self._prepare_database()
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"{self._path}: {error}") from error
        self._log = os.open(self._log_path, os.O_RDWR | os.O_CLOEXEC)
        self._lock = WriteLock(self._lock_path, self._loop, self._run)
        self._syncer: wal.Syncer[Batch] = wal.Syncer(self._log, self._loop, self._durable, self._sync_failed)
        self._checkpointer = wal.Checkpointer(
            self._path,
            self._lock_path,
            wal.LogLength(self._log, self._engine.page_bytes()),
            self._loop.time,
            self._checkpoint_failed,
        )
        self._peers = Peers(self._directory / "notify", self._hub, self._loop)
        self._unavailable = None

    async def close(self) -> None:
        if self._unavailable is None:
            await self._transact_last()
            self._unavailable = StoreUnavailable("the store is closed")
        self._peers.close()
        self._syncer.close()
        self._checkpointer.close()
        self._lock.close()
        os.close(self._log)
        # The last connection to close checkpoints, which may take a moment.
        await asyncio.to_thread(self._engine.connection.close)

    async def transact(self, work: Callable[[Transaction], T], *, readonly: bool = False) -> T:
        if self._unavailable is not None:
            raise self._unavailable
        future: asyncio.Future[T] = self._loop.create_future()
        (self._reads if readonly else self._writes).append(Job(work, future, readonly))
        if not self._scheduled:
            self._schedule()
        return await future

    def listen(self, topic: bytes) -> Listener:
        return self._hub.listen(topic)

    def subscribe(self, topic: bytes, callback: Callable[[], None]) -> Callable[[], None]:
        return self._hub.subscribe(topic, callback)

    # Opening and closing

    def _prepare_files(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its log the mode of the database.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _prepare_database(self) -> Engine:
        engine = Engine(self._path)
        try:
            self._prepare_table(engine.connection.execute)
            wal.make_found_log_durable(engine.connection, self._log_path)
            for directory in (self._directory, self._directory.parent):
                _sync_directory(directory)
        except BaseException:
            engine.connection.close()
            raise
        return engine

    def _prepare_table(self, execute: Callable[[str], sqlite3.Cursor]) -> None:
        execute(f"PRAGMA page_size={page_bytes}")
        execute("PRAGMA journal_mode=WAL")
        execute("BEGIN IMMEDIATE")
        found = execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, format_version):
            raise sqlite3.DatabaseError(f"format {found} is not the one of this release ({format_version})")
        execute("CREATE TABLE IF NOT EXISTS kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        if found == 0:
            execute(f"PRAGMA user_version={format_version}")
        execute("COMMIT")

    async def _transact_last(self) -> None:
        """Return when all that was queued is durable: batches are taken, and synced, in order."""
        await self.transact(lambda transaction: None)
        await self.transact(lambda transaction: None, readonly=True)

    # Batches

    def _schedule(self) -> None:
        self._scheduled = True
        self._loop.call_soon(self._run)

    def _run(self) -> None:
        """Run what is queued: everything if the write lock is free, otherwise what only reads."""
        self._scheduled = False
        if self._unavailable is not None:
            return
        writing = bool(self._writes) and self._lock.try_acquire()
        if self._writes and not writing:
            self._lock.call_when_free()
        if self._reads and self._full:
            self._run_batch(writing=False)
        if writing or self._reads:
            self._run_batch(writing)
        if self._reads or (writing and self._writes):
            self._schedule()

    def _run_batch(self, writing: bool) -> None:
        """One SQLite transaction of at most so many works, so long; the rest stays queued."""
        batch: Batch = []
        engine = self._engine
        try:
            engine.begin(writing)
            version = engine.data_version()
            wrote = self._run_works(batch, writing)
            engine.commit()
        except BaseException as error:
            self._batch_failed(batch, error)
            if not isinstance(error, sqlite3.Error):
                raise
            return
        finally:
            if writing:
                self._lock.release()
        if wrote or self._syncing or version != self._seen_version:
            self._seen_version = version
            self._syncing.append(batch)
            self._syncer.submit(batch)
        else:
            self._answer(batch)
        if wrote:
            self._full = False
            self._checkpointer.consider()

    def _run_works(self, batch: Batch, writing: bool) -> bool:
        """Run works, add them to `batch` and say whether any of them wrote."""
        engine = self._engine
        wrote = False
        deadline = time.perf_counter() + batch_seconds_max
        while len(batch) < batch_works_max:
            if self._reads and not (writing and (self._full or (self._writes and len(batch) % 2))):
                job = self._reads.popleft()
            elif writing and self._writes:
                job = self._writes.popleft()
            else:
                break
            if job.future.done():
                continue
            batch.append(job)
            job.transaction = transaction = Buffered(engine, job.readonly)
            try:
                job.result = job.work(transaction)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001  it is the caller's, and goes there
                job.error = error
            else:
                if transaction.writes:
                    engine.apply(transaction.writes)
                    wrote = True
            if time.perf_counter() > deadline:
                break
        return wrote

    def _batch_failed(self, batch: Batch, error: BaseException) -> None:
        """Undo the batch and tell its callers.  One that could not even begin takes all that is queued with it."""
        answer: Exception = StoreUnavailable(f"the store failed: {error}")
        try:
            self._engine.rollback()
        except sqlite3.Error as rollback_error:
            self._stop(rollback_error)
        if isinstance(error, sqlite3.Error) and wal.is_full(error):
            answer = StoreFull("there is no space left for the state")
        elif isinstance(error, sqlite3.Error) and wal.must_stop(error):
            self._stop(error)
        failed = batch or self._take_queued()
        if isinstance(answer, StoreFull):
            self._full = True
            self._reads.extendleft(job for job in reversed(failed) if job.readonly)
            failed = [job for job in failed if not job.readonly]
        for job in failed:
            job.fail(answer)

    def _take_queued(self) -> Batch:
        queued = [*self._reads, *self._writes]
        self._reads.clear()
        self._writes.clear()
        return queued

    # After the commit

    def _durable(self, batches: list[Batch]) -> None:
        for batch in batches:
            assert self._syncing.popleft() is batch
            self._answer(batch)

    def _answer(self, batch: Batch) -> None:
        """Everything that the batch wrote or saw is durable: run its effects, wake those who wait, hand out results."""
        topics: Topics = {}
        for job in batch:
            transaction = job.transaction
            assert transaction is not None
            if job.error is not None:
                job.fail(job.error)
                continue
            if transaction.effects is not None:
                transaction.run_effects(self._loop)
            if transaction.topics is not None:
                for topic, count in transaction.topics.items():
                    topics[topic] = topics.get(topic, 0) + count
            if not job.future.done():
                job.future.set_result(job.result)
        if topics:
            for topic, count in topics.items():
                self._hub.notify(topic, count)
            self._peers.send(topics)

    def _sync_failed(self, error: OSError) -> None:
        self._stop(error)

    def _checkpoint_failed(self, error: sqlite3.Error) -> None:
        self._loop.call_soon_threadsafe(self._stop, error)

    def _stop(self, error: Exception) -> None:
        """Answer nobody with success any more: what is on disk is not known."""
        if self._unavailable is not None:
            return
        self._unavailable = StoreUnavailable(f"the store has stopped: {error}")
        for batch in (*self._syncing, self._take_queued()):
            for job in batch:
                job.fail(self._unavailable)
        self._syncing.clear()
        if self._on_failure is not None:
            self._on_failure(self._unavailable)


def _sync_directory(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
