"""Tags of accounts, roots, units and policies.  Keys are case-sensitive.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from gureum.api.guards import check_distinct
from gureum.services.organizations.errors import invalid, violates
from gureum.services.organizations.rules import limits


class Tag(TypedDict):
    """A tag as requests and answers have it."""

    Key: str
    Value: str


def merge(tags: Mapping[str, str], added: Sequence[Tag] | None) -> dict[str, str]:
    """`tags` with `added`, which win.  Raises InvalidInputException, ConstraintViolationException."""
    new = {tag["Key"]: tag["Value"] for tag in added or ()}
    if len(new) < len(added or ()):
        raise invalid("DUPLICATE_TAG_KEY")
    _check_keys(new)
    merged = {**tags, **new}
    check_distinct(merged)
    if len(merged) > limits.tags_max:
        raise violates("MAX_TAG_LIMIT_EXCEEDED")
    return merged


def without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """`tags` without `keys`; one that is not there is no error."""
    dropped = set(keys)
    _check_keys(dropped)
    return {key: value for key, value in tags.items() if key not in dropped}


def show(tags: Mapping[str, str]) -> list[Tag]:
    """Tags as answers list them."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _check_keys(keys: Iterable[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER")
