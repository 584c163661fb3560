"""The two clouds as processes of this machine: started from their commands, watched through /proc, ended by their ids.

ministack lives in an environment of its own (`.venv/ministack`, pinned in `requirements.txt`), because it requires
other versions.  Gureum's data lies where the checkout lies, on a disk that syncs: in memory a sync would cost nothing.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.signing import Signed, identity_request, sqs_request

root: Final = Path(__file__).parent.parent
peer_name: Final = "ministack"

_loopback: Final = "127.0.0.1"
_peer_environment: Final = root / ".venv" / "ministack"
_requirements: Final = Path(__file__).with_name("requirements.txt")
_start_seconds_max: Final = 30.0
_stop_seconds_max: Final = 15.0
_poll_seconds: Final = 0.001
_answer_seconds_max: Final = 30.0
_ticks_per_second: Final = os.sysconf("SC_CLK_TCK")
_bytes_per_kib: Final = 1024


class ServerFailed(Exception):
    """A cloud that did not start, or did not answer as it has to."""


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment and a server's own.  Both sides may keep what Python has compiled, as users' do."""
    return {**{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}, **own}


class Server:
    """One cloud: a command, its environment and the port that it is told to take."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], port: int, folder: Path) -> None:
        self.name = name
        self.port = port
        self.endpoint = f"http://{_loopback}:{port}/"
        self._command = command
        self._environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; the seconds from the command to the first answer to a signed request."""
        request = identity_request()
        with (self._folder / f"{self.name}.log").open("ab") as log:
            started = time.perf_counter()
            self._process = subprocess.Popen(
                self._command, env=_environment(self._environment), cwd=self._folder, stdout=log, stderr=log
            )
        while (answer := self._try(request)) is None:
            if self._process.poll() is not None or time.perf_counter() - started > _start_seconds_max:
                raise ServerFailed(f"{self.name} did not start:\n{self.log()}")
            time.sleep(_poll_seconds)
        took = time.perf_counter() - started
        if answer[0] != http.client.OK:
            raise ServerFailed(f"{self.name}: {answer}")
        return took

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_stop_seconds_max)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def log(self) -> str:
        """The end of what it has said."""
        return (self._folder / f"{self.name}.log").read_text(errors="replace")[-4000:]

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """An operation of SQS.  Raises ServerFailed unless it succeeds."""
        result: dict[str, Any] = json.loads(self.answer(sqs_request(operation, members)) or b"{}")
        return result

    def answer(self, request: Signed) -> bytes:
        """The body of the answer to `request`.  Raises ServerFailed unless it succeeds."""
        status, body = self._exchange(request)
        if status != http.client.OK:
            raise ServerFailed(f"{self.name}: {request.body[:500]!r}: {status} {body[:500]!r}")
        return body

    def processor_seconds(self) -> float:
        """Processor time of all its processes so far."""
        return sum(_ticks(Path(f"/proc/{process}/stat")) for process in self._processes()) / _ticks_per_second

    def thread_seconds(self) -> dict[int, float]:
        """Processor time of each thread of its first process by the thread's id; the main thread has the process's."""
        return {
            int(thread.name): _ticks(thread / "stat") / _ticks_per_second
            for thread in Path(f"/proc/{self.process_id}/task").iterdir()
        }

    @property
    def process_id(self) -> int:
        """Its first process."""
        assert self._process is not None, "it runs"
        return self._process.pid

    def memory_bytes(self) -> dict[str, int]:
        """Resident memory of all its processes: `Rss`, and `Pss`, which counts shared pages by shares."""
        total = {"Rss": 0, "Pss": 0}
        for process in self._processes():
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in total:
                    total[name] += int(rest.split()[0]) * _bytes_per_kib
        return total

    def _processes(self) -> list[int]:
        found = [self.process_id]
        for process in found:  # grows meanwhile, by the children
            children = Path(f"/proc/{process}/task/{process}/children").read_text()
            found += map(int, children.split())
        return found

    def _try(self, request: Signed) -> tuple[int, bytes] | None:
        try:
            return self._exchange(request)
        except ConnectionError:
            return None

    def _exchange(self, request: Signed) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(_loopback, self.port, timeout=_answer_seconds_max)
        try:
            connection.request("POST", "/", request.body, request.headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def gureum(folder: Path, workers: int = 1) -> Server:
    """A cloud of ours with its data in `folder`, as `gureum up` starts it."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("gureum")), "up", "--data", str(folder / "data")]
    command += ["--port", str(port), "--workers", str(workers)]
    return Server("gureum" if workers == 1 else f"gureum x{workers}", command, {}, port, folder)


def ministack(folder: Path) -> Server:
    """The peer."""
    port = free_port()
    environment = {"BIND_HOST": _loopback, "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"}
    return Server(peer_name, [str(_peer_environment / "bin" / peer_name)], environment, port, folder)


@contextmanager
def folder() -> Iterator[Path]:
    """An empty directory on the disk of the checkout, for the length of a block."""
    parent = root / "build" / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """The servers, started one after another, for the length of a block."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


@contextmanager
def both() -> Iterator[tuple[Server, Server]]:
    """Gureum and its peer, running."""
    with folder() as place:
        ours, peer = gureum(place), ministack(place)
        with running(ours, peer):
            yield ours, peer


def install_peer() -> None:
    """Make the environment of the peer, unless it is there as the requirements say."""
    wanted = hashlib.sha256(_requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = _peer_environment / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(_peer_environment)], check=True)
    pip = [str(_peer_environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--requirement", str(_requirements)], check=True)
    stamp.write_text(wanted)


def free_port() -> int:
    """A port of the loopback interface that nobody has."""
    with socket.socket() as probe:
        probe.bind((_loopback, 0))
        port: int = probe.getsockname()[1]
        return port


def _ticks(stat: Path) -> int:
    """User and system time of a process or thread: fields 14 and 15 of proc(5), the 12th and 13th after the name."""
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
