"""Where the time of a request goes: `python -m bench.stages LOAD`, with py-spy on the path (`pip install py-spy`).

py-spy looks at the stacks of the cloud from outside some hundred times a second while wrk loads it.  A sample is of
the stage of the innermost function that has one, and the samples of the event loop's thread are scaled to the processor
time that this thread took per answer, which the kernel counts.  Functions of C count with the Python function that
called them.  The sampling itself slows the cloud down a little and evenly.

Rejected: cProfile, which makes calls dear and thereby moves the time to code with many small functions.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from bench import queues
from bench.servers import Server, folder, gureum, running
from bench.signing import identity_requests
from bench.wrk import Load, play, request_list

_connections: Final = 32
_samples_per_second: Final = 400
_queues: Final = 60
_depth: Final = 200
_grace_seconds: Final = 30

STAGES: Final[tuple[tuple[str, str], ...]] = (
    ("fold records into archive and usage", r"fold|_chapter|_addition|services/cloud/controllers|control/"),
    ("sign: verify the signature", r"wire/sigv4|gateway/authenticate|\(hmac\.py"),
    ("route", r"gateway/route|api/models"),
    ("wire: parse, validate, serialize", r"gureum/wire/|gateway/body|api/binding|json/"),
    ("ids", r"base/ids"),
    ("record the call", r"gateway/audit|api/calls|^_record |_length "),
    ("tables: keys and records", r"state/(tables|records|keys|counters|paging)"),
    ("store: transactions, SQLite", r"gureum/state/"),
    ("handler", r"gureum/services/|gateway/authorize|api/context"),
    ("invoke: from stage to stage", r"gateway/invoke"),
    ("front: pages, health", r"gateway/(front|browser)"),
    ("HTTP: parse, write", r"gateway/connection"),
    ("event loop", r"asyncio/"),
)
"""The stages, and which frames are theirs: the first that fits `function (file)`."""


def main() -> int:
    """Load a new cloud, sample it and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.stages")
    parser.add_argument("load", choices=list(LOADS))
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="also the N dearest functions")
    given = parser.parse_args()
    with folder() as place:
        server = gureum(place)
        with running(server):
            urls = [queues.create(f"stages-{number}", server) for number in range(_queues)]
            requests, answers = LOADS[given.load](server, urls)
            load, stacks, thread_seconds = _sampled(server, requests, answers, given.seconds)
    main_stacks = Counter({stack: count for stack, count in stacks.items() if not _is_other_thread(stack)})
    per_answer_us = thread_seconds[0] / load.answers * 1e6
    print(f"{load.rate:.0f} answers per second, {load.server_seconds / load.answers * 1e6:.0f} µs of processor each:")
    print(f"{per_answer_us:.0f} µs event loop, {thread_seconds[1] / load.answers * 1e6:.0f} µs other threads\n")
    _print(Counter(_by(main_stacks, _stage)), per_answer_us)
    if given.functions:
        print("\nby function, itself only")
        _print(Counter(_by(main_stacks, lambda stack: stack[-1])), per_answer_us, given.functions)
        print("\nby function, with what it calls")
        inclusive: Counter[str] = Counter()
        for stack, count in main_stacks.items():
            for frame in set(stack):
                inclusive[frame] += count
        _print(inclusive, per_answer_us, given.functions, main_stacks.total())
    return 0


Stack = tuple[str, ...]


def _identity(server: Server, urls: list[str]) -> tuple[list[bytes], int]:
    return identity_requests(), 0


def _send(server: Server, urls: list[str]) -> tuple[list[bytes], int]:
    return queues.sends(urls[0]), 0


def _receive(server: Server, urls: list[str]) -> tuple[list[bytes], int]:
    queues.fill(server, urls, _depth)
    count = _queues * _depth
    return queues.receives(urls, count, 1), count


def _delete(server: Server, urls: list[str]) -> tuple[list[bytes], int]:
    queues.fill(server, urls, _depth)
    count = _queues * _depth // 10
    with (
        tempfile.NamedTemporaryFile(prefix="gureum-bench-") as sink,
        request_list(queues.receives(urls, count, 10)) as requests,
    ):
        play(server, requests, _connections, answers=count, sink=Path(sink.name))
        handles = queues.handles(Path(sink.name).read_text().splitlines())
    return queues.deletes(handles), len(handles)


LOADS: Final[dict[str, Callable[[Server, list[str]], tuple[list[bytes], int]]]] = {
    "identity": _identity,
    "send": _send,
    "receive": _receive,
    "delete": _delete,
}


def _sampled(
    server: Server, requests: list[bytes], answers: int, seconds: int
) -> tuple[Load, Counter[Stack], tuple[float, float]]:
    """The load, how often each stack was seen, and the processor seconds of the event loop and of all other threads."""
    with tempfile.NamedTemporaryFile(prefix="gureum-bench-", suffix=".stacks") as found:
        command = ["py-spy", "record", "--format", "raw", "--rate", str(_samples_per_second), "--nonblocking"]
        command += ["--duration", str(seconds), "--output", found.name, "--pid", str(server.process_id)]
        before = server.thread_seconds()
        with request_list(requests) as listed:
            sampler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            load = play(server, listed, _connections, seconds=0 if answers else seconds, answers=answers)
        after = server.thread_seconds()
        sampler.wait(seconds + _grace_seconds)
        stacks: Counter[Stack] = Counter()
        for line in Path(found.name).read_text().splitlines():
            stack, _, count = line.rpartition(" ")
            stacks[tuple(map(_frame, stack.split(";")))] += int(count)
    own = after[server.process_id] - before[server.process_id]
    return load, stacks, (own, sum(after.values()) - sum(before.values()) - own)


def _frame(text: str) -> str:
    """`function (file)`, the file from the package on."""
    text = re.sub(r":\d+\)$", ")", text)
    return re.sub(r"\(/.*/(?=gureum/|site-packages/|python3\.\d+/)(site-packages/|python3\.\d+/)?", "(", text)


def _is_other_thread(stack: Stack) -> bool:
    return any("threading.py" in frame for frame in stack[:3])


def _stage(stack: Stack) -> str:
    for frame in reversed(stack):
        for name, pattern in STAGES:
            if re.search(pattern, frame):
                return name
    return "other"


def _by(stacks: Counter[Stack], name: Callable[[Stack], str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        found[name(stack)] += count
    return found


def _print(counts: Counter[str], total_us: float, rows: int | None = None, total: int = 0) -> None:
    shares: Iterable[tuple[str, int]] = counts.most_common(rows)
    for name, count in shares:
        share = count / (total or counts.total())
        print(f"{share * total_us:7.1f} µs {share:6.1%}  {name}")


if __name__ == "__main__":
    sys.exit(main())
