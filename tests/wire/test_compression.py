"""Compressed request bodies: accepted where the model allows it, and never larger than the limit."""

from __future__ import annotations

import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire.compression import Gunzip, decompress
from gureum.wire.errors import WireError
from gureum.wire.model import Operation, ServiceModel

MODEL = ServiceModel(
    "example",
    {
        "metadata": {"apiVersion": "1", "serviceId": "e", "endpointPrefix": "e", "protocol": "query"},
        "operations": {
            "Put": {"http": {"method": "POST", "requestUri": "/"}, "requestcompression": {"encodings": ["gzip"]}},
            "Get": {"http": {"method": "POST", "requestUri": "/"}},
        },
        "shapes": {},
    },
)
PUT: Operation = MODEL.operation("Put")
GZIPPED = {"content-encoding": "gzip"}


@given(st.binary(max_size=300), st.integers(1, 5), st.integers(1, 50))
def test_any_body_in_any_pieces(body: bytes, members: int, size: int) -> None:
    """Packets end where they like, and several members are one body."""
    packed = b"".join(gzip.compress(body, mtime=0) for _ in range(members))
    decoder = Gunzip(10_000)
    pieces = [piece for i in range(0, len(packed), size) for piece in decoder.feed(packed[i : i + size])]
    decoder.finish()
    assert b"".join(pieces) == body * members
    assert decompress(PUT, GZIPPED, packed, 10_000) == body * members


def test_a_bomb_stops_at_the_limit() -> None:
    """A kilobyte may hold a megabyte; the limit is on what comes out."""
    bomb = gzip.compress(bytes(1_000_000), mtime=0)
    with pytest.raises(WireError) as caught:
        decompress(PUT, GZIPPED, bomb, 999_999)
    assert caught.value.status == 413
    assert decompress(PUT, GZIPPED, bomb, 1_000_000) == bytes(1_000_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        gzip.compress(b"hello", mtime=0)[:-1],
        gzip.compress(b"hello", mtime=0) + b"x",
        zlib.compress(b"hello"),
    ],
)
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    """Cut short, followed by something else, or another format."""
    with pytest.raises(WireError) as caught:
        decompress(PUT, GZIPPED, body, 100)
    assert caught.value.status == 400


def test_elsewhere_the_header_belongs_to_the_data() -> None:
    """An object that is stored compressed stays so."""
    packed = gzip.compress(b"hello", mtime=0)
    assert decompress(MODEL.operation("Get"), GZIPPED, packed, 100) == packed
    assert decompress(PUT, {}, b"hello", 100) == b"hello"
    assert decompress(PUT, {"content-encoding": "identity"}, b"hello", 100) == b"hello"


def test_other_encodings_are_refused() -> None:
    """Rather than parsed as if they were text."""
    with pytest.raises(WireError) as caught:
        decompress(PUT, {"content-encoding": "br"}, b"hello", 100)
    assert caught.value.status == 415


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_no_bytes_do_more_than_be_refused(start: bytes, body: bytes) -> None:
    """Only WireError comes out, of noise and of damaged streams."""
    for packed in (start, gzip.compress(body, mtime=0)[:10] + start):
        with contextlib.suppress(WireError):
            decompress(PUT, GZIPPED, packed, 100)
