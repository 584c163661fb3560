"""Bodies in their wrappings, end to end: chunks, signatures of chunks, checksums and compression.

The services are the test's own, over the models of S3 and CloudWatch, in a real gateway.  What matters is what a
handler gets, and that nothing is stored of a body that is not what it promises to be.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any, TypedDict

import cbor2
import pytest
from awscrt import checksums as crt
from botocore.exceptions import ClientError
from botocore.httpchecksum import AwsChunkedWrapper, CrtCrc32cChecksum

from gureum.api.context import Context
from gureum.api.errors import ApiError
from gureum.api.service import Service, any_resource
from gureum.base import limits
from gureum.base.clock import host_ms
from gureum.state.records import Record
from gureum.state.tables import Table
from gureum.wire.http import Request
from gureum.wire.sigv4 import sign, signing_key
from tests.support.inprocess import House, serving
from tests.support.raw import TEST_KEY, Answer, ask, message, signed

CHECKED = "checked before the handler runs"
CHECKSUM_MEMBERS = (
    "ChecksumAlgorithm",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
    "ContentMD5",
)
PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256(b"").hexdigest()
DATA = bytes(range(256)) * 100


class Stored(Record, version=1):
    """An object."""

    key: str
    body: bytes


class Object(TypedDict):
    """What GetObject gives back."""

    Body: bytes


class NoSuchKey(ApiError):
    """There is no such object."""

    message = "The specified key does not exist."


_stored = Table("test/objects", Stored, key=lambda stored: (stored.key,))
objects = Service("s3")
metrics = Service("cloudwatch")


@objects.operation(
    resource=any_resource,
    harmless=dict.fromkeys((*CHECKSUM_MEMBERS, "ContentLength", "ContentType", "ContentEncoding"), CHECKED),
)
def put_object(ctx: Context, bucket: str, key: str, body: bytes = b"") -> None:
    """Keep an object."""
    _stored.put(ctx.tx, Stored(key, body))


class Tags(TypedDict):
    """S3's Tagging."""

    TagSet: list[dict[str, str]]


@objects.operation(resource=any_resource, harmless=dict.fromkeys(("ContentMD5", "ChecksumAlgorithm"), CHECKED))
def put_bucket_tagging(ctx: Context, bucket: str, tagging: Tags) -> None:
    """Keep the number of tags."""
    _stored.put(ctx.tx, Stored(bucket, str(len(tagging["TagSet"])).encode()))


@objects.operation(resource=any_resource, readonly=True, harmless={"ChecksumMode": "nothing is sent along"})
def get_object(ctx: Context, bucket: str, key: str) -> Object:
    """Give an object back."""
    found = _stored.get(ctx.tx, (key,))
    if found is None:
        raise NoSuchKey
    return {"Body": found.body}


class Datum(TypedDict, total=False):
    """A part of MetricDatum."""

    MetricName: str
    Value: float
    Timestamp: datetime


@metrics.operation(resource=any_resource)
def put_metric_data(ctx: Context, namespace: str, metric_data: list[Datum] | None = None) -> None:
    """Keep the number of data."""
    _stored.put(ctx.tx, Stored(namespace, str(len(metric_data or ())).encode()))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving(objects, metrics) as started:
        yield started


def md5(body: bytes) -> str:
    """As the header Content-MD5 has it."""
    return b64encode(hashlib.md5(body).digest()).decode()


def kept(house: House, key: str) -> bytes | None:
    """What is stored under `key`."""
    found = house.run(house.parts.store.transact(lambda tx: _stored.get(tx, (key,)), readonly=True))
    return None if found is None else found.body


class Upload:
    """A PutObject whose body is framed by the test."""

    def __init__(self, key: str, declared: str, **headers: str) -> None:
        self.path = f"/bucket/{key}"
        self.headers = {
            "host": "localhost",
            "content-encoding": "aws-chunked",
            "x-amz-content-sha256": declared,
            "x-amz-decoded-content-length": str(len(DATA)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self._now_ms = host_ms()
        self.headers |= sign(
            Request("PUT", self.path, "", self.headers, b""), TEST_KEY, "us-east-1", "s3", self._now_ms
        )
        self.date = self.headers["x-amz-date"]
        self.scope = f"{self.date[:8]}/us-east-1/s3/aws4_request"
        self.signature = self.headers["authorization"].rpartition("Signature=")[2]

    def sign(self, kind: str, *lines: str) -> str:
        """The next signature of the chain."""
        text = "\n".join((f"AWS4-HMAC-SHA256-{kind}", self.date, self.scope, self.signature, *lines))
        key = signing_key(TEST_KEY.secret_key, self.date[:8], "us-east-1", "s3")
        self.signature = hmac.digest(key, text.encode(), "sha256").hex()
        return self.signature

    def signed_body(self, chunk_bytes: int = 8192, **trailers: str) -> bytes:
        """DATA in signed chunks.  https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""
        out = b""
        for start in (*range(0, len(DATA), chunk_bytes), len(DATA)):
            chunk = DATA[start : start + chunk_bytes]
            signature = self.sign("PAYLOAD", EMPTY, hashlib.sha256(chunk).hexdigest())
            out += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        if trailers:
            lines = "".join(f"{name.replace('_', '-')}:{value}\n" for name, value in trailers.items())
            out += lines.replace("\n", "\r\n").encode()
            out += (
                f"x-amz-trailer-signature:{self.sign('TRAILER', hashlib.sha256(lines.encode()).hexdigest())}".encode()
            )
            out += b"\r\n"
        return out + b"\r\n"

    def send(self, house: House, body: bytes) -> Answer:
        return ask(house.port, message("PUT", self.path, self.headers, body))


CRC32C = b64encode(crt.crc32c(DATA).to_bytes(4, "big")).decode()


def test_signed_chunks(house: House, name: str) -> None:
    """As the SDKs for Java and Go send what they stream over plain HTTP."""
    upload = Upload(name, PLAIN)
    assert upload.send(house, upload.signed_body()).status == 200
    assert kept(house, name) == DATA


def test_signed_chunks_with_a_signed_trailer(house: House, name: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html"""
    upload = Upload(name, TRAILER, x_amz_trailer="x-amz-checksum-crc32c")
    assert upload.send(house, upload.signed_body(x_amz_checksum_crc32c=CRC32C)).status == 200
    assert kept(house, name) == DATA


def test_the_chunks_that_botocore_makes(house: House, name: str) -> None:
    """Unsigned chunks with a checksum as trailer: boto3 frames uploads so over TLS."""
    upload = Upload(name, UNSIGNED, x_amz_trailer="x-amz-checksum-crc32c")
    framed = AwsChunkedWrapper(BytesIO(DATA), CrtCrc32cChecksum, "x-amz-checksum-crc32c", chunk_size=8192).read()
    assert upload.send(house, framed).status == 200
    assert kept(house, name) == DATA


WRONG_CHUNKS: dict[str, tuple[Any, str]] = {
    "data changed": (lambda body: body.replace(DATA[:16], bytes(16), 1), "SignatureDoesNotMatch"),
    "signature changed": (
        lambda body: body.replace(b"chunk-signature=", b"chunk-signature=0", 1),
        "SignatureDoesNotMatch",
    ),
    "a chunk twice": (lambda body: body[: body.index(b"2000;", 1)] + body, "SignatureDoesNotMatch"),
    "cut": (lambda body: body[: len(body) // 2], "IncompleteBody"),
    "without its end": (lambda body: body[:-2], "IncompleteBody"),
    "more behind its end": (lambda body: body + b"more", "IncompleteBody"),
    "no framing": (lambda body: DATA, "IncompleteBody"),
    "empty": (lambda body: b"", "IncompleteBody"),
}


@pytest.mark.parametrize("how", WRONG_CHUNKS)
def test_chunks_that_are_not_what_was_signed(house: House, name: str, how: str) -> None:
    """Refused, and nothing of them is stored."""
    change, code = WRONG_CHUNKS[how]
    upload = Upload(name, PLAIN)
    answer = upload.send(house, change(upload.signed_body()))
    assert f"<Code>{code}</Code>" in answer.text
    assert answer.status in (400, 403)
    assert kept(house, name) is None


def test_a_trailer_with_a_wrong_checksum(house: House, name: str) -> None:
    """Every signature holds, but the data is not what the client had."""
    upload = Upload(name, TRAILER, x_amz_trailer="x-amz-checksum-crc32c")
    answer = upload.send(house, upload.signed_body(x_amz_checksum_crc32c="AAAAAA=="))
    assert (answer.status, "<Code>BadDigest</Code>" in answer.text) == (400, True)
    assert kept(house, name) is None


def test_a_trailer_that_was_not_announced(house: House, name: str) -> None:
    """Its name is not signed."""
    upload = Upload(name, TRAILER, x_amz_trailer="x-amz-checksum-crc32c")
    answer = upload.send(house, upload.signed_body(x_amz_checksum_sha1="AAAA"))
    assert (answer.status, "<Code>MalformedTrailerError</Code>" in answer.text) == (400, True)


def test_a_length_that_is_not_that_of_the_data(house: House, name: str) -> None:
    """x-amz-decoded-content-length is what the client believes to send."""
    upload = Upload(name, PLAIN, x_amz_decoded_content_length=str(len(DATA) + 1))
    assert upload.send(house, upload.signed_body()).status == 400
    assert kept(house, name) is None


CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: crt.crc32c(data).to_bytes(4, "big"),
    "CRC64NVME": lambda data: crt.crc64nvme(data).to_bytes(8, "big"),
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_checksums_by_boto3(house: House, name: str, algorithm: str) -> None:
    """boto3 computes what it is told to; what it is given instead is compared."""
    client = house.client("s3", s3={"addressing_style": "path"})
    client.put_object(Bucket="bucket", Key=name, Body=DATA, ChecksumAlgorithm=algorithm)
    assert client.get_object(Bucket="bucket", Key=name)["Body"].read() == DATA
    right = b64encode(CHECKSUMS[algorithm](b"right")).decode()
    client.put_object(Bucket="bucket", Key=name, Body=b"right", **{f"Checksum{algorithm}": right})
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket="bucket", Key=name, Body=b"wrong", **{f"Checksum{algorithm}": right})
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    assert algorithm in refused.value.response["Error"]["Message"]
    assert kept(house, name) == b"right"


def test_content_md5(house: House, name: str) -> None:
    """Older than the others and beside them."""
    client = house.client("s3", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    right = md5(b"right")
    client.put_object(Bucket="bucket", Key=name, Body=b"right", ContentMD5=right)
    for body, digest, code in ((b"wrong", right, "BadDigest"), (b"right", "bm8=", "InvalidDigest")):
        with pytest.raises(ClientError) as refused:
            client.put_object(Bucket="bucket", Key=name, Body=body, ContentMD5=digest)
        assert refused.value.response["Error"]["Code"] == code
    assert kept(house, name) == b"right"


def test_a_body_without_any_promise(house: House, name: str) -> None:
    """UNSIGNED-PAYLOAD and no checksum: taken as it comes, as on AWS."""
    headers = {"host": "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    path = f"/bucket/{name}"
    headers |= sign(Request("PUT", path, "", headers, b""), TEST_KEY, "us-east-1", "s3", host_ms())
    assert ask(house.port, message("PUT", path, headers, b"anything")).status == 200
    assert kept(house, name) == b"anything"


NO_CBOR = [
    b"",
    b"\xff",
    b"\xa1",
    b"\x80",
    b"\x9f" * 10_000,
    b"\xc2\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xa1\x01\x02",
    b"\xf6",
]


@pytest.mark.parametrize("body", NO_CBOR, ids=lambda body: body[:4].hex())
def test_cbor_that_is_none(house: House, body: bytes) -> None:
    """Cut, nested without end, of a length that nobody has, or not a map: the client's fault."""
    headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    answer = ask(house.port, signed("POST", path, headers, body, service="monitoring"))
    assert answer.status == 400
    assert cbor2.loads(answer.body)["__type"].rpartition("#")[2] in ("SerializationException", "ValidationException")


NO_XML = [
    b"<",
    b"nothing",
    b"<Tagging><TagSet></Tagging>",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]><Tagging>&a;</Tagging>",
    b"<a>" * 10_000,
    b"<Tagging>\xff</Tagging>",
    b"<Tagging/><Tagging/>",
]


@pytest.mark.parametrize("body", NO_XML, ids=lambda body: body[:12].decode("latin-1"))
def test_xml_that_is_none(house: House, name: str, body: bytes) -> None:
    """Not closed, nested without end, with entities: MalformedXML, as S3 says it."""
    headers = {"x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "content-md5": md5(body)}
    answer = ask(house.port, signed("PUT", f"/{name}?tagging", headers, body, service="s3"))
    assert (answer.status, "<Code>MalformedXML</Code>" in answer.text) == (400, True)


def test_xml_that_is_some(house: House, name: str) -> None:
    """The operation that the test above breaks works."""
    tags = [{"Key": "a", "Value": "<&>"}]
    house.client("s3", s3={"addressing_style": "path"}).put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    assert kept(house, name) == b"1"


def test_compressed_requests_by_boto3(house: House, name: str) -> None:
    """boto3 compresses PutMetricData from ten kilobytes on."""
    client = house.client("cloudwatch")
    data = [{"MetricName": f"metric-{number}", "Value": number} for number in range(500)]
    client.put_metric_data(Namespace=name, MetricData=data)
    assert kept(house, name) == b"500"
    (call,) = (call for call in house.recorded() if call.operation == "PutMetricData" and call.status == 200)
    assert call.bytes_in < 10_000


def test_compression_that_explodes_or_is_none(house: House, name: str) -> None:
    """A body may grow to what an uncompressed one may be, and no further; memory is bounded."""
    bomb = zlib.compressobj(9, wbits=31)
    packed = bomb.compress(bytes(limits.body_bytes_max + 1)) + bomb.flush()
    for body, status in ((packed, 413), (b"\x1f\x8bnonsense", 400)):
        headers = {
            "host": "localhost",
            "smithy-protocol": "rpc-v2-cbor",
            "content-type": "application/cbor",
            "content-encoding": "gzip",
        }
        path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
        headers |= sign(Request("POST", path, "", headers, body), TEST_KEY, "us-east-1", "monitoring", host_ms())
        assert ask(house.port, message("POST", path, headers, body)).status == status
