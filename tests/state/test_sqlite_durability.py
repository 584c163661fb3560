"""Processes that are killed at any moment, and several that share a store: nothing acknowledged is lost or torn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gureum.state.sqlite import SqliteStore
from gureum.state.store import ALL

pytestmark = pytest.mark.anyio

root = Path(__file__).parents[2]


def start(directory: Path, name: str, clients: int, number: int) -> subprocess.Popen[bytes]:
    arguments = [str(directory), name, str(clients), str(number)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.state.sqlite_load", *arguments], cwd=root, stdout=subprocess.PIPE
    )


def kill_after(process: subprocess.Popen[bytes], acknowledged: int) -> list[bytes]:
    """Read so many lines, kill -9, and return all that was acknowledged by then."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(acknowledged)]
    process.kill()
    lines += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    return [line.removesuffix(b"\n") for line in lines if line.endswith(b"\n")]


async def check(directory: Path, acknowledged: list[bytes]) -> int:
    """Every acknowledged write is whole, and every transaction is there entirely or not at all.  The total."""
    store = SqliteStore(directory)
    await store.open()
    pairs = dict(await store.transact(lambda tx: tx.range(b"", b"\xff"), readonly=True))
    for key in acknowledged:
        assert pairs[key] == key * (1 + int(key.rpartition(b"/")[2]) % 40)
    written = [key for key in pairs if key.count(b"/") == 2 and not key.startswith(b"count/")]
    counted = sum(int(value) for key, value in pairs.items() if key.startswith(b"count/"))
    assert int(pairs.get(b"total", b"0")) == counted == len(written)
    [verdict] = store._engine.connection.execute("PRAGMA integrity_check").fetchone()
    assert verdict == "ok"
    await store.close()
    return counted


async def test_kill_under_load(tmp_path: Path) -> None:
    """kill -9 again and again, early and late, on what the killed ones before have left."""
    directory = tmp_path / "state"
    acknowledged: list[bytes] = []
    for number, after in enumerate((1, 50, 1000, 3000)):
        acknowledged += kill_after(start(directory, f"p{number}", 16, 0), after)
        assert await check(directory, acknowledged) >= len(acknowledged)


async def test_kill_one_of_two(tmp_path: Path) -> None:
    """The survivor goes on: the lock of the dead is free and its socket is removed."""
    directory = tmp_path / "state"
    victim, survivor = start(directory, "victim", 8, 0), start(directory, "survivor", 8, 300)
    acknowledged = kill_after(victim, 500)
    assert survivor.stdout is not None
    acknowledged += survivor.stdout.read().splitlines()
    assert survivor.wait() == 0
    survivor.stdout.close()
    assert sum(key.startswith(b"survivor") for key in acknowledged) == 2400
    await check(directory, acknowledged)
    assert [path.name for path in (directory / "notify").iterdir()] == ["joined"]


async def test_processes_share_a_store(tmp_path: Path) -> None:
    """No update is lost between three processes, and this one hears of the others' writes."""
    directory = tmp_path / "state"
    store = SqliteStore(directory)
    await store.open()
    processes = [start(directory, f"p{number}", 4, 100) for number in range(2)]
    with store.listen(b"written") as listener:
        while await store.transact(lambda tx: tx.get(b"total"), readonly=True) != b"800":
            assert await listener.wait(30)
    await store.transact(lambda tx: tx.notify(b"anything", ALL))
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    await store.close()
    assert await check(directory, []) == 800
