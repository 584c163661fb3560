"""The write-ahead log of the sqlite store: making it durable, and keeping it short.  Two threads and their reasons.

**Syncer.**  SQLite runs with `synchronous=NORMAL`: COMMIT appends to the log and does not sync it.  The syncer calls
fdatasync on the log, once for all commits that happened before it started, and only then are their callers answered.

Why an answered commit survives a power cut:

- It is in the log up to its commit frame, because write() returned before fdatasync began.  Recovery reads frames as
  long as salts and the running checksum fit, and takes all up to the last commit frame that does.  Frames of later
  commits may be torn; they are then cut off, and none of them was answered.  (A block in which an answered commit ends
  and another begins is written again with the same bytes for the first; a disk that spoils bytes which a torn write
  does not change is beyond what SQLite assumes, too: SQLITE_IOCAP_POWERSAFE_OVERWRITE.)
- Frames leave the log only by a checkpoint.  With NORMAL, SQLite syncs the log before it copies pages into the
  database, syncs the database before the log may start over, and syncs the log's header, with its new salt, before a
  commit of the new round is reported complete.  So at any moment either the log or the database has the page, synced.
- The directory entries of database and log are synced when the store is opened.

If fdatasync fails, what of the log is on disk is unknown, and asking again would answer "all well" because the kernel
has forgotten the error.  The store then stops for good, and a new process recovers.  What that process finds in the log
may be in the cache and not on disk, so before its first answer it writes it again (`make_found_log_durable`).

**Checkpointer.**  A log that is `log_bytes_max` long is copied into the database by a connection of its own: first
PASSIVE, which hinders nobody, and then, for the little that was added meanwhile, RESTART under the write lock, so that
the next writer begins at the start of the file.  The file is not truncated: overwriting blocks that exist spares
fdatasync the metadata of growing (half of its time, measured on ext4).  Only a log that has become far too long (a
reader hindered the restart, or the disk was full) is cut.  Without the lock a steady load would never leave the log at
rest and it would grow forever.

When the disk is full a checkpoint fails and is tried again later; nothing is lost, the log just stays.

Sources: https://www.sqlite.org/wal.html, https://www.sqlite.org/fileformat2.html#walformat,
https://www.sqlite.org/pragma.html#pragma_synchronous, and on failing fsync
https://www.usenix.org/conference/atc20/presentation/rebello
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from gureum.state.writelock import exclusive

B = TypeVar("B")

log_bytes_max: Final = 32 * 1024 * 1024
log_bytes_cut: Final = 4 * log_bytes_max
retry_seconds: Final = 1.0
reader_wait_ms: Final = 100

_header_bytes: Final = 32
_frame_header_bytes: Final = 24
_salt_bytes: Final = 8
_rewrite_bytes: Final = 1024 * 1024

_log = logging.getLogger(__name__)


def connect(path: Path, *, busy_ms: int) -> sqlite3.Connection:
    """A connection to the database as every part of the store wants it: no transactions but explicit ones."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=busy_ms / 1000)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA mmap_size=0")
    return connection


def make_found_log_durable(connection: sqlite3.Connection, log: Path) -> None:
    """Write again what another process has left in the log.  To be called with the write lock held.

    Usually that is a checkpoint.  When there is no space for it, the log is written over itself, which needs none.
    """
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error as error:
        if not is_full(error):
            raise
        rewrite(log)


def rewrite(log: Path) -> None:
    """Write the file over itself and sync it."""
    file = os.open(log, os.O_RDWR | os.O_CLOEXEC)
    try:
        for offset in range(0, os.fstat(file).st_size, _rewrite_bytes):
            os.pwrite(file, os.pread(file, _rewrite_bytes, offset), offset)
        os.fdatasync(file)
    finally:
        os.close(file)


class Syncer(Generic[B]):
    """Makes batches durable in the order in which they are submitted, as many at once as there are."""

    def __init__(
        self,
        log: int,
        loop: asyncio.AbstractEventLoop,
        durable: Callable[[list[B]], None],
        failed: Callable[[OSError], None],
    ) -> None:
        """`log` is the open log file; `durable` and `failed` are called on the loop."""
        self._log = log
        self._loop = loop
        self._durable = durable
        self._failed = failed
        self._submitted: queue.SimpleQueue[B | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-sync", daemon=True)
        self._thread.start()

    def submit(self, batch: B) -> None:
        """`durable` will be called with `batch` once all that was written to the log so far is on disk."""
        self._submitted.put(batch)

    def close(self) -> None:
        """End the thread; what was submitted is made durable first."""
        self._submitted.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            taken = [self._submitted.get()]
            while not self._submitted.empty():
                taken.append(self._submitted.get())
            ending = taken[-1] is None
            batches = [batch for batch in taken if batch is not None]
            if not batches:
                continue
            try:
                os.fdatasync(self._log)
            except OSError as error:
                self._loop.call_soon_threadsafe(self._failed, error)
                return
            self._loop.call_soon_threadsafe(self._durable, batches)


class LogLength:
    """Tells whether the log has reached a length, from the file alone.

    After a restart the file keeps its size and the old frames stay behind the new ones, but each frame carries the
    salt of its round: if the frame at that place has the salt of the header, the log has come that far.
    """

    def __init__(self, log: int, page_bytes: int) -> None:
        self._log = log
        self._frame_bytes = _frame_header_bytes + page_bytes

    def reached(self, length_bytes: int) -> bool:
        """Whether the current round of the log is at least `length_bytes` long."""
        frames = length_bytes // self._frame_bytes
        last = os.pread(self._log, _salt_bytes, _header_bytes + (frames - 1) * self._frame_bytes + 8)
        return len(last) == _salt_bytes and last == os.pread(self._log, _salt_bytes, 16)


class Checkpointer:
    """Copies a long log into the database and lets it start over."""

    def __init__(
        self,
        database: Path,
        lock: Path,
        length: LogLength,
        clock: Callable[[], float],
        failed: Callable[[sqlite3.Error], None],
    ) -> None:
        """`clock` is monotonic, in seconds.  `failed` is called, on the checkpointer's thread, with errors after which
        the store must stop.
        """
        self._clock = clock
        self._database = database
        self._lock = lock
        self._length = length
        self._failed = failed
        self._requests: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._busy = False
        self._not_before = 0.0
        self._thread: threading.Thread | None = None

    def consider(self) -> None:
        """Start a checkpoint if the log is long and none is running."""
        if self._busy or not self._length.reached(log_bytes_max) or self._clock() < self._not_before:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
            self._thread.start()
        self._busy = True
        self._requests.put(True)

    def close(self) -> None:
        """End the thread after the checkpoint that is running."""
        if self._thread is not None:
            self._requests.put(False)
            self._thread.join()

    def _run(self) -> None:
        connection = connect(self._database, busy_ms=reader_wait_ms)
        try:
            while self._requests.get():
                try:
                    self._checkpoint(connection)
                except sqlite3.Error as error:
                    _log.warning("checkpoint: %s", error)
                    self._not_before = self._clock() + retry_seconds
                    if must_stop(error):
                        self._failed(error)
                        return
                finally:
                    self._busy = False
        finally:
            connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        mode = "TRUNCATE" if self._length.reached(log_bytes_cut) else "RESTART"
        with exclusive(self._lock):
            connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()


_full: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
_fatal: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


def is_full(error: sqlite3.Error) -> bool:
    """Whether the error says that there is no space on the disk."""
    return getattr(error, "sqlite_errorcode", None) in _full


def must_stop(error: sqlite3.Error) -> bool:
    """Whether after this error nothing that the process believes about the files may be trusted."""
    return getattr(error, "sqlite_errorcode", None) in _fatal
