"""RPC v2 CBOR: which doors of CBOR are closed, and the headers of the protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from gureum.wire.cbor import parse_cbor
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.eventstream import Decoder
from gureum.wire.protocols import PROTOCOLS
from tests.wire import tiny

CBOR = PROTOCOLS["smithy-rpc-v2-cbor"]
MODEL = tiny.service(
    "smithy-rpc-v2-cbor",
    Input=tiny.structure(S="String", I="Integer", T="Timestamp", X="Blob"),
    Output=tiny.structure(S="String"),
)


def parse(body: bytes) -> dict[str, Any]:
    return CBOR.parse(tiny.do(MODEL), tiny.request(body), {})


@pytest.mark.parametrize(
    "body",
    [
        b"\xd8\x23\x61(",  # tag 35: a regular expression
        b"\xc2\x41\x01",  # tag 2: a big number
        b"\xd8\x1d\x00",  # tag 29: a shared reference
        b"\xd9\xd9\xf7\xa0",  # tag 55799: self-described CBOR
        b"\xd8\x63\x00",  # tag 99: unknown
        b"\xc1\x61a",  # tag 1 around text
        b"\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",  # tag 1 around infinity
        b"\xc1\x1b\xff\xff\xff\xff\xff\xff\xff\xff",  # tag 1 around too many seconds
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # a list of 2**64 items
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",  # a blob of 2**63 bytes
        b"\x81" * 100_000,
        b"\xa2\x61a\x01\x61a\x02",  # a key that comes twice
        b"\xa1\x01\x02",  # a key that is no text
        b"\x61\xff",  # text that is no UTF-8
        b"\xff",
        b"\x01",  # no map
        b"\xa0\xa0",  # more than one item
        b"\xa1\x61S\xe0",  # a simple value without meaning
        b"\xa1\x61T\x00",  # a timestamp without its tag
    ],
)
def test_refused(body: bytes) -> None:
    """Everything that the protocol does not need is refused (RFC 8949, section 10)."""
    with pytest.raises(WireError) as caught:
        parse(body)
    assert caught.value.code == "SerializationException"


def test_read() -> None:
    """Indefinite lengths, timestamps with their tag, and undefined as null."""
    assert parse(b"") == {}
    assert parse(b"\xbf\x61S\x7f\x61a\x61b\xff\xff") == {"S": "ab"}
    assert parse(b"\xa1\x61T\xc1\x1a\x65\x53\xf1\x00") == {"T": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)}
    assert parse(b"\xa2\x61S\xf7\x61I\x18\x2a") == {"I": 42}
    assert parse_cbor(b"\x82\xf7\x01") == [None, 1]


def test_response() -> None:
    """The headers of https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html#responses."""
    response = CBOR.serialize(tiny.do(MODEL), {"S": "a"}, tiny.REQUEST_ID)
    assert response.body == b"\xa1\x61S\x61a"
    assert tiny.header(response, "smithy-protocol") == "rpc-v2-cbor"
    assert tiny.header(response, "content-type") == "application/cbor"


def test_error() -> None:
    """`__type` is absolute."""
    response = CBOR.serialize_error(MODEL, ErrorValue("Bad", "why", 400), tiny.REQUEST_ID)
    assert isinstance(response.body, bytes)
    assert cbor2.loads(response.body) == {"__type": "com.amazonaws.tiny#Bad", "message": "why"}


def test_event_stream() -> None:
    """The members that do not stream come first, in a frame of their own."""
    model = tiny.service(
        "smithy-rpc-v2-cbor",
        Output=tiny.structure(S="String", Events="Events"),
        Events=tiny.structure(Tick="Tick") | {"eventstream": True},
        Tick=tiny.structure(I="Integer") | {"event": True},
    )
    result = {"S": "a", "Events": tiny.each({"Tick": {"I": 1}})}
    response = CBOR.serialize(tiny.do(model), result, tiny.REQUEST_ID)
    assert not isinstance(response.body, bytes)
    frames = list(Decoder().feed(b"".join(tiny.collect(response.body))))
    assert [frame.headers[":event-type"] for frame in frames] == ["initial-response", "Tick"]
    assert [cbor2.loads(frame.payload) for frame in frames] == [{"S": "a"}, {"I": 1}]
