"""Disks: directories with an identity, in zones, that can be away.

    DISK/disk.json                     which disk this is, and the key that its records are sealed with
    DISK/NUMBER/EXTENT.extent          extents

A disk belongs to the store by its record in the state.  A directory is taken for the disk only if its `disk.json` says
so: one that is empty, as a mount point is when nothing is mounted, is not written to.  A disk that was lost for good is
replaced (`replace`): the directory gets a new identity with a new number, and all that the old one held counts as lost.

Readable is a disk that nobody has marked down and that was there when last looked at; writable, if no write has failed
since.  Some room is kept back on each for compaction, which has to write in order to give back.  Each process looks for
itself: when it could not read something, in every pass of the walks, and while a disk is away or not writable every
second that somebody writes.  An identity that is spoiled while the extents are there is written again.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from gureum.base.log import Log
from gureum.objects.placement import Slot
from gureum.objects.tables import DiskRecord

recheck_ms: Final = 1000
probe_bytes: Final = 1024 * 1024
reserve_bytes_max: Final = 256 * 1024 * 1024
reserve_share: Final = 8
no_space: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_suffix: Final = ".extent"

log = Log("objects")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a disk is to be found, as configured."""

    zone: str
    name: str
    path: Path
    own: bool = False
    """Whether the directory is the cloud's own, and no mount point: then it may be made again when it is gone."""


def default_locations(root: Path) -> list[Location]:
    """Three zones with two disks each below `root`."""
    return [
        Location(f"zone-{zone}", f"zone-{zone}/disk-{number}", root / f"zone-{zone}" / f"disk-{number}", own=True)
        for zone in "abc"
        for number in (1, 2)
    ]


@dataclass(slots=True, eq=False)
class Disk:
    """A disk of the store as this process sees it."""

    location: Location
    record: DiskRecord
    key: bytes = field(repr=False)
    problem: str | None = None
    """Why it cannot be read, None when it can."""
    blocked: str | None = None
    """Why it cannot be written, though it may be there."""
    checked_ms: int = 0

    @property
    def number(self) -> int:
        """Which disk it is."""
        return self.record.number

    @property
    def slot(self) -> Slot:
        """For placing."""
        return Slot(self.record.zone, self.record.number)

    @property
    def readable(self) -> bool:
        """Whether it is worth trying to read from it."""
        return self.problem is None and not self.record.marked_down

    @property
    def writable(self) -> bool:
        """Whether new shards may go there."""
        return self.readable and self.blocked is None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing at all where it should be."""
        return not self.location.path.exists() or not any(self.location.path.iterdir())

    @property
    def extents_path(self) -> Path:
        """The directory of its extents."""
        return self.location.path / str(self.number)

    def extent_path(self, extent: int) -> Path:
        """The file of an extent."""
        return self.extents_path / f"{extent:016x}{_suffix}"

    def extents(self) -> list[int]:
        """All extents on it, oldest first.  OSError."""
        return sorted(int(path.stem, 16) for path in self.extents_path.iterdir() if path.suffix == _suffix)

    def failed(self, error: OSError) -> None:
        """Note that a write to it failed: no more of them until one has succeeded when it was looked at again."""
        self.blocked = os.strerror(error.errno or errno.EIO)
        log.warning("disk failed", disk=self.location.name, why=error)

    def look(self) -> None:
        """See whether it is there, and if a write has failed, whether one succeeds now.  Blocks."""
        problem = self._problem()
        if problem is None and self.problem is not None:
            log.info("disk is back", disk=self.location.name)
        elif problem != self.problem:
            log.warning("disk is away", disk=self.location.name, why=problem)
        self.problem = problem
        if self.blocked is None or problem is not None:
            return
        try:
            if not has_room(self.extents_path):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _write_durably(self.extents_path / "probe", bytes(probe_bytes))
            (self.extents_path / "probe").unlink(missing_ok=True)
        except OSError as error:
            self.blocked = os.strerror(error.errno or errno.EIO)
        else:
            self.blocked = None

    def format(self) -> None:
        """Make the directory this disk.  OSError."""
        self.extents_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_durably(self.location.path / "disk.json", _identity(self.record, self.key))
        for path in (self.location.path, *self.location.path.parents[:3]):
            sync_directory(path)

    def _problem(self) -> str | None:
        try:
            found = read_identity(self.location.path)
            if found is None and self.extents_path.is_dir():
                self.format()
                found = read_identity(self.location.path)
            if found is None:
                return "not there"
            if found != (self.number, self.key) or not self.extents_path.is_dir():
                return "another disk is in its place"
        except OSError as error:
            return os.strerror(error.errno or errno.EIO)
        return None


class Disks:
    """The disks of a store, by number.  One that the state knows and nobody configured is missing."""

    def __init__(self, found: Sequence[Disk]) -> None:
        self._disks = {disk.number: disk for disk in found}

    def __iter__(self) -> Iterator[Disk]:
        return iter(list(self._disks.values()))

    def get(self, number: int) -> Disk | None:
        """The disk of that number."""
        return self._disks.get(number)

    def named(self, name: str) -> Disk | None:
        """The disk of that name."""
        return next((disk for disk in self if disk.location.name == name), None)

    def put(self, disk: Disk) -> None:
        """Take over a disk, in place of that of the same name."""
        old = self.named(disk.location.name)
        if old is not None:
            del self._disks[old.number]
        self._disks[disk.number] = disk

    def writable(self, zone: str | None) -> list[Disk]:
        """Where shards of a code for that zone may go, None for any."""
        return [disk for disk in self if disk.writable and zone in {None, disk.record.zone}]

    def readable(self, zone: str | None) -> list[Disk]:
        """The disks of that zone, or of all, that are there."""
        return [disk for disk in self if disk.readable and zone in {None, disk.record.zone}]


def has_room(path: Path | int) -> bool:
    """Whether there is more room than compaction may need to make room.  OSError."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize > min(reserve_bytes_max, found.f_blocks * found.f_frsize // reserve_share)


def read_identity(path: Path) -> tuple[int, bytes] | None:
    """Number and key that a directory says it has, None when it says nothing or what it says is spoiled."""
    try:
        said, check = (path / "disk.json").read_bytes().splitlines()
        if sha256(said).hexdigest().encode() != check:
            return None
        found = json.loads(said)
        return int(found["number"]), bytes.fromhex(found["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _identity(record: DiskRecord, key: bytes) -> bytes:
    said = {"name": record.name, "zone": record.zone, "number": record.number, "key": key.hex()}
    line = json.dumps(said).encode()
    return line + b"\n" + sha256(line).hexdigest().encode() + b"\n"


def _write_durably(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
        beside.rename(path)
    finally:
        os.close(file)
        beside.unlink(missing_ok=True)


def sync_directory(path: Path) -> None:
    """Make what was created or renamed in a directory durable.  OSError."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
