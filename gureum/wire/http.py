"""HTTP messages as values, as the protocols see them.

A streaming body (S3 objects, event streams) is an `AsyncIterator[bytes]` and passes through the codecs untouched;
every other body is `bytes`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import msgspec

Body = bytes | AsyncIterator[bytes]


class Request(msgspec.Struct, frozen=True):
    """A request as it came in.

    `path` is the raw path, still percent-encoded, without the query; `query` is the raw query string without `?`.
    `headers` has lower-case names; a header that came several times is joined with `,`, as its signature needs it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Body = b""


class Response(msgspec.Struct):
    """A response to send: header names in any case, in order; Content-Length is added by the server."""

    status: int
    headers: list[tuple[str, str]]
    body: Body = b""
