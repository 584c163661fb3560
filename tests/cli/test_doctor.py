"""`gureum doctor` finds what is missing and names the remedy."""

from __future__ import annotations

import socket
from pathlib import Path

from gureum.cli import checks
from gureum.cli.checks import Verdict
from tests.cli.conftest import Command

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
25 22 0:23 / /dev rw - devtmpfs udev rw
31 22 0:27 / /mnt/with\\040space rw - nfs4 server:/ rw
33 31 0:28 / /mnt/with\\040space/deep rw,nosuid shared:3 - tmpfs tmpfs rw
"""


def test_this_machine_can_run_a_cloud(gureum: Command) -> None:
    """The tests run, so a cloud can."""
    shown = gureum("doctor")
    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_a_port_that_is_taken_is_found(gureum: Command) -> None:
    """The most frequent reason why a cloud does not start."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shown = gureum("doctor", "--port", str(port))
    assert shown.returncode == 1
    assert f"port {port}: Address already in use" in shown.stdout
    assert "--port" in shown.stdout


def test_a_directory_below_a_file_is_found(gureum: Command, tmp_path: Path) -> None:
    """A data directory that can never be made."""
    (tmp_path / "file").touch()
    shown = gureum("doctor", "--data", str(tmp_path / "file" / "data"))
    assert shown.returncode == 1
    assert "cannot be written to" in shown.stdout


def test_an_open_directory_is_doubtful(tmp_path: Path) -> None:
    """The state holds secrets."""
    tmp_path.chmod(0o755)
    assert checks.check_directory(tmp_path).verdict is Verdict.DOUBTFUL
    tmp_path.chmod(0o700)
    assert checks.check_directory(tmp_path).verdict is Verdict.GOOD


def test_looking_creates_nothing(tmp_path: Path) -> None:
    """A check of a place that is not there leaves it so."""
    for check in (checks.check_directory, checks.check_space, checks.check_file_system):
        check(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_the_file_system_is_that_of_the_longest_mount_point() -> None:
    """A state in memory or on NFS must not be taken for one on the root disk."""
    kinds = {
        path: checks.file_system(Path(path), MOUNTS)
        for path in ("/", "/srv/data", "/developer", "/dev/x", "/mnt/with space", "/mnt/with space/deep/er")
    }
    assert list(kinds.values()) == ["ext4", "ext4", "ext4", "devtmpfs", "nfs4", "tmpfs"]


def test_a_tool_that_is_missing_is_named_with_its_package() -> None:
    """Nobody should have to search for the name of a package."""
    result = checks.check_tool("no-such-program", "some-package", "a test")
    assert result.verdict is Verdict.DOUBTFUL
    assert "some-package" in result.remedy
