"""The command as people run it: a process of its own, with a data directory and a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

Completed = subprocess.CompletedProcess[str]


class Command:
    """Runs `gureum` with an environment in which nothing but the given data directory points to a cloud."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GUREUM_"))}
        self.environment = {**kept, "GUREUM_HOME": str(data), "GUREUM_PORT": str(port)}

    def __call__(self, *arguments: str, **variables: str) -> Completed:
        command = [sys.executable, "-m", "gureum", *arguments]
        environment = {**self.environment, **variables}
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False
        )


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def gureum(tmp_path: Path) -> Iterator[Command]:
    """The command with an empty place for a cloud, which is stopped in the end if it runs."""
    command = Command(tmp_path / "data", free_port())
    yield command
    if (command.data / "run" / "gureum.json").exists():
        command("down", "--force")
