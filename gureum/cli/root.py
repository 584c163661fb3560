"""The command and its parts."""

from __future__ import annotations

import click

from gureum import __version__
from gureum.cli.account import account
from gureum.cli.ca import ca
from gureum.cli.clock import clock
from gureum.cli.doctor import doctor
from gureum.cli.reset import reset
from gureum.cli.status import env, logs, status
from gureum.cli.terminal import wants_colour
from gureum.cli.up import down, up


class InOrder(click.Group):
    """A group that lists its commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gureum")
@click.pass_context
def gureum(context: click.Context) -> None:
    """Gureum: an AWS-compatible cloud that you own."""
    context.color = wants_colour()


for command in (up, down, status, env, account, ca, doctor, logs, clock, reset):
    gureum.add_command(command)
