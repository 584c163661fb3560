"""File systems of a test's own: a small one that can be filled, and one on a disk whose power can be cut.

**What a power cut takes.**  Between a program and the platters there are two caches that forget: the page cache of the
file system, emptied by fsync, and the write cache of the disk, emptied when the file system sends FLUSH, as fsync does
at its end.  Both are real here:

    state          ext4, where the cloud runs: its page cache is the machine's memory
      on loop      of device.img: the block device; FLUSH becomes an fsync of this file
    cache          ext4, which holds device.img: its page cache is the write cache of the disk
      on loop      of platter.img: what the platters hold
    freezer        ext4, which holds platter.img and has no other purpose than to be frozen

A cut freezes the freezer (FIFREEZE), copies platter.img and thaws.  To freeze a file system writes back its own pages
and keeps everybody else's writes waiting *below* the two caches, so nothing in them is helped onto the platters: what
the copy holds is what had been fsynced and flushed, and whatever the kernel happened to write early.  Requests of the
kernel to the disk are in the copy or not, none in part, and those on their way in the middle of an fsync wait until the
thaw: the copy is of one moment, also when that moment is inside an fsync.  (A request torn in the middle is therefore
not shown.)  Both upper file systems commit their journals only when asked (`commit=`), so that no timer hides an fsync
that is missing.

A copy is mounted like a disk after the cut: both journals are replayed, and what is found then is what is there.

Rejected: to copy the backing file of a single loop device.  While it is written the copy is of no one moment; to stop
the processes first lets the fsyncs that are under way finish; to freeze the file system in question syncs it; and all
that the disk was given without FLUSH would count as kept.  Device-mapper snapshots and dm-log-writes would do, and are
missing in many kernels; reflinks need a file system of their own that has them.

**Cleaning up.**  Loop devices are made by `mount -o loop`, so the kernel detaches each with the last use of its file
system: to unmount is all there is to do, and it is done in reverse order whatever happens in between.

Sources: https://man7.org/linux/man-pages/man2/ioctl_fsfreeze.2.html (and man8/fsfreeze.8), man8/mount.8,
https://docs.kernel.org/block/writeback_cache_control.html
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
command_seconds_max: Final = 60

_freeze: Final = 0xC0045877
_thaw: Final = 0xC0045878
_tools: Final = ("mkfs.ext4", "mount", "umount", "cp", "sync")
_path: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_lazy_journal: Final = "commit=600"


class DiskError(Exception):
    """A file system could not be made, mounted or unmounted."""


def why_none(directory: Path) -> str | None:
    """Why no file system can be had on this machine, None when one can; `directory` is for trying."""
    if os.geteuid() != 0:
        return "only root can mount"
    missing = [tool for tool in _tools if shutil.which(tool, path=_path) is None]
    if missing:
        return f"{', '.join(missing)} not installed"
    try:
        with small_disk(directory, 2 * MIB):
            return None
    except DiskError as error:
        return str(error)


@contextmanager
def small_disk(directory: Path, size_bytes: int) -> Iterator[Path]:
    """A file system of that size, mounted below `directory`; without barriers, as it need not survive anything."""
    image = directory / "small.img"
    _make(image, size_bytes)
    try:
        with _mounted(image, directory / "small", "nobarrier") as point:
            yield point
    finally:
        image.unlink()


class Plug:
    """A disk under power, with a file system at `path`."""

    def __init__(self, path: Path, freezer: Path) -> None:
        self.path = path
        self._freezer = freezer

    def sync(self) -> None:
        """Put all that has been written so far onto the platters."""
        _run("sync", "--file-system", self.path)

    @contextmanager
    def pulled(self, copy: Path) -> Iterator[None]:
        """Write to `copy` what a power cut would leave at the moment when the block is entered."""
        freezer = os.open(self._freezer, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(freezer, _freeze, 0)
            try:
                yield
                _run("cp", "--sparse=always", self._freezer / "platter.img", copy)
            finally:
                fcntl.ioctl(freezer, _thaw, 0)
        finally:
            os.close(freezer)


@contextmanager
def powered_disk(directory: Path, size_bytes: int) -> Iterator[Plug]:
    """A disk whose power can be cut, with an empty file system of that size."""
    image = directory / "freezer.img"
    _make(image, 2 * size_bytes, "-O", "^has_journal")
    try:
        with _mounted(image, directory / "freezer", "nobarrier") as freezer:
            platter = freezer / "platter.img"
            _make(platter, size_bytes + size_bytes // 4)
            with _mounted(platter, directory / "cache", _lazy_journal) as cache:
                _make(cache / "device.img", size_bytes)
                with _mounted(cache / "device.img", directory / "state", _lazy_journal) as point:
                    yield Plug(point, freezer)
    finally:
        image.unlink()


@contextmanager
def powered_again(directory: Path, copy: Path) -> Iterator[Path]:
    """The file system that a cut has left in `copy`, mounted where it was before; it must not be mounted any more."""
    with _mounted(copy, directory / "cache") as cache, _mounted(cache / "device.img", directory / "state") as point:
        yield point


def _make(image: Path, size_bytes: int, *options: str) -> None:
    with image.open("xb") as file:
        file.truncate(size_bytes)
    _run("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=0", *options, image)


@contextmanager
def _mounted(image: Path, point: Path, *options: str) -> Iterator[Path]:
    point.mkdir(exist_ok=True)
    _run("mount", "-t", "ext4", "-o", ",".join(("loop", *options)), image, point)
    try:
        yield point
    finally:
        _unmount(point)


def _unmount(point: Path) -> None:
    """Unmount, whoever still uses it: then lazily, and it is an error all the same."""
    try:
        _run("umount", point)
    except DiskError:
        _run("umount", "--lazy", point)
        raise


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=command_seconds_max,
        env={**os.environ, "PATH": _path, "LC_ALL": "C"},
    )
    if done.returncode:
        raise DiskError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
