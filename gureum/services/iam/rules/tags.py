"""Tags of users, roles, policies, instance profiles, providers, certificates and MFA devices.

Keys keep the case that they were written in, and two that differ only in case are one: to write `Team` where `team` is
replaces both key and value, and a request that has both is refused.  What a key and a value may be made of is in the
model; so is that one request has at most 50.

    @iam.operation(resource=user_arn, keys=tags_asked_for)
    def tag_user(ctx: Context, user_name: str, tags: list[Tag]) -> None:
        … replace(user, tags=rules.merge(user.tags, tags))

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from gureum.services.iam.errors import InvalidInputException, LimitExceededException
from gureum.services.iam.rules import quotas

_reserved: Final = "aws:"


class Tag(TypedDict):
    """A tag as requests and answers have it."""

    Key: str
    Value: str


def merge(tags: Mapping[str, str], added: Iterable[Tag]) -> dict[str, str]:
    """`tags` with `added`, which win.  Raises InvalidInput and LimitExceeded."""
    folded = {key.lower(): (key, value) for key, value in tags.items()}
    given: set[str] = set()
    for tag in added:
        key = tag["Key"].lower()
        if key in given:
            raise InvalidInputException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if key.startswith(_reserved):
            raise InvalidInputException(f"Tag keys that start with {_reserved} are reserved for system use.")
        given.add(key)
        folded[key] = (tag["Key"], tag["Value"])
    if len(folded) > quotas.tags_max:
        raise LimitExceededException("The number of tags has reached the maximum limit.")
    return dict(folded.values())


def without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """`tags` without `keys`, whatever their case; one that is not there is no error."""
    dropped = {key.lower() for key in keys}
    return {key: value for key, value in tags.items() if key.lower() not in dropped}


def show(tags: Mapping[str, str]) -> list[Tag]:
    """Tags as answers list them: by their keys."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
