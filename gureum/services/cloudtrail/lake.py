"""The other end of `engine.py`: starts it, hands it events, takes what comes of a query.

Considered and rejected: to let a query read pages from the store while it runs, which would hold a transaction open for
as long as a customer's statement takes.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from gureum.base.clock import to_datetime
from gureum.services.cloudtrail.rules import statements

rows_bytes_max: Final = 16 * 1024 * 1024
query_seconds_max: Final = 300
checks_max: Final = 2
"""Statements that are checked at the same time in a process of the cloud; others wait."""
_check_seconds_max: Final = 20
_gates: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
_ENGINE: Final = str(Path(__file__).with_name("engine.py"))


class Answer(msgspec.Struct, frozen=True):
    """What came of a query: rows, or why the statement is none (`refusal`), or what went wrong (`error`)."""

    columns: list[str] = []
    rows: list[list[str]] = []
    refusal: str = ""
    error: str = ""


class Job(msgspec.Struct, frozen=True):
    """A query.  `since` has for each store the moment before which nothing counts any more."""

    statement: str
    stores: tuple[str, ...]
    now_ms: int
    since: dict[str, int] = {}


async def no_pages() -> AsyncIterator[tuple[int, bytes]]:
    """No events."""
    nothing: tuple[tuple[int, bytes], ...] = ()
    for page in nothing:
        yield page


async def check(job: Job) -> str:
    """Why the statement cannot be run; empty when it can."""
    gate = _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(checks_max))
    try:
        async with gate, asyncio.timeout(_check_seconds_max):
            answer = await run(job, no_pages(), check_only=True)
    except TimeoutError:
        return "The statement takes too long to be checked."
    return answer.refusal or answer.error


async def run(job: Job, pages: AsyncIterator[tuple[int, bytes]], *, check_only: bool = False) -> Answer:
    """Run a query over `pages`, each with the index of its store.  When it is cancelled, the process is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        _ENGINE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        output, _ = await asyncio.gather(_output(process), _feed(process, job, pages, check_only))
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not output:
        return Answer(error="The query used more memory or time than it may.")
    return msgspec.json.decode(output, type=Answer)


async def _output(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.read()


async def _feed(
    process: asyncio.subprocess.Process, job: Job, pages: AsyncIterator[tuple[int, bytes]], check_only: bool
) -> None:
    assert process.stdin is not None
    header: dict[str, Any] = {
        "sql": statements.quoted(job.statement).rstrip().rstrip(";"),
        "stores": job.stores,
        "now": _text(job.now_ms),
        "since": {store: _text(moment) for store, moment in job.since.items()},
        "rows_bytes_max": rows_bytes_max,
        "check": check_only,
    }
    try:
        await _write(process.stdin, [msgspec.json.encode(header)])
        async for index, page in pages:
            await _write(process.stdin, [struct.pack(">H", index), page])
        await _write(process.stdin, [])
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended before it read everything; its answer, or that there is none, says why


async def _write(pipe: asyncio.StreamWriter, parts: Sequence[bytes]) -> None:
    pipe.write(b"".join((struct.pack(">I", sum(map(len, parts))), *parts)))
    await pipe.drain()


def _text(time_ms: int) -> str:
    return to_datetime(max(time_ms, 0)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
