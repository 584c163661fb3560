"""`aws-chunked`: the framing in which S3 clients stream a body whose hash they do not know when they sign.

    size-in-hex[;chunk-signature=SIGNATURE] CRLF  data CRLF  …  0[;chunk-signature=SIGNATURE] CRLF
    [trailer:value CRLF …] [x-amz-trailer-signature:SIGNATURE CRLF]  CRLF

Each signature covers its chunk and the signature before it, the first one that of the request; so chunks can be neither
changed nor dropped, repeated or reordered, and the empty chunk seals the end.

The decoder does no I/O: `feed` takes bytes as they come and returns the payload in them, `finish` says that no more
comes.  Memory stays bounded whatever the chunk size, as data is handed out before its chunk's signature can be checked.
Therefore the caller must treat what it got as doubtful until `finish` has returned: write it where it can be thrown
away, and publish it only then.  Rejected: buffering a chunk until it is verified, as a chunk may be 5 GiB.

Trailers are given as they came; comparing a checksum among them with the data is `wire.checksums`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html, and for the padding of SigV4A signatures
https://github.com/awslabs/aws-c-auth.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from gureum.wire.errors import WireError
from gureum.wire.sigv4 import empty_sha256, signing_key
from gureum.wire.sigv4_parse import SignedRequest, mismatch

line_bytes_max: Final = 1024
trailer_bytes_max: Final = 8192
chunk_bytes_min: Final = 8192
payload_bytes_max: Final = 5 * 1024**3

_padding: Final = "*"
_trailer_signature: Final = "x-amz-trailer-signature"
_head: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([0-9A-Fa-f]+\**))?")
_trailer_name: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


class Chain:
    """The chain of signatures through one body: each new one is checked against the one before."""

    def __init__(self, signed: SignedRequest, secret_key: str) -> None:
        self._ecdsa = "ECDSA" in (signed.payload_hash or "")
        self._access_key_id = signed.access_key_id
        self._secret_key = secret_key
        self._key = b"" if self._ecdsa else signing_key(secret_key, signed.date, signed.region, signed.service)
        self._algorithm = "AWS4-ECDSA-P256-SHA256" if self._ecdsa else "AWS4-HMAC-SHA256"
        self._scope = f"{signed.timestamp}\n{signed.scope}"
        self._previous = signed.signature

    def check_chunk(self, data_sha256: str, signature: str) -> None:
        """Refuses a chunk whose data (its SHA-256 in hex) was not signed after what came before."""
        self._check(
            f"{self._algorithm}-PAYLOAD\n{self._scope}\n{self._previous}\n{empty_sha256}\n{data_sha256}", signature
        )

    def check_trailer(self, trailers_sha256: str, signature: str) -> None:
        """Refuses trailers (the SHA-256 of their canonical form) that were not signed after what came before."""
        self._check(f"{self._algorithm}-TRAILER\n{self._scope}\n{self._previous}\n{trailers_sha256}", signature)

    def _check(self, text: str, signature: str) -> None:
        signature = signature.rstrip(_padding)
        if self._ecdsa:
            from gureum.wire import sigv4a

            if not sigv4a.verify(self._access_key_id, self._secret_key, text.encode(), signature):
                raise mismatch(True)
        elif not hmac.compare_digest(hmac.digest(self._key, text.encode(), "sha256").hex(), signature):
            raise mismatch(True)
        self._previous = signature


class ChunkDecoder:
    """Takes one `aws-chunked` body apart.  `trailers` is complete after `finish`; names are lower-case."""

    def __init__(self, length_bytes: int, chain: Chain | None, trailer_names: frozenset[str] | None) -> None:
        """`length_bytes` is x-amz-decoded-content-length; `trailer_names` None means that none may come."""
        self.trailers: dict[str, str] = {}
        self._left = length_bytes
        self._chain = chain
        self._trailer_names = trailer_names
        self._state = self._read_head
        self._line = bytearray()
        self._chunk_left = 0
        self._small = 0
        self._chunks = 0
        self._signature = ""
        self._hash = sha256()
        self._trailer_bytes = 0
        self._trailer_signature: str | None = None
        self._done = False

    def feed(self, data: bytes) -> list[bytes]:
        """The payload in `data`; doubtful until `finish` has returned.  Raises WireError."""
        payload: list[bytes] = []
        position = 0
        while position < len(data):
            if self._done:
                raise _incomplete()
            if self._chunk_left:
                piece = data[position : position + self._chunk_left]
                position += len(piece)
                self._chunk_left -= len(piece)
                if self._chain is not None:
                    self._hash.update(piece)
                payload.append(piece)
                if not self._chunk_left:
                    self._state = self._read_end
                continue
            end = data.find(b"\n", position) + 1
            self._line += data[position : end or len(data)]
            if len(self._line) > line_bytes_max:
                raise _incomplete()
            if not end:
                break
            position = end
            if not self._line.endswith(b"\r\n"):
                # Some clients end a trailer's value with LF before its CRLF; no other line may hold a bare LF.
                if self._state == self._read_trailer:
                    continue
                raise _incomplete()
            line = bytes(self._line[:-2])
            self._line.clear()
            self._state(line)
        return payload

    def finish(self) -> None:
        """Says that the body has ended.  Raises WireError unless it was complete, all of it signed."""
        if not self._done:
            raise _incomplete()

    def _read_head(self, line: bytes) -> None:
        match = _head.fullmatch(line)
        if match is None:
            raise _incomplete()
        size = int(match[1], 16)
        self._signature = (match[2] or b"").decode()
        if (self._chain is None) != (match[2] is None):
            raise _incomplete() if self._chain is None else mismatch(True)
        self._left -= size
        if self._left < 0:
            raise _incomplete()
        self._chunks += 1
        if size:
            if self._small:
                raise WireError(
                    "InvalidChunkSizeError",
                    f"Only the last chunk is allowed to have a size less than {chunk_bytes_min} bytes",
                )
            self._small = size if size < chunk_bytes_min else 0
            self._chunk_left = size
            return
        if self._left:
            raise _incomplete()
        self._check_chunk()
        self._state = self._read_last if self._trailer_names is None else self._read_trailer

    def _read_end(self, line: bytes) -> None:
        """After a chunk's data there is an empty line."""
        if line:
            raise _incomplete()
        self._check_chunk()
        self._state = self._read_head

    def _read_last(self, line: bytes) -> None:
        """After the empty chunk of a body without trailers there is an empty line."""
        if line:
            raise _malformed_trailer()
        self._done = True

    def _read_trailer(self, line: bytes) -> None:
        if not line:
            self._check_trailers()
            self._done = True
            return
        self._trailer_bytes += len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or self._trailer_bytes > trailer_bytes_max or self._trailer_signature is not None:
            raise _malformed_trailer()
        if name == _trailer_signature:
            self._trailer_signature = value.strip()
            return
        assert self._trailer_names is not None
        if name in self.trailers or name not in self._trailer_names or not _trailer_name.fullmatch(name):
            raise _malformed_trailer()
        self.trailers[name] = value.strip()

    def _check_chunk(self) -> None:
        if self._chain is not None:
            self._chain.check_chunk(self._hash.hexdigest(), self._signature)
            self._hash = sha256()

    def _check_trailers(self) -> None:
        if self._trailer_names is not None and self.trailers.keys() != self._trailer_names:
            raise _malformed_trailer()
        if self._chain is None:
            if self._trailer_signature is not None:
                raise _malformed_trailer()
            return
        if self._trailer_signature is None or not self._trailer_signature.isascii():
            raise mismatch(True)
        canonical = "".join(f"{name}:{value}\n" for name, value in sorted(self.trailers.items()))
        self._chain.check_trailer(sha256(canonical.encode("latin-1")).hexdigest(), self._trailer_signature)


def decoder(signed: SignedRequest, headers: Mapping[str, str], secret_key: str) -> ChunkDecoder:
    """The decoder for the body of a request whose own signature has been verified.

    Raises WireError when the headers that go with the framing are missing or wrong.
    """
    declared = signed.payload_hash or ""
    trailing = declared.endswith("-TRAILER")
    length = headers.get("x-amz-decoded-content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise WireError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if int(length) > payload_bytes_max:
        raise WireError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    names = frozenset(filter(None, (name.strip().lower() for name in headers.get("x-amz-trailer", "").split(","))))
    if names and not trailing:
        raise _malformed_trailer()
    chain = None if declared.startswith("STREAMING-UNSIGNED") else Chain(signed, secret_key)
    return ChunkDecoder(int(length), chain, names if trailing else None)


def _incomplete() -> WireError:
    return WireError("IncompleteBody", "The request body terminated unexpectedly")


def _malformed_trailer() -> WireError:
    text = "The request contained trailing data that was not well-formed or did not conform to our published schema."
    return WireError("MalformedTrailerError", text)
