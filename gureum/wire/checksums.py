"""Checksums of bodies: the ten algorithms of S3's flexible checksums, and Content-MD5.

A client may send one checksum of the body, in a header or after the body in a trailer (`wire.chunked`), and S3 keeps it
and gives it back.  `expected` reads what a request promises, `Checksum` computes as data passes, `Promise` compares:

    promise = expected(operation, headers)
    running = promise.start()
    … for each piece of data, for each of `running`: update …
    promise.check(running, trailers)

CRC32C, CRC64NVME and the xxHashes come from the AWS Common Runtime, which uses the CPU's instructions, and is imported
when it is first needed.  MD5 and SHA-1 are used for what they still do: finding accidents.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html and
https://smithy.io/2.0/aws/aws-core.html#aws-protocols-httpchecksum-trait.
"""

from __future__ import annotations

import binascii
import hmac
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import md5, sha1, sha256, sha512
from typing import Final, Protocol

import msgspec

from gureum.wire.errors import WireError
from gureum.wire.model import Operation

header_prefix: Final = "x-amz-checksum-"
digest_bytes: Final[Mapping[str, int]] = {
    "CRC32": 4,
    "CRC32C": 4,
    "CRC64NVME": 8,
    "MD5": 16,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
# Not one of the algorithms but a header of its own, older than they, that may stand beside one of them.
content_md5: Final = "Content-MD5"

_headers: Final = {name: header_prefix + name.lower() for name in digest_bytes}
_names: Final = {header: name for name, header in _headers.items()}
# Headers of the same family that say something about a checksum and are none.
_not_values: Final = frozenset({"x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"})


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc:
    """A CRC with the interface of hashlib."""

    def __init__(self, function: Callable[[bytes, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XxHash:
    """An xxHash with the interface of hashlib: the runtime's can be finished once only."""

    def __init__(self, name: str) -> None:
        from awscrt.checksums import XXHash

        self._state = getattr(XXHash, name)()
        self._digest: bytes | None = None

    def update(self, data: bytes, /) -> None:
        self._state.update(data)

    def digest(self) -> bytes:
        if self._digest is None:
            self._digest = self._state.finalize()
        return self._digest


class Checksum:
    """One running checksum; `algorithm` is a key of `digest_bytes`, or `content_md5`; its value is taken last."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._state = _new(algorithm)

    def update(self, data: bytes) -> None:
        """Takes in the next piece."""
        self._state.update(data)

    def digest(self) -> bytes:
        """The checksum, CRCs big-endian."""
        return self._state.digest()

    def value(self) -> str:
        """The checksum as it stands in headers: base64."""
        return b64encode(self._state.digest()).decode()


class Promise(msgspec.Struct, frozen=True):
    """What a request says about its body: base64 checksums by algorithm, and which algorithm comes in the trailer."""

    values: Mapping[str, str]
    trailing: str | None = None

    def start(self) -> list[Checksum]:
        """What has to be computed to know whether the promise is kept."""
        names = self.values if self.trailing is None else (*self.values, self.trailing)
        return [Checksum(name) for name in names]

    def check(self, computed: Iterable[Checksum], trailers: Mapping[str, str]) -> None:
        """Refuses data whose checksums are not the promised ones.  `trailers` come from the chunk decoder."""
        for checksum in computed:
            name = checksum.algorithm
            promised = trailers.get(_headers[name], "") if name == self.trailing else self.values[name]
            digest = _decode(promised, name)
            if digest is None:
                raise WireError("InvalidRequest", f"Value for {_headers[name]} trailing header is invalid.")
            if hmac.compare_digest(checksum.digest(), digest):
                continue
            if name == content_md5:
                raise WireError("BadDigest", "The Content-MD5 you specified did not match what we received.")
            raise WireError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def header_name(algorithm: str) -> str:
    """`x-amz-checksum-…` of an algorithm of any case; WireError for one that does not exist."""
    name = _headers.get(algorithm.upper())
    if name is None:
        text = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise WireError("InvalidRequest", f"{text}[{', '.join(sorted(digest_bytes))}]")
    return name


def compute(algorithm: str, data: bytes) -> str:
    """The checksum of all of `data`, in base64."""
    checksum = Checksum(algorithm)
    checksum.update(data)
    return checksum.value()


def expected(operation: Operation, headers: Mapping[str, str]) -> Promise:
    """What the headers of a request for `operation` promise about its body.

    Headers are looked at only where the model gives the operation a request checksum or demands one.  Raises WireError
    when they contradict each other, cannot be a checksum, or are missing where one is required.
    """
    required = operation.checksum_required or bool(operation.checksum.get("requestChecksumRequired"))
    flexible = "requestAlgorithmMember" in operation.checksum or operation.checksum.get("requestChecksumRequired")
    if not required and not flexible:
        return Promise({})
    values: dict[str, str] = {}
    md5_value = headers.get("content-md5")
    if md5_value is not None:
        if _decode(md5_value, content_md5) is None:
            raise WireError("InvalidDigest", "The Content-MD5 you specified was invalid.")
        values[content_md5] = md5_value
    trailing = None
    if flexible:
        value, trailing = _flexible(headers)
        values.update(value)
    if required and not values and trailing is None:
        text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        raise WireError("InvalidRequest", text)
    return Promise(values, trailing)


def check(operation: Operation, headers: Mapping[str, str], body: bytes) -> None:
    """Refuses a body, all of it at hand, that does not have the checksums which its headers promise."""
    promise = expected(operation, headers)
    running = promise.start()
    for checksum in running:
        checksum.update(body)
    promise.check(running, {})


def response_headers(operation: Operation, body: bytes, algorithm: str | None) -> list[tuple[str, str]]:
    """The header with the checksum of a response, when the model lets the operation send one of `algorithm`."""
    allowed = operation.checksum.get("responseAlgorithms", ())
    if algorithm is None or algorithm.upper() not in allowed:
        return []
    return [(header_name(algorithm), compute(algorithm.upper(), body))]


def _flexible(headers: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """The one x-amz-checksum-* value, and the algorithm whose value comes in the trailer."""
    found = [name for name in headers if name.startswith(header_prefix) and name not in _not_values]
    names = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",")]
    trailers = [name for name in names if name.startswith(header_prefix)]
    if len(found) + len(trailers) > 1:
        text = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise WireError("InvalidRequest", text)
    for header in (*found, *trailers):
        if header not in _names:
            text = "The algorithm type you specified in x-amz-checksum- header is invalid."
            raise WireError("InvalidRequest", text)
    given = _names[(*found, *trailers)[0]] if found or trailers else None
    declared = headers.get("x-amz-sdk-checksum-algorithm")
    if declared is not None:
        if given is None:
            if "content-md5" in headers:
                return {}, None
            text = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
            raise WireError("InvalidRequest", f"{text}headers were found.")
        if declared.upper() != given:
            raise WireError("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if given is None:
        return {}, None
    if trailers:
        return {}, given
    value = headers[found[0]]
    if _decode(value, given) is None:
        raise WireError("InvalidRequest", f"Value for {found[0]} header is invalid.")
    return {given: value}, None


def _decode(value: str, algorithm: str) -> bytes | None:
    """The digest that `value` stands for, or None when no digest of the algorithm does."""
    try:
        digest = b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == digest_bytes.get(algorithm, 16) else None


def _new(algorithm: str) -> _Hash:
    match algorithm:
        case "CRC32":
            return _Crc(zlib.crc32, 4)
        case "CRC32C" | "CRC64NVME":
            from awscrt import checksums as crt

            return _Crc(crt.crc32c, 4) if algorithm == "CRC32C" else _Crc(crt.crc64nvme, 8)
        case "SHA1":
            return sha1(usedforsecurity=False)
        case "SHA256":
            return sha256()
        case "SHA512":
            return sha512()
        case "MD5" | "Content-MD5":
            return md5(usedforsecurity=False)
        case "XXHASH64":
            return _XxHash("new_xxhash64")
        case "XXHASH3":
            return _XxHash("new_xxhash3_64")
        case "XXHASH128":
            return _XxHash("new_xxhash3_128")
    raise ValueError(f"no checksum is called {algorithm}")
