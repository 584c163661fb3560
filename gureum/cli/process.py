"""Starting a cloud in the background, waiting until it is ready, and stopping it.

Ready means: the run file names the process that was started and the health check answers.  The end of a process is
learned from a pidfd, which wakes at the moment of the end and cannot mean another process that got the same number.

Source: https://man7.org/linux/man-pages/man2/pidfd_open.2.html
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gureum.cli.client import is_healthy
from gureum.cli.errors import Failed
from gureum.cli.place import Place, Running
from gureum.cli.terminal import Spinner, faint

start_seconds_max = 60.0
stop_seconds_max = 30.0
poll_seconds = 0.02
log_bytes_max = 16 * 1024 * 1024
tail_lines = 20


@dataclass(frozen=True)
class Launch:
    """How a cloud is started; None leaves it to the cloud."""

    port: int
    host: str
    workers: int
    state: str | None
    tls: bool

    @classmethod
    def like(cls, running: Running) -> Launch:
        """The way a running cloud was started."""
        return cls(running.port, running.host, running.workers, running.state, running.ca is not None)

    def command(self, place: Place) -> list[str]:
        """The command that starts this cloud in the foreground."""
        # -P: the working directory is no place to import from.
        command = [sys.executable, "-P", "-m", "gureum", "up", "--data", str(place.data)]
        command += ["--port", str(self.port), "--host", self.host, "--workers", str(self.workers)]
        return [*command, "--tls"] if self.tls else command

    def environment(self) -> dict[str, str]:
        """The environment for that command; it carries the state's URL, which everybody could see in the command."""
        variables = {name: value for name, value in os.environ.items() if name not in {"GUREUM_STATE", "GUREUM_TLS"}}
        return variables if self.state is None else {**variables, "GUREUM_STATE": self.state}


def why_not_listen(host: str, port: int) -> str | None:
    """What keeps a cloud from listening there, or None when nothing does."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        return f"{host} port {port}: {error.strerror}"
    return None


def start_in_background(place: Place, launch: Launch) -> Running:
    """Start a cloud that outlives this process and wait until it is ready; Failed with the end of its log."""
    # One after the other: mkdir applies its mode to the last directory only.
    place.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.log_file.parent.mkdir(mode=0o700, exist_ok=True)
    rotate(place.log_file)
    with open_private(place.log_file) as log:
        begin = log.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            launch.command(place),
            env=launch.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    running = wait_until_ready(place, child)
    if running is None:
        raise Failed(_why(child, place.log_file, begin))
    return running


def wait_until_ready(place: Place, child: subprocess.Popen[bytes]) -> Running | None:
    """The cloud that `child` became; None when it ended or took too long, after which it is stopped."""
    spinner = Spinner("starting")
    deadline = time.monotonic() + start_seconds_max
    try:
        while child.poll() is None and time.monotonic() < deadline:
            running = place.running()
            if running and running.pid == child.pid and is_healthy(running.connect_host, running.port, running.ca):
                return running
            spinner.turn()
            time.sleep(poll_seconds)
        if child.poll() is None:
            child.terminate()
        return None
    except KeyboardInterrupt:
        child.terminate()
        raise
    finally:
        spinner.clear()


def stop(running: Running, force: bool = False) -> None:
    """End a cloud and wait until it is gone; Failed when it does not go and `force` does not kill it."""
    try:
        descriptor = os.pidfd_open(running.pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        if _ended(descriptor, stop_seconds_max):
            return
        if not force:
            raise Failed(
                f"process {running.pid} has not ended after {stop_seconds_max:.0f} s; "
                "--force kills it, and nothing that was acknowledged is lost"
            )
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        _ended(descriptor, stop_seconds_max)
    except PermissionError as error:
        raise Failed(f"process {running.pid} belongs to another user") from error
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)


def open_private(path: Path) -> BinaryIO:
    """Open a file for appending; a new one is readable by its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")


def rotate(log_file: Path) -> None:
    """Keep one older log once the log has grown large."""
    if log_file.exists() and log_file.stat().st_size > log_bytes_max:
        log_file.replace(log_file.with_suffix(".log.1"))


def tail(log: BinaryIO, lines: int) -> list[str]:
    """The last lines of what is left of a file, which is then read to its end."""
    return [line.decode("utf-8", "replace").rstrip("\n") for line in deque(log, maxlen=lines)]


def _ended(descriptor: int, seconds: float) -> bool:
    """Whether the process of a pidfd ends within so many seconds."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _why(child: subprocess.Popen[bytes], log_file: Path, begin: int) -> str:
    """What to say about a cloud that did not start."""
    code = child.returncode
    if code is None:
        what = f"was not ready after {start_seconds_max:.0f} s"
    else:
        what = f"ended with exit code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
    with log_file.open("rb") as log:
        log.seek(begin)
        said = tail(log, tail_lines) or ["(it said nothing)"]
    return "\n".join([f"the cloud {what}; the end of {log_file}:", *(faint(f"  {line}") for line in said)])
