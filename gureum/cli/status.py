"""`gureum status`: what runs; `gureum env`: how to reach it; `gureum logs`: what it says."""

from __future__ import annotations

import json
import os
import shlex
import time
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn

import click

from gureum.base.topology import DEFAULT_REGION
from gureum.cli.client import Client
from gureum.cli.errors import Failed
from gureum.cli.options import data_option, json_option
from gureum.cli.place import Place, Running
from gureum.cli.process import tail
from gureum.cli.terminal import faint, good, moment, rows, span

follow_seconds = 0.2


@click.command()
@click.option("--pid", "only_pid", is_flag=True, help="Print the process id and nothing else.")
@json_option
@data_option
def status(only_pid: bool, as_json: bool, place: Place) -> None:
    """Show what is running."""
    running = place.require_running()
    if only_pid:
        click.echo(running.pid)
        return
    client = Client(running, place.credentials())
    cloud = client.call("DescribeCloud")
    if as_json:
        click.echo(json.dumps(status_document(place, running, cloud), indent=2))
        return
    click.echo(f"{good('running')}, process {running.pid}")
    ca = [] if running.ca is None else [("ca", str(running.ca))]
    offset = float(client.call("GetClock")["OffsetSeconds"])
    click.echo(
        rows(
            [
                ("endpoint", running.endpoint),
                *ca,
                ("account", cloud["Account"]),
                ("version", cloud["Version"]),
                ("started", f"{moment(cloud['StartedAt'])} {faint(f'{span(age(running))} ago')}"),
                *([("clock", f"{span(offset)} ahead of the host's")] if offset else []),
                ("workers", str(cloud["Workers"])),
                ("state", cloud["State"]),
                ("requests", f"{cloud['Requests']:,}"),
            ]
        )
    )
    click.echo()
    counts = [(service["Name"], f"{service['Operations']} of {service['Total']}") for service in cloud["Services"]]
    click.echo(rows((name, f"{count} operations") for name, count in counts))


@click.command()
@click.option("--region", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], default=DEFAULT_REGION, show_default=True)
@json_option
@data_option
def env(region: str, as_json: bool, place: Place) -> None:
    """Print the environment that AWS clients need: eval "$(gureum env)"."""
    running = place.require_running()
    credentials = place.credentials()
    variables = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,  # the SDK for JavaScript reads no other
    }
    if running.ca is not None:
        variables["AWS_CA_BUNDLE"] = str(running.ca)
        variables["NODE_EXTRA_CA_CERTS"] = str(running.ca)  # the SDK for JavaScript knows no AWS_CA_BUNDLE
    if as_json:
        click.echo(json.dumps(variables, indent=2))
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    # A token of other credentials would be sent with the root key and make every signature wrong.
    if "AWS_SESSION_TOKEN" in os.environ:
        click.echo("unset AWS_SESSION_TOKEN")


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=50, show_default=True, help="How far to look back.")
@data_option
def logs(follow: bool, lines: int, place: Place) -> None:
    """Show what a cloud in the background says."""
    try:
        log = place.log_file.open("rb")
    except OSError as error:
        hint = "a cloud writes it when it runs in the background (up -d)"
        raise Failed(f"{place.log_file}: {error.strerror}; {hint}") from error
    with log:
        for line in tail(log, lines):
            click.echo(line)
        if follow:
            with suppress(KeyboardInterrupt):
                follow_log(place, log)


def follow_log(place: Place, log: BinaryIO) -> NoReturn:
    """Print what is added to the log until interrupted, also when a new file takes its place."""
    while True:
        copy(log)
        if is_replaced(place, log):
            copy(log)
            with place.log_file.open("rb") as successor:
                follow_log(place, successor)
        time.sleep(follow_seconds)


def copy(file: BinaryIO) -> None:
    """Print what is left of a file."""
    while data := file.read(64 * 1024):
        click.echo(data, nl=False)


def is_replaced(place: Place, file: BinaryIO) -> bool:
    """Whether the log is by now another file."""
    try:
        return place.log_file.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def age(running: Running) -> float:
    """Seconds since the cloud was started."""
    from gureum.base.clock import host_ms

    return max(0.0, host_ms() / 1000 - running.started.timestamp())


def status_document(place: Place, running: Running, cloud: dict[str, Any]) -> dict[str, Any]:
    """The status for scripts: what the cloud says of itself, and where clients on this machine reach it."""
    started = moment(cloud["StartedAt"])
    ca = {} if running.ca is None else {"CaFile": str(running.ca)}
    where = {"Endpoint": running.endpoint, "StartedAt": started}
    return {"Running": True, "Pid": running.pid, "Data": str(place.data), **ca, **cloud, **where}
