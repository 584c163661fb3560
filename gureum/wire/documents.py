"""Values as trees of objects, lists and scalars: the part that JSON and CBOR share.

A reader checks and converts what a JSON or CBOR decoder returned into values by shape; a writer does the reverse.
Both are closures compiled from a shape when it is first used and kept by shape, so a request costs one call per value.
What differs between the two formats is how blobs, timestamps and floats look (`Scalars`).

Rules, from https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and its protocol tests: members that the
model does not know are ignored; a member that is null is absent; null in a list or map is an error unless the shape is
sparse; a union has exactly one member; document types pass as they are.  The words of errors are AWS's where they are
known ("NUMBER_VALUE can not be converted to a String"; tests/wire/test_json_protocol.py says which) and made in their
likeness where not; the code is always AWS's.

Considered: building msgspec types per shape and letting msgspec check.  It would be faster for large lists, but its
errors, its unions and its idea of optional members are not AWS's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from gureum.wire import scalars
from gureum.wire.errors import WireError
from gureum.wire.model import Member, Shape

Convert = Callable[[Any], Any]


class Scalars(msgspec.Struct, frozen=True):
    """How one format represents what has no representation of its own in it."""

    read_blob: Convert
    read_timestamp: Callable[[Member], Convert]
    write_blob: Convert
    write_timestamp: Callable[[Member], Convert]
    write_float: Convert


def malformed(message: str) -> WireError:
    """The error of the JSON and CBOR protocols for input that does not fit its shape."""
    return WireError("SerializationException", message)


class Documents:
    """Readers and writers by shape for one format."""

    def __init__(self, scalars_of_format: Scalars) -> None:
        self._scalars = scalars_of_format
        self._readers: dict[Shape, Convert] = {}
        self._writers: dict[Shape, Convert] = {}

    def structure_reader(self, shape: Shape) -> Convert:
        """Reads a structure; members that are bound to HTTP are read like the others."""
        reader = self._readers.get(shape)
        if reader is None:
            fields: dict[str, tuple[str, Convert]] = {}
            reader = self._readers[shape] = _union_reader(fields) if shape.union else _structure_reader(fields)
            fields.update(self._reader_fields(shape.members.values()))
        return reader

    def structure_writer(self, shape: Shape) -> Convert:
        """Writes a structure; None among the members means absent, an unknown member is a KeyError."""
        writer = self._writers.get(shape)
        if writer is None:
            fields: dict[str, tuple[str, Convert]] = {}
            writer = self._writers[shape] = _structure_writer(fields)
            fields.update(self._writer_fields(shape.members.values()))
        return writer

    def members_reader(self, members: Iterable[Member]) -> Convert:
        """Reads some members of a structure, where others are bound to HTTP headers, the URI or the query string."""
        return _structure_reader(self._reader_fields(members))

    def members_writer(self, members: Iterable[Member]) -> Convert:
        """Writes some members of a structure."""
        return _structure_writer(self._writer_fields(members))

    def reader(self, member: Member) -> Convert:
        """Reads what `member` refers to; the value is not None."""
        shape = member.shape
        match shape.type:
            case "structure":
                return _identity if shape.document else self.structure_reader(shape)
            case "list":
                return _list_reader(self.reader(shape.member), shape.sparse)
            case "map":
                return _map_reader(self.reader(shape.value), shape.sparse)
            case "timestamp":
                return self._scalars.read_timestamp(member)
            case "blob":
                return self._scalars.read_blob
            case "integer" | "long":
                return _integer_reader(shape.type)
            case kind:
                return _readers[kind]

    def writer(self, member: Member) -> Convert:
        """Writes what `member` refers to; the value is not None."""
        shape = member.shape
        match shape.type:
            case "structure":
                return _identity if shape.document else self.structure_writer(shape)
            case "list":
                return _list_writer(self.writer(shape.member), shape.sparse)
            case "map":
                return _map_writer(self.writer(shape.value), shape.sparse)
            case "timestamp":
                return _checked(datetime, self._scalars.write_timestamp(member))
            case "blob":
                return self._scalars.write_blob
            case "float" | "double":
                return self._scalars.write_float
            case kind:
                return _writers[kind]

    def _reader_fields(self, members: Iterable[Member]) -> dict[str, tuple[str, Convert]]:
        return {member.wire_name or member.name: (member.name, self.reader(member)) for member in members}

    def _writer_fields(self, members: Iterable[Member]) -> dict[str, tuple[str, Convert]]:
        return {member.name: (member.wire_name or member.name, self.writer(member)) for member in members}


def token(value: object) -> str:
    """A scalar's kind in the words of AWS's JSON errors."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    if isinstance(value, bytes):
        return "BLOB_VALUE"
    if isinstance(value, datetime):
        return "TIMESTAMP_VALUE"
    return "NULL_VALUE"


def mismatch(value: object, wanted: str) -> WireError:
    """The error for a value that is no `wanted` (`a String`, `milliseconds since epoch`)."""
    if isinstance(value, dict):
        return malformed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return malformed("Start of list found where not expected")
    return malformed(f"{token(value)} can not be converted to {wanted}")


def _identity(value: Any) -> Any:
    return value


def _structure_reader(fields: Mapping[str, tuple[str, Convert]]) -> Convert:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise malformed("Start of list found where not expected" if type(value) is list else "Expected map or null")
        result = {}
        for key, item in value.items():
            if item is not None and (field := fields.get(key)) is not None:
                name, convert = field
                result[name] = convert(item)
        return result

    return read


def _union_reader(fields: Mapping[str, tuple[str, Convert]]) -> Convert:
    read_members = _structure_reader(fields)

    def read(value: Any) -> dict[str, Any]:
        result: dict[str, Any] = read_members(value)
        if len(result) != 1:
            raise malformed("Unions must have exactly one member set")
        return result

    return read


def _structure_writer(fields: Mapping[str, tuple[str, Convert]]) -> Convert:
    def write(value: Any) -> dict[str, Any]:
        result = {}
        for key, item in value.items():
            if item is not None:
                name, convert = fields[key]
                result[name] = convert(item)
        return result

    return write


def _list_reader(convert: Convert, sparse: bool) -> Convert:
    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise malformed("Expected list or null")
        if None in value:
            if not sparse:
                raise malformed("Null is not allowed in this list")
            return [None if item is None else convert(item) for item in value]
        return [convert(item) for item in value]

    return read


def _list_writer(convert: Convert, sparse: bool) -> Convert:
    def write(value: Any) -> list[Any]:
        if isinstance(value, str | bytes):
            raise TypeError("expected a list")
        if sparse:
            return [None if item is None else convert(item) for item in value]
        return [convert(item) for item in value]

    return write


def _map_reader(convert: Convert, sparse: bool) -> Convert:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise malformed("Expected map or null")
        if sparse:
            return {_read_string(key): None if item is None else convert(item) for key, item in value.items()}
        result = {}
        for key, item in value.items():
            if item is None:
                raise malformed("Null is not allowed in this map")
            result[_read_string(key)] = convert(item)
        return result

    return read


def _map_writer(convert: Convert, sparse: bool) -> Convert:
    def write(value: Any) -> dict[str, Any]:
        if sparse:
            return {_write_string(key): None if item is None else convert(item) for key, item in value.items()}
        return {_write_string(key): convert(item) for key, item in value.items()}

    return write


def _read_string(value: Any) -> str:
    if type(value) is not str:
        raise mismatch(value, "a String")
    return value


def _read_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise mismatch(value, "a Boolean")
    return value


def _integer_reader(kind: str) -> Convert:
    limit = 1 << (scalars.integer_bits[kind] - 1)
    wanted = "an Integer" if kind == "integer" else "a Long"

    def read(value: Any) -> int:
        if type(value) is not int or not -limit <= value < limit:
            raise mismatch(value, wanted)
        return value

    return read


def _read_float(value: Any) -> float:
    if type(value) is float:
        return value
    try:
        if type(value) is int:
            return float(value)
        if type(value) is str:
            return scalars.special_float(value)
    except (ValueError, OverflowError):
        pass
    raise mismatch(value, "a Double")


def _checked(kind: type, convert: Convert) -> Convert:
    def write(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")
        return convert(value)

    return write


def _write_string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected str, not {type(value).__name__}")
    return value


def _write_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected int, not {type(value).__name__}")
    return value


_readers: Final[dict[str, Convert]] = {
    "string": _read_string,
    "boolean": _read_boolean,
    "float": _read_float,
    "double": _read_float,
}

_writers: Final[dict[str, Convert]] = {
    "string": _write_string,
    "boolean": _checked(bool, _identity),
    "integer": _write_integer,
    "long": _write_integer,
}
