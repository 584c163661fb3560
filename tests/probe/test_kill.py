"""A cloud that is killed under load comes back with all that it has acknowledged, and in order.

What the kernel has in its cache survives a killed process, so this is about the program: a reply before its commit, a
half-written transaction, a recovery that forgets.  `test_power.py` is about disks.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from tests.probe.callers import caller
from tests.probe.load import Load
from tests.probe.processes import kill, killed, workers
from tests.support.clouds import Cloud

KILLS: Final = 50
KILLS_WHILE_STARTING: Final = 10
ACKNOWLEDGEMENTS_BETWEEN_MAX: Final = 150
REQUEST_SECONDS: Final = 0.02
"""A kill at once after an acknowledgement would always find the cloud between two groups of commits."""
WORKER_KILLS: Final = 3
PARENT_KILLS: Final = 3
SEED: Final = 20_240_229
_visits: Final = 32


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud that is there to be killed."""
    with killed(tmp_path / "cloud") as made:
        yield made


def test_nothing_is_lost_and_no_order_broken_by_kills(cloud: Cloud) -> None:
    """The first promise: what was acknowledged is there, what was deleted is gone, each group is in order."""
    choices = random.Random(SEED)
    starting = set(choices.sample(range(KILLS), KILLS_WHILE_STARTING))
    start_seconds = 1.0
    with Load(cloud.port, SEED) as load:
        for number in range(KILLS):
            load.progress(choices.randint(1, ACKNOWLEDGEMENTS_BETWEEN_MAX))
            load.up.clear()
            _kill_after(cloud, choices.uniform(0, REQUEST_SECONDS))
            if number in starting:
                cloud.launch()
                _kill_after(cloud, choices.uniform(0.3, 1.0) * start_seconds)
            began = monotonic()
            cloud.start()
            start_seconds = monotonic() - began
            load.up.set()
    _check(cloud, load)
    cloud.stop()
    _check_integrity(cloud)


def test_the_service_goes_on_without_a_worker(tmp_path: Path) -> None:
    """Workers are what fails one at a time: the others serve on, and another takes the place."""
    with killed(tmp_path / "cloud", workers=2) as cloud:
        with Load(cloud.port, SEED) as load:
            for number in range(WORKER_KILLS):
                load.progress(100)
                victim = workers(cloud)[number % 2]
                os.kill(victim, signal.SIGKILL)
                load.progress(1)
                _visit_every_worker(cloud)
                assert len(workers(cloud)) == 2
                assert victim not in workers(cloud)
        _check(cloud, load)


def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    """Orphans would keep the port and the directory, and serve a cloud that nobody can stop or start again."""
    with killed(tmp_path / "cloud", workers=2) as cloud:
        with Load(cloud.port, SEED) as load:
            for _ in range(PARENT_KILLS):
                load.progress(100)
                load.up.clear()
                kill(cloud)
                cloud.start()
                load.up.set()
        _check(cloud, load)


def _kill_after(cloud: Cloud, seconds: float) -> None:
    """Kill the cloud after so long, in which it must not end by itself."""
    try:
        cloud.process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(cloud)
    else:
        pytest.fail(f"the cloud has ended by itself:\n{cloud.log()}")


def _check(cloud: Cloud, load: Load) -> None:
    """Everything is there, when all clients have ended."""
    known = load.ledger.known()
    load.check_nothing_in_flight(cloud)
    load.check(cloud, known, known)


def _check_integrity(cloud: Cloud) -> None:
    """SQLite's own opinion of a stopped cloud's file."""
    with closing(sqlite3.connect(cloud.data / "state" / "state.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _visit_every_worker(cloud: Cloud) -> None:
    """Return when every worker has answered: the kernel spreads connections, also to one that is yet to start."""

    def visit(_: int) -> None:
        with caller(cloud.port) as made:
            made.call("ListQueues")

    with ThreadPoolExecutor(_visits) as pool:
        for _ in pool.map(visit, range(_visits)):
            pass
