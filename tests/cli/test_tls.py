"""The command and a cloud with TLS: found, verified, and explained to other clients."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gureum.cli import checks
from gureum.cli.checks import Verdict
from gureum.home import Home
from tests.cli.conftest import Command, free_port

AWS = str(Path(sys.executable).parent / "aws")
GUREUM = f"{sys.executable} -m gureum"

BEYOND_LOOPBACK = f"""
ip link set lo up
ip address add 192.0.2.77/32 dev lo
{GUREUM} up -d --host 0.0.0.0 --port 4566
trap '{GUREUM} down --force' EXIT
eval "$({GUREUM} env)"
export AWS_CONFIG_FILE=/dev/null
for address in localhost 127.0.0.1 192.0.2.77; do
    {AWS} --endpoint-url "https://$address:4566" sts get-caller-identity --output text | sed s/^/let-in-/
done
{GUREUM} status
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test {AWS} sts get-caller-identity && echo "test is let in"
{AWS} --endpoint-url http://192.0.2.77:4566 sts get-caller-identity && echo "HTTP is spoken"
true
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A cloud with TLS for tests that only look."""
    command = Command(tmp_path_factory.mktemp("cloud") / "data", free_port())
    started = command("up", "-d", "--tls")
    assert started.returncode == 0, started.stderr
    assert f"https://localhost:{command.port}" in started.stdout
    assert str(command.data / "ca" / "ca.pem") in started.stdout
    yield command
    command("down", "--force")


def test_beyond_this_machine_there_is_tls_and_a_secret_key(tmp_path: Path) -> None:
    """In a network of its own: `--host 0.0.0.0` alone makes a cloud that nobody reads along with or gets into.

    Its certificate is good for every address, the key that everybody knows does not exist, and HTTP is not spoken.
    """
    command = Command(tmp_path / "data", 4566)
    shown = subprocess.run(
        ["unshare", "--map-root-user", "--net", "sh", "-ec", BEYOND_LOOPBACK],
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.count("let-in-000000000000") == 3
    assert "https://localhost:4566" in shown.stdout
    assert "0.0.0.0" not in shown.stdout, "the status shows where it is reached, too"
    assert "the secret is in" in shown.stdout
    assert "InvalidClientTokenId" in shown.stderr
    assert "test is let in" not in shown.stdout
    assert "HTTP is spoken" not in shown.stdout


def test_the_environment_is_all_that_the_aws_command_needs(running: Command) -> None:
    """With the CA in it, nothing has to be installed or switched off."""
    script = f'eval "$({GUREUM} env)" && {AWS} sts get-caller-identity --query Account --output text'
    environment = {**running.environment, "AWS_CONFIG_FILE": "/dev/null"}
    shown = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert shown.stdout == "000000000000\n", shown.stderr


def test_the_environment_names_the_ca_and_replaces_nobody_elses(running: Command) -> None:
    """Variables that would make other programs trust this cloud alone are left as they are."""
    variables = json.loads(running("env", "--json").stdout)
    ca = str(running.data / "ca" / "ca.pem")
    assert variables["AWS_ENDPOINT_URL"] == f"https://localhost:{running.port}"
    assert variables["AWS_CA_BUNDLE"] == variables["NODE_EXTRA_CA_CERTS"] == ca
    assert not variables.keys() & {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}


def test_the_ca_for_other_machines(running: Command) -> None:
    """`gureum ca > gureum-ca.pem`: the certificate and no key."""
    file = running.data / "ca" / "ca.pem"
    assert running("ca").stdout == file.read_text()
    assert "PRIVATE" not in running("ca").stdout
    assert running("ca", "--path").stdout == f"{file}\n"


def test_a_cloud_without_tls_has_no_ca(gureum: Command) -> None:
    """And says when it would have one."""
    shown = gureum("ca")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "--tls" in shown.stderr


def test_status_and_doctor_reach_it(running: Command) -> None:
    """They verify it like any other client."""
    status = json.loads(running("status", "--json").stdout)
    assert status["CaFile"] == str(running.data / "ca" / "ca.pem")
    assert status["Endpoint"] == f"https://localhost:{running.port}"
    assert "ca.pem" in running("status").stdout
    assert "this cloud answers at https" in running("doctor").stdout


def test_a_second_start_in_another_way_is_refused(gureum: Command) -> None:
    """TLS is asked for and not there."""
    assert gureum("up", "-d").returncode == 0
    shown = gureum("up", "-d", "--tls")
    assert shown.returncode == 1
    assert "without --tls" in shown.stderr


def test_a_second_start_without_the_option_changes_nothing(running: Command) -> None:
    """What was not asked for is not refused."""
    assert "already running" in running("up", "-d").stdout


def test_reset_starts_it_again_with_tls(gureum: Command) -> None:
    """The way it ran, and with the CA that its clients have."""
    assert gureum("up", "-d", GUREUM_TLS="1").returncode == 0
    ca = gureum("ca").stdout
    shown = gureum("reset", "--yes", GUREUM_TLS="0")
    assert shown.returncode == 0, shown.stderr
    assert f"https://localhost:{gureum.port}" in shown.stdout
    assert gureum("ca").stdout == ca


def test_another_cloud_in_its_place_is_not_believed(running: Command, tmp_path: Path) -> None:
    """What listens there is not the cloud whose CA lies here: the command ends before it has sent anything."""
    pretended = Command(tmp_path / "data", running.port)
    shutil.copytree(running.data / "run", pretended.data / "run")
    shutil.copy(running.data / "root-credentials.json", pretended.data)
    Home(pretended.data).server_certificate({"localhost"})
    shown = pretended("status")
    assert shown.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in shown.stderr


def test_keys_that_others_can_read_are_found(tmp_path: Path) -> None:
    """Whoever has the CA's key can pretend to be the cloud."""
    assert checks.check_keys(tmp_path / "data").verdict is Verdict.GOOD
    home = Home(tmp_path)
    home.root_secret()
    home.server_certificate({"localhost"})
    assert checks.check_keys(tmp_path).verdict is Verdict.GOOD
    for name in ("root-key", "ca/ca-key.pem", "ca/server.pem"):
        (tmp_path / name).chmod(0o640)
        found = checks.check_keys(tmp_path)
        assert found.verdict is Verdict.BAD
        assert name in found.found
        assert "chmod 600" in found.remedy
        (tmp_path / name).chmod(0o600)
