"""Scalars as text: what forms, XML, headers, URI labels and query strings have in common.

A reader takes text and returns the value or raises ValueError with words for the client; a writer takes the value and
returns text or raises TypeError when the value does not fit its shape, which is our bug.  Reading is strict: Python's
`int` and `float` accept underscores, spaces, other scripts' digits and `inf`, AWS does not.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and
https://smithy.io/2.0/spec/http-bindings.html for the defaults of timestamps.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from gureum.wire import timestamps
from gureum.wire.model import Member

TextReader = Callable[[str], Any]
TextWriter = Callable[[Any], str]

integer_bits: Final = {"integer": 32, "long": 64}
_special_floats: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_integer = re.compile(r"[+-]?[0-9]{1,20}")
_float = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_base64(text: str) -> bytes:
    """The bytes of standard, padded base64; ValueError for anything else."""
    try:
        return a2b_base64(text, strict_mode=True) if text else b""
    except Base64Error as error:
        raise ValueError("Invalid base64-encoded value") from error


def fits(type_name: str, value: int) -> bool:
    """Whether an integer fits the 32 or 64 bits of `integer` or `long`."""
    limit = 1 << (integer_bits[type_name] - 1)
    return -limit <= value < limit


def special_float(text: str) -> float:
    """`NaN`, `Infinity` and `-Infinity`; ValueError for any other text."""
    try:
        return _special_floats[text]
    except KeyError as error:
        raise ValueError(f'For input string: "{text}"') from error


def float_text(value: float) -> str:
    """The shortest decimal that reads back equal, and AWS's words for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def reader(member: Member, timestamp_format: str) -> TextReader:
    """How the text of a scalar member is read; `timestamp_format` is the default of the place it stands in."""
    kind = member.shape.type
    if kind == "timestamp":
        return timestamps.parsers[member.timestamp_format or timestamp_format]
    if kind in integer_bits:
        return _integer_reader(kind)
    return _readers[kind]


def writer(member: Member, timestamp_format: str, iso8601: TextWriter = timestamps.format_iso8601) -> TextWriter:
    """How a scalar member is written as text; `iso8601` is the house style of the protocol for that format."""
    kind = member.shape.type
    if kind == "timestamp":
        chosen = member.timestamp_format or timestamp_format
        return _timestamp_writer(iso8601 if chosen == "iso8601" else timestamps.formatters[chosen])
    return _writers[kind]


def _integer_reader(kind: str) -> TextReader:
    def read(text: str) -> int:
        if not _integer.fullmatch(text) or not fits(kind, value := int(text)):
            raise ValueError(f'For input string: "{text}"')
        return value

    return read


def _read_float(text: str) -> float:
    if not _float.fullmatch(text):
        return special_float(text)
    value = float(text)
    if math.isinf(value):
        raise ValueError(f'For input string: "{text}"')
    return value


def _read_boolean(text: str) -> bool:
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    raise ValueError("Invalid boolean value: must be true or false")


def _read_string(text: str) -> str:
    return text


def _write_string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value


def _write_boolean(value: object) -> str:
    if not isinstance(value, bool):
        raise TypeError(f"expected a boolean, not {type(value).__name__}")
    return "true" if value else "false"


def _write_integer(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected an integer, not {type(value).__name__}")
    return str(value)


def _write_blob(value: object) -> str:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected bytes, not {type(value).__name__}")
    return b64encode(value).decode("ascii")


def _timestamp_writer(write: Callable[[datetime], str]) -> TextWriter:
    def checked(value: object) -> str:
        if not isinstance(value, datetime):
            raise TypeError(f"expected a datetime, not {type(value).__name__}")
        return write(value)

    return checked


_readers: Final[dict[str, TextReader]] = {
    "string": _read_string,
    "boolean": _read_boolean,
    "float": _read_float,
    "double": _read_float,
    "blob": read_base64,
}

_writers: Final[dict[str, TextWriter]] = {
    "string": _write_string,
    "boolean": _write_boolean,
    "integer": _write_integer,
    "long": _write_integer,
    "float": float_text,
    "double": float_text,
    "blob": _write_blob,
}
