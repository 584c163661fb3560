"""Tags of trails and event data stores.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NotRequired, TypedDict

from gureum.api.guards import check_distinct
from gureum.services.cloudtrail.errors import InvalidTagParameterException, TagsLimitExceededException

tags_max: Final = 50
_characters: Final = re.compile(r"[\w\s.:/=+\-@]*")


class Tag(TypedDict):
    """A tag as the API has it."""

    Key: str
    Value: NotRequired[str]


def merge(tags: Mapping[str, str], added: Iterable[Tag]) -> dict[str, str]:
    """`tags` with `added`, which win.  Raises InvalidTagParameterException or TagsLimitExceededException."""
    given = list(added)
    new = {tag["Key"]: tag.get("Value", "") for tag in given}
    if len(new) != len(given):
        raise InvalidTagParameterException("The list of tags has the same key more than once.")
    for key, value in new.items():
        if key.lower().startswith("aws:"):
            raise InvalidTagParameterException(f"The tag key {key} is reserved.")
        if not _characters.fullmatch(key) or not _characters.fullmatch(value):
            raise InvalidTagParameterException(f"The tag {key} has characters that tags cannot have.")
    merged = {**tags, **new}
    check_distinct(merged)
    if len(merged) > tags_max:
        raise TagsLimitExceededException
    return merged


def without(tags: Mapping[str, str], removed: Iterable[Tag]) -> dict[str, str]:
    """`tags` without those that are named; one that is not there is no error, one with another value is kept."""
    given = {tag["Key"]: tag.get("Value") for tag in removed}
    return {key: value for key, value in tags.items() if key not in given or given[key] not in (None, value)}


def show(tags: Mapping[str, str]) -> list[Tag]:
    """The tags as the API has them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
