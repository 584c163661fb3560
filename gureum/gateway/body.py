"""Taking a request's body out of its wrapping: `aws-chunked` framing, checksums, compression.

Which of them apply follows from the signature, the headers and the model; for most requests it is none.  The order is
that in which the client put them on, backwards: it compressed, took the checksum, framed and signed.
"""

from __future__ import annotations

import msgspec

from gureum.base import limits
from gureum.wire import checksums, chunked, compression
from gureum.wire.http import Request
from gureum.wire.model import Operation
from gureum.wire.sigv4 import SignedRequest


def unwrap(operation: Operation, request: Request, signed: SignedRequest | None, secret_key: str) -> Request:
    """`request` with the body as the protocol's parser wants it, once everything that it promises has been checked.

    Raises WireError for framing, chunk signatures, checksums and compressed data that are not what they should be.
    """
    body, headers = request.body, request.headers
    assert isinstance(body, bytes), "streams are unwrapped by who reads them"
    if signed is not None and signed.payload_hash is not None and signed.payload_hash.startswith("STREAMING-"):
        body = _unchunk(operation, request, signed, secret_key, body)
    elif operation.checksum or operation.checksum_required:
        checksums.check(operation, headers, body)
    if operation.compression:
        body = compression.decompress(operation, headers, body, limits.body_bytes_max)
    return request if body is request.body else msgspec.structs.replace(request, body=body)


def _unchunk(operation: Operation, request: Request, signed: SignedRequest, secret_key: str, body: bytes) -> bytes:
    decoder = chunked.decoder(signed, request.headers, secret_key)
    promise = checksums.expected(operation, request.headers)
    data = b"".join(decoder.feed(body))
    decoder.finish()
    running = promise.start()
    for checksum in running:
        checksum.update(data)
    promise.check(running, decoder.trailers)
    return data
