"""Texts with wildcards and variables, compiled to tests.

`*` stands for any number of characters and `?` for one.  `${key}` is replaced by the value of a condition key of the
request, `${key, 'default'}` by the default when the request has no such key, and `${*}`, `${?}`, `${$}` are those
characters themselves.  A value that is put in is taken as it is: a `*` in somebody's tag is no wildcard.  To keep the
two apart, wildcards are written with two noncharacters of Unicode once a text is read (`_STAR`, `_ANY`).

Wildcards are matched without regular expressions: the pieces between asterisks are looked for one after the other, each
as early as possible, which finds a match if there is one.  So no pattern takes more than length times length, whoever
wrote it; `*a*a*a*a*b` as a regular expression takes for ever.

Two kinds of patterns know what an ARN is:
- in `Resource`, an asterisk within one of the first five segments stays in it, unless it is the last character of its
  segment: then it may go beyond the colon;
- in conditions (ArnLike and its like) each of the six segments is compared with its own, whatever it ends with.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

import msgspec

from gureum.api.policy.model import Keys, MalformedPolicy

Test = Callable[[str], bool]

_STAR: Final = "\ufdd0"
_ANY: Final = "\ufdd1"
_wildcards: Final = str.maketrans({"*": _STAR, "?": _ANY})
_variable: Final = re.compile(r"\$\{(?:([*?$])|([^{}',*?$]+)(?:,\s*'([^'{}]*)'\s*)?)\}")
_segments: Final = 6


class Variable(msgspec.Struct, frozen=True):
    """`${key, 'default'}`; `key` is lower case, `name` as it was written, `default` None when there is none."""

    key: str
    name: str
    default: str | None

    def value(self, keys: Keys) -> str | None:
        """What to put in; None when the request has no such key, or several values of it."""
        found = keys.get(self.key)
        if isinstance(found, str):
            # A value that looks like a wildcard of ours was made to be one.
            return None if _STAR in found or _ANY in found else found
        return self.default


Template = str | tuple[str | Variable, ...]
"""A text that is ready to match, or one with variables to put in first."""


def read(text: str, *, variables: bool, wildcards: bool) -> Template:
    """Reads a text of a policy.  Raises MalformedPolicy for a variable that is none."""
    if _STAR in text or _ANY in text:
        raise MalformedPolicy("Syntax errors in policy.")
    if not variables or "${" not in text:
        return text.translate(_wildcards) if wildcards else text
    pieces: list[str | Variable] = []
    end = 0
    for match in _variable.finditer(text):
        pieces.append(_plain(text[end : match.start()], wildcards))
        character, name, default = match.groups()
        pieces.append(character or Variable(name.strip().lower(), name.strip(), default))
        end = match.end()
    pieces.append(_plain(text[end:], wildcards))
    if any(isinstance(piece, Variable) for piece in pieces):
        return tuple(piece for piece in pieces if piece)
    return "".join(str(piece) for piece in pieces)


def _plain(text: str, wildcards: bool) -> str:
    if "${" in text:
        raise MalformedPolicy("Syntax errors in policy.")
    return text.translate(_wildcards) if wildcards else text


def variables_of(template: Template) -> tuple[str, ...]:
    """The names of the variables in it."""
    return () if isinstance(template, str) else tuple(piece.name for piece in template if isinstance(piece, Variable))


def fill(template: Template, keys: Keys) -> str | None:
    """The text with its variables put in; None when one of them has no value."""
    if isinstance(template, str):
        return template
    pieces = []
    for piece in template:
        text = piece if isinstance(piece, str) else piece.value(keys)
        if text is None:
            return None
        pieces.append(text)
    return "".join(pieces)


def is_literal(pattern: str) -> bool:
    """Whether a text that was read has no wildcards."""
    return _STAR not in pattern and _ANY not in pattern


def matches_all(pattern: str) -> bool:
    """Whether a text that was read is nothing but asterisks."""
    return bool(pattern) and not pattern.strip(_STAR)


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Test:
    """A test whether a whole string matches a text that was read with wildcards."""
    if _STAR not in pattern:
        return partial(_matches_at_start, pattern, len(pattern)) if _ANY in pattern else pattern.__eq__
    first, *middle, last = pattern.split(_STAR)
    middle = [piece for piece in middle if piece]
    if _ANY in pattern:
        return partial(_with_any, first, tuple(_finder(piece) for piece in middle), last)
    least = len(first) + len(last)
    if middle:
        return partial(_pieces, first, tuple(middle), last, least)
    if not last:
        return partial(_starts, first) if first else _always
    return partial(_starts_and_ends, first, last, least)


def _always(_: str) -> bool:
    return True


def _starts(first: str, text: str) -> bool:
    return text.startswith(first)


def _starts_and_ends(first: str, last: str, least: int, text: str) -> bool:
    return len(text) >= least and text.startswith(first) and text.endswith(last)


def _matches_at_start(piece: str, length: int, text: str) -> bool:
    return len(text) == length and _fits(piece, text, 0)


def _fits(piece: str, text: str, start: int) -> bool:
    """Whether `piece`, without asterisks, matches at `start`."""
    if _ANY not in piece:
        return text.startswith(piece, start)
    if start + len(piece) > len(text):
        return False
    return all(wanted in (_ANY, text[start + offset]) for offset, wanted in enumerate(piece))


def _pieces(first: str, middle: tuple[str, ...], last: str, least: int, text: str) -> bool:
    if len(text) < least or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        position = text.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


Finder = Callable[[str, int, int], re.Match[str] | None]


def _finder(piece: str) -> Finder:
    """A search for a piece with question marks.  Each is one character, so there is nothing to go back for."""
    return re.compile("".join("." if sign == _ANY else re.escape(sign) for sign in piece), re.DOTALL).search


def _with_any(first: str, middle: tuple[Finder, ...], last: str, text: str) -> bool:
    position, end = len(first), len(text) - len(last)
    if end < position or not _fits(first, text, 0) or not _fits(last, text, end):
        return False
    for find in middle:
        match = find(text, position, end)
        if match is None:
            return False
        position = match.end()
    return True


@lru_cache(maxsize=1024)
def resource(pattern: str) -> Test:
    """A test of ARNs for a text of `Resource` that was read."""
    *head, _ = pattern.split(":", _segments - 1)
    # Asterisks at the ends of segments go everywhere, and so do those of the last segment: an ordinary pattern.
    if any(_STAR in (stem := segment.rstrip(_STAR)) or _ANY in stem for segment in head):
        return _automaton(pattern)
    return glob(pattern)


def _automaton(pattern: str) -> Test:
    """A test that follows all ways through `pattern` at once: a bit for each place in it.

    `advance` has the places that a character leads on from, `stay` the asterisks that take it.
    """
    head_end = len(":".join(pattern.split(":", _segments - 1)[:-1]))
    advance: dict[str, int] = {}
    any_character = no_colon = stars = staying = staying_no_colon = 0
    place = 0
    for index, sign in enumerate(pattern):
        bit, in_head = 1 << place, index < head_end
        if sign == _STAR:
            if pattern[index + 1 : index + 2] == _STAR:
                continue
            stars |= bit
            ends_segment = pattern[index + 1 : index + 2] in ("", ":")
            staying, staying_no_colon = (
                (staying, staying_no_colon | bit) if in_head and not ends_segment else (staying | bit, staying_no_colon)
            )
        elif sign == _ANY:
            any_character, no_colon = (any_character, no_colon | bit) if in_head else (any_character | bit, no_colon)
        else:
            advance[sign] = advance.get(sign, 0) | bit
        place += 1
    final, others, stay = 1 << place, any_character | no_colon, staying | staying_no_colon

    def test(text: str) -> bool:
        places = 1 | (stars & 1) << 1
        for sign in text:
            if sign == ":":
                on, same = advance.get(sign, 0) | any_character, staying
            else:
                on, same = advance.get(sign, 0) | others, stay
            places = (places & on) << 1 | (places & same)
            places |= (places & stars) << 1
            if not places:
                return False
        return bool(places & final)

    return test


@lru_cache(maxsize=1024)
def arn(pattern: str) -> Test:
    """A test of ARNs for a value of ArnLike and its like that was read."""
    if matches_all(pattern):
        return _always
    parts = pattern.split(":", _segments - 1)
    if len(parts) < _segments:
        return _never
    if is_literal(pattern):
        return pattern.__eq__
    return partial(_arn_matches, tuple(glob(part) for part in parts))


def _never(_: str) -> bool:
    return False


def _arn_matches(tests: tuple[Test, ...], text: str) -> bool:
    parts = text.split(":", _segments - 1)
    return len(parts) == _segments and all(test(part) for test, part in zip(tests, parts, strict=True))
