"""Session tags: which ones a session has, and which of them follow into the next one.

Keys keep the case in which they were written and are compared without it.  What a session has inherited cannot be
passed again, with whatever value; and only what is passed can be made transitive, which what was inherited is already.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

import msgspec

from gureum.api.principal import Session
from gureum.services.sts.errors import InvalidIdentityTokenException, InvalidParameterValue, too_long
from gureum.services.sts.rules import limits

_reserved: Final = "aws:"
_punctuation: Final = "_.:/=+-@"


class Tag(TypedDict):
    """A tag as requests have it."""

    Key: str
    Value: str


class SessionTags(msgspec.Struct, frozen=True):
    """The tags of a session; `transitive` are keys of `tags`."""

    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()


def inherited(session: Session | None) -> SessionTags:
    """What a session that is opened out of `session` has from it."""
    if session is None:
        return SessionTags()
    return SessionTags({key: session.tags[key] for key in session.transitive}, session.transitive)


def passed(tags: Iterable[Tag], transitive: Iterable[str]) -> SessionTags:
    """The tags of a request, as given or in a token.  Raises InvalidParameterValue and ValidationError."""
    found: dict[str, str] = {}
    keys: dict[str, str] = {}
    for tag in tags:
        folded = tag["Key"].lower()
        if folded in keys:
            raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if folded.startswith(_reserved):
            raise InvalidParameterValue(f"Tag keys that start with {_reserved} are reserved for system use.")
        keys[folded] = tag["Key"]
        found[tag["Key"]] = tag["Value"]
    if len(found) > limits.tags_max:
        raise too_long("tags", limits.tags_max)
    wanted = {key.lower() for key in transitive}
    if not wanted <= keys.keys():
        raise InvalidParameterValue("Every transitive tag key has to be that of a session tag in the request.")
    return SessionTags(found, tuple(key for folded, key in keys.items() if folded in wanted))


def claimed(tags: Mapping[str, str], transitive: Iterable[str]) -> SessionTags:
    """The tags that a token or an assertion names.  Raises InvalidIdentityToken and what `passed` raises."""
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.tag_key_characters_max or not _is_plain(key):
            raise InvalidIdentityTokenException(f"The session tag key {key[:50]!r} is not valid.")
        if len(value) > limits.tag_value_characters_max or not _is_plain(value):
            raise InvalidIdentityTokenException(f"The value of the session tag {key} is not valid.")
    return passed([{"Key": key, "Value": value} for key, value in tags.items()], transitive)


def joined(old: SessionTags, new: SessionTags) -> SessionTags:
    """Inherited tags and passed ones.  Raises InvalidParameterValue when one is both."""
    taken = _folded(old.tags) & _folded(new.tags)
    if taken:
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session."
        )
    if len(old.tags) + len(new.tags) > limits.tags_max:
        raise too_long("tags", limits.tags_max)
    return SessionTags({**old.tags, **new.tags}, (*old.transitive, *new.transitive))


def _is_plain(text: str) -> bool:
    return all(character.isalnum() or character in _punctuation or character.isspace() for character in text)


def _folded(tags: Mapping[str, str]) -> set[str]:
    return {key.lower() for key in tags}
