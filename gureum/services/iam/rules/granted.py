"""Which services policies give access to: the permissions policy logic of reports of last access.

A service is granted when some statement allows an action of it, on whatever resource and under whatever condition,
unless another one denies all of it for everything and always.  Other types of policies do not count.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gureum.api.policy import Kind
from gureum.api.policy.document import Statement, parse

Namespaces = frozenset[str]

_nothing: Namespaces = frozenset()


def granted(documents: Iterable[str], namespaces: Namespaces, kind: Kind = Kind.IDENTITY) -> Namespaces:
    """Those of `namespaces` that policies of a `kind` together give access to."""
    reaches = [_reach(document, namespaces, kind) for document in documents]
    allowed = _nothing.union(*(allowed for allowed, _ in reaches))
    return allowed.difference(*(denied for _, denied in reaches))


@lru_cache(maxsize=1024)
def _reach(document: str, namespaces: Namespaces, kind: Kind) -> tuple[Namespaces, Namespaces]:
    """The services that a policy allows something of, and those that it denies as a whole."""
    statements = parse(document, kind).statements
    allowed = [_touched(each, namespaces) for each in statements if each.allows]
    denied = [_whole(each.actions, namespaces) for each in statements if _denies_always(each)]
    return _nothing.union(*allowed), _nothing.union(*denied)


def _touched(statement: Statement, namespaces: Namespaces) -> Namespaces:
    """The services that a statement has actions of."""
    if statement.not_action:
        return namespaces - _whole(statement.actions, namespaces)
    return _matching((action.partition(":")[0] for action in statement.actions), namespaces)


def _denies_always(statement: Statement) -> bool:
    everywhere = "*" in statement.resources and not statement.not_resource
    return not statement.allows and everywhere and not statement.conditions and not statement.not_action


def _whole(actions: Iterable[str], namespaces: Namespaces) -> Namespaces:
    """The services of which `actions` are all: `sqs:*`, or `*`."""
    pairs = (action.partition(":") for action in actions)
    return _matching((vendor for vendor, colon, name in pairs if name == "*" or not colon), namespaces)


def _matching(vendors: Iterable[str], namespaces: Namespaces) -> Namespaces:
    """The services that are named; a service cannot be named by a part."""
    wanted = {vendor.lower() for vendor in vendors}
    return namespaces if "*" in wanted else namespaces & wanted
