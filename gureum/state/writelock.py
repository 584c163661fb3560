"""The right to write, one process at a time: flock on a file beside the database.

SQLite has a write lock of its own, but one can only poll for it.  Here a process that finds the lock taken goes on with
its other work and is called when the lock has been free.

The waiting thread lets the lock go again as soon as it has it, and the event loop tries anew when it gets there.
To keep it would idle all other processes while this one's loop finishes what it is at, often longer than a batch of
writes takes: a convoy.  The price is that another process may be faster.  After `patience` lost races the thread keeps
the lock and hands it over, so nobody starves.

The lock belongs to an open file, not to a process: a checkpoint excludes the writes of its own process with a lock
object of its own.  The kernel releases it when the process dies.
Source: https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

patience: Final = 4


class WriteLock:
    """The lock as one event loop sees it.  All methods are to be called on the loop's thread."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, freed: Callable[[], None]) -> None:
        """`freed` is called on the loop some time after `call_when_free`."""
        self._loop = loop
        self._freed = freed
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._races_lost = 0
        self._waiting = False
        self._held = False
        self._requests: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting_file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._handed_over = False
        self._closed = False

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it."""
        assert not self._held
        if self._handed_over:
            self._held = True
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._held = True
        self._races_lost = 0
        return True

    def release(self) -> None:
        """Give it back."""
        assert self._held
        self._held = False
        if self._handed_over:
            self._handed_over = False
            self._races_lost = 0
            fcntl.flock(self._waiting_file, fcntl.LOCK_UN)
        else:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def call_when_free(self) -> None:
        """Have `freed` called when the lock was seen free."""
        if self._waiting:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._wait, name="write-lock", daemon=True)
            self._thread.start()
        self._waiting = True
        self._races_lost += 1
        self._requests.put(self._races_lost > patience)

    def close(self) -> None:
        """Stop the thread and close the files; the lock is free then."""
        assert not self._held
        self._closed = True
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join()
        os.close(self._file)
        os.close(self._waiting_file)

    def _wait(self) -> None:
        while (keep := self._requests.get()) is not None:
            fcntl.flock(self._waiting_file, fcntl.LOCK_EX)
            if not keep:
                fcntl.flock(self._waiting_file, fcntl.LOCK_UN)
            self._loop.call_soon_threadsafe(self._was_free, keep)

    def _was_free(self, kept: bool) -> None:
        if self._closed:
            return
        self._waiting = False
        self._handed_over = kept
        self._freed()
        if self._handed_over and not self._held:
            # Nothing was left to write meanwhile.
            self._held = True
            self.release()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock, waiting for it as long as it takes: for threads of their own and for starting."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
