"""Where the statements of a policy stand in its text, as the policy simulator points at them.

Lines and columns count from 1.  The end is the place after the last character of a statement.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

from gureum.api.policy.model import MalformedPolicy

_space: Final = re.compile(r"[ \t\n\r]*")
_decoder: Final = json.JSONDecoder()


class Position(NamedTuple):
    """A place in a text."""

    line: int
    column: int


class Span(NamedTuple):
    """From the first character of something to the one after its last."""

    start: Position
    end: Position


def statement_positions(text: str) -> tuple[Span, ...]:
    """Where each statement stands, in their order.  Raises MalformedPolicy for what has none."""
    try:
        place = _statements_start(text)
        if text[place] != "[":
            spans = [(place, _value(text, place)[1])]
        else:
            spans = []
            while text[place] != "]":
                start = _skip(text, place + 1)
                place = _skip(text, end := _value(text, start)[1])
                spans.append((start, end))
    except (ValueError, IndexError, RecursionError):
        raise MalformedPolicy("Syntax errors in policy.") from None
    return tuple(Span(_position(text, start), _position(text, end)) for start, end in spans)


def _statements_start(text: str) -> int:
    """Where the value of Statement begins."""
    place = _skip(text, 0)
    if text[place] != "{":
        raise ValueError
    while text[place] != "}":
        name, place = _value(text, _skip(text, place + 1))
        value = _skip(text, _skip(text, place) + 1)
        if name == "Statement":
            return value
        place = _skip(text, _value(text, value)[1])
    raise ValueError


def _value(text: str, place: int) -> tuple[Any, int]:
    return _decoder.raw_decode(text, place)


def _skip(text: str, place: int) -> int:
    match = _space.match(text, place)
    return place if match is None else match.end()


def _position(text: str, place: int) -> Position:
    return Position(text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place))
