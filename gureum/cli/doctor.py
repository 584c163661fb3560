"""`gureum doctor`: is everything there that a cloud needs, and what to do about what is not.

The exit code is 1 when a cloud cannot run here; what is merely doubtful does not change it.
"""

from __future__ import annotations

import sys

import click

from gureum.cli.options import data_option
from gureum.cli.place import Place
from gureum.cli.terminal import bad, doubtful, faint, good


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=4566, show_default=True, envvar="GUREUM_PORT")
@click.option("--host", default="127.0.0.1", show_default=True, envvar="GUREUM_HOST", metavar="ADDR")
@data_option
def doctor(port: int, host: str, place: Place) -> None:
    """Check what a cloud needs."""
    from gureum.cli.checks import Verdict, examine

    marks = {Verdict.GOOD: good("✓"), Verdict.DOUBTFUL: doubtful("!"), Verdict.BAD: bad("✗")}
    broken = 0
    for name, result in examine(host, port, place):
        broken += result.verdict is Verdict.BAD
        click.echo(f"{marks[result.verdict]} {name:<12} {result.found}")
        if result.remedy:
            click.echo(faint(f"  {'':<12} {result.remedy}"))
    if broken:
        click.echo(f"{broken} of the things that a cloud needs {'is' if broken == 1 else 'are'} missing", err=True)
        sys.exit(1)
