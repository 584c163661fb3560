"""Query statements of CloudTrail Lake.

A statement names event data stores by their ids, without quotation marks, which no SQL parser reads.  `quoted` puts the
marks there, outside of literals, quoted names and comments; everything else about the statement is judged by the SQL
parser itself (`engine.py`).  What is not closed reaches to the end, so that a statement is read once, whatever it is.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-limitations.html
"""

from __future__ import annotations

import re
from typing import Final

from gureum.services.cloudtrail.rules.names import uuid_pattern

_pieces: Final = re.compile(
    rf"""
    (?P<skipped> '(?:[^']|'')*(?:'|\Z) | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | "(?P<quoted>(?:[^"]|"")*)(?:"|\Z)
    | (?<![\w-])(?P<id>{uuid_pattern})(?![\w-])
    """,
    re.VERBOSE | re.DOTALL,
)
_id: Final = re.compile(uuid_pattern)


def quoted(statement: str) -> str:
    """The statement with the ids of event data stores as quoted names."""
    return _pieces.sub(lambda piece: f'"{piece["id"].lower()}"' if piece["id"] else piece[0], statement)


def store_ids(statement: str) -> list[str]:
    """The ids that the statement mentions as names, each once, in the order in which they come."""
    names = (piece["id"] or piece["quoted"] or "" for piece in _pieces.finditer(statement))
    return list(dict.fromkeys(name.lower() for name in names if _id.fullmatch(name)))
