"""CBOR: values by shape, and the protocol Smithy RPC v2 CBOR.

Reading goes through cbor2's compiled decoder with every door closed that the protocol does not need: the only tag is 1
(seconds since 1970); tags that build big numbers, regular expressions, addresses or shared references are refused, map
keys are text, no key comes twice, nesting is bounded.  Declared lengths allocate nothing before the bytes are there.

Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html and RFC 8949.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final, NoReturn

from gureum.wire import events, timestamps
from gureum.wire.documents import Convert, Documents, Scalars, malformed, mismatch
from gureum.wire.errors import ErrorValue
from gureum.wire.http import Request, Response
from gureum.wire.json import error_document, query_error_header
from gureum.wire.model import Member, Operation, ServiceModel, Shape

depth_max: Final = 128
# The tags for which cbor2 6 has a decoder of its own; unknown tags go to the hook.
_builtin_tags: Final = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def parse_cbor(body: bytes) -> Any:
    """The one data item of the body; an empty body is an empty map.  WireError for anything malformed."""
    import cbor2

    if not body:
        return {}
    decoder = cbor2.CBORDecoder(
        BytesIO(body),
        semantic_decoders=_semantic_decoders,
        tag_hook=_refuse_tag,
        max_depth=depth_max,
        allow_duplicate_keys=False,
        strict_hashable_types=True,
    )
    try:
        value = decoder.decode()
    except cbor2.CBORDecodeError as error:
        reason = error.__cause__ if isinstance(error.__cause__, ValueError) else error
        raise malformed(f"Could not parse request body into cbor: {reason}") from error
    try:
        decoder.read(1)
    except cbor2.CBORDecodeEOF:
        return _without_undefined(value, cbor2.undefined) if b"\xf7" in body else value
    raise malformed("Could not parse request body into cbor: more than one data item")


def _without_undefined(value: Any, undefined: object) -> Any:
    """The tree with `undefined` replaced by null, as the protocol demands; its depth is bounded already."""
    if value is undefined:
        return None
    if isinstance(value, dict):
        return {key: _without_undefined(item, undefined) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_undefined(item, undefined) for item in value]
    return value


def _read_tagged_epoch(value: object, immutable: bool) -> datetime:
    if type(value) is not int and type(value) is not float:
        raise ValueError("tag 1 must hold a number")
    try:
        return timestamps.parse_epoch(value)
    except OverflowError as error:
        raise ValueError("timestamp is out of range") from error


def _refuse_tag(tag: object, immutable: bool) -> NoReturn:
    raise ValueError("only tag 1 is supported")


_semantic_decoders: Final[dict[int, Callable[[Any, bool], Any]]] = {
    **dict.fromkeys(_builtin_tags, _refuse_tag),
    1: _read_tagged_epoch,
}


def _read_blob(value: Any) -> bytes:
    if type(value) is not bytes:
        raise mismatch(value, "a Blob")
    return value


def _read_timestamp(value: Any) -> datetime:
    if type(value) is not datetime:
        raise mismatch(value, "a Timestamp")
    return value


def _write_blob(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"expected bytes, not {type(value).__name__}")
    return bytes(value)


def _timestamp_writer(member: Member) -> Convert:
    import cbor2

    tag = cbor2.CBORTag
    return lambda value: tag(1, timestamps.format_epoch(value))


def _write_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    return float(value)


documents: Final = Documents(
    Scalars(_read_blob, lambda member: _read_timestamp, _write_blob, _timestamp_writer, _write_float)
)


class CborEvents:
    """CBOR payloads of events."""

    content_type = "application/cbor"

    def reader(self, shape: Shape, members: list[Member]) -> Callable[[bytes], Any]:
        """Reads those members of an event's shape from a payload."""
        read = documents.members_reader(members)
        return lambda payload: read(parse_cbor(payload))

    def writer(self, shape: Shape, members: list[Member]) -> Callable[[Any], bytes]:
        """Writes those members of an event's shape as a payload."""
        import cbor2

        write = documents.members_writer(members)
        return lambda value: cbor2.dumps(write(value))


cbor_events: Final = events.Events(CborEvents())


class CborProtocol:
    """Smithy RPC v2 CBOR."""

    name = "smithy-rpc-v2-cbor"

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are SerializationException."""
        if operation.input is None:
            return {}
        assert isinstance(request.body, bytes), "the gateway collects the body of an operation that does not stream"
        result: dict[str, Any] = documents.structure_reader(operation.input)(parse_cbor(request.body))
        return result

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol; an operation without output answers without a body."""
        import cbor2

        headers = [("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-RequestId", request_id)]
        if operation.output is None:
            return Response(200, headers)
        write = documents.structure_writer(operation.output)
        stream, rest = events.split_stream(operation.output, result)
        body = cbor2.dumps(write(rest))
        if stream is None:
            return Response(200, [*headers, ("Content-Type", "application/cbor")], body)
        headers.append(("Content-Type", events.content_type))
        first = events.initial_response("application/cbor", body)
        return Response(200, headers, cbor_events.encode(stream.shape, result[stream.name], first))

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol; `__type` is the absolute shape name."""
        import cbor2

        name = error.code if error.shape is None else error.shape.name
        headers = [
            ("smithy-protocol", "rpc-v2-cbor"),
            ("x-amzn-RequestId", request_id),
            ("Content-Type", "application/cbor"),
            *query_error_header(service, error),
        ]
        document = error_document(documents, error, f"com.amazonaws.{service.name}#{name}")
        return Response(error.status, headers, cbor2.dumps(document))
