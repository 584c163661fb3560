"""Event streams by shape: a stream of one-key values (`{"Records": {...}}`) as frames, and frames as values.

An event is a member of a union that the model marks as an event stream.  Its headers say which member it is; members
of the event marked as headers become typed headers; one marked as payload becomes the payload; otherwise all other
members together are a document in the protocol's format.  A modelled exception may be yielded like an event; any other
failure is yielded as an `ErrorValue` and ends the stream as an `error` frame.

In the protocols without HTTP bindings (json, cbor) the first frame, `initial-response`, carries the other members.

Frames that clients send may be wrapped: the outer frame has `:date` and `:chunk-signature`, its payload is the frame
proper, and an empty payload ends the stream.  Wrapping is undone here; checking signatures is the gateway's part.

Source: https://smithy.io/2.0/spec/streaming.html#event-streams and
https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Protocol

from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.eventstream import Decoder, Frame, HeaderValue, Long, encode_frame
from gureum.wire.model import Member, Shape

content_type: Final = "application/vnd.amazon.eventstream"

_stream_names: Final[dict[Shape, str | None]] = {}

EventWriter = Callable[[Any], bytes]
EventReader = Callable[[Frame], Any]


class PayloadFormat(Protocol):
    """How one protocol writes the document inside an event."""

    content_type: str

    def reader(self, shape: Shape, members: list[Member]) -> Callable[[bytes], Any]:
        """Reads those members of `shape` from a payload."""

    def writer(self, shape: Shape, members: list[Member]) -> Callable[[Any], bytes]:
        """Writes those members of `shape` as a payload."""


class Events:
    """Event readers and writers by stream shape, for one payload format."""

    def __init__(self, payload_format: PayloadFormat) -> None:
        self._format = payload_format
        self._writers: dict[Shape, dict[str, EventWriter]] = {}
        self._readers: dict[Shape, dict[str, EventReader]] = {}

    async def encode(self, stream: Shape, source: AsyncIterator[Any], first: bytes = b"") -> AsyncIterator[bytes]:
        """The frames of `source`, whose items are one-key dictionaries or an ErrorValue, which is the last."""
        writers = self._writers.get(stream)
        if writers is None:
            writers = self._writers[stream] = {name: self._writer(m) for name, m in stream.members.items()}
        if first:
            yield first
        async for item in source:
            if isinstance(item, ErrorValue):
                yield _error_frame(stream, writers, item)
                return
            ((name, value),) = item.items()
            yield writers[name](value)

    async def decode(self, stream: Shape, body: AsyncIterator[bytes] | bytes) -> AsyncIterator[dict[str, Any]]:
        """The events of a request body as one-key dictionaries.  WireError when it is malformed."""
        readers = self._readers.get(stream)
        if readers is None:
            readers = self._readers[stream] = {name: self._reader(m) for name, m in stream.members.items()}
        decoder = Decoder()
        async for piece in _pieces(body):
            for outer in decoder.feed(piece):
                frame = _unwrap(outer)
                if frame is None:
                    return
                kind = frame.headers.get(":event-type")
                read = readers.get(kind) if isinstance(kind, str) else None
                if read is None or frame.headers.get(":message-type") != "event":
                    raise WireError("SerializationException", f"Unexpected event: {kind!r}")
                assert isinstance(kind, str)
                yield {kind: read(frame)}
        decoder.finish()

    def _writer(self, member: Member) -> EventWriter:
        shape = member.shape
        kind = "exception" if shape.exception else "event"
        header_members = [m for m in shape.members.values() if m.event_header]
        payload = next((m for m in shape.members.values() if m.event_payload), None)
        body_type, write_body = self._body_writer(shape, payload)

        def write(value: Mapping[str, Any]) -> bytes:
            headers: dict[str, HeaderValue] = {":message-type": kind, f":{kind}-type": member.name}
            if body_type:
                headers[":content-type"] = body_type
            for header in header_members:
                if (item := value.get(header.name)) is not None:
                    headers[header.name] = Long(item) if header.shape.type == "long" else item
            return encode_frame(headers, write_body(value))

        return write

    def _body_writer(self, shape: Shape, payload: Member | None) -> tuple[str, EventWriter]:
        if payload is None:
            members = [m for m in shape.members.values() if not m.event_header]
            if not members:
                return "", lambda value: b""
            write = self._format.writer(shape, members)
            names = [m.name for m in members]
            return self._format.content_type, lambda value: write({n: value[n] for n in names if n in value})
        name = payload.name
        if payload.shape.type == "blob":
            return "application/octet-stream", lambda value: bytes(value.get(name) or b"")
        if payload.shape.type == "string":
            return "text/plain", lambda value: (value.get(name) or "").encode()
        write_payload = self._format.writer(payload.shape, list(payload.shape.members.values()))
        return self._format.content_type, lambda value: write_payload(value.get(name) or {})

    def _reader(self, member: Member) -> EventReader:
        shape = member.shape
        header_names = [m.name for m in shape.members.values() if m.event_header]
        payload = next((m for m in shape.members.values() if m.event_payload), None)
        read_body = self._body_reader(shape, payload)

        def read(frame: Frame) -> dict[str, Any]:
            value = {name: frame.headers[name] for name in header_names if name in frame.headers}
            return value | read_body(frame.payload)

        return read

    def _body_reader(self, shape: Shape, payload: Member | None) -> Callable[[bytes], dict[str, Any]]:
        if payload is None:
            read = self._format.reader(shape, [m for m in shape.members.values() if not m.event_header])
            return lambda body: read(body) if body else {}
        name = payload.name
        if payload.shape.type == "blob":
            return lambda body: {name: body}
        if payload.shape.type == "string":
            return lambda body: {name: _text(body)}
        read_payload = self._format.reader(payload.shape, list(payload.shape.members.values()))
        return lambda body: {name: read_payload(body)}


def initial_response(payload_type: str, payload: bytes) -> bytes:
    """The first frame in protocols without HTTP bindings: the members that do not stream."""
    return encode_frame(
        {":message-type": "event", ":event-type": "initial-response", ":content-type": payload_type}, payload
    )


def split_stream(shape: Shape, result: Mapping[str, Any]) -> tuple[Member | None, Mapping[str, Any]]:
    """The member of an output that streams, when it is there, and the members that do not."""
    try:
        name = _stream_names[shape]
    except KeyError:
        name = _stream_names[shape] = next((n for n, m in shape.members.items() if m.shape.event_stream), None)
    if name is None or result.get(name) is None:
        return None, result
    return shape.members[name], {key: value for key, value in result.items() if key != name}


def _error_frame(stream: Shape, writers: Mapping[str, EventWriter], error: ErrorValue) -> bytes:
    for name, member in stream.members.items():
        if error.shape is not None and member.shape is error.shape:
            message = next((n for n in member.shape.members if n.lower() == "message"), None)
            return writers[name](error.members | ({message: error.message} if message is not None else {}))
    return encode_frame({":message-type": "error", ":error-code": error.code, ":error-message": error.message})


def _unwrap(outer: Frame) -> Frame | None:
    """The frame inside a signed envelope; None for the empty one that ends a signed stream."""
    if ":chunk-signature" not in outer.headers:
        return outer
    if not outer.payload:
        return None
    decoder = Decoder()
    frames = list(decoder.feed(outer.payload))
    decoder.finish()
    if len(frames) != 1:
        raise WireError("SerializationException", "Malformed event stream: a signed message must hold one message")
    return frames[0]


async def _pieces(body: AsyncIterator[bytes] | bytes) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    async for piece in body:
        yield piece


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise WireError("SerializationException", "Malformed event stream: text must be UTF-8") from error
