"""JSON: values by shape, and the protocols awsJson 1.0 and 1.1.

The version stands in the content type alone, and each service has one; so one object serves both and takes the version
from the model.  Timestamps are seconds since 1970 unless the model says otherwise, blobs are base64, floats may be the
strings NaN, Infinity and -Infinity.

Services that moved from the query protocol (`awsQueryCompatible`) name the shape in `__type`, with the namespace of
the service, and the old error code in the header `x-amzn-query-error`, which older programs match on.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html,
https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from gureum.wire import events, faults, scalars, timestamps
from gureum.wire.documents import Convert, Documents, Scalars, malformed, mismatch
from gureum.wire.errors import ErrorValue
from gureum.wire.http import Request, Response
from gureum.wire.model import Member, Operation, ServiceModel, Shape

# Bounds the recursion of everything that walks a value by its shape, here and later in the life of a request.
depth_max: Final = 128
_too_deep: Final = "Could not parse request body into json: nested too deeply"
encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def parse_json(body: bytes) -> Any:
    """What JSON text says; an empty body is an empty object.  WireError when it is not JSON or nested too deeply."""
    if not body:
        return {}
    try:
        value = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise malformed(f"Could not parse request body into json: {error}") from error
    except RecursionError as error:
        raise malformed(_too_deep) from error
    # Few bodies have more brackets than the limit, so few are walked.
    if body.count(b"{") + body.count(b"[") > depth_max and _deeper_than(depth_max, value):
        raise malformed(_too_deep)
    return value


def _deeper_than(limit: int, value: Any) -> bool:
    """Whether objects and lists are nested deeper than `limit`: level by level, without recursion."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            if (kind := type(node)) is dict or kind is list
            for child in (node.values() if kind is dict else node)
        ]
        if not level:
            return False
    return any(type(node) is dict or type(node) is list for node in level)


def read_body(body: object, read: Convert) -> Any:
    """A JSON body by a compiled reader."""
    assert isinstance(body, bytes), "the gateway collects the body of an operation that does not stream"
    return read(parse_json(body))


def _read_blob(value: Any) -> bytes:
    if type(value) is not str:
        raise mismatch(value, "a Blob")
    try:
        return scalars.read_base64(value)
    except ValueError as error:
        raise malformed(str(error)) from error


def _timestamp_reader(member: Member) -> Convert:
    if member.timestamp_format in (None, "unixTimestamp"):
        return _read_epoch
    parse = timestamps.parsers[member.timestamp_format or "iso8601"]

    def read(value: Any) -> datetime:
        if type(value) is not str:
            raise mismatch(value, "a Timestamp")
        try:
            return parse(value)
        except ValueError as error:
            raise malformed(str(error)) from error

    return read


def _read_epoch(value: Any) -> datetime:
    if type(value) is not int and type(value) is not float:
        raise mismatch(value, "milliseconds since epoch")
    try:
        return timestamps.parse_epoch(value)
    except (ValueError, OverflowError) as error:
        raise malformed(str(error)) from error


def _write_blob(value: Any) -> Any:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected bytes, not {type(value).__name__}")
    return value  # the encoder writes base64


def _timestamp_writer(member: Member) -> Convert:
    if member.timestamp_format in (None, "unixTimestamp"):
        return timestamps.format_epoch
    return timestamps.formatters[member.timestamp_format or "iso8601"]


def _write_float(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return scalars.float_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    return value


documents: Final = Documents(Scalars(_read_blob, _timestamp_reader, _write_blob, _timestamp_writer, _write_float))


class JsonEvents:
    """JSON payloads of events."""

    content_type = "application/json"

    def reader(self, shape: Shape, members: list[Member]) -> Callable[[bytes], Any]:
        """Reads the body of an event as those members of its shape."""
        read = documents.members_reader(members)
        return lambda payload: read_body(payload, read)

    def writer(self, shape: Shape, members: list[Member]) -> Callable[[Any], bytes]:
        """Writes those members of an event's shape as its body."""
        write = documents.members_writer(members)
        return lambda value: encode(write(value))


json_events: Final = events.Events(JsonEvents())


class JsonProtocol:
    """awsJson 1.0 and 1.1."""

    name = "json"

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are SerializationException."""
        if operation.input is None:
            return {}
        result: dict[str, Any] = read_body(request.body, documents.structure_reader(operation.input))
        return result

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol; an operation without output answers an empty object, as AWS does."""
        shape = operation.output
        headers = [("x-amzn-RequestId", request_id)]
        content_type = f"application/x-amz-json-{operation.service.json_version}"
        if shape is None:
            return Response(200, [*headers, ("Content-Type", content_type)], b"{}")
        stream, rest = events.split_stream(shape, result)
        body = encode(documents.structure_writer(shape)(rest))
        if stream is None:
            return Response(200, [*headers, ("Content-Type", content_type)], body)
        first = events.initial_response(content_type, body)
        source: AsyncIterator[Any] = result[stream.name]
        headers.append(("Content-Type", events.content_type))
        return Response(200, headers, json_events.encode(stream.shape, source, first))

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol."""
        headers = [
            ("x-amzn-RequestId", request_id),
            ("Content-Type", f"application/x-amz-json-{service.json_version}"),
            *query_error_header(service, error),
        ]
        return Response(error.status, headers, encode(error_document(documents, error, error_type(service, error))))


def error_document(codec: Documents, error: ErrorValue, kind: str | None) -> dict[str, Any]:
    """An error as an object: its type, unless a header carries it, its members and its message."""
    known, unknown = faults.split_members(error)
    document: dict[str, Any] = {} if kind is None else {"__type": kind}
    document.update(unknown)
    if error.shape is not None and known:
        document.update(codec.structure_writer(error.shape)(known))
    document[faults.message_name(error)] = error.message
    return document


def error_type(service: ServiceModel, error: ErrorValue) -> str:
    """What `__type` says: the shape's full name where the query code has a header of its own, else the code."""
    if service.query_compatible and error.shape is not None:
        return f"com.amazonaws.{service.name}#{error.shape.name}"
    return error.code


def query_error_header(service: ServiceModel, error: ErrorValue) -> list[tuple[str, str]]:
    """`x-amzn-query-error: CODE;Sender` for services that spoke the query protocol before."""
    if not service.query_compatible:
        return []
    return [("x-amzn-query-error", f"{error.code};{faults.fault_name(error)}")]
