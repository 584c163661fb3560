"""The load generator: wrk with a list of requests (`load.lua`), bounded in time.

One thread of wrk is enough: it answers some ten thousand requests per second, several times what is measured here.
It takes processor time from the clouds all the same, from both equally; how much is part of the result.

Source: https://github.com/wg/wrk/blob/master/SCRIPTING
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench.servers import Server

script: Final = Path(__file__).with_name("load.lua")
counted_seconds_max: Final = 120
"""The end of a run that waits for a number of answers."""

_grace_seconds: Final = 30
_timeout_seconds: Final = 20
_marker: Final = "RESULT "


class LoadFailed(Exception):
    """A load that did not go as it has to: requests refused, connections broken, wrk missing."""


class Load(msgspec.Struct, frozen=True):
    """What a run showed.  `server_seconds` and `wrk_seconds` are processor time, `p50_us` and `p99_us` latencies."""

    answers: int
    seconds: float
    p50_us: int
    p99_us: int
    server_seconds: float
    wrk_seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


class RequestList:
    """Signed requests in a file that wrk can read.  They are good for about ten minutes."""

    def __init__(self, path: Path, count: int) -> None:
        self.path = path
        self.count = count


@contextmanager
def request_list(requests: Sequence[bytes]) -> Iterator[RequestList]:
    """The requests as a list, for the length of a block."""
    with tempfile.NamedTemporaryFile(prefix="gureum-bench-", suffix=".list") as file:
        for request in requests:
            file.write(b"%d\n%s\n" % (len(request), request))
        file.flush()
        yield RequestList(Path(file.name), len(requests))


def play(
    server: Server,
    requests: RequestList,
    connections: int,
    *,
    seconds: int = 0,
    answers: int = 0,
    sink: Path | None = None,
) -> Load:
    """Load `server`: for `seconds`, starting over at the end of the list, or until there are so many `answers`.

    The bodies of the answers are added to the file `sink`, a line each.
    Raises LoadFailed when any answer is not a success.
    """
    assert bool(seconds) != bool(answers)
    duration = seconds or counted_seconds_max
    command = [_wrk(), "-t1", f"-c{connections}", f"-d{duration}s", f"--timeout={_timeout_seconds}s", "-s", str(script)]
    command += [server.endpoint, "--", str(requests.path), str(answers), str(sink or "")]
    server_before, wrk_before = server.processor_seconds(), _children_seconds()
    ran = subprocess.run(command, capture_output=True, text=True, timeout=duration + _grace_seconds, check=False)
    server_seconds, wrk_seconds = server.processor_seconds() - server_before, _children_seconds() - wrk_before
    line = next((line for line in ran.stdout.splitlines() if line.startswith(_marker)), None)
    if line is None:
        raise LoadFailed(f"wrk against {server.name} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    found = json.loads(line.removeprefix(_marker))
    if found["refused"] or found["failed"] or found["answers"] < max(answers, 1):
        raise LoadFailed(f"{server.name}: {found}")
    return Load(
        answers=found["answers"],
        seconds=found["seconds"],
        p50_us=found["p50_us"],
        p99_us=found["p99_us"],
        server_seconds=server_seconds,
        wrk_seconds=wrk_seconds,
    )


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise LoadFailed("wrk is missing: apt-get install wrk")
    return found


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
