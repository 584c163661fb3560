"""HTTP bindings: the members of inputs, outputs and errors that are not in the body.

Both REST protocols bind members to the URI's labels, the query string, headers, header prefixes and the status code;
what is left is the body, which they write each in their way.  `RequestBindings` and `ResponseBindings` are compiled
from a shape once and tell which members remain.

Decisions where the specification leaves room, or clients differ from it:
- A map bound to the query string takes the parameters that nothing else is bound to, so that a handler sees what the
  client gave.  (Smithy's servers put all parameters in it.)  Signature parameters are never part of it.
- A value for a header never contains line ends or other control characters: they become spaces, so that no stored
  value can split a response.
- Members with an idempotency token that the client left out stay absent: the binding layer makes tokens.

Source: https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from gureum.wire import scalars
from gureum.wire.errors import WireError
from gureum.wire.http import Request
from gureum.wire.model import Member, Operation, Shape
from gureum.wire.uri import decode_label, literal_query_names, query_pairs

Malformed = Callable[[str, str], WireError]
ReadBody = Callable[[Any], dict[str, Any]]
ReadText = Callable[[str], Any]
WriteText = Callable[[Any], str]

_signature_parameters: Final = frozenset(
    {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}
    | {"X-Amz-Security-Token"}
)
_list_item = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]*))\s*(?:,|$)')
_escaped = re.compile(r"\\(.)")
_controls: Final = re.compile(r"[\x00-\x1f\x7f]")
_json_encode: Final = msgspec.json.Encoder().encode


class RequestBindings:
    """Reads the bound members of an input.

    `payload` is the member that is the whole body, if any; `body_members` are those inside the body otherwise.
    `malformed(name, reason)` makes the protocol's error for a value that cannot be read.
    """

    def __init__(self, operation: Operation, shape: Shape, malformed: Malformed) -> None:
        members = list(shape.members.values())
        self.payload: Member | None = shape.members[shape.payload] if shape.payload else None
        self.body_members = [m for m in members if m.location is None and self.payload is None]
        self._labels = [(m.name, _wire(m), _reader(m, "iso8601", malformed)) for m in members if m.location == "uri"]
        self._headers = [
            (m.name, _wire(m).lower(), _header_reader(m, malformed)) for m in members if m.location == "header"
        ]
        self._prefixes = [(m.name, _wire(m).lower()) for m in members if m.location == "headers"]
        query = [m for m in members if m.location == "querystring"]
        self._query = [_query_reader(m, malformed) for m in query if m.shape.type != "map"]
        self._query_maps = [(m.name, m.shape.value.shape.type == "list") for m in query if m.shape.type == "map"]
        self._taken = literal_query_names(operation.uri) | {_wire(m) for m in query} | _signature_parameters

    def read(self, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The bound members that the request has."""
        result: dict[str, Any] = {}
        for name, wire_name, read in self._labels:
            result[name] = read(decode_label(labels[wire_name]))
        for name, wire_name, read in self._headers:
            text = request.headers.get(wire_name)
            if text is not None:
                result[name] = read(text.strip())
        for name, prefix in self._prefixes:
            found = {key[len(prefix) :]: text for key, text in request.headers.items() if key.startswith(prefix)}
            if found:
                result[name] = found
        if request.query and (self._query or self._query_maps):
            self._read_query(query_pairs(request.query), result)
        return result

    def _read_query(self, pairs: Mapping[str, list[str]], result: dict[str, Any]) -> None:
        for name, wire_name, read in self._query:
            texts = pairs.get(wire_name)
            if texts is not None:
                result[name] = read(texts)
        for name, lists in self._query_maps:
            found = {key: texts if lists else texts[0] for key, texts in pairs.items() if key not in self._taken}
            if found:
                result[name] = found


class Inputs:
    """Reads inputs: the bound members, and the body in the way of the protocol.  Compiled by operation.

    `body_reader` makes the reader of a body from the bindings, which tell what is left for it.
    """

    def __init__(self, malformed: Malformed, body_reader: Callable[[RequestBindings], ReadBody]) -> None:
        self._malformed = malformed
        self._body_reader = body_reader
        self._compiled: dict[Operation, tuple[RequestBindings, ReadBody]] = {}

    def read(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The input of `operation`."""
        if operation.input is None:
            return {}
        compiled = self._compiled.get(operation)
        if compiled is None:
            bindings = RequestBindings(operation, operation.input, self._malformed)
            compiled = self._compiled[operation] = (bindings, self._body_reader(bindings))
        bindings, read = compiled
        result = bindings.read(request, labels)
        result.update(read(request.body))
        return result


class ResponseBindings:
    """Writes the bound members of an output or an error; `payload` and `body_members` as for requests."""

    def __init__(self, shape: Shape) -> None:
        members = list(shape.members.values())
        self.payload: Member | None = shape.members[shape.payload] if shape.payload else None
        self.body_members = [m for m in members if m.location is None and self.payload is None]
        self.body_names = frozenset(m.name for m in self.body_members)
        self._headers = [(m.name, _wire(m), _header_writer(m)) for m in members if m.location == "header"]
        self._prefixes = [(m.name, _wire(m)) for m in members if m.location == "headers"]
        self._status = next((m.name for m in members if m.location == "statusCode"), None)
        self._names = shape.members.keys()

    def status(self, result: Mapping[str, Any], otherwise: int) -> int:
        """The HTTP status: that of the bound member, or the given one."""
        value = result.get(self._status) if self._status is not None else None
        return otherwise if value is None else int(value)

    def headers(self, result: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The headers of the bound members.  KeyError when `result` has a member that the shape has not."""
        if unknown := result.keys() - self._names:
            raise KeyError(f"not in the model: {sorted(unknown)}")
        headers = []
        for name, wire_name, write in self._headers:
            value = result.get(name)
            if value is not None and (text := write(value)):
                headers.append((wire_name, header_text(text)))
        for name, prefix in self._prefixes:
            for key, value in (result.get(name) or {}).items():
                headers.append((prefix + key, header_text(value)))
        return headers

    def body(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The members that belong into the body."""
        return {name: value for name, value in result.items() if name in self.body_names and value is not None}


def header_text(text: str) -> str:
    """A header value without control characters."""
    return _controls.sub(" ", text)


def content_type_given(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether a bound member already is the Content-Type."""
    return any(name.lower() == "content-type" for name, _ in headers)


def read_payload_text(body: bytes, malformed: Malformed) -> str:
    """A string payload."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise malformed("body", "The body must be UTF-8") from error


def _wire(member: Member) -> str:
    """The wire name; a prefix may be the empty string, which the models write as no name."""
    return member.wire_name or ("" if member.location == "headers" else member.name)


def _reader(member: Member, timestamp_format: str, malformed: Malformed) -> ReadText:
    convert = scalars.reader(member, timestamp_format)
    name = _wire(member)

    def read(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise malformed(name, str(error)) from error

    return read


def _query_reader(member: Member, malformed: Malformed) -> tuple[str, str, Callable[[list[str]], Any]]:
    if member.shape.type == "list":
        read_item = _reader(member.shape.member, "iso8601", malformed)
        return member.name, _wire(member), lambda texts: [read_item(text) for text in texts]
    read = _reader(member, "iso8601", malformed)
    return member.name, _wire(member), lambda texts: read(texts[0])


def _header_reader(member: Member, malformed: Malformed) -> ReadText:
    if member.json_value:
        return _json_header_reader(_wire(member), malformed)
    if member.shape.type == "list":
        read_item = _reader(member.shape.member, "rfc822", malformed)
        return lambda text: [read_item(item) for item in split_header_list(text)]
    return _reader(member, "rfc822", malformed)


def _header_writer(member: Member) -> WriteText:
    if member.json_value:
        return lambda value: b64encode(_json_encode(value)).decode("ascii")
    if member.shape.type == "list":
        write_item = scalars.writer(member.shape.member, "rfc822")
        return lambda value: ", ".join(_quoted(write_item(item)) for item in value)
    return scalars.writer(member, "rfc822")


def _json_header_reader(name: str, malformed: Malformed) -> ReadText:
    """JSON in base64; the value is what the JSON says."""

    def read(text: str) -> Any:
        try:
            return msgspec.json.decode(scalars.read_base64(text))
        except (ValueError, RecursionError) as error:
            raise malformed(name, "Invalid JSON") from error

    return read


def split_header_list(text: str) -> list[str]:
    """A comma-separated header; items with commas or quotes stand between double quotes (RFC 9110, 5.6.4)."""
    if '"' not in text:
        return [item.strip() for item in text.split(",")]
    items: list[str] = []
    position = 0
    while position < len(text):
        match = _list_item.match(text, position)
        if match is None:
            return [item.strip() for item in text.split(",")]
        quoted, plain = match.groups()
        items.append(_escaped.sub(r"\1", quoted) if quoted is not None else plain.strip())
        position = match.end()
    return items


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if '"' in text or "," in text else text
