"""The pure parts of the command: durations, texts, addresses, processes."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from gureum.cli import terminal
from gureum.cli.options import DurationType
from gureum.cli.place import Running, is_same_process, process_start


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("30d", 2592000), ("1w", 604800), ("1h30m", 5400), ("250ms", 0.25)],
)
def test_durations(text: str, seconds: float) -> None:
    """Every form that the help names."""
    assert DurationType().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "1", "s", "1x", "1h 30m", "-1s", "0s", "1h3", "1e3s", "٣s"])
def test_what_is_no_duration(text: str) -> None:
    """A unit is needed, and nothing is guessed."""
    with pytest.raises(click.BadParameter, match="is no duration"):
        DurationType().convert(text, None, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.25 s"), (1, "1 s"), (65, "1 min 5 s"), (86400, "1 day"), (30 * 86400, "30 days"), (90061, "1 day 1 h")],
)
def test_spans(seconds: float, text: str) -> None:
    """Two units are enough for a person."""
    assert terminal.span(seconds) == text


def test_moments_far_ahead() -> None:
    """Cloud time may be advanced by centuries."""
    assert terminal.moment(1.5) == "1970-01-01T00:00:01.500Z"
    assert terminal.moment(253402300799) == "9999-12-31T23:59:59.000Z"


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("127.0.0.1", "http://localhost:4566"),
        ("0.0.0.0", "http://localhost:4566"),
        ("::", "http://localhost:4566"),
        ("192.0.2.1", "http://192.0.2.1:4566"),
        ("2001:db8::1", "http://[2001:db8::1]:4566"),
    ],
)
def test_the_endpoint_for_clients_on_this_machine(host: str, endpoint: str) -> None:
    """A wildcard is an address to listen on, not one to connect to."""
    plain = Running(pid=1, host=host, port=4566, workers=1, started=datetime(2026, 1, 1, tzinfo=UTC))
    assert plain.endpoint == endpoint
    assert replace(plain, ca=Path("ca.pem")).endpoint == endpoint.replace("http:", "https:")


def test_a_process_is_told_apart_from_a_later_one_with_its_number() -> None:
    """Process numbers are used again."""
    start = process_start(os.getpid())
    assert start is not None
    began = datetime.fromtimestamp(start, UTC)
    assert is_same_process(os.getpid(), began)
    assert is_same_process(os.getpid(), began + timedelta(days=1))
    assert not is_same_process(os.getpid(), began - timedelta(minutes=1))


def test_a_process_that_ended_is_gone_even_before_its_parent_noticed() -> None:
    """A zombie does not serve anybody."""
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert process_start(child) is None
    os.waitpid(child, 0)
    assert process_start(child) is None
