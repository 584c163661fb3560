"""The README's commands are run as they stand, so that they stay true."""

from __future__ import annotations

from pathlib import Path

from tests.support.shell import quoted, run_blocks


def test_the_first_five_minutes(tmp_path: Path) -> None:
    """Every shell block, in one shell, stopping at the first command that fails."""
    shown = run_blocks("README.md", tmp_path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert '"Account": "000000000000"' in shown.stdout
    assert shown.stdout.count("one coffee") == 1, "there after the kill, gone after five days"
    assert "ahead by    5 days" in shown.stdout
    (refusal,) = quoted("README.md")
    assert refusal in shown.stderr, "AWS's words"
    assert "user/clerk is not authorized to perform: iam:ListUsers" in shown.stdout, "CloudTrail's event"
