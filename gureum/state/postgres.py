"""The store in PostgreSQL: the same table of keys and values, shared by processes on many machines.

    CREATE TABLE kv (key bytea PRIMARY KEY, value bytea NOT NULL)

A transaction runs in a thread of a small pool, each with a session of its own, at SERIALIZABLE.  Reads go to the server
as the work asks for them; writes are held in the buffer and go in one round trip together with COMMIT.  bytea compares
byte by byte whatever the collation, so ranges have the order of the other engines.

**Conflicts** (40001, 40P01) run the work again, after a pause that doubles, and differs from session to session so that
two that collided do not meet again.  After `attempts_max` the caller gets StoreConflict.

**A server that went away** ends the session.  A transaction that had not sent its COMMIT starts over on a new session,
once; one that had gets StoreUnavailable, because nobody can tell whether it happened.  While the server is away every
call gets StoreUnavailable, and the first one after it is back works again.

**Notifications** of this process are delivered directly; other processes hear them by LISTEN.  They are sent after the
commit by a session of their own, as many topics at once as have come together.  NOTIFY inside of the transaction would
be delivered exactly when it commits, but PostgreSQL takes a global lock for it until the commit is on disk, which ends
group commit for all.  The price: a process that dies between its commit and the NOTIFY leaves others waiting until
their timeout or next pass.  After the listening session was lost everybody is woken once.

Durability is the server's: `synchronous_commit` is set to `on` for each session, so a commit is on its disk (and on
its synchronous standbys) before it becomes visible to anyone.

Needs LISTEN, SERIALIZABLE and `INSERT … ON CONFLICT`: tested with PostgreSQL 15.  A database that speaks the protocol
but has no LISTEN (CockroachDB) is refused by `open` with its own error.  Behind a pooler only session pooling will do.

Sources: https://www.postgresql.org/docs/15/transaction-iso.html#XACT-SERIALIZABLE,
https://www.postgresql.org/docs/15/sql-notify.html, https://www.postgresql.org/docs/15/errcodes-appendix.html
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, LiteralString, TypeVar, cast

import msgspec
import psycopg

from gureum.state.buffer import Buffered, Pairs
from gureum.state.notify import Hub, Listener
from gureum.state.store import StoreConflict, StoreFull, StoreUnavailable, Transaction

T = TypeVar("T")

attempts_max: Final = 40
pause_seconds_max: Final = 0.1
reconnect_seconds: Final = 0.5
connect_timeout_seconds: Final = 5
stripes: Final = 64
payload_bytes_max: Final = 5900
"""NOTIFY carries less than 8000 bytes of text: this many in base64."""

_channel: Final = "gureum"
_conflicts: Final = frozenset({"40001", "40P01"})
_full: Final = frozenset({"53100"})
_elsewhere: Final = frozenset({"25006"})
"""Writing is refused because this server is a standby: after a failover the next session may find the primary."""

_get: Final = "SELECT value FROM kv WHERE key = %s"
_ascending: Final = "SELECT key, value FROM kv WHERE key >= %s AND key < %s ORDER BY key LIMIT %s"
_descending: Final = "SELECT key, value FROM kv WHERE key >= %s AND key < %s ORDER BY key DESC LIMIT %s"
_put: Final = (
    "INSERT INTO kv SELECT * FROM unnest(%s::bytea[], %s::bytea[]) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_delete: Final = "DELETE FROM kv WHERE key = ANY(%s::bytea[])"
_notify: Final = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"

_log = logging.getLogger(__name__)
Topics = list[tuple[bytes, int]]

_decoder = msgspec.msgpack.Decoder(Topics)


def _begin(readonly: bool) -> LiteralString:
    return "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY" if readonly else "BEGIN ISOLATION LEVEL SERIALIZABLE"


class Lost(Exception):
    """The session ended.  `sent` says whether the COMMIT was on its way."""

    def __init__(self, error: psycopg.Error, sent: bool) -> None:
        super().__init__(str(error))
        self.sent = sent


class Session:
    """One connection, used by one thread at a time: a Reader for the transaction that runs on it."""

    def __init__(self, conninfo: str, stripe: int) -> None:
        """Connect.  Raises psycopg.OperationalError."""
        self.stripe = stripe
        self.connection = psycopg.connect(conninfo, autocommit=True, connect_timeout=connect_timeout_seconds)
        self.connection.prepare_threshold = 1
        self.backend: int = self.connection.info.backend_pid
        self._cursor = self.connection.cursor(binary=True)
        self._cursor.execute("SET synchronous_commit = on")

    def get(self, key: bytes) -> bytes | None:
        """The value of `key` in the transaction's snapshot."""
        row = self._cursor.execute(_get, (key,)).fetchone()
        return None if row is None else cast(bytes, row[0])

    def range(self, start: bytes, end: bytes, limit: int | None, reverse: bool) -> Pairs:
        """The pairs with `start <= key < end` in the transaction's snapshot."""
        return self._cursor.execute(_descending if reverse else _ascending, (start, end, limit)).fetchall()

    def attempt(self, work: Callable[[Transaction], T], readonly: bool) -> tuple[T, Buffered]:
        """Run `work` in a transaction once.  Raises what it raises, psycopg.Error for a refusal, and Lost."""
        committing = False
        try:
            self._cursor.execute(_begin(readonly))
            transaction = Buffered(self, readonly, self.stripe, stripes)
            result = work(transaction)
            committing = True
            self._commit(transaction)
        except BaseException as error:
            self._rollback()
            if isinstance(error, psycopg.Error) and self.connection.closed:
                raise Lost(error, committing) from error
            raise
        return result, transaction

    def notify(self, payloads: list[str]) -> None:
        """Send NOTIFY, each payload once."""
        self._cursor.execute(_notify, (_channel, payloads))

    def close(self) -> None:
        """Disconnect."""
        self.connection.close()

    def _commit(self, transaction: Buffered) -> None:
        puts = [item for item in transaction.writes.items() if item[1] is not None]
        deletes = [key for key, value in transaction.writes.items() if value is None]
        if not puts and not deletes:
            self._cursor.execute("COMMIT")
            return
        # Not prepared: of a statement that an error before it in the pipeline has skipped, psycopg believes that it is.
        with self.connection.pipeline():
            if puts:
                self._cursor.execute(_put, ([key for key, _ in puts], [value for _, value in puts]), prepare=False)
            if deletes:
                self._cursor.execute(_delete, (deletes,), prepare=False)
            self._cursor.execute("COMMIT", prepare=False)

    def _rollback(self) -> None:
        if self.connection.closed:
            return
        try:
            self._cursor.execute("ROLLBACK")
        except psycopg.Error:
            # A session that cannot even roll back is of no more use; the server rolls back when it ends.
            self.connection.close()


class Ear:
    """A connection that hears NOTIFY, read by the event loop when `file` is readable.

    `file` is a duplicate: libpq closes its own as soon as it notices the end of a connection, and the number may then
    mean something else before the loop is told.
    """

    def __init__(self, conninfo: str) -> None:
        """Connect and listen.  Raises psycopg.OperationalError."""
        self._connection = psycopg.connect(conninfo, autocommit=True, connect_timeout=connect_timeout_seconds)
        self._connection.execute(f"LISTEN {_channel}")
        self.file = os.dup(self._connection.fileno())

    def hear(self) -> list[tuple[int, Topics]]:
        """(backend that said it, topics and counts) of all that has come.  Raises psycopg.OperationalError."""
        pgconn = self._connection.pgconn
        pgconn.consume_input()
        heard: list[tuple[int, Topics]] = []
        while (notification := pgconn.notifies()) is not None:
            heard.append((notification.be_pid, _decoder.decode(base64.b64decode(notification.extra))))
        return heard

    def close(self) -> None:
        """Disconnect."""
        os.close(self.file)
        self._connection.close()


class PostgresStore:
    """A Store on a server."""

    def __init__(self, conninfo: str, *, sessions: int = 8) -> None:
        """`conninfo` is a libpq connection string or URI; at most `sessions` transactions run at a time."""
        self._conninfo = conninfo
        self._sessions_max = sessions
        self._hub = Hub()
        self._available = False
        self._sessions: set[Session] = set()
        self._stripe = itertools.count(os.getpid())
        self._outgoing: dict[bytes, int] = {}
        self._sending: asyncio.Future[None] | None = None
        self._own_backend = 0
        self._ear: Ear | None = None
        self._listening_again: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        # It warns of every pipeline that a conflict ends, which is daily business.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        self._threads = ThreadPoolExecutor(self._sessions_max, "postgres")
        self._messenger = ThreadPoolExecutor(1, "postgres-notify")
        self._local = threading.local()
        try:
            await self._loop.run_in_executor(self._threads, self._create)
            self._listen_on(await self._loop.run_in_executor(self._messenger, Ear, self._conninfo))
        except psycopg.Error as error:
            await self.close()
            raise StoreUnavailable(f"PostgreSQL: {error}") from error
        self._available = True

    async def close(self) -> None:
        self._available = False
        if self._listening_again is not None:
            self._listening_again.cancel()
        await asyncio.to_thread(self._threads.shutdown)
        while self._sending is not None:
            await asyncio.wait([self._sending])
        await asyncio.to_thread(self._messenger.shutdown)
        self._stop_listening()
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    async def transact(self, work: Callable[[Transaction], T], *, readonly: bool = False) -> T:
        if not self._available:
            raise StoreUnavailable("the store is not open")
        return await self._loop.run_in_executor(self._threads, self._transact, work, readonly)

    def listen(self, topic: bytes) -> Listener:
        return self._hub.listen(topic)

    def subscribe(self, topic: bytes, callback: Callable[[], None]) -> Callable[[], None]:
        return self._hub.subscribe(topic, callback)

    # Transactions, on the threads of the pool

    def _create(self) -> None:
        try:
            self._session().connection.execute(
                "CREATE TABLE IF NOT EXISTS kv (key bytea PRIMARY KEY, value bytea NOT NULL)"
            )
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
            # Another process created it at the same moment.
            return

    def _session(self) -> Session:
        """The session of this thread, a new one if the last has ended."""
        session: Session | None = getattr(self._local, "session", None)
        if session is not None and not session.connection.closed:
            return session
        if session is not None:
            self._sessions.discard(session)
            session.close()
        self._local.session = session = Session(self._conninfo, next(self._stripe) % stripes)
        self._sessions.add(session)
        return session

    def _transact(self, work: Callable[[Transaction], T], readonly: bool) -> T:
        """Run `work` until it commits.  Effects are handed to the loop before the result is."""
        lost = False
        attempt = 0
        while True:
            try:
                session = self._session()
                result, transaction = session.attempt(work, readonly)
                break
            except Lost as error:
                if error.sent or lost:
                    raise StoreUnavailable(f"PostgreSQL: {error}") from error
                lost = True
            except psycopg.Error as error:
                attempt += 1
                if error.sqlstate in _full:
                    raise StoreFull("there is no space left for the state") from error
                if error.sqlstate in _elsewhere:
                    session.close()
                if error.sqlstate not in _conflicts:
                    raise StoreUnavailable(f"PostgreSQL: {error}") from error
                if attempt == attempts_max:
                    raise StoreConflict(f"gave up after {attempt} conflicts") from error
                _pause(attempt, session.stripe)
        if transaction.effects is not None or transaction.topics is not None:
            self._loop.call_soon_threadsafe(self._committed, transaction)
        return result

    # After the commit, on the loop

    def _committed(self, transaction: Buffered) -> None:
        transaction.run_effects(self._loop)
        if transaction.topics is None:
            return
        for topic, count in transaction.topics.items():
            self._hub.notify(topic, count)
            self._outgoing[topic] = self._outgoing.get(topic, 0) + count
        self._send()

    # Notifications

    def _send(self) -> None:
        """Tell the other processes what has come together, unless that is being done: then it follows."""
        if self._sending is not None or not self._outgoing:
            return
        payloads = list(_payloads(self._outgoing))
        self._outgoing = {}
        self._sending = self._loop.run_in_executor(self._messenger, self._notify, payloads)
        self._sending.add_done_callback(self._sent)

    def _notify(self, payloads: list[str]) -> None:
        """NOTIFY on the messenger's thread, on a new session if the last was lost."""
        for last in (False, True):
            try:
                session = self._session()
                self._own_backend = session.backend
                session.notify(payloads)
            except psycopg.OperationalError:
                if last:
                    raise
            else:
                return

    def _sent(self, sending: asyncio.Future[None]) -> None:
        self._sending = None
        error = sending.exception()
        if error is not None:
            # Whoever lost the server as well is woken when it is back.
            _log.warning("notifications were not sent: %s", error)
        self._send()

    def _listen_on(self, ear: Ear) -> None:
        self._ear = ear
        self._loop.add_reader(ear.file, self._hear)

    def _stop_listening(self) -> None:
        if self._ear is not None:
            self._loop.remove_reader(self._ear.file)
            self._ear.close()
            self._ear = None

    def _hear(self) -> None:
        assert self._ear is not None
        try:
            heard = self._ear.hear()
        except psycopg.OperationalError as error:
            _log.warning("the session that hears notifications was lost: %s", error)
            self._stop_listening()
            self._listening_again = self._loop.create_task(self._listen_again())
            return
        for backend, topics in heard:
            if backend != self._own_backend:
                for topic, count in topics:
                    self._hub.notify(topic, count)

    async def _listen_again(self) -> None:
        """Try until the server is back; then wake everybody, for what was said meanwhile was not heard."""
        while self._available:
            try:
                ear = await self._loop.run_in_executor(self._messenger, Ear, self._conninfo)
            except psycopg.OperationalError:
                await asyncio.sleep(reconnect_seconds)
            else:
                self._listen_on(ear)
                self._hub.notify_everyone()
                return


def _pause(attempt: int, stripe: int) -> None:
    time.sleep(min(0.001 * 2**attempt, pause_seconds_max) * (0.5 + stripe / stripes))


def _payloads(topics: dict[bytes, int]) -> Iterator[str]:
    """The topics in texts that NOTIFY takes; a topic is shorter than a key and so fits."""
    items: Topics = []
    size = 8
    for topic, count in topics.items():
        size += len(topic) + 16
        if size > payload_bytes_max and items:
            yield base64.b64encode(msgspec.msgpack.encode(items)).decode()
            items, size = [], 24 + len(topic)
        items.append((topic, count))
    yield base64.b64encode(msgspec.msgpack.encode(items)).decode()
