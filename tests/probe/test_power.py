"""The power fails under load: what was acknowledged before is on the disk.

`disks.py` says what a cut is and what it takes.  First it is shown that it takes what it should: a probe that cannot
fail proves nothing.
"""

from __future__ import annotations

import mmap
import os
import random
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.probe.disks import MIB, Plug, powered_again, powered_disk
from tests.probe.ledger import Known, missing
from tests.probe.load import Load
from tests.probe.processes import killed

CUTS: Final = 7
ACKNOWLEDGEMENTS_BETWEEN_MAX: Final = 500
SEED: Final = 19_650_711
_disk_bytes: Final = 256 * MIB
_small_bytes: Final = 32 * MIB

pytestmark = pytest.mark.usefixtures("mountable")


class Cut(NamedTuple):
    """A power cut: what it left, and what clients knew just before and just after the moment."""

    copy: Path
    before: Known
    after: Known


@pytest.mark.parametrize("workers", [1, 2])
def test_acknowledged_writes_survive_power_cuts(tmp_path: Path, workers: int) -> None:
    """The first promise, where it is hardest to keep: a reply means that the write is on the platters."""
    choices = random.Random(SEED)
    cuts = []
    with (
        powered_disk(tmp_path, _disk_bytes) as disk,
        killed(disk.path, workers=workers) as cloud,
        Load(cloud.port, SEED) as load,
    ):
        for number in range(CUTS):
            load.progress(choices.randint(1, ACKNOWLEDGEMENTS_BETWEEN_MAX))
            cuts.append(_cut(disk, tmp_path / f"{number}.img", load))
    for cut in cuts:
        with powered_again(tmp_path, cut.copy) as path, killed(path) as cloud:
            load.check(cloud, cut.before, cut.after)
        cut.copy.unlink()


def test_the_probe_finds_a_cloud_that_does_not_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same probe, and a cloud whose fdatasync does nothing: acknowledged messages are lost, and it shows."""
    python = tmp_path / "python"
    python.mkdir()
    (python / "sitecustomize.py").write_text("import os\nos.fdatasync = lambda file: None\n")
    monkeypatch.setenv("PYTHONPATH", str(python))
    with powered_disk(tmp_path, _disk_bytes) as disk, killed(disk.path) as cloud, Load(cloud.port, SEED) as load:
        disk.sync()
        load.progress(ACKNOWLEDGEMENTS_BETWEEN_MAX)
        cut = _cut(disk, tmp_path / "cut.img", load)
    with powered_again(tmp_path, cut.copy) as path, killed(path) as cloud:
        standard, fifo = load.take_all(cloud)
        assert missing([*standard, *fifo], cut.before, cut.after)
    cut.copy.unlink()


def test_a_cut_takes_what_was_not_flushed(tmp_path: Path) -> None:
    """Both caches forget: the machine's what was not written back, the disk's what came without FLUSH."""
    block = mmap.mmap(-1, mmap.PAGESIZE)
    block.write(b"x" * mmap.PAGESIZE)
    with powered_disk(tmp_path, _small_bytes) as disk:
        for name in ("synced", "given", "cached"):
            with (disk.path / name).open("wb") as file:
                file.write(bytes(mmap.PAGESIZE))
        disk.sync()
        _overwrite(disk.path / "synced", block, os.O_SYNC)
        _overwrite(disk.path / "given", block, os.O_DIRECT)
        _overwrite(disk.path / "cached", block, 0)
        with disk.pulled(tmp_path / "cut.img"):
            pass
        kept = {name: (disk.path / name).read_bytes() == block[:] for name in ("synced", "given", "cached")}
    assert kept == {"synced": True, "given": True, "cached": True}
    with powered_again(tmp_path, tmp_path / "cut.img") as path:
        kept = {name: (path / name).read_bytes() == block[:] for name in ("synced", "given", "cached")}
    assert kept == {"synced": True, "given": False, "cached": False}
    (tmp_path / "cut.img").unlink()


def _cut(disk: Plug, copy: Path, load: Load) -> Cut:
    before = load.ledger.known()
    with disk.pulled(copy):
        after = load.ledger.known()
    return Cut(copy, before, after)


def _overwrite(path: Path, block: mmap.mmap, flags: int) -> None:
    file = os.open(path, os.O_WRONLY | flags)
    try:
        assert os.pwrite(file, block, 0) == len(block)
    finally:
        os.close(file)
