"""Appending to the extents of a disk: one thread per disk, one sync for all records that came meanwhile.

A process appends only to extents that it has made itself, so no two write to one file, and what a crash has torn at the
end of an extent is never followed by anything.  The writer holds a lock on the file for as long as it appends
(`is_sealed` looks at it); the kernel gives it back when the process dies.

A record is acknowledged when an fdatasync that began after it was written has succeeded, and the extent's directory
entry was synced before.  Parts of a large object ask for no sync of their own (`sync=False`): they are acknowledged
when written, and the last one's sync covers them if nothing has failed between, which `Written.epoch` tells.  The
kernel is asked to begin writing them back at once, so that this sync finds little to do.

After a sync that failed nothing is known about the file: the extent is given up, and all that waited for it fails.
When there is no space the extent stays as it was before.  A file that has been removed while it was written to counts
as failed, though the kernel does not say so.

Rejected: a file for each shard (a create, a sync and an inode for each, six times an object); a sync for each record;
extents preallocated with zeros, which would spare the sync the file's new size, but write everything twice.
Source: https://www.usenix.org/conference/atc20/presentation/rebello (what a failed fsync leaves behind)
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from gureum.objects.disks import Disk, has_room, no_space, sync_directory
from gureum.objects.shard import Bytes

extent_bytes: Final = 256 * 1024 * 1024
writeback_bytes_min: Final = 256 * 1024
_vector_max: Final = 512


class Written(NamedTuple):
    """Where a record is.  It is durable if `epoch` is the writer's at a later sync."""

    extent: int
    offset: int
    epoch: int


class _Item(NamedTuple):
    pieces: list[Bytes]
    sync: bool
    urgent: bool
    done: asyncio.Future[Written]

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


_Result = tuple[asyncio.Future[Written], Written | OSError]


class Writer:
    """Appends records to one disk."""

    def __init__(
        self, disk: Disk, loop: asyncio.AbstractEventLoop, new_extent: Callable[[], int], extent_bytes: int
    ) -> None:
        """`new_extent` makes up the number of an extent, on the writer's thread; one is full with `extent_bytes`."""
        self._disk = disk
        self._extent_bytes = extent_bytes
        self._loop = loop
        self._new_extent = new_extent
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._file = -1
        self._extent = 0
        self._size = 0
        self._unsynced = 0
        self._epoch = 0

    def append(self, pieces: list[Bytes], *, sync: bool = True, urgent: bool = False) -> asyncio.Future[Written]:
        """Write a record, made of `pieces`; no pieces and `sync` is a sync only.  OSError.

        `urgent` may take the room that is kept back on the disk.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"extents-{self._disk.number}", daemon=True)
            self._thread.start()
        done: asyncio.Future[Written] = self._loop.create_future()
        self._items.put(_Item(pieces, sync, urgent, done))
        return done

    async def close(self) -> None:
        """Write what is waiting, then let the extent go."""
        if self._thread is not None:
            self._items.put(None)
            await self._loop.run_in_executor(None, self._thread.join)
            self._thread = None

    def _run(self) -> None:
        ending = False
        while not ending:
            taken = [self._items.get()]
            while not self._items.empty():
                taken.append(self._items.get())
            ending = taken[-1] is None
            items = [item for item in taken if item is not None]
            if items:
                self._write(items)
        self._let_go()

    def _write(self, items: list[_Item]) -> None:
        results: list[_Result] = []
        must_sync = any(item.sync for item in items)
        while items:
            try:
                count = self._append(items, results)
            except OSError as error:
                self._disk.failed(error)
                results.append((items[0].done, error))
                count = 1
            items = items[count:]
        if must_sync:
            self._sync()
        self._loop.call_soon_threadsafe(_resolve, results, self._epoch)

    def _append(self, items: list[_Item], results: list[_Result]) -> int:
        """Write as many records as go into one system call; how many they were."""
        if self._size >= self._extent_bytes:
            self._sync()
            self._let_go()
        if self._file < 0:
            self._begin()
        if items[0].pieces and not items[0].urgent and not has_room(self._file):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        vector: list[Bytes] = []
        size = 0
        placed: list[_Result] = []
        for item in items:
            if placed and (len(vector) + len(item.pieces) > _vector_max or self._size + size >= self._extent_bytes):
                break
            placed.append((item.done, Written(self._extent, self._size + size, self._epoch)))
            vector += item.pieces
            size += item.size
        if vector:
            self._put(vector, size)
        results += placed
        return len(placed)

    def _put(self, vector: list[Bytes], size: int) -> None:
        try:
            written = os.pwritev(self._file, vector, self._size)
            if written < size:
                rest = memoryview(b"".join(vector))
                while written < size:
                    written += os.pwrite(self._file, rest[written:], self._size + written)
        except OSError as error:
            if error.errno in no_space:
                os.ftruncate(self._file, self._size)
            else:
                self._epoch += 1
                self._let_go()
            raise
        if size >= writeback_bytes_min:
            # Begins the writing back.  What is not on the disk yet stays in memory, despite the name.
            os.posix_fadvise(self._file, self._size, size, os.POSIX_FADV_DONTNEED)
        self._size += size
        self._unsynced += size

    def _begin(self) -> None:
        extent = self._new_extent()
        path = self._disk.extent_path(extent)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            sync_directory(path.parent)
        except OSError:
            os.close(file)
            raise
        self._file, self._extent, self._size, self._unsynced = file, extent, 0, 0

    def _sync(self) -> None:
        """Make what was written durable, or give it up."""
        if not self._unsynced:
            return
        try:
            os.fdatasync(self._file)
            if not os.fstat(self._file).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "the extent was removed")
            self._unsynced = 0
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._disk.failed(error)
        self._epoch += 1
        self._let_go()

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file, self._size, self._unsynced = -1, 0, 0


def _resolve(results: list[_Result], epoch: int) -> None:
    """Answer; what was written in an epoch that has ended since may be lost."""
    for done, result in results:
        if done.done():
            continue
        if isinstance(result, OSError):
            done.set_exception(result)
        elif result.epoch != epoch:
            done.set_exception(OSError(errno.EIO, "the extent could not be synced"))
        else:
            done.set_result(result)


def is_sealed(path: Path) -> bool:
    """Whether nobody appends to the extent any more.  OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
