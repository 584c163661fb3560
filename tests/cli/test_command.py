"""The command where no cloud runs: what scripts rely on are exit codes and where the text goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_help_names_every_command(gureum: Command) -> None:
    """The help is what a newcomer sees first."""
    shown = gureum("--help")
    assert shown.returncode == 0
    for name in ("up", "down", "status", "env", "ca", "doctor", "logs", "clock", "reset"):
        assert f"\n  {name} " in shown.stdout


def test_the_help_loads_nothing_heavy(gureum: Command) -> None:
    """The command is light: what takes long to import is imported where it is used."""
    shown = gureum("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"asyncio", "msgspec", "uvloop", "cryptography", "sqlite3", "http.client", "botocore"}


@pytest.mark.parametrize("arguments", [["status"], ["env"], ["clock"], ["clock", "show"], ["clock", "advance", "1d"]])
def test_what_needs_a_cloud_says_that_none_runs(gureum: Command, arguments: list[str]) -> None:
    """Exit code 3 and a way out; nothing on standard output, so that eval does nothing."""
    shown = gureum(*arguments)
    assert (shown.returncode, shown.stdout) == (3, "")
    assert "no cloud is running" in shown.stderr
    assert "gureum up" in shown.stderr


def test_down_is_content_when_nothing_runs(gureum: Command) -> None:
    """What was asked for is already so."""
    assert gureum("down").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["clock", "advance", "30"],
        ["clock", "advance", "0s"],
        ["clock", "advance", "-1h"],
        ["up", "--port", "0"],
        ["up", "--port", "65536"],
        ["up", "--workers", "0"],
        ["logs", "-n", "-1"],
        ["nothing"],
    ],
)
def test_wrong_usage_is_exit_code_2(gureum: Command, arguments: list[str]) -> None:
    """A mistake of the caller is told apart from a failure."""
    assert gureum(*arguments).returncode == 2


def test_reset_does_not_touch_a_directory_without_a_cloud(gureum: Command) -> None:
    """`reset --data ~` must be harmless."""
    gureum.data.mkdir()
    precious = gureum.data / "precious"
    precious.write_text("mine")
    shown = gureum("reset", "--yes")
    assert shown.returncode == 1
    assert "holds no cloud" in shown.stderr
    assert precious.read_text() == "mine"


def test_logs_explains_where_there_is_none(gureum: Command) -> None:
    """A cloud in the foreground writes no file."""
    shown = gureum("logs")
    assert shown.returncode == 1
    assert "in the background" in shown.stderr


def test_a_run_file_of_a_dead_process_does_not_count(gureum: Command) -> None:
    """After kill -9 the file stays; the number may by now be that of another process."""
    write_run_file(gureum.data, pid=os.getpid(), started="2020-01-01T00:00:00Z")
    assert gureum("status").returncode == 3


def test_a_cloud_that_does_not_answer_is_a_failure(gureum: Command) -> None:
    """A process that is there but does not listen is not `not running`; it can be stopped all the same."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as silent:
        write_run_file(gureum.data, pid=silent.pid, started="2999-01-01T00:00:00Z", port=gureum.port)
        (gureum.data / "root-credentials.json").write_text(
            json.dumps({"access_key_id": "test", "secret_access_key": "test", "account": "000000000000"})
        )
        shown = gureum("status")
        assert shown.returncode == 1
        assert "cannot be reached" in shown.stderr
        assert gureum("down").returncode == 0
        assert silent.wait(10) == -signal.SIGTERM


def test_a_damaged_run_file_is_named(gureum: Command) -> None:
    """A file that makes no sense is no reason for a traceback."""
    (gureum.data / "run").mkdir(parents=True)
    (gureum.data / "run" / "gureum.json").write_text("[]")
    shown = gureum("status")
    assert shown.returncode == 1
    assert "is damaged" in shown.stderr


def test_logs_shows_the_last_lines(gureum: Command) -> None:
    """`logs -n` looks back as far as asked."""
    log = gureum.data / "log" / "gureum.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    assert gureum("logs", "-n", "2").stdout == "line 98\nline 99\n"
    assert gureum("logs", "-n", "0").stdout == ""


def test_logs_follows_what_is_added_and_what_takes_its_place(gureum: Command) -> None:
    """`logs -f` goes on after a cloud has been started again with a new log, and ends quietly with Ctrl-C."""
    log = gureum.data / "log" / "gureum.log"
    log.parent.mkdir(parents=True)
    log.write_text("first\n")
    command = [sys.executable, "-m", "gureum", "logs", "-f"]
    with subprocess.Popen(command, env=gureum.environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "first\n"
        with log.open("a") as file:
            file.write("second\n")
        assert following.stdout.readline() == "second\n"
        log.rename(log.with_suffix(".log.1"))
        log.write_text("third\n")
        assert following.stdout.readline() == "third\n"
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 0


def test_output_has_no_colours_where_nobody_looks(gureum: Command) -> None:
    """A pipe gets plain text."""
    assert "\033" not in gureum("doctor").stdout


def test_the_module_and_the_script_are_the_same_command() -> None:
    """`make up` calls the script that the installation made."""
    assert (Path(sys.executable).parent / "gureum").exists()


def write_run_file(data: Path, *, pid: int, started: str, port: int = 1) -> None:
    """A run file as a cloud writes it."""
    (data / "run").mkdir(parents=True)
    document = {"pid": pid, "host": "127.0.0.1", "port": port, "workers": 1, "started": started}
    (data / "run" / "gureum.json").write_text(json.dumps(document))
