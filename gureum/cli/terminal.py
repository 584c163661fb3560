"""What a person sees: colours, a spinner, aligned rows.  click drops colours where no terminal is.

https://no-color.org: NO_COLOR set to anything turns them off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import click

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def wants_colour() -> bool | None:
    """False when the user wants none, None to let click look whether there is a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def is_interactive() -> bool:
    """Whether somebody watches standard error."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def title(text: str) -> str:
    """A heading."""
    return click.style(text, bold=True)


def faint(text: str) -> str:
    """Something that matters less."""
    return click.style(text, dim=True)


def good(text: str) -> str:
    """Something that is as it should be."""
    return click.style(text, fg="green")


def doubtful(text: str) -> str:
    """Something to look at."""
    return click.style(text, fg="yellow")


def bad(text: str) -> str:
    """Something that is broken."""
    return click.style(text, fg="red")


def rows(pairs: Iterable[tuple[str, str]]) -> str:
    """Lines of labels and values, the values aligned."""
    pairs = list(pairs)
    width = max((len(label) for label, _ in pairs), default=0)
    return "\n".join(f"  {faint(label.ljust(width))}  {value}" for label, value in pairs)


def span(seconds: float) -> str:
    """A duration for people, in its two largest units: `3 days 4 h`, `12 min 5 s`, `0.3 s`."""
    if seconds < 1:
        return f"{seconds:.3g} s"
    parts = []
    rest = round(seconds)
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {'day' if unit == 'days' and count == 1 else unit}")
    return " ".join(parts[:2])


def moment(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    # From the epoch, because cloud time may lie beyond what the C library takes.
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Spinner:
    """A line that turns while something takes its time; writes nothing where nobody watches."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._turns = 0
        self._shown = is_interactive()

    def turn(self) -> None:
        """One step."""
        if self._shown:
            frame = FRAMES[self._turns // 4 % len(FRAMES)]
            click.echo(f"\r{frame} {self._text}", nl=False, err=True)
            self._turns += 1

    def clear(self) -> None:
        """Leave no trace."""
        if self._shown:
            click.echo("\r\033[2K", nl=False, err=True)
