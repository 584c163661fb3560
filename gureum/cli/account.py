"""`gureum account`: make accounts with a root key, and list them.

The secret of a key is shown when it is made and never again: the cloud keeps it sealed.  Number, id and secret can be
chosen, for suites that carry some.
"""

from __future__ import annotations

import json
from typing import Any

import click

from gureum.cli.client import Client
from gureum.cli.options import data_option, json_option
from gureum.cli.place import Place
from gureum.cli.terminal import faint, moment, rows


@click.group()
def account() -> None:
    """Make accounts, and list them."""


@account.command()
@click.option("--name", "Name", help="What it is called; its number unless given.")
@click.option("--email", "Email", help="The address of its owner, by which organizations can invite it.")
@click.option("--id", "AccountId", metavar="NUMBER", help="Twelve digits; drawn unless given.")
@click.option("--access-key-id", "AccessKeyId", metavar="ID", help="The id of its root key; drawn unless given.")
@click.option("--secret-access-key", "SecretAccessKey", metavar="SECRET", help="Its secret; drawn unless given.")
@json_option
@data_option
def create(as_json: bool, place: Place, **members: str | None) -> None:
    """Make an account with a key of its root user, and show the key: its secret is not shown again."""
    given = {name: value for name, value in members.items() if value is not None}
    answer = Client.of(place).call("CreateAccount", **given)
    if as_json:
        click.echo(json.dumps(_plain(answer["Account"]) | answer["AccessKey"], indent=2))
        return
    made, key = answer["Account"], answer["AccessKey"]
    click.echo(
        rows(
            [
                ("account", made["AccountId"]),
                ("name", made["Name"]),
                ("access key id", key["AccessKeyId"]),
                ("secret access key", key["SecretAccessKey"]),
            ]
        )
    )


@account.command("list")
@json_option
@data_option
def list_(as_json: bool, place: Place) -> None:
    """List all accounts by number."""
    client, accounts, token = Client.of(place), [], None
    while True:
        answer = client.call("ListAccounts", **({} if token is None else {"NextToken": token}))
        accounts += [_plain(found) for found in answer["Accounts"]]
        token = answer.get("NextToken")
        if token is None:
            break
    if as_json:
        click.echo(json.dumps(accounts, indent=2))
        return
    for found in accounts:
        closed = faint("  closed") if found["Suspended"] else ""
        email = f"  {found['Email']}" if "Email" in found else ""
        click.echo(f"{found['AccountId']}  {found['CreatedAt']}  {found['Name']}{email}{closed}")


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "CreatedAt": moment(found["CreatedAt"])}
