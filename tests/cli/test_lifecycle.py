"""A cloud from its start to its end, through the command alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Completed, free_port

AWS = str(Path(sys.executable).parent / "aws")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A cloud for tests that only look."""
    command = Command(tmp_path_factory.mktemp("cloud") / "data", free_port())
    succeed(command("up", "-d"))
    yield command
    command("down", "--force")


def succeed(completed: Completed) -> str:
    """The output of a command that must not fail."""
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def document(completed: Completed) -> dict[str, Any]:
    """The JSON that a command printed."""
    loaded: dict[str, Any] = json.loads(succeed(completed))
    return loaded


def test_status_tells_what_runs(running: Command) -> None:
    """For people."""
    shown = succeed(running("status"))
    assert f"http://localhost:{running.port}" in shown
    assert "sqs" in shown


def test_status_as_json(running: Command) -> None:
    """For scripts."""
    status = document(running("status", "--json"))
    assert status["Running"] is True
    assert status["Data"] == str(running.data)
    assert {service["Name"]: service["Operations"] for service in status["Services"]}["sqs"] == 23
    os.kill(status["Pid"], 0)


def test_the_environment_is_all_that_the_aws_command_needs(running: Command) -> None:
    """The first thing that a newcomer does after the start."""
    script = f'eval "$({sys.executable} -m gureum env)" && {AWS} sts get-caller-identity --query Account --output text'
    shown = subprocess.run(
        ["sh", "-c", script],
        env={**running.environment, "AWS_SESSION_TOKEN": "of another cloud", "AWS_CONFIG_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stdout == "000000000000\n", shown.stderr


def test_the_region_is_that_of_the_caller(running: Command) -> None:
    """`env` keeps what is set, under both names: SDKs differ in which one they read."""
    for variables, region in (({"AWS_REGION": "ap-northeast-2"}, "ap-northeast-2"), ({}, "us-east-1")):
        shown = document(running("env", "--json", **variables))
        assert (shown["AWS_REGION"], shown["AWS_DEFAULT_REGION"]) == (region, region)


def test_doctor_knows_its_own_cloud(running: Command) -> None:
    """A port that this very cloud has is not taken by somebody else."""
    assert "this cloud answers" in succeed(running("doctor"))


def test_a_second_start_changes_nothing(running: Command) -> None:
    """`make up` may be repeated."""
    before = document(running("status", "--json"))["Pid"]
    assert "already running" in succeed(running("up", "-d"))
    assert "already running" in succeed(running("up"))
    assert document(running("status", "--json"))["Pid"] == before


@pytest.mark.parametrize("other", [["--port", "1"], ["--host", "0.0.0.0"], ["--workers", "2"], ["--state", "x://y"]])
def test_a_second_start_in_another_way_is_refused(running: Command, other: list[str]) -> None:
    """To say `already running` would be to ignore what was asked for."""
    shown = running("up", "-d", *other)
    assert shown.returncode == 1
    assert "already running" in shown.stderr
    assert other[0] in shown.stderr


def test_files_are_their_owners(running: Command) -> None:
    """The directory holds keys and everybody's data."""
    for name in ("run/gureum.json", "root-credentials.json", "log/gureum.log"):
        assert (running.data / name).stat().st_mode & 0o777 == 0o600, name
    assert running.data.stat().st_mode & 0o777 == 0o700


def test_time_goes_forward_and_stays_there(gureum: Command) -> None:
    """The offset belongs to the state: it is there after a restart."""
    succeed(gureum("up", "-d"))
    assert document(gureum("clock", "--json"))["OffsetSeconds"] == 0
    assert document(gureum("clock", "advance", "30d", "--json"))["OffsetSeconds"] == 30 * 86400
    succeed(gureum("down"))
    assert gureum("status").returncode == 3
    succeed(gureum("up", "-d"))
    assert "30 days" in succeed(gureum("clock"))


def test_after_a_kill_it_starts_again_with_the_same_keys(gureum: Command) -> None:
    """The run file that a killed cloud leaves behind is in nobody's way."""
    succeed(gureum("up", "-d"))
    before = document(gureum("env", "--json"))
    descriptor = os.pidfd_open(document(gureum("status", "--json"))["Pid"])
    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    os.close(descriptor)
    succeed(gureum("down"))
    assert gureum("status").returncode == 3
    succeed(gureum("up", "-d"))
    assert document(gureum("env", "--json")) == before


def test_reset_starts_afresh_the_way_it_ran(gureum: Command) -> None:
    """Everything is gone, and clients find a cloud where they left it."""
    succeed(gureum("up", "-d"))
    succeed(gureum("clock", "advance", "1h"))
    assert "1 h ahead of the host's" in succeed(gureum("status"))
    before = document(gureum("status", "--json"))
    assert gureum("reset").returncode == 2, "nobody was there to say yes"
    succeed(gureum("reset", "--yes"))
    after = document(gureum("status", "--json"))
    assert after["Pid"] != before["Pid"]
    assert after["Endpoint"] == before["Endpoint"]
    assert document(gureum("clock", "--json"))["OffsetSeconds"] == 0


def test_reset_of_a_cloud_that_is_stopped_leaves_it_stopped(gureum: Command) -> None:
    """The way it ran was not at all."""
    succeed(gureum("up", "-d"))
    succeed(gureum("down"))
    succeed(gureum("reset", "--yes"))
    assert gureum("status").returncode == 3
    assert not (gureum.data / "state").exists()


def test_clouds_run_beside_each_other(gureum: Command, tmp_path: Path) -> None:
    """Each has a directory and a port of its own."""
    other = Command(tmp_path / "other", free_port())
    succeed(gureum("up", "-d"))
    succeed(other("up", "-d"))
    try:
        succeed(gureum("clock", "advance", "1d"))
        assert document(other("clock", "--json"))["OffsetSeconds"] == 0
    finally:
        succeed(other("down"))
    succeed(gureum("status"))


@pytest.mark.parametrize("how", [["up"], ["up", "-d"]])
def test_a_port_that_is_taken_is_named(gureum: Command, how: list[str]) -> None:
    """The most frequent reason why a cloud does not start."""
    with socket.create_server(("127.0.0.1", gureum.port)):
        shown = gureum(*how)
    assert shown.returncode == 1
    assert f"port {gureum.port}: Address already in use" in shown.stderr
    assert gureum("status").returncode == 3


def test_a_start_that_fails_in_the_background_shows_the_end_of_the_log(gureum: Command) -> None:
    """Whoever starts a cloud must not have to look for the reason."""
    gureum.data.mkdir()
    (gureum.data / "state").write_text("a file where a directory belongs")
    shown = gureum("up", "-d")
    assert shown.returncode == 1
    assert "the end of" in shown.stderr
    assert "state" in shown.stderr
    assert gureum("status").returncode == 3


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_in_the_foreground_a_signal_ends_it(gureum: Command, stop: signal.Signals) -> None:
    """Ctrl-C and service managers: it goes in order, and leaves no run file."""
    command = [sys.executable, "-m", "gureum", "up"]
    with subprocess.Popen(command, env=gureum.environment, stderr=subprocess.PIPE, text=True) as cloud:
        assert cloud.stderr is not None
        for _line in cloud.stderr:
            if (gureum.data / "run" / "gureum.json").exists():
                break
        cloud.send_signal(stop)
        _, rest = cloud.communicate(timeout=30)
        assert cloud.returncode == 0, rest
        assert "Traceback" not in rest
    assert not (gureum.data / "run" / "gureum.json").exists()
