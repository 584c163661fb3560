"""Policies of resources name users and roles by ARN, and mean those who had the ARN when the policy was saved.

So their unique ids are kept beside the document: `pin` gives them when a policy is saved, which whoever saves it stores
(`Role.pins`).  Whoever reads it gets it as it is now (`current`): one who was renamed under the new ARN, and one who is
gone by the unique id, which nobody will ever have again.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, "IAM user
principals": "If you delete the user, …"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gureum.api.policy import Compiled
from gureum.base import arn as arns
from gureum.identity import tables
from gureum.state.store import Transaction


class NoSuchPrincipal(Exception):
    """A principal that does not exist; `name` is as it was written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def pin(tx: Transaction, compiled: Compiled) -> dict[str, str]:
    """The unique ids of the users and roles that a policy names as principals, by ARN.  Raises NoSuchPrincipal.

    Accounts need not exist: they come into being when they are first used.
    """
    pins: dict[str, str] = {}
    for name in sorted(compiled.principals):
        if name.startswith("A"):  # a unique id
            if _arn_of(tx, name) is None:
                raise NoSuchPrincipal(name)
            continue
        parsed = arns.parse(name)
        kind, _, rest = ("", "", "") if parsed is None else parsed.resource.partition("/")
        if parsed is None or kind not in ("user", "role", "assumed-role"):
            continue
        found = _id_of(tx, parsed.account, kind, rest, name)
        if found is None:
            raise NoSuchPrincipal(name)
        if kind != "assumed-role":
            pins[name] = found
    return pins


def current(tx: Transaction, text: str, pins: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """The policy `text` that was saved with `pins` as it is now, and the pins that go with it."""
    names: dict[str, str] = {}
    for arn, unique_id in pins.items():
        now = _arn_of(tx, unique_id)
        if now != arn:
            names[arn] = now or unique_id
    if not names:
        return text, pins
    renamed = {names.get(arn, arn): unique_id for arn, unique_id in pins.items()}
    return _renamed(text, names), {arn: unique_id for arn, unique_id in renamed.items() if arn != unique_id}


def _id_of(tx: Transaction, account: str, kind: str, rest: str, arn: str) -> str | None:
    """The unique id of the user or role with this ARN; for a session, of its role."""
    if kind == "user":
        user = tables.users.get(tx, (account, rest.rpartition("/")[2]))
        return user.id if user is not None and user.arn == arn else None
    if kind == "assumed-role":
        role = tables.roles.get(tx, (account, rest.partition("/")[0]))
        return None if role is None else role.id
    role = tables.roles.get(tx, (account, rest.rpartition("/")[2]))
    return role.id if role is not None and role.arn == arn else None


def _arn_of(tx: Transaction, unique_id: str) -> str | None:
    """The ARN that the user or role with this id has now; None when it is gone."""
    found = (
        tables.users_by_id.first(tx, (unique_id,))
        if unique_id.startswith("AIDA")
        else tables.roles_by_id.first(tx, (unique_id,))
    )
    return None if found is None else found.arn


def _renamed(text: str, names: Mapping[str, str]) -> str:
    document = json.loads(text)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                named["AWS"] = _exchange(named["AWS"], names)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _exchange(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [names.get(name, name) for name in value]
    return names.get(value, value)
