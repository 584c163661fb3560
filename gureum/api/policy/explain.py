"""A decision as plain values, for people and for DecodeAuthorizationMessage, whose shape it has.

AWS's form is a list of lists: everything that there can be several of is `{"items": […]}`.  Beyond it, each matched
statement says in which policy it stands (`sourcePolicyId`, `sourcePolicyType`) and the whole which type decided.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gureum.api.policy.document import parse
from gureum.api.policy.keys import GLOBAL_KEYS
from gureum.api.policy.model import Ask, Decision, Effect, KeyValue, Match
from gureum.api.policy.wording import caller


def explain(ask: Ask, decision: Decision) -> dict[str, Any]:
    """Why `ask` was decided as it was; nothing but dicts, lists, texts and booleans."""
    principal = ask.principal
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.effect is Effect.EXPLICIT_DENY,
        "decidedBy": decision.kind.value if decision.kind is not None else "",
        "matchedStatements": _items(_statement(match, principal.id) for match in decision.matches),
        "failures": _items(()),
        "context": {
            "principal": {"id": principal.id, "name": principal.name, "arn": caller(principal)},
            "action": ask.action,
            "resource": ask.resource,
            "conditions": _items(_condition(key, value) for key, value in _context(ask, decision)),
        },
    }


def _statement(match: Match, principal_id: str) -> dict[str, Any]:
    compiled = match.source.compiled
    statement = parse(compiled.text, compiled.kind).statements[match.index]
    named = statement.principals or {"AWS": (principal_id,)}
    return {
        "statementId": statement.sid,
        "effect": "ALLOW" if match.allows else "DENY",
        "principals": _values(name for names in named.values() for name in names),
        "principalGroups": _items(()),
        "actions": _values(statement.actions),
        "resources": _values(statement.resources),
        "conditions": _items({"key": block.key, "values": _values(block.values)} for block in statement.conditions),
        "sourcePolicyId": match.source.id,
        "sourcePolicyType": match.source.kind.value,
    }


def _context(ask: Ask, decision: Decision) -> Iterable[tuple[str, KeyValue]]:
    """The keys of the request: all of a mapping, else those that are global or that a matched statement mentions."""
    if isinstance(ask.keys, Mapping):
        yield from sorted(ask.keys.items())
        return
    names = {key.name.lower(): key.name for key in GLOBAL_KEYS if not key.is_prefix}
    for match in decision.matches:
        names.update((name.lower(), name) for name in match.source.compiled.statements[match.index].keys)
    for lower, name in sorted(names.items()):
        value = ask.keys.get(lower)
        if value is not None:
            yield name, value


def _condition(key: str, value: KeyValue) -> dict[str, Any]:
    return {"key": key, "values": _values((value,) if isinstance(value, str) else value)}


def _items(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": list(items)}


def _values(values: Iterable[str]) -> dict[str, Any]:
    return _items({"value": value} for value in values)
