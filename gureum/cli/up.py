"""`gureum up`: start a cloud, in the foreground or with -d in the background, and `gureum down`: stop it.

`up` is safe to repeat: where a cloud already runs the way it was asked for, that is said and all is well.  Where it
runs in another way (another port, say), it is an error, because silence would be accepting and ignoring.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import asdict

import click
from click.core import ParameterSource

from gureum.base.addresses import is_loopback
from gureum.cli.client import Client
from gureum.cli.errors import Failed
from gureum.cli.options import data_option
from gureum.cli.place import Place, Running
from gureum.cli.process import Launch, start_in_background, stop, why_not_listen
from gureum.cli.terminal import faint, good, rows, title


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=4566, show_default=True, envvar="GUREUM_PORT")
@click.option("--host", default="127.0.0.1", show_default=True, envvar="GUREUM_HOST", metavar="ADDR")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, envvar="GUREUM_WORKERS")
@click.option(
    "--state",
    metavar="URL",
    envvar="GUREUM_STATE",
    help="Keep the state in PostgreSQL or what speaks its protocol: postgresql://… ($GUREUM_STATE).",
)
@click.option("--tls", is_flag=True, envvar="GUREUM_TLS", help="Serve TLS on this machine too; beyond it, always.")
@click.option("-d", "--detach", is_flag=True, help="Run in the background.")
@data_option
@click.pass_context
def up(
    context: click.Context, port: int, host: str, workers: int, state: str | None, tls: bool, detach: bool, place: Place
) -> None:
    """Start a cloud."""
    running = place.running()
    launch = Launch(port, host, workers, state, tls or not is_loopback(host))
    if running is not None:
        refuse_other_launch(context, running, launch)
        click.echo(f"already running, process {running.pid}")
        click.echo(summary(place, running))
        return
    reason = why_not_listen(host, port)
    if reason is not None:
        raise Failed(f"{reason}; choose another with --port or --host")
    if not detach:
        sys.exit(become(place, launch))
    running = start_in_background(place, launch)
    click.echo(f"{good('running')}, process {running.pid}")
    click.echo(summary(place, running))


@click.command()
@click.option("--force", is_flag=True, help="Kill it if it does not end by itself.")
@data_option
def down(force: bool, place: Place) -> None:
    """Stop the cloud."""
    running = place.running()
    if running is None:
        click.echo(f"no cloud is running in {place.data}")
        return
    stop(running, force)
    click.echo(f"stopped, process {running.pid}; the state stays in {place.data}")


def become(place: Place, launch: Launch) -> int:
    """Run a cloud in this process until it is stopped; its exit code."""
    from gureum.main import Settings, run

    return run(Settings(data=place.data, **asdict(launch)))


def refuse_other_launch(context: click.Context, running: Running, asked: Launch) -> None:
    """Failed when something was asked for explicitly that the running cloud is not."""
    for name in ("port", "host", "workers", "state", "tls"):
        given = context.get_parameter_source(name) is not ParameterSource.DEFAULT
        is_so = getattr(Launch.like(running), name)
        if given and getattr(asked, name) != is_so:
            raise Failed(
                f"a cloud is already running in {running_place(context)} {how(name, is_so)}; "
                "stop it first (gureum down), or give the new one a directory of its own (--data DIR)"
            )


def how(name: str, value: object) -> str:
    """A setting of a running cloud as the option that it was started with."""
    if isinstance(value, bool):
        return f"{'with' if value else 'without'} --{name}"
    return f"with --{name} {value}"


def running_place(context: click.Context) -> str:
    """The data directory that the command is about."""
    return str(context.params["place"].data)


def summary(place: Place, running: Running) -> str:
    """What a person wants to know after a start."""
    lines = [
        ("endpoint", title(running.endpoint)),
        ("keys", keys(place, running)),
        *([] if running.ca is None else [("ca", str(running.ca))]),
        ("services", offered(place)),
        ("data", str(place.data)),
        ("log", str(place.log_file)),
    ]
    option = "" if place.data == Place.default().data else f" --data {place.data}"
    hints = [
        ("use it", f'eval "$(gureum env{option})" && aws sts get-caller-identity'),
        ("stop it", f"gureum down{option}"),
    ]
    return f"{rows(lines)}\n\n{rows(hints)}"


def keys(place: Place, running: Running) -> str:
    """The keys that this cloud takes: on loopback the one that everybody knows, elsewhere the root key's id."""
    credentials = place.credentials()
    owner = faint(f"root user of account {credentials.account}")
    if running.is_loopback:
        return f"{title('test')} / {title('test')} {owner}"
    return f"{credentials.access_key_id} {owner}; the secret is in {place.credentials_file}"


def offered(place: Place) -> str:
    """The services with how many of their operations are supported."""
    with suppress(Failed):
        services = Client.of(place).call("DescribeCloud")["Services"]
        return ", ".join(f"{service['Name']} {service['Operations']}/{service['Total']}" for service in services)
    return "unknown: the cloud does not describe itself"
