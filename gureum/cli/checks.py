"""The checks of `gureum doctor`.

A check looks at one thing and changes nothing (the check of the disk writes a file that has no name).  Three verdicts:
good, doubtful (a cloud runs, but something is worse than it could be or a test cannot run) and bad (a cloud does not
run).
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import resource
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from gureum.cli.client import is_healthy
from gureum.cli.place import Place
from gureum.cli.process import why_not_listen
from gureum.cli.terminal import faint

python_oldest = (3, 11)
sqlite_oldest = (3, 35)
free_bytes_needed = 256 * 1024 * 1024
free_bytes_wanted = 4 * 1024 * 1024 * 1024
open_files_wanted = 4096
earliest_year = 2026
PRIVATE = ("root-credentials.json", "root-key", "ca/ca-key.pem", "ca/server.pem")
VOLATILE = {"tmpfs", "ramfs", "devtmpfs"}
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"}


class Verdict(Enum):
    """How a check ended."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True)
class Result:
    """What a check found, and what to do about it."""

    verdict: Verdict
    found: str
    remedy: str = ""


def examine(host: str, port: int, place: Place) -> Iterator[tuple[str, Result]]:
    """Every check with what it found, one after another."""
    checks: list[tuple[str, Callable[[], Result]]] = [
        ("python", check_python),
        ("packages", check_packages),
        ("sqlite", check_sqlite),
        ("address", lambda: check_address(host, port, place)),
        ("directory", lambda: check_directory(place.data)),
        ("keys", lambda: check_keys(place.data)),
        ("space", lambda: check_space(place.data)),
        ("disk", lambda: check_file_system(place.data)),
        ("files", check_open_files),
        ("clock", check_clock),
        ("postgresql", check_postgresql),
        ("node", lambda: check_tool("node", "nodejs", "the tests with the JavaScript SDK")),
        ("wrk", lambda: check_tool("wrk", "wrk", "the measurements in bench/")),
    ]
    for name, check in checks:
        yield name, check()


def check_python() -> Result:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < python_oldest:
        oldest = ".".join(map(str, python_oldest))
        return Result(Verdict.BAD, version, f"needs {oldest} or later: Debian package python3")
    return Result(Verdict.GOOD, f"{version}, {sys.executable}")


def check_packages() -> Result:
    """The packages that this one requires are installed."""
    try:
        requirements = importlib.metadata.requires("gureum") or []
    except importlib.metadata.PackageNotFoundError:
        return Result(Verdict.BAD, "gureum itself is not installed", "make up installs it; by hand: pip install .")
    names = [match.group() for text in requirements if (match := re.match(r"[\w.-]+", text)) and "extra ==" not in text]
    missing = [name for name in names if not _is_installed(name)]
    if missing:
        return Result(Verdict.BAD, f"missing: {', '.join(missing)}", "pip install -r requirements.txt")
    return Result(Verdict.GOOD, f"all {len(names)} installed")


def check_sqlite() -> Result:
    """SQLite, in which the state is kept by default, is new enough."""
    if sqlite3.sqlite_version_info < sqlite_oldest:
        oldest = ".".join(map(str, sqlite_oldest))
        return Result(Verdict.BAD, sqlite3.sqlite_version, f"needs {oldest} or later: Debian package libsqlite3-0")
    return Result(Verdict.GOOD, sqlite3.sqlite_version)


def check_address(host: str, port: int, place: Place) -> Result:
    """The address can be listened on, or it is this cloud that listens."""
    running = place.running()
    if running is not None:
        if is_healthy(running.connect_host, running.port, running.ca):
            return Result(Verdict.GOOD, f"this cloud answers at {running.endpoint}")
        remedy = "see gureum logs; gureum down --force ends it"
        return Result(Verdict.BAD, f"process {running.pid} runs and does not answer at {running.endpoint}", remedy)
    reason = why_not_listen(host, port)
    if reason is not None:
        return Result(Verdict.BAD, reason, "choose another: --port or --host")
    return Result(Verdict.GOOD, f"{host} port {port} is free")


def check_directory(data: Path) -> Result:
    """The data directory can be made or written to, and belongs to its owner alone."""
    existing = _existing(data)
    if not os.access(existing, os.W_OK | os.X_OK) or not existing.is_dir():
        return Result(Verdict.BAD, f"{existing} cannot be written to", "choose another: --data or GUREUM_HOME")
    if data.exists() and data.stat().st_mode & 0o077:
        return Result(Verdict.DOUBTFUL, f"{data} is open to other users", f"chmod 700 {data}")
    return Result(Verdict.GOOD, str(data))


def check_keys(data: Path) -> Result:
    """The files that hold keys can be read by their owner alone."""
    try:
        found = [file for name in PRIVATE if (file := data / name).exists()]
        public = [file for file in found if file.stat().st_mode & 0o077]
    except PermissionError as error:
        return Result(Verdict.BAD, f"{error.filename} cannot be looked at", "the cloud belongs to another user")
    if public:
        names = " ".join(map(str, public))
        return Result(
            Verdict.BAD, f"open to other users: {names}", f"chmod 600 {names}, and think of who has read them"
        )
    return Result(Verdict.GOOD, f"{len(found)} files, private" if found else "none yet")


def check_space(data: Path) -> Result:
    """There is room for the state."""
    free = shutil.disk_usage(_existing(data)).free
    found = f"{free / 1024**3:.1f} GiB free"
    if free < free_bytes_needed:
        return Result(Verdict.BAD, found, "a cloud refuses writes on a full disk; make room or choose another --data")
    if free < free_bytes_wanted:
        return Result(Verdict.DOUBTFUL, found, "enough to begin with")
    return Result(Verdict.GOOD, found)


def check_file_system(data: Path) -> Result:
    """The file system keeps what is synced to it."""
    existing = _existing(data)
    kind = file_system(existing, Path("/proc/self/mountinfo").read_text())
    if kind in VOLATILE:
        return Result(Verdict.DOUBTFUL, kind, "lives in memory: everything is lost when the machine stops")
    if kind in REMOTE:
        return Result(Verdict.BAD, kind, "SQLite's log needs a local file system: choose another --data")
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"gureum")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Result(Verdict.BAD, f"{kind}: {error.strerror}", "data cannot be synced to this disk")
    return Result(Verdict.GOOD, f"{kind}, syncs")


def check_open_files() -> Result:
    """Enough files may be open for many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < open_files_wanted:
        raised = f"ulimit -n {min(hard, 65536) if hard > 0 else 65536}"
        return Result(Verdict.DOUBTFUL, f"{soft} may be open", f"each waiting client is one: {raised}")
    return Result(Verdict.GOOD, f"{soft} may be open")


def check_clock() -> Result:
    """The host's clock is plausible, because signatures are only good for fifteen minutes."""
    from gureum.base.clock import host_ms, to_datetime

    now = to_datetime(host_ms())
    found = now.isoformat(timespec="seconds")
    if now.year < earliest_year:
        return Result(Verdict.BAD, found, "the host's clock is wrong: Debian package systemd-timesyncd or chrony")
    return Result(Verdict.GOOD, found)


def check_postgresql() -> Result:
    """PostgreSQL's programs are there for the tests; a cloud reaches its database over the network."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        return Result(Verdict.DOUBTFUL, "not installed", "only the tests need it: Debian package postgresql")
    return Result(Verdict.GOOD, f"{found[-1].parent} {faint('(for the tests)')}")


def check_tool(command: str, package: str, purpose: str) -> Result:
    """A program that only the development of Gureum needs."""
    path = shutil.which(command)
    if path is None:
        return Result(Verdict.DOUBTFUL, "not installed", f"only {purpose} need it: Debian package {package}")
    return Result(Verdict.GOOD, f"{path} {faint(f'(for {purpose})')}")


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that a path lies on, by the text of /proc/self/mountinfo: the longest mount point wins.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    best, kind = "", "unknown"
    resolved = f"{path.resolve()}/"
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        point = _unescape(left.split()[4])
        if resolved.startswith(f"{point.rstrip('/')}/") and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind


def _unescape(text: str) -> str:
    """Spaces and the like stand as three octal digits in mountinfo."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def _existing(path: Path) -> Path:
    """The path or the nearest directory above it that exists."""
    return next(candidate for candidate in (path, *path.parents) if candidate.exists())


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
