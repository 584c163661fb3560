"""Checksums: the values of published check vectors, and what S3 answers to headers that make no sense."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import checksums
from gureum.wire.checksums import Checksum, compute, expected
from gureum.wire.errors import WireError
from gureum.wire.model import Operation, ServiceModel

CHECK = b"123456789"


def operation(name: str, service: str = "s3", version: str = "2006-03-01") -> Operation:
    path = Path(botocore.__file__).parent / "data" / service / version / "service-2.json.gz"
    document: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return ServiceModel(service, document).operation(name)


PUT_OBJECT = operation("PutObject")
DELETE_OBJECTS = operation("DeleteObjects")
GET_OBJECT = operation("GetObject")


def refusal(headers: dict[str, str], body: bytes = CHECK, to: Operation = PUT_OBJECT) -> tuple[str, str]:
    with pytest.raises(WireError) as caught:
        checksums.check(to, headers, body)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
        ("XXHASH64", "8cb841db40e6ae83"),
        ("MD5", "25f9e794323b453885f5181f1b624d0b"),
        ("SHA1", hashlib.sha1(CHECK, usedforsecurity=False).hexdigest()),
        ("SHA256", hashlib.sha256(CHECK).hexdigest()),
        ("SHA512", hashlib.sha512(CHECK).hexdigest()),
    ],
)
def test_check_values(algorithm: str, value: str) -> None:
    """Each algorithm of the catalogues has a value for the digits 1 to 9."""
    assert base64.b64decode(compute(algorithm, CHECK)).hex() == value


@pytest.mark.parametrize("algorithm", checksums.digest_bytes)
@given(pieces=st.lists(st.binary(max_size=50)))
def test_pieces_make_the_same_checksum(algorithm: str, pieces: list[bytes]) -> None:
    """Bodies come in pieces."""
    running = Checksum(algorithm)
    for piece in pieces:
        running.update(piece)
    assert running.value() == compute(algorithm, b"".join(pieces))
    assert len(running.digest()) == checksums.digest_bytes[algorithm]


def test_every_algorithm_of_the_model_is_known() -> None:
    """S3 adds some from time to time."""
    assert PUT_OBJECT.input is not None
    assert set(PUT_OBJECT.input.members["ChecksumAlgorithm"].shape.enum) == set(checksums.digest_bytes)


@pytest.mark.parametrize("algorithm", checksums.digest_bytes)
def test_a_kept_promise(algorithm: str) -> None:
    """What SDKs send by default: one header, and the name of the algorithm."""
    header = checksums.header_name(algorithm)
    headers = {header: compute(algorithm, CHECK), "x-amz-sdk-checksum-algorithm": algorithm}
    checksums.check(PUT_OBJECT, headers, CHECK)
    assert refusal(headers, b"other") == (
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
    )


def test_content_md5() -> None:
    """The oldest of them, checked beside any other."""
    value = base64.b64encode(hashlib.md5(CHECK, usedforsecurity=False).digest()).decode()
    checksums.check(DELETE_OBJECTS, {"content-md5": value}, CHECK)
    checksums.check(PUT_OBJECT, {"content-md5": value, "x-amz-checksum-crc32": compute("CRC32", CHECK)}, CHECK)
    assert refusal({"content-md5": value}, b"other")[0] == "BadDigest"
    assert refusal({"content-md5": "abc"}) == ("InvalidDigest", "The Content-MD5 you specified was invalid.")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"x-amz-checksum-crc32": "AAAA"}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x-amz-checksum-crc32": "é"}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x-amz-checksum-crc99": "AAAA"}, "The algorithm type you specified in x-amz-checksum- header is invalid."),
        (
            {"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-sha1": "x"},
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        (
            {"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-trailer": "x-amz-checksum-crc32"},
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        (
            {"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-sdk-checksum-algorithm": "SHA1"},
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ),
        (
            {"x-amz-sdk-checksum-algorithm": "SHA1"},
            (
                "x-amz-sdk-checksum-algorithm specified, but no corresponding "
                "x-amz-checksum-* or x-amz-trailer headers were found."
            ),
        ),
    ],
)
def test_headers_that_make_no_sense(headers: dict[str, str], words: str) -> None:
    """In the words of S3."""
    assert refusal(headers) == ("InvalidRequest", words)


def test_where_a_checksum_is_required() -> None:
    """DeleteObjects cannot be undone; GetObject has no body to check."""
    text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    assert refusal({}, to=DELETE_OBJECTS) == ("InvalidRequest", text)
    checksums.check(PUT_OBJECT, {"x-amz-checksum-mode": "ENABLED"}, CHECK)
    checksums.check(GET_OBJECT, {"x-amz-checksum-mode": "ENABLED", "content-md5": "abc"}, b"")


def test_a_promise_in_the_trailer() -> None:
    """The value comes after the data."""
    promise = expected(PUT_OBJECT, {"x-amz-trailer": "x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm": "SHA256"})
    running = promise.start()
    for checksum in running:
        checksum.update(CHECK)
    promise.check(running, {"x-amz-checksum-sha256": compute("SHA256", CHECK)})
    with pytest.raises(WireError, match="BadDigest"):
        promise.check(running, {"x-amz-checksum-sha256": compute("SHA256", b"")})
    with pytest.raises(WireError, match="Value for x-amz-checksum-sha256 trailing header is invalid"):
        promise.check(running, {})


def test_checksums_of_responses() -> None:
    """Only where the model says that the client looks for them."""
    assert checksums.response_headers(GET_OBJECT, CHECK, "CRC32") == [("x-amz-checksum-crc32", "y/Q5Jg==")]
    assert checksums.response_headers(PUT_OBJECT, CHECK, "CRC32") == []
    assert checksums.response_headers(GET_OBJECT, CHECK, None) == []


names = st.sampled_from(
    ["x-amz-checksum-crc32", "x-amz-checksum-", "x-amz-sdk-checksum-algorithm", "x-amz-trailer", "content-md5"]
)


@given(st.dictionaries(names, st.text(max_size=30)))
def test_no_headers_do_more_than_be_refused(headers: dict[str, str]) -> None:
    """Only WireError comes out."""
    for to in (PUT_OBJECT, DELETE_OBJECTS):
        with contextlib.suppress(WireError):
            checksums.check(to, headers, CHECK)
