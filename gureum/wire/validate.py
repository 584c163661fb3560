"""Checks values against the constraints of the model, and says what is wrong in the words of AWS.

`compile_validator` turns a shape into a closure, once; where nothing is constrained it gives None, so that most members
cost nothing and most requests a few dictionary look-ups.  Types are the parsers' business: a value here has the type of
its shape.  Streams pass unchecked.

The words are those of Coral, the framework that the services behind these models share:

    2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null;
    Value 'SS' at 'attributeDefinitions.2.member.attributeType' failed to satisfy constraint: Member must satisfy enum
    value set: [B, N, S]

Elements of lists and maps that are no structures are reported at the list or map.  EC2 and S3 answer in ways of their
own.  A service that says it differently passes `wording` to `to_error`; three that several need are here.
Values of sensitive shapes never appear.

Lengths of strings count code points, those of blobs octets.

Source: https://smithy.io/2.0/spec/constraint-traits.html; answers of DynamoDB, CodePipeline and CloudFormation as their
users report them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from gureum.wire.errors import WireError
from gureum.wire.model import Member, Shape
from gureum.wire.patterns import compile_pattern

violations_max: Final = 100
shown_characters_max: Final = 1024


class Violation(msgspec.Struct, frozen=True):
    """One value that breaks one constraint.

    `path` leads to it in AWS's way, the names of members with small first letters (`entries.1.member.id`); `name` is
    the model's name of the last member on it and `member` of the first.  `kind` is one of required, length, range,
    enum, pattern and union, and `constraint` AWS's words for it.  `value` is the value as text, or None for one that
    is missing or must not be shown (`hidden`).  `location` is where the first member travels: header, headers, uri,
    querystring or None for the body.
    """

    path: str
    name: str
    kind: str
    constraint: str
    member: str
    value: str | None = None
    hidden: bool = False
    location: str | None = None


Validator = Callable[[Mapping[str, Any]], list[Violation]]
Wording = Callable[[Sequence[Violation]], WireError]

_Fault = tuple[str, str]  # kind and words
_Leaf = Callable[[Any], list[_Fault] | None]
_Report = Callable[[str, str, _Fault, Any, bool], None]  # path, name, fault, value, hidden
_Check = Callable[[Any, str, _Report], None]  # of a value somewhere below a path that ends with a dot
_Inner = Callable[[Any, str, _Report], None]  # of what is in the value at a path

_validators: dict[Shape, Validator | None] = {}
_structures: dict[tuple[Shape, bool], _Check] = {}
_constrained: dict[Shape, bool] = {}


def compile_validator(shape: Shape) -> Validator | None:
    """The validator of a structure, or None when the model constrains nothing in it.

    ValueError when the model has a pattern that cannot be translated.
    """
    try:
        return _validators[shape]
    except KeyError:
        pass
    validator = _validators[shape] = _compile_root(shape) if _is_constrained(shape) else None
    return validator


def validate(shape: Shape, values: Mapping[str, Any]) -> list[Violation]:
    """What is wrong with `values`, in the order of the values, missing members first."""
    validator = compile_validator(shape)
    return validator(values) if validator is not None else []


def to_error(violations: Sequence[Violation], protocol: str, wording: Wording | None = None) -> WireError:
    """The answer to a request with `violations` (at least one) in the words of its protocol or service.

    `protocol` is query, ec2, rest-xml, json, rest-json or smithy-rpc-v2-cbor.
    """
    if wording is not None:
        return wording(violations)
    if protocol == "ec2":
        return _ec2(violations)
    if protocol == "rest-xml":
        return _s3(violations)
    return coral("ValidationError" if protocol == "query" else "ValidationException")(violations)


def coral(code: str) -> Wording:
    """The framework's own words under another code: InvalidParameter (SNS), InvalidInput (Route 53), …"""

    def wording(violations: Sequence[Violation]) -> WireError:
        texts = [
            f"{_subject(each)} at '{each.path}' failed to satisfy constraint: {each.constraint}" for each in violations
        ]
        plural = "" if len(texts) == 1 else "s"
        return WireError(code, f"{len(texts)} validation error{plural} detected: {'; '.join(texts)}")

    return wording


def missing_parameter(violations: Sequence[Violation]) -> WireError:
    """MissingParameter for what is missing, InvalidParameterValue for the rest: SQS (query), RDS, ElastiCache."""
    for violation in violations:
        if violation.kind == "required":
            return WireError("MissingParameter", f"The request must contain the parameter {violation.name}.")
    return coral("InvalidParameterValue")(violations)


def _ec2(violations: Sequence[Violation]) -> WireError:
    first = next((violation for violation in violations if violation.kind == "required"), violations[0])
    if first.kind == "required":
        return WireError("MissingParameter", f"The request must contain the parameter {first.name}")
    shown = "" if first.value is None else f" ({first.value})"
    text = f"Value{shown} for parameter {first.path} is invalid. {first.constraint}"
    return WireError("InvalidParameterValue", text)


def _s3(violations: Sequence[Violation]) -> WireError:
    first = violations[0]
    if first.location is None:
        text = "The XML you provided was not well-formed or did not validate against our published schema"
        return WireError("MalformedXML", text)
    if first.kind == "required":
        return WireError("InvalidRequest", f"Missing required parameter for this request: '{first.name}'")
    return WireError("InvalidArgument", f"Value for {first.name} is invalid: {first.constraint}")


def _subject(violation: Violation) -> str:
    if violation.hidden:
        return "Value"
    return "Value null" if violation.value is None else f"Value '{violation.value}'"


def _bean(name: str) -> str:
    """A member's name as a Java bean's property is called."""
    return f"{name[:1].lower()}{name[1:]}"


def _compile_root(shape: Shape) -> Validator:
    check = _structure(shape, shape.sensitive)
    members = {_bean(name): member for name, member in shape.members.items()}

    def validator(values: Mapping[str, Any]) -> list[Violation]:
        found: list[Violation] = []

        def report(path: str, name: str, fault: _Fault, value: Any, hidden: bool) -> None:
            if len(found) == violations_max:
                return
            first = members.get(path.partition(".")[0])
            shown = None if hidden or value is None else _show(value)
            member, location = (first.name, first.location) if first is not None else (name, None)
            found.append(Violation(path, name, *fault, member, shown, hidden, location))

        check(values, "", report)
        return found

    return validator


def _structure(shape: Shape, hidden: bool) -> _Check:
    """The check of a structure; a recursive shape gets the one that is being made."""
    made = _structures.get((shape, hidden))
    if made is not None:
        return made
    required = tuple((name, _bean(name)) for name in shape.members if name in shape.required)
    checks: dict[str, _Check] = {}
    union = tuple(shape.members) if shape.union else ()
    missing = ("required", "Member must not be null")
    one = ("union", f"Member must have exactly one of these set: [{', '.join(union)}]")

    def check(values: Mapping[str, Any], path: str, report: _Report) -> None:
        for name, segment in required:
            if values.get(name) is None:
                report(f"{path}{segment}", name, missing, None, False)
        if checks:
            for name, value in values.items():
                if value is not None and name in checks:
                    checks[name](value, path, report)
        if union and sum(values.get(name) is not None for name in union) != 1:
            report(path.removesuffix("."), shape.name, one, None, True)

    _structures[shape, hidden] = check
    for name, member in shape.members.items():
        made = _member(member, _bean(name), name, hidden)
        if made is not None:
            checks[name] = made
    return check


def _member(member: Member, segment: str, name: str, hidden: bool) -> _Check | None:
    """The check of a value at `segment` below the path it is called with; None where there is nothing to check."""
    shape = member.shape
    if member.streaming or shape.event_stream or shape.document or not _is_constrained(shape):
        return None
    hidden = hidden or shape.sensitive
    if shape.type == "structure":
        nested = _structure(shape, hidden)
        return lambda value, path, report: nested(value, f"{path}{segment}.", report)
    leaf = _leaf(shape)
    inner: _Inner | None = None
    if shape.type == "list":
        inner = _elements(shape, name, hidden)
    elif shape.type == "map":
        inner = _entries(shape, name, hidden)
    if leaf is None and inner is None:
        return None
    concealed = hidden or _holds_sensitive(shape)

    def check(value: Any, path: str, report: _Report) -> None:
        if leaf is not None:
            faults = leaf(value)
            if faults is not None:
                for fault in faults:
                    report(f"{path}{segment}", name, fault, value, concealed)
        if inner is not None:
            inner(value, f"{path}{segment}", report)

    return check


def _elements(shape: Shape, name: str, hidden: bool) -> _Inner | None:
    element = shape.member.shape
    if element.type not in ("structure", "list", "map"):
        leaf = _leaf(element)
        words = f"Member must satisfy constraint: [{_all_words(element)}]"
        return None if leaf is None else _flat(leaf, name, words, hidden or element.sensitive, iter)
    check = _member(shape.member, "member", name, hidden)
    if check is None:
        return None

    def nested(values: Sequence[Any], path: str, report: _Report) -> None:
        for position, value in enumerate(values, 1):
            if value is not None:
                check(value, f"{path}.{position}.", report)

    return nested


def _entries(shape: Shape, name: str, hidden: bool) -> _Inner | None:
    keys = _keys(shape, name, hidden)
    values = _map_values(shape, name, hidden)
    if keys is None or values is None:
        return keys or values

    def both(entries: Mapping[str, Any], path: str, report: _Report) -> None:
        keys(entries, path, report)
        values(entries, path, report)

    return both


def _keys(shape: Shape, name: str, hidden: bool) -> _Inner | None:
    leaf = _leaf(shape.key.shape)
    if leaf is None:
        return None
    words = f"Map keys must satisfy constraint: [{_all_words(shape.key.shape)}]"
    return _flat(leaf, name, words, hidden or _holds_sensitive(shape), iter)


def _map_values(shape: Shape, name: str, hidden: bool) -> _Inner | None:
    value_shape = shape.value.shape
    if value_shape.type not in ("structure", "list", "map"):
        leaf = _leaf(value_shape)
        words = f"Map value must satisfy constraint: [{_all_words(value_shape)}]"
        return None if leaf is None else _flat(leaf, name, words, hidden or _holds_sensitive(shape), dict.values)
    check = _member(shape.value, "member", name, hidden)
    if check is None:
        return None

    def nested(entries: Mapping[str, Any], path: str, report: _Report) -> None:
        for key, value in entries.items():
            if value is not None:
                check(value, f"{path}.{key}.", report)

    return nested


def _flat(leaf: _Leaf, name: str, words: str, hidden: bool, pick: Callable[[Any], Iterable[Any]]) -> _Inner:
    """The check of elements that are no containers: the first bad one is reported, at the container."""

    def check(values: Any, path: str, report: _Report) -> None:
        for value in pick(values):
            if value is not None:
                faults = leaf(value)
                if faults is not None:
                    report(path, name, (faults[0][0], words), values, hidden)
                    return

    return check


def _leaf(shape: Shape) -> _Leaf | None:
    """What a value breaks of the constraints on its own shape, members and elements apart; None for no constraints."""
    tests = [test for test in (_bounds(shape), _enum(shape), _pattern(shape)) if test is not None]
    if not tests:
        return None
    if len(tests) == 1:
        only = tests[0]

        def one(value: Any) -> list[_Fault] | None:
            fault = only(value)
            return None if fault is None else [fault]

        return one

    def several(value: Any) -> list[_Fault] | None:
        faults = [fault for test in tests if (fault := test(value)) is not None]
        return faults or None

    return several


def _bounds(shape: Shape) -> Callable[[Any], _Fault | None] | None:
    low, high = shape.minimum, shape.maximum
    numeric = shape.type in ("integer", "long", "float", "double")
    if shape.type not in ("string", "blob", "list", "map") and not numeric:
        return None
    if not numeric and low is not None and low <= 0:
        low = None
    if low is None and high is None:
        return None
    minimum = float("-inf") if low is None else low
    maximum = float("inf") if high is None else high
    kind = "range" if numeric else "length"
    too_small = (kind, _words_minimum(shape))
    too_large = (kind, _words_maximum(shape))

    def test_number(value: Any) -> _Fault | None:
        if minimum <= value <= maximum:
            return None
        # NaN is on neither side; it is refused by the bound there is.
        return too_small if value < minimum or high is None else too_large

    def test_length(value: Any) -> _Fault | None:
        # What has no length is a stream, or a document that travels as a string.
        if not isinstance(value, str | bytes | list | dict) or minimum <= len(value) <= maximum:
            return None
        return too_large if len(value) > maximum else too_small

    return test_number if numeric else test_length


def _enum(shape: Shape) -> Callable[[Any], _Fault | None] | None:
    if not shape.enum:
        return None
    allowed = frozenset(shape.enum)
    fault = ("enum", _words_enum(shape))
    return lambda value: None if value in allowed else fault


def _pattern(shape: Shape) -> Callable[[Any], _Fault | None] | None:
    if shape.pattern is None or shape.type != "string":
        return None
    matches = compile_pattern(shape.pattern)
    if matches is None:
        return None
    fault = ("pattern", _words_pattern(shape))
    low, high = shape.minimum or 0, shape.maximum or float("inf")
    # What is too long is reported as such, and not searched.
    return lambda value: fault if isinstance(value, str) and low <= len(value) <= high and not matches(value) else None


def _all_words(shape: Shape) -> str:
    """All constraints of a shape, as they are listed for elements."""
    words = []
    if shape.maximum is not None:
        words.append(_words_maximum(shape))
    if shape.minimum is not None:
        words.append(_words_minimum(shape))
    if shape.enum:
        words.append(_words_enum(shape))
    if shape.pattern is not None:
        words.append(_words_pattern(shape))
    return ", ".join(words)


def _words_maximum(shape: Shape) -> str:
    what = "length" if shape.type in ("string", "blob", "list", "map") else "value"
    return f"Member must have {what} less than or equal to {shape.maximum}"


def _words_minimum(shape: Shape) -> str:
    what = "length" if shape.type in ("string", "blob", "list", "map") else "value"
    return f"Member must have {what} greater than or equal to {shape.minimum}"


def _words_enum(shape: Shape) -> str:
    return f"Member must satisfy enum value set: [{', '.join(sorted(shape.enum))}]"


def _words_pattern(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern}"


def _is_constrained(shape: Shape) -> bool:
    """Whether the model constrains `shape` or anything that a value of it may hold."""
    known = _constrained.get(shape)
    if known is not None:
        return known
    seen: set[Shape] = set()
    pending = [shape]
    while pending:
        current = pending.pop()
        if current in seen or current.document or current.event_stream:
            continue
        if _constrained.get(current) or (current.type == "structure" and (current.required or current.union)):
            break
        if _leaf(current) is not None:
            break
        seen.add(current)
        pending.extend(member.shape for member in _children(current))
    else:
        _constrained.update(dict.fromkeys(seen, False))
        return _constrained.setdefault(shape, False)
    _constrained[shape] = True
    return True


def _holds_sensitive(shape: Shape) -> bool:
    """Whether showing a value of `shape` as a whole would show something sensitive."""
    seen: set[Shape] = set()
    pending = [shape]
    while pending:
        current = pending.pop()
        if current.sensitive:
            return True
        if current not in seen:
            seen.add(current)
            pending.extend(member.shape for member in _children(current))
    return False


def _children(shape: Shape) -> list[Member]:
    match shape.type:
        case "structure":
            return list(shape.members.values())
        case "list":
            return [shape.member]
        case "map":
            return [shape.key, shape.value]
    return []


def _show(value: Any) -> str:
    """A value as Java prints it, cut at a length that an error message can bear."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, list):
        text = f"[{', '.join(_show(item) for item in value[:shown_characters_max])}]"
    elif isinstance(value, Mapping):
        text = f"{{{', '.join(f'{name}={_show(item)}' for name, item in list(value.items())[:shown_characters_max])}}}"
    elif isinstance(value, bytes):
        text = f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    else:
        text = str(value)
    return text if len(text) <= shown_characters_max else f"{text[: shown_characters_max - 1]}…"
