"""Options that several commands share, and the arguments that they need parsed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gureum.cli.place import Place, default_data

Command = TypeVar("Command", bound=Callable[..., Any])

UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_part = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.ASCII)


class PlaceType(click.ParamType[Place]):
    """A path that becomes a Place."""

    name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        return value if isinstance(value, Place) else Place(Path(value))


class DurationType(click.ParamType[float]):
    """`90s`, `15m`, `2h`, `30d`, `1w`, `1h30m`: a positive duration in seconds.  A unit is needed, so nobody errs."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        parts = _part.findall(str(value))
        seconds = sum(float(number) * UNIT_SECONDS[unit] for number, unit in parts)
        if "".join(number + unit for number, unit in parts) != value or seconds <= 0:
            self.fail(f"{value!r} is no duration; say for example 90s, 15m, 2h, 30d, 1w or 1h30m", param, ctx)
        return seconds


def data_option(command: Command) -> Command:
    """`--data DIR`, which names the cloud that a command is about."""
    return click.option(
        "--data",
        "place",
        type=PlaceType(),
        envvar="GUREUM_HOME",
        default=default_data,
        metavar="DIR",
        help="The cloud's data directory; the user's data directory unless given ($GUREUM_HOME).",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`, for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
