"""Several processes serve one cloud: a parent that forks them and sees to it that they run.

Workers share nothing but the state and the port.  Each is forked before any thread or event loop exists, so what was
imported is shared memory.  One that dies is started again in its place; the parent does nothing else.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable

from gureum.base.log import Log

log = Log("workers")

Work = Callable[[int, Callable[[], None]], int]
"""Serves as the worker of that number, calls the function once it does, returns the exit code."""

_restart_seconds = 1.0
_PR_SET_PDEATHSIG = 1  # prctl(2)
_signals = (signal.SIGTERM, signal.SIGINT)


class Workers:
    """The processes of one cloud."""

    def __init__(self, count: int, work: Work) -> None:
        self._count = count
        self._work = work
        self._pids: dict[int, int] = {}
        self._stopping = False

    def run(self, ready: Callable[[], None]) -> int:
        """Run until a signal says stop; `ready` is called once all workers serve.  The exit code."""
        for name in _signals:
            signal.signal(name, self._stop)
        reader, writer = os.pipe()
        for number in range(self._count):
            self._start(number, writer)
        os.close(writer)
        serving = self._wait_until_ready(reader)
        os.close(reader)
        if serving:
            ready()
            return self._watch()
        told_to = self._stopping
        self._stop(signal.SIGTERM, None)
        self._watch()
        return 0 if told_to else 1

    def _start(self, number: int, ready_writer: int | None) -> None:
        """Fork a worker.  Signals wait meanwhile, so that none comes between its birth and its being known."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _signals)
        try:
            if self._stopping:
                return
            parent = os.getpid()
            pid = os.fork()
            if pid:
                self._pids[pid] = number
                return
            for name in _signals:
                signal.signal(name, signal.SIG_DFL)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals)
        code = 1
        try:
            _die_with(parent)
            code = self._work(number, lambda: _tell(ready_writer))
        finally:
            os._exit(code)

    def _wait_until_ready(self, reader: int) -> bool:
        """Whether every worker has said so; False when one ended instead: it would not do better at a second try."""
        missing = self._count
        while missing and not self._stopping:
            readable, _, _ = select.select([reader], [], [], 0.1)
            if readable:
                missing -= len(os.read(reader, missing))
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended:
                number = self._pids.pop(ended)
                log.error("worker did not start", number=number, code=os.waitstatus_to_exitcode(status))
                return False
        return not self._stopping

    def _watch(self) -> int:
        """Wait for workers to end; start those again that should not have."""
        started = time.monotonic()
        while self._pids:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                break
            number = self._pids.pop(pid, None)
            if number is None or self._stopping:
                continue
            log.error("worker ended", number=number, pid=pid, code=os.waitstatus_to_exitcode(status))
            pause = _restart_seconds - (time.monotonic() - started)
            if pause > 0:
                time.sleep(pause)
            started = time.monotonic()
            self._start(number, None)
        return 0

    def _stop(self, signum: int, frame: object) -> None:
        self._stopping = True
        for pid in list(self._pids):
            os.kill(pid, signal.SIGTERM)


def _die_with(parent: int) -> None:
    """Have the kernel kill this worker when its parent dies, so that nobody serves a cloud that nobody holds.

    Where there is no such call (it is Linux's) a worker that outlives its parent is found by the lock it keeps.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died just before this
            os._exit(1)


def _tell(writer: int | None) -> None:
    if writer is not None:
        os.write(writer, b".")
        os.close(writer)
