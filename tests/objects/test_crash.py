"""`kill -9` and power cuts: what was acknowledged is there, and nothing is there by halves."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gureum.objects.errors import ObjectsError
from tests.objects.load import check, repair
from tests.probe.disks import MIB, powered_again, powered_disk, why_none

KILLS = 6
CUTS = 3
PROJECT = Path(__file__).parent.parent.parent


class Process:
    """The process of `load.py`, and what it has acknowledged."""

    def __init__(self, root: Path, first: int) -> None:
        self.acknowledged: set[int] = set()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.objects.load", str(root), str(first)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._grown = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def progress(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        with self._grown:
            wanted = len(self.acknowledged) + count
            assert self._grown.wait_for(lambda: self._ended or len(self.acknowledged) >= wanted, 60)
            assert not self._ended, "it has ended by itself"

    def known(self) -> set[int]:
        """What was acknowledged so far."""
        with self._grown:
            return set(self.acknowledged)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                with self._grown:
                    self.acknowledged.add(int(line))
                    self._grown.notify_all()
        self.process.stdout.close()
        with self._grown:
            self._ended = True
            self._grown.notify_all()


@contextmanager
def running(root: Path, first: int) -> Iterator[Process]:
    process = Process(root, first)
    try:
        yield process
    finally:
        process.kill()


def test_acknowledged_objects_survive_kills(tmp_path: Path) -> None:
    """Again and again on the same disks, at moments that nobody chose."""
    choices = random.Random(1)
    acknowledged: set[int] = set()
    for number in range(KILLS):
        with running(tmp_path, number * 1_000_000) as process:
            process.progress(choices.randint(1, 120))
        acknowledged |= process.acknowledged
        assert asyncio.run(check(tmp_path, acknowledged)) >= len(acknowledged)


@pytest.mark.parametrize("names", [("zone-a/disk-2", "zone-c/disk-1"), ("zone-b/disk-1", "zone-b/disk-2")])
def test_two_disks_are_removed_under_load(tmp_path: Path, names: tuple[str, str]) -> None:
    """Files vanish under those who write and read: nobody is refused, and repair makes whole."""
    with running(tmp_path, 0) as process:
        process.progress(60)
        for name in names:
            shutil.rmtree(tmp_path / "objects" / name)
        process.progress(100)
    assert asyncio.run(check(tmp_path, process.acknowledged)) >= len(process.acknowledged)
    done = asyncio.run(repair(tmp_path))
    assert done.repaired == done.missing > 0
    assert done.unreadable == 0
    assert asyncio.run(check(tmp_path, process.acknowledged)) >= len(process.acknowledged)
    assert asyncio.run(repair(tmp_path)).missing == 0


def test_one_of_two_processes_is_killed(tmp_path: Path) -> None:
    """Workers share the disks and the state; one that dies takes nothing of the other's along."""
    with running(tmp_path, 0) as survivor:
        survivor.progress(1)
        with running(tmp_path, 1_000_000) as victim:
            victim.progress(60)
        survivor.progress(60)
    acknowledged = survivor.acknowledged | victim.acknowledged
    assert asyncio.run(check(tmp_path, acknowledged)) >= len(acknowledged)


@pytest.fixture
def mountable(tmp_path: Path) -> None:
    if (reason := why_none(tmp_path)) is not None:
        pytest.skip(f"no file system can be mounted: {reason}")


@pytest.mark.usefixtures("mountable")
def test_acknowledged_objects_survive_power_cuts(tmp_path: Path) -> None:
    """A cut forgets what was written and not synced, extents and directories included."""
    choices = random.Random(2)
    cuts = []
    with powered_disk(tmp_path, 512 * MIB) as disk, running(disk.path, 0) as process:
        for number in range(CUTS):
            process.progress(choices.randint(1, 120))
            copy = tmp_path / f"{number}.img"
            before = process.known()
            with disk.pulled(copy):
                pass
            cuts.append((copy, before))
    for copy, before in cuts:
        with powered_again(tmp_path, copy) as path:
            assert asyncio.run(check(path, before)) >= len(before)
        copy.unlink()


@pytest.mark.usefixtures("mountable")
def test_the_probe_finds_a_store_that_does_not_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe that cannot fail proves nothing: without fdatasync of extents acknowledged objects are lost."""
    python = tmp_path / "python"
    python.mkdir()
    (python / "sitecustomize.py").write_text(
        "import os\n"
        "real = os.fdatasync\n"
        "def fdatasync(file):\n"
        "    if not os.readlink(f'/proc/self/fd/{file}').endswith('.extent'):\n"
        "        real(file)\n"
        "os.fdatasync = fdatasync\n"
    )
    with powered_disk(tmp_path, 512 * MIB) as disk:
        disk.sync()
        monkeypatch.setenv("PYTHONPATH", str(python))
        with running(disk.path, 0) as process:
            process.progress(200)
            before = process.known()
            with disk.pulled(tmp_path / "cut.img"):
                pass
    with powered_again(tmp_path, tmp_path / "cut.img") as path, pytest.raises((AssertionError, ObjectsError)):
        asyncio.run(check(path, before))
    (tmp_path / "cut.img").unlink()
