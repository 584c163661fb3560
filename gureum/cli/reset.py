"""`gureum reset`: stop the cloud, remove its state, start it again the way it ran.

Only the state is removed; the root key and the log stay, so whoever is set up to use the cloud still is.  The state is
one directory: it is moved aside in one step and then removed, so a reset that is interrupted leaves either all of it
or an empty cloud.  Meanwhile the cloud's lock is held, and nobody can start it on what is about to go.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from gureum.cli.errors import Failed
from gureum.cli.options import data_option
from gureum.cli.place import Place
from gureum.cli.process import Launch, start_in_background, stop
from gureum.cli.up import summary


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@data_option
def reset(yes: bool, place: Place) -> None:
    """Remove everything in the cloud and start afresh."""
    running = place.running()
    if running is not None and running.state is not None:
        raise Failed("the state of this cloud is in a database; stop the cloud and empty the database there")
    if not place.lock_file.exists():
        raise Failed(f"{place.data} holds no cloud")
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is here to ask; say --yes")
        click.confirm(f"Remove everything that is in the cloud at {place.data}?", abort=True)
    if running is not None:
        stop(running, force=True)
    with exclusive(place):
        remove(place)
    click.echo(f"removed the state in {place.data}")
    if running is not None:
        again = start_in_background(place, Launch.like(running))
        click.echo(f"running again, process {again.pid}")
        click.echo(summary(place, again))


@contextmanager
def exclusive(place: Place) -> Iterator[None]:
    """Hold the lock that a running cloud holds; Failed when one does."""
    lock = os.open(place.lock_file, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Failed(f"a cloud is starting in {place.data}; try again when it has") from error
    finally:
        os.close(lock)


def remove(place: Place) -> None:
    """Remove the state, and what an interrupted removal left."""
    aside = place.state.with_name(".removed")
    if aside.exists():
        shutil.rmtree(aside)
    if place.state.exists():
        place.state.rename(aside)
        shutil.rmtree(aside)
