"""Texts that satisfy the patterns of models, the shortest that are easily found."""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]  # what `re` itself is made of
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any


def matching(pattern: str) -> str | None:
    """A text that `pattern` matches; None for a pattern that `re` does not know (`\\p{L}`)."""
    try:
        return "".join(_text(operator, argument) for operator, argument in parser.parse(pattern))
    except re.error:
        return None


def _text(operator: Any, argument: Any) -> str:
    if operator is codes.LITERAL:
        return chr(argument)
    if operator is codes.ANY or operator is codes.NOT_LITERAL:
        return "x"
    if operator is codes.IN:
        return _member(argument)
    if operator in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, _, inner = argument
        repeated: str = "".join(_text(*each) for each in inner) * least
        return repeated
    if operator is codes.BRANCH:
        return "".join(_text(*each) for each in argument[1][0])
    if operator is codes.SUBPATTERN:
        return "".join(_text(*each) for each in argument[3])
    return ""  # anchors and assertions


def _member(choices: Any) -> str:
    operator, argument = choices[0]
    if operator is codes.LITERAL:
        return chr(argument)
    if operator is codes.RANGE:
        return chr(argument[0])
    if operator is codes.CATEGORY:
        return "0" if argument is codes.CATEGORY_DIGIT else " " if argument is codes.CATEGORY_SPACE else "x"
    return "x"  # a negated set
