"""Cost allocation tags of queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html ("Queue tag")
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gureum.api.guards import check_distinct
from gureum.services.sqs.errors import InvalidParameterValue, invalid
from gureum.services.sqs.rules import limits

_characters = re.compile(r"[\w\s.:/=+@-]*")


def merge(tags: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """`tags` with `added`, which win.  Raises InvalidParameterValue and NotSupported."""
    for key, value in added.items():
        _check_key(key)
        if len(value) > limits.tag_value_characters_max or not _characters.fullmatch(value):
            raise invalid("TagValue", value, "A tag value has at most 256 letters, digits, whitespace or _.:/=+-@.")
    merged = {**tags, **added}
    check_distinct(merged)
    if len(merged) > limits.tags_max:
        raise InvalidParameterValue(f"Too many tags added for queue: at most {limits.tags_max} are allowed.")
    return merged


def without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """`tags` without `keys`; one that is not there is no error."""
    dropped = set(keys)
    for key in dropped:
        _check_key(key)
    return {key: value for key, value in tags.items() if key not in dropped}


def _check_key(key: str) -> None:
    if not key or len(key) > limits.tag_key_characters_max or not _characters.fullmatch(key):
        raise invalid("TagKey", key, "A tag key has 1 to 128 letters, digits, whitespace or _.:/=+-@.")
    if key.lower().startswith("aws:"):
        raise invalid("TagKey", key, "Tag keys that start with aws: are reserved.")
