"""`gureum account`: accounts from the command line."""

from __future__ import annotations

import json

from tests.cli.conftest import Command
from tests.support.clients import make_client


def test_accounts_are_made_and_listed(gureum: Command) -> None:
    """With a drawn key and with a chosen one; for people and for scripts."""
    assert gureum("account", "list").returncode == 3
    assert gureum("up", "-d", "--port", str(gureum.port)).returncode == 0
    made = json.loads(gureum("account", "create", "--name", "sales", "--json").stdout)
    chosen = ("--access-key-id", "AKIACHOSENCHOSEN", "--secret-access-key", "chosen-secret")
    shown = gureum("account", "create", "--id", "222233334444", "--email", "a@example.com", *chosen)
    assert [line.split()[-1] for line in shown.stdout.splitlines()] == [
        "222233334444",
        "222233334444",
        "AKIACHOSENCHOSEN",
        "chosen-secret",
    ]
    for account, key in (
        (made["AccountId"], (made["AccessKeyId"], made["SecretAccessKey"])),
        ("222233334444", ("AKIACHOSENCHOSEN", "chosen-secret")),
    ):
        sts = make_client("sts", f"http://localhost:{gureum.port}", key=key)
        assert sts.get_caller_identity()["Account"] == account
    again = gureum("account", "create", "--id", "222233334444")
    assert (again.returncode, again.stdout) == (1, "")
    assert "The account 222233334444 exists." in again.stderr
    listed = {each["AccountId"]: each for each in json.loads(gureum("account", "list", "--json").stdout)}
    assert listed[made["AccountId"]]["Name"] == "sales"
    assert "222233334444" in gureum("account", "list").stdout
