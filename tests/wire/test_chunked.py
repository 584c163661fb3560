"""aws-chunked bodies: the example that AWS publishes, every way to cut and tamper with one, and bounded memory."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import chunked, sigv4, sigv4a
from gureum.wire.errors import WireError
from gureum.wire.sigv4 import SignedRequest

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EMPTY = hashlib.sha256(b"").hexdigest()
PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
ECDSA = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
CHECKSUM = "x-amz-checksum-crc32c"


def seed(payload_hash: str, signature: str = "5" * 64) -> SignedRequest:
    """A request of the published example, whose signature starts the chain."""
    return SignedRequest(
        algorithm="AWS4-ECDSA-P256-SHA256" if "ECDSA" in payload_hash else "AWS4-HMAC-SHA256",
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        date="20130524",
        region="us-east-1",
        service="s3",
        signed_headers=("host",),
        signature=signature,
        timestamp="20130524T000000Z",
        timestamp_ms=1369353600000,
        presigned=False,
        payload_hash=payload_hash,
    )


def sign(signed: SignedRequest, text: str) -> str:
    """As the client does it."""
    if "ECDSA" in (signed.payload_hash or ""):
        return sigv4a.sign(signed.access_key_id, SECRET, text.encode())
    return hmac.digest(sigv4.signing_key(SECRET, "20130524", "us-east-1", "s3"), text.encode(), "sha256").hex()


def encode(signed: SignedRequest, chunks: list[bytes], trailers: dict[str, str]) -> bytes:
    """The body of `chunks`, signed when the payload hash says so."""
    declared = signed.payload_hash or ""
    previous = signed.signature
    algorithm = "AWS4-ECDSA-P256-SHA256" if "ECDSA" in declared else "AWS4-HMAC-SHA256"
    out = b""
    for chunk in [*chunks, b""]:
        out += f"{len(chunk):x}".encode()
        if declared != UNSIGNED:
            digest = hashlib.sha256(chunk).hexdigest()
            text = f"{algorithm}-PAYLOAD\n20130524T000000Z\n{signed.scope}\n{previous}\n{EMPTY}\n{digest}"
            previous = sign(signed, text)
            out += f";chunk-signature={previous:*<{144 if 'ECDSA' in declared else 0}}".encode()
        out += b"\r\n" + chunk + (b"\r\n" if chunk else b"")
    if declared.endswith("TRAILER"):
        out += "".join(f"{name}:{value}\r\n" for name, value in trailers.items()).encode()
        if declared != UNSIGNED:
            digest = hashlib.sha256("".join(f"{n}:{v}\n" for n, v in sorted(trailers.items())).encode()).hexdigest()
            text = f"{algorithm}-TRAILER\n20130524T000000Z\n{signed.scope}\n{previous}\n{digest}"
            out += f"x-amz-trailer-signature:{sign(signed, text)}\r\n".encode()
    return out + b"\r\n"


def decode(signed: SignedRequest, body: bytes, length: int, trailer: str = "", cuts: tuple[int, ...] = ()) -> bytes:
    """The payload of a body that arrives in pieces."""
    headers = {"x-amz-decoded-content-length": str(length), "x-amz-trailer": trailer}
    decoder = chunked.decoder(signed, headers, SECRET)
    edges = sorted({0, *(cut % (len(body) + 1) for cut in cuts), len(body)})
    payload = b"".join(piece for start, end in pairwise(edges) for piece in decoder.feed(body[start:end]))
    decoder.finish()
    return payload


def refusal(signed: SignedRequest, body: bytes, length: int, trailer: str = "") -> str:
    with pytest.raises(WireError) as caught:
        decode(signed, body, length, trailer)
    return caught.value.code


def test_the_published_example() -> None:
    """Three chunks with the signatures of the S3 API reference."""
    signed = seed(PLAIN, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
    body = (
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
        + b"a" * 65536
        + b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
        + b"a" * 1024
        + b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    )
    assert decode(signed, body, 66560) == b"a" * 66560


def test_the_published_example_with_a_trailer() -> None:
    """The same data with a checksum after it."""
    signed = seed(TRAILER, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")
    body = (
        b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
        + b"a" * 65536
        + b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
        + b"a" * 1024
        + b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
        + b"x-amz-checksum-crc32c:sOO8/Q==\n\r\n"
        + b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    )
    assert decode(signed, body, 66560, CHECKSUM) == b"a" * 66560


@pytest.mark.parametrize("kind", [PLAIN, TRAILER, UNSIGNED, ECDSA])
@given(last=st.binary(max_size=40), full=st.integers(0, 2), cuts=st.tuples(*[st.integers(0)] * 5))
def test_a_body_cut_anywhere(kind: str, last: bytes, full: int, cuts: tuple[int, ...]) -> None:
    """Packets end where they like."""
    chunks = [bytes([65 + i]) * 8192 for i in range(full)] + ([last] if last else [])
    trailer = CHECKSUM if kind.endswith("TRAILER") else ""
    body = encode(seed(kind), chunks, {trailer: "AAAAAA=="} if trailer else {})
    assert decode(seed(kind), body, sum(map(len, chunks)), trailer, cuts) == b"".join(chunks)


@pytest.mark.parametrize("kind", [PLAIN, TRAILER])
@given(place=st.integers(0), change=st.integers(1, 255))
def test_any_changed_byte_is_refused(kind: str, place: int, change: int) -> None:
    """Data, sizes, signatures and trailers are all covered."""
    trailer = CHECKSUM if kind == TRAILER else ""
    body = bytearray(encode(seed(kind), [b"hello"], {trailer: "AAAAAA=="} if trailer else {}))
    body[place % len(body)] ^= change
    try:
        payload = decode(seed(kind), bytes(body), 5, trailer)
    except WireError:
        return
    # Case of names and blanks around values are not significant.
    original = encode(seed(kind), [b"hello"], {trailer: "AAAAAA=="} if trailer else {})
    assert payload == b"hello"
    assert bytes(body).lower().split() == original.lower().split()


def test_chunks_cannot_be_dropped_or_swapped() -> None:
    """The chain sees to it."""
    first, second = b"a" * 8192, b"b" * 8192
    whole = encode(seed(PLAIN), [first, second], {})
    head = whole.index(b"\r\n2000;") + 2
    tail = whole.index(b"\r\n0;") + 2
    assert refusal(seed(PLAIN), whole[head:tail] + whole[:head] + whole[tail:], 16384) == "SignatureDoesNotMatch"
    assert refusal(seed(PLAIN), whole[:head] + whole[tail:], 8192) == "SignatureDoesNotMatch"
    assert refusal(seed(PLAIN), whole[:head], 8192) == "IncompleteBody"


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (b"", 0, "IncompleteBody"),
        (b"0\r\n", 0, "IncompleteBody"),
        (b"5\r\nhell", 5, "IncompleteBody"),
        (b"5\r\nhello0\r\n\r\n", 5, "IncompleteBody"),
        (b"5\nhello\r\n0\r\n\r\n", 5, "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\r\n\r\n", 6, "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\r\n\r\n", 4, "IncompleteBody"),
        (b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\r\n\r\nx", 5, "IncompleteBody"),
        (b"5;chunk-signature=aa\r\nhello\r\n", 5, "IncompleteBody"),
        (b"fffffffffffffffff\r\n", 5, "IncompleteBody"),
        (b"1" * 2000, 5, "IncompleteBody"),
        (b"-5\r\n", 5, "IncompleteBody"),
        (b"1\r\na\r\n1\r\nb\r\n", 2, "InvalidChunkSizeError"),
        (b"0\r\n\r\n", 0, "MalformedTrailerError"),
        (b"0\r\nx-amz-checksum-crc32c\r\n\r\n", 0, "MalformedTrailerError"),
        (b"0\r\nx-amz-meta-a:b\r\n\r\n", 0, "MalformedTrailerError"),
        (b"0\r\nx-amz-checksum-crc32c:a\r\nx-amz-checksum-crc32c:a\r\n\r\n", 0, "MalformedTrailerError"),
        (b"0\r\nx-amz-checksum-crc32c:a\r\nx-amz-trailer-signature:a\r\n\r\n", 0, "MalformedTrailerError"),
    ],
)
def test_malformed_framing(body: bytes, length: int, code: str) -> None:
    """The codes are S3's."""
    assert refusal(seed(UNSIGNED), body, length, CHECKSUM) == code


def test_a_chunk_without_signature_is_refused() -> None:
    """Leaving it out must not be a way around it."""
    assert refusal(seed(PLAIN), b"5\r\nhello\r\n0\r\n\r\n", 5) == "SignatureDoesNotMatch"
    body = encode(seed(TRAILER), [], {CHECKSUM: "a"}).partition(b"x-amz-trailer-signature")[0] + b"\r\n"
    assert refusal(seed(TRAILER), body, 0, CHECKSUM) == "SignatureDoesNotMatch"


def test_headers_that_go_with_the_framing() -> None:
    """The length is required, and trailers only come where they are announced."""
    for length in ("", "-1", "x", "٣"):
        with pytest.raises(WireError, match="MissingContentLength"):
            chunked.decoder(seed(PLAIN), {"x-amz-decoded-content-length": length}, SECRET)
    with pytest.raises(WireError, match="EntityTooLarge"):
        chunked.decoder(seed(PLAIN), {"x-amz-decoded-content-length": str(5 * 1024**3 + 1)}, SECRET)
    with pytest.raises(WireError, match="MalformedTrailerError"):
        decode(seed(PLAIN), b"", 0, CHECKSUM)


def test_a_huge_chunk_is_not_kept() -> None:
    """Data leaves as it comes: what is fed is what is given back, before the chunk ends."""
    headers = {"x-amz-decoded-content-length": str(2**32)}
    decoder = chunked.decoder(seed(PLAIN), headers, SECRET)
    assert decoder.feed(b"100000000;chunk-signature=" + b"a" * 64 + b"\r\n") == []
    piece = bytes(65536)
    assert decoder.feed(piece)[0] is piece


@given(st.lists(st.one_of(st.binary(max_size=9), st.sampled_from([b"0", b"\r\n", b"5", b";chunk-signature=", b":"]))))
def test_no_bytes_do_more_than_be_refused(pieces: list[bytes]) -> None:
    """Only WireError comes out."""
    for kind in (PLAIN, TRAILER, UNSIGNED):
        decoder = chunked.decoder(seed(kind), {"x-amz-decoded-content-length": "5"}, SECRET)
        with contextlib.suppress(WireError):
            for piece in pieces:
                decoder.feed(piece)
            decoder.finish()


def test_seed_is_a_value() -> None:
    """Decoders share nothing: the same request can be decoded twice."""
    signed = seed(PLAIN)
    body = encode(signed, [b"hello"], {})
    assert decode(signed, body, 5) == decode(msgspec.structs.replace(signed), body, 5) == b"hello"
