"""`gureum clock`: cloud time, and moving it forward.

`advance` returns when what became due has happened.  There is no way back and no way to stop time: what has expired
has expired (`base.clock` says why).
"""

from __future__ import annotations

import json
from typing import Any

import click

from gureum.cli.client import Client
from gureum.cli.options import DurationType, data_option, json_option
from gureum.cli.place import Place
from gureum.cli.terminal import moment, rows, span


@click.group(invoke_without_command=True)
@json_option
@data_option
@click.pass_context
def clock(context: click.Context, as_json: bool, place: Place) -> None:
    """Show cloud time, or advance it."""
    if context.invoked_subcommand is None:
        show_clock(place, as_json)
    context.obj = (place, as_json)


@clock.command()
@json_option
@click.pass_obj
def show(parent: tuple[Place, bool], as_json: bool) -> None:
    """Show cloud time and how far it is ahead of the host's."""
    place, parent_json = parent
    show_clock(place, as_json or parent_json)


@clock.command()
@click.argument("duration", type=DurationType())
@json_option
@click.pass_obj
def advance(parent: tuple[Place, bool], duration: float, as_json: bool) -> None:
    """Move cloud time forward: 90s, 15m, 2h, 30d, 1w, 1h30m.  There is no way back."""
    place, parent_json = parent
    client = Client.of(place)
    client.call("AdvanceClock", Seconds=duration)
    answer = client.call("GetClock", WaitUntilSettled=True)
    click.echo(describe(answer, as_json or parent_json))
    if not answer.get("Settled", True):
        click.echo("not everything that is due has happened yet: the cloud is still working on it", err=True)


def show_clock(place: Place, as_json: bool) -> None:
    """Ask the cloud for its time and print it."""
    click.echo(describe(Client.of(place).call("GetClock"), as_json))


def describe(answer: dict[str, Any], as_json: bool) -> str:
    """The clock, for a script or for a person."""
    now, host, offset = moment(answer["Now"]), moment(answer["HostNow"]), float(answer["OffsetSeconds"])
    if as_json:
        return json.dumps({"Now": now, "OffsetSeconds": offset, "HostNow": host}, indent=2)
    ahead = span(offset) if offset else "nothing"
    return rows([("cloud time", now), ("host time", host), ("ahead by", ahead)])
