"""Which types of resources an action is about, and what their ARNs look like.

`resources.jsonl` has one service on each line: the template of each type's ARN, and the types of each action; an action
without types is about `*`.  It has the services whose actions are in `services.jsonl`, and is of the same source.
Nothing is read at import.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from gureum.api.policy import patterns

_FILE: Final = Path(__file__).parent / "resources.jsonl"
_variable: Final = re.compile(r"\$\{[^}]*\}")

EVERYTHING: Final = "*"


class _Service(msgspec.Struct, frozen=True):
    namespace: str
    types: dict[str, str]
    actions: dict[str, list[str]]


def template(action: str, arn: str) -> str:
    """The ARN template of the type of resource that `arn` is of, among those that `action` (`s3:GetObject`) is about.

    `*` where the ARN is of none of them, or nothing is known about the action.
    """
    namespace, _, name = action.partition(":")
    service = _services().get(namespace.lower())
    if service is None or arn == EVERYTHING:
        return EVERYTHING
    types = next((types for known, types in service.actions.items() if known.lower() == name.lower()), [])
    templates = [service.types[each] for each in types]
    return next((text for text in templates if _test(text)(arn)), EVERYTHING)


@cache
def _test(text: str) -> patterns.Test:
    """A test for the ARNs of a template."""
    pattern = patterns.read(_variable.sub("*", text), variables=False, wildcards=True)
    assert isinstance(pattern, str), "no variables were asked for"
    return patterns.resource(pattern)


@cache
def _services() -> dict[str, _Service]:
    with _FILE.open("rb") as lines:
        return {service.namespace: service for service in msgspec.json.Decoder(_Service).decode_lines(lines.read())}
