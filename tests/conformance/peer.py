"""botocore as the other side: its serializers make requests, its parsers read responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore
import botocore.model
from botocore.awsrequest import AWSRequest, HeadersDict, prepare_request_dict
from botocore.parsers import ResponseParserFactory
from botocore.serialize import create_serializer

from gureum.wire.http import Request, Response
from gureum.wire.model import ServiceModel

DATA = Path(botocore.__file__).parent / "data"


def services() -> list[str]:
    """Every service that botocore ships a model of."""
    return sorted({path.parent.parent.name for path in DATA.glob("*/*/service-2.json.gz")})


def load(service: str) -> tuple[ServiceModel, botocore.model.ServiceModel]:
    """The newest model of a service, as ours and as botocore's."""
    import gzip

    import msgspec

    path = max((DATA / service).glob("*/service-2.json.gz"))
    document = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    return ServiceModel(service, document), botocore.model.ServiceModel(document, service)


@cache
def serializer(protocol: str) -> Any:
    """botocore's serializer; parameter validation is left out, since values here ignore patterns and ranges."""
    return create_serializer(protocol, include_validation=False)


@cache
def parser(protocol: str) -> Any:
    """botocore's response parser."""
    return ResponseParserFactory().create_parser(protocol)


def request(protocol: str, operation: botocore.model.OperationModel, value: dict[str, Any]) -> Request:
    """The request that botocore sends for a value."""
    serialized = serializer(protocol).serialize_to_request(value, operation)
    serialized.pop("host_prefix", None)
    prepare_request_dict(serialized, "https://localhost")
    sent = AWSRequest(
        method=serialized["method"], url=serialized["url"], headers=serialized["headers"], data=serialized["body"]
    ).prepare()
    body = sent.body or b""
    split = urlsplit(sent.url)
    headers = {_text(name).lower(): _text(text) for name, text in sent.headers.items()}
    return Request(sent.method, split.path, split.query, headers, body.encode() if isinstance(body, str) else body)


def parse(protocol: str, response: Response, shape: Any, raw_body: bool = False) -> dict[str, Any]:
    """What botocore reads from a response; with `raw_body` it is handed the body as a stream."""
    body = response.body
    assert raw_body or isinstance(body, bytes)
    headers = HeadersDict()
    for name, text in response.headers:
        headers[name] = text
    parts = {
        "status_code": response.status,
        "headers": headers,
        "body": RawBody(body) if raw_body else body,
        "context": {"operation_name": "Operation"},
    }
    result: dict[str, Any] = parser(protocol).parse(parts, shape)
    return result


class RawBody:
    """A response body as botocore's HTTP client would hand it over."""

    def __init__(self, body: bytes | AsyncIterator[bytes]) -> None:
        self.data = body if isinstance(body, bytes) else asyncio.run(_join(body))

    def stream(self) -> Iterator[bytes]:
        """The body in small pieces."""
        for start in range(0, len(self.data), 100):
            yield self.data[start : start + 100]

    def close(self) -> None:
        """Nothing is open."""


async def _join(body: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in body])


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
