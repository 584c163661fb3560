"""Request bodies that the client has compressed.

The model marks the operations whose bodies may come with `Content-Encoding: gzip` (CloudWatch PutMetricData, …); for
all others the header belongs to the data (an S3 object stays as it is).  A compressed body can grow a thousandfold, so
the limit is on what comes out, and decompression stops there: memory is bounded by the limit, not by the sender.

Several gzip members after each other are one body (RFC 1952, 2.2).

Source: https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from gureum.wire.errors import WireError
from gureum.wire.model import Operation

_gzip_window: Final = 16 + zlib.MAX_WBITS
_piece_bytes: Final = 64 * 1024


class Gunzip:
    """An incremental gzip decoder that never gives out more than `output_bytes_max` bytes altogether."""

    def __init__(self, output_bytes_max: int) -> None:
        self._left = output_bytes_max
        self._member = zlib.decompressobj(_gzip_window)
        self._started = False

    def feed(self, data: bytes) -> list[bytes]:
        """The next output, in pieces.  Raises WireError for bytes that are no gzip, and above the limit."""
        pieces: list[bytes] = []
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(_gzip_window)
            self._started = True
            try:
                # One byte more than allowed tells a body at the limit from one above it.
                piece = self._member.decompress(data, min(_piece_bytes, self._left + 1))
            except zlib.error as error:
                raise _malformed() from error
            self._left -= len(piece)
            if self._left < 0:
                raise WireError("RequestEntityTooLargeException", "Request size exceeded the maximum allowed", 413)
            if piece:
                pieces.append(piece)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return pieces

    def finish(self) -> None:
        """Says that the input has ended.  Raises WireError when it was cut short."""
        if not self._started or not self._member.eof:
            raise _malformed()


def decompress(operation: Operation, headers: Mapping[str, str], body: bytes, output_bytes_max: int) -> bytes:
    """The body as the protocol's parser wants it: decompressed where the model allows it, as it is everywhere else.

    `output_bytes_max` limits the result.  Raises WireError for an encoding that the operation does not know.
    """
    allowed = operation.compression.get("encodings", ())
    encoding = headers.get("content-encoding", "").strip().lower()
    if not allowed or encoding in ("", "identity"):
        return body
    if encoding != "gzip" or "gzip" not in allowed:
        raise WireError("UnsupportedMediaType", f"Content-Encoding {encoding} is not supported", 415)
    decoder = Gunzip(output_bytes_max)
    pieces = decoder.feed(body)
    decoder.finish()
    return b"".join(pieces)


def _malformed() -> WireError:
    return WireError("SerializationException", "The request body is not valid gzip data")
