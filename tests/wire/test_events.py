"""Event streams in both directions: botocore reads what we write (conformance), here we read what clients write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.eventstream import Decoder, Frame, HeaderValue, Long, encode_frame
from gureum.wire.json import json_events
from tests.wire import tiny

HEADERS: dict[str, HeaderValue] = {
    "yes": True,
    "no": False,
    "int": -5,
    "long": Long(2**40),
    "text": "é",
    "bytes": b"\x00\xff",
    "time": datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=UTC),
    "uuid": UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
}
MODEL = tiny.service(
    "rest-json",
    Stream=tiny.structure(Audio="Audio", Text="Text", Failed="Failed") | {"eventstream": True},
    Audio=tiny.structure(Chunk={"shape": "Blob", "eventpayload": True}, Offset={"shape": "Long", "eventheader": True})
    | {"event": True},
    Text=tiny.structure(Line="String") | {"event": True},
    Failed=tiny.structure(message="String", Why="String") | {"exception": True},
)
STREAM = MODEL.shape("Stream")
EVENTS: list[dict[str, Any]] = [{"Audio": {"Chunk": b"\x01", "Offset": 2**40}}, {"Text": {"Line": "a"}}]


def frames(data: bytes) -> list[Frame]:
    decoder = Decoder()
    found = list(decoder.feed(data))
    decoder.finish()
    return found


def encoded(*items: Any) -> bytes:
    return b"".join(tiny.collect(json_events.encode(STREAM, tiny.each(*items))))


def test_frame_headers() -> None:
    """Every header type of https://smithy.io/2.0/aws/amazon-eventstream.html survives."""
    assert frames(encode_frame(HEADERS, b"payload")) == [Frame(HEADERS, b"payload")]


@given(st.binary(max_size=50), st.integers(1, 20))
def test_pieces_do_not_matter(payload: bytes, size: int) -> None:
    """TCP cuts where it likes."""
    data = encode_frame({"a": "b"}, payload) * 2
    decoder = Decoder()
    found = [frame for i in range(0, len(data), size) for frame in decoder.feed(data[i : i + size])]
    assert [frame.payload for frame in found] == [payload, payload]


@given(st.integers(0, 40), st.integers(1, 255))
def test_one_wrong_byte_is_found(position: int, difference: int) -> None:
    """Checksums cover every byte."""
    data = bytearray(encode_frame({"name": "value"}, b"payload and more"))
    data[position] ^= difference
    with pytest.raises(WireError):
        frames(bytes(data))


def test_events_survive() -> None:
    """Payload, header and document members."""
    assert tiny.collect(json_events.decode(STREAM, encoded(*EVENTS))) == EVENTS


def test_signed_frames_are_unwrapped() -> None:
    """SigV4-signed streams wrap each frame; an empty one ends them."""
    signature: dict[str, HeaderValue] = {":date": HEADERS["time"], ":chunk-signature": b"s" * 32}
    inner = [encode_frame(frame.headers, frame.payload) for frame in frames(encoded(*EVENTS))]
    wire = b"".join(encode_frame(signature, frame) for frame in [*inner, b""])
    assert tiny.collect(json_events.decode(STREAM, tiny.each(wire[:30], wire[30:]))) == EVENTS


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        encode_frame({}),
        encode_frame({":message-type": "event", ":event-type": "Nonsense"}),
        encode_frame({":message-type": "event", ":event-type": "Text"}, b"{"),
        encode_frame({":chunk-signature": b""}, b"no frame"),
    ],
)
def test_malformed(data: bytes) -> None:
    """Streams end in a WireError, never in another exception."""
    with pytest.raises(WireError):
        tiny.collect(json_events.decode(STREAM, data))


def test_failures() -> None:
    """A modelled exception is an exception frame, anything else an error frame; both end the stream."""
    modelled = ErrorValue("Failed", "why", 400, shape=MODEL.shape("Failed"), members={"Why": "so"})
    (frame,) = frames(encoded(modelled, EVENTS[0]))
    assert frame.headers[":message-type"] == "exception"
    assert frame.headers[":exception-type"] == "Failed"
    assert json.loads(frame.payload) == {"Why": "so", "message": "why"}
    (frame,) = frames(encoded(ErrorValue("InternalError", "oops", 500)))
    assert frame.headers == {":message-type": "error", ":error-code": "InternalError", ":error-message": "oops"}
