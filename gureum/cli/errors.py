"""How a command fails: a message for standard error and an exit code for the script that called it."""

from __future__ import annotations

from pathlib import Path

import click


class Failed(click.ClickException):
    """It could not be done; the message says why and, where it is known, what to do about it."""

    exit_code = 1


class NotRunning(click.ClickException):
    """The command needs a running cloud and there is none."""

    exit_code = 3

    def __init__(self, data: Path) -> None:
        super().__init__(f"no cloud is running in {data}; start one with: gureum up -d")
