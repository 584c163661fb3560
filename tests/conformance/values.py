"""Pseudo-random values for any shape of any model: the same for the same seed, small, and awkward where it counts.

Texts carry markup, spaces, separators and several scripts; timestamps carry milliseconds where the format can; a union
has one member; recursive shapes end.  What a place cannot carry is not generated: no empty URI labels, no fractions of
seconds in HTTP dates, no line ends in headers, and, in forms and XML, no empty lists, maps and structures, which these
formats cannot tell from absent ones.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from gureum.wire.model import Member, Shape

DEPTH_MAX = 4
TEXTS = ("plain", "a&b<c>\"d'", "두 낱말 é", "100% +/=?#;:@,~!*()[]", "  spaces  ", "line\nend\ttab", '\\"\U0001f600')
LABELS = ("plain", "a/b", "두 낱말", "100%+&?#=", "a.b-c_d~e")
HEADERS = ("plain", "a b;c=d", 'W/"quoted"', "100%,x", "~!*()[]")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Values:
    """Values for one protocol.  `empties` says whether empty containers survive in its bodies."""

    def __init__(self, seed: str, empties: bool) -> None:
        self._random = random.Random(seed)
        self._empties = empties

    def structure(self, shape: Shape, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """A value for an input, output or error; members named in `without` and event streams are left out."""
        value = {
            name: self._top(member)
            for name, member in shape.members.items()
            if name not in without and not member.shape.event_stream and self._wanted(shape, member, 0)
        }
        return value if self._empties else pruned(value, shape)

    def event(self, stream: Shape, name: str) -> dict[str, Any]:
        """An event of a stream: its members in headers, payload or document."""
        shape = stream.members[name].shape
        value = {n: self._value(m, 1) for n, m in shape.members.items() if m.event_header or m.event_payload}
        if not any(m.event_payload for m in shape.members.values()):
            value |= {n: self._value(m, 1) for n, m in shape.members.items() if not m.event_header}
        return {name: value if self._empties else pruned(value, shape)}

    def _wanted(self, shape: Shape, member: Member, depth: int) -> bool:
        must = (
            member.name in shape.required
            or member.name == shape.payload
            or member.location in ("uri", "headers", "statusCode")
        )
        # Every response with a body has a content type, so a member that is bound to it always has a value.
        must = must or (member.location == "header" and (member.wire_name or "").lower() == "content-type")
        return must or member.host_label or self._random.random() < (0.8, 0.6, 0.4, 0.2, 0.0, 0.0)[min(depth, 5)]

    def _top(self, member: Member) -> Any:
        kind = member.shape.type
        match member.location:
            case "uri":
                return self._random.choice(LABELS) if kind == "string" else self._value(member, 1)
            case "header":
                return self._header(member)
            case "headers":
                return {f"key-{i}": self._random.choice(HEADERS) for i in range(2)}
            case "statusCode":
                return self._random.randint(200, 299)
            case "querystring" if kind == "list":
                return [self._value(member.shape.member, 1) for _ in range(2)]
            case "querystring" if kind == "map":
                lists = member.shape.value.shape.type == "list"
                return {f"key {i}&é": ["a b", "c&d"] if lists else "a b&c" for i in range(2)}
        if member.host_label:
            return "host-label"
        return self._value(member, 0)

    def _header(self, member: Member) -> Any:
        kind = member.shape.type
        if member.host_label:
            return "host-label"
        if member.json_value:
            return {"json": [1, "two", None, {"three": True}]}
        if kind == "string":
            return self._random.choice(HEADERS)
        if kind == "list":
            return [self._random.choice(HEADERS) for _ in range(2)]
        if kind == "timestamp":
            return self._timestamp(whole_seconds=True)  # botocore cuts fractions off in headers, whatever the format
        return self._value(member, 1)

    def _value(self, member: Member, depth: int) -> Any:
        shape = member.shape
        match shape.type:
            case "structure" if shape.document:
                return {"document": [1, 2.5, "three", None, {"four": True}]}
            case "structure":
                return self._nested(shape, depth + 1)
            case "list":
                return [self._value(shape.member, depth + 1) for _ in range(self._count(depth))]
            case "map":
                return {self._key(shape.key): self._value(shape.value, depth + 1) for _ in range(self._count(depth))}
            case "timestamp":
                return self._timestamp(member.timestamp_format == "rfc822")
            case kind:
                return self._scalar(kind, shape)

    def _nested(self, shape: Shape, depth: int) -> dict[str, Any]:
        members = list(shape.members.values())
        if shape.union:
            # Past the bound a union must not choose a member that leads on.
            flat = [m for m in members if m.shape.type not in ("structure", "list", "map")]
            member = self._random.choice(flat if depth > DEPTH_MAX and flat else members)
            return {member.name: self._value(member, depth)}
        if depth > DEPTH_MAX * 3:
            return {}
        return {m.name: self._value(m, depth) for m in members if self._wanted(shape, m, depth)}

    def _count(self, depth: int) -> int:
        if depth > DEPTH_MAX:
            return 0 if self._empties else 1
        return self._random.choice((0, 1, 2) if self._empties else (1, 2))

    def _key(self, member: Member) -> str:
        shape = member.shape
        return self._random.choice(shape.enum) if shape.enum else f"key {self._random.randint(0, 99)} é&"

    def _scalar(self, kind: str, shape: Shape) -> Any:
        choice = self._random
        match kind:
            case "string":
                return choice.choice(shape.enum) if shape.enum else choice.choice(TEXTS)
            case "boolean":
                return choice.random() < 0.5
            case "integer":
                return choice.choice((0, 1, -1, 2**31 - 1, -(2**31), choice.randint(0, 10**6)))
            case "long":
                return choice.choice((0, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)))
            case "float" | "double":
                return choice.choice((0.0, 0.5, -1.25, 1048576.125, 1e21 if kind == "double" else 3.0))
            case "blob":
                return choice.randbytes(choice.randint(1, 9))
        raise AssertionError(kind)

    def _timestamp(self, whole_seconds: bool) -> datetime:
        milliseconds = 0 if whole_seconds else self._random.choice((0, 1, 123, 999))
        return EPOCH + timedelta(seconds=self._random.randint(0, 4 * 10**9), milliseconds=milliseconds)


def pruned(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The value of a structure without members that hold nothing, at any depth."""
    result = {}
    for name, item in value.items():
        member = shape.members[name]
        item = _pruned(item, member.shape)
        if item not in ({}, []) or name == shape.payload or member.event_payload:
            result[name] = item
    return result


def _pruned(value: Any, shape: Shape) -> Any:
    match shape.type:
        case "structure":
            return pruned(value, shape)
        case "list":
            return [kept for item in value if (kept := _pruned(item, shape.member.shape)) not in ({}, [])]
        case "map":
            pairs = ((key, _pruned(item, shape.value.shape)) for key, item in value.items())
            return {key: item for key, item in pairs if item not in ({}, [])}
    return value
