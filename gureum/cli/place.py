"""The data directory of a cloud, and which cloud runs in it.

    DATA/lock                    held by the running cloud
    DATA/state/                  everything in the cloud, unless the state is in a database
    DATA/root-credentials.json   the root key, 0600; written by the cloud when it starts for the first time
    DATA/run/gureum.json         the running cloud, 0600; there from when it is ready until it stops
    DATA/ca/ca.pem               the CA whose certificate the cloud shows, once it has served TLS
    DATA/log/gureum.log          what a cloud in the background says

One directory is one cloud: a second one in it is refused, others run beside it in directories and on ports of their
own.  After `kill -9` the run file stays, and its process id may belong to another process by now; so the file counts
only if that process has run since before the file was written.  The kernel gives start times in ticks since boot, the
file a date; two seconds are left for rounding.

Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (starttime), proc_stat(5) (btime).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gureum.base.addresses import is_loopback
from gureum.cli.errors import Failed, NotRunning

start_tolerance_seconds = 2.0
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def default_data() -> Path:
    """Where a cloud lives if nobody says otherwise: below the user's data directory (XDG base directories)."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "gureum"


@dataclass(frozen=True)
class Credentials:
    """The root key of the cloud's account."""

    access_key_id: str
    secret_access_key: str
    account: str


@dataclass(frozen=True)
class Running:
    """A running cloud, as it described itself when it was ready; `ca` is what to verify it with when it serves TLS."""

    pid: int
    host: str
    port: int
    workers: int
    started: datetime
    state: str | None = None
    ca: Path | None = None

    @property
    def connect_host(self) -> str:
        """The address under which a client on this machine reaches it."""
        return WILDCARDS.get(self.host, self.host)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def endpoint(self) -> str:
        """The endpoint URL for clients on this machine."""
        scheme = "http" if self.ca is None else "https"
        if self.connect_host in {"127.0.0.1", "::1"}:
            return f"{scheme}://localhost:{self.port}"
        host = f"[{self.connect_host}]" if ":" in self.connect_host else self.connect_host
        return f"{scheme}://{host}:{self.port}"


class Place:
    """A data directory; nothing is created by looking at it."""

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().absolute()
        self.run_file = self.data / "run" / "gureum.json"
        self.credentials_file = self.data / "root-credentials.json"
        self.lock_file = self.data / "lock"
        self.state = self.data / "state"
        self.ca_file = self.data / "ca" / "ca.pem"
        self.log_file = self.data / "log" / "gureum.log"

    @classmethod
    def default(cls) -> Place:
        """Where the cloud of this user lives."""
        return cls(Path(os.environ.get("GUREUM_HOME") or default_data()))

    def running(self) -> Running | None:
        """The cloud that runs here, or None; a run file left behind by a dead one does not count."""
        document = _read_json(self.run_file)
        if document is None:
            return None
        try:
            running = Running(
                pid=int(document["pid"]),
                host=str(document["host"]),
                port=int(document["port"]),
                workers=int(document["workers"]),
                started=_moment(document["started"]),
                state=document.get("state"),
                ca=self.ca_file if document.get("scheme") == "https" else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Failed(f"{self.run_file} is damaged ({error}); stop the cloud by hand and remove the file") from error
        return running if is_same_process(running.pid, running.started) else None

    def require_running(self) -> Running:
        """The cloud that runs here; NotRunning when there is none."""
        running = self.running()
        if running is None:
            raise NotRunning(self.data)
        return running

    def credentials(self) -> Credentials:
        """The root key; Failed when this user cannot read it."""
        document = _read_json(self.credentials_file)
        if document is None:
            raise Failed(f"{self.credentials_file} is missing: the cloud writes it when it starts")
        try:
            return Credentials(document["access_key_id"], document["secret_access_key"], document["account"])
        except KeyError as error:
            raise Failed(f"{self.credentials_file} has no {error}") from error


def is_same_process(pid: int, since: datetime) -> bool:
    """Whether process `pid` exists and was there at `since`, so that it is not a later one with the same number."""
    started = process_start(pid)
    return started is not None and started <= since.timestamp() + start_tolerance_seconds


def process_start(pid: int) -> float | None:
    """When process `pid` started, in seconds since 1970; None when there is none, or only its zombie is left."""
    try:
        # The name stands in parentheses and may itself hold any character.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in {"Z", "X"}:
        return None
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    return int(boot.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _moment(value: object) -> datetime:
    """A date of the run file: ISO 8601, or seconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None when there is no such file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise Failed(f"{path} is damaged: {error}") from error
    if not isinstance(document, dict):
        raise Failed(f"{path} is damaged: it holds no object")
    return document
