"""A service model of a few lines, for tests of single rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from gureum.wire.http import Request, Response
from gureum.wire.model import Operation, ServiceModel

REQUEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def structure(**members: Any) -> dict[str, Any]:
    """A structure shape; a member is the name of its shape or a reference with traits."""
    references = {name: {"shape": m} if isinstance(m, str) else m for name, m in members.items()}
    return {"type": "structure", "members": references}


def service(protocol: str = "json", operation: dict[str, Any] | None = None, **shapes: Any) -> ServiceModel:
    """A service `tiny` with one operation `Do`, whose shapes are `Input` and, if given, `Output`."""
    scalars = {
        "String": "string",
        "Integer": "integer",
        "Long": "long",
        "Boolean": "boolean",
        "Double": "double",
        "Blob": "blob",
        "Timestamp": "timestamp",
    }
    metadata = {
        "apiVersion": "2026-01-31",
        "serviceId": "Tiny",
        "endpointPrefix": "tiny",
        "protocol": protocol,
        "targetPrefix": "Tiny",
        "jsonVersion": "1.1",
        "xmlNamespace": "http://tiny/",
    }
    traits: dict[str, Any] = {"name": "Do", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "Input"}}
    if "Output" in shapes:
        traits["output"] = {"shape": "Output"}
    known = {name: {"type": kind} for name, kind in scalars.items()}
    document = {
        "metadata": metadata,
        "operations": {"Do": traits | (operation or {})},
        "shapes": {"Input": structure()} | known | shapes,
    }
    return ServiceModel("tiny", document)


def do(model: ServiceModel) -> Operation:
    """The operation of a tiny service."""
    return model.operation("Do")


def request(body: bytes = b"", query: str = "", **headers: str) -> Request:
    """A POST to `/`."""
    return Request("POST", "/", query, {name.replace("_", "-"): text for name, text in headers.items()}, body)


def text(response: Response) -> str:
    """The body of a response as text."""
    assert isinstance(response.body, bytes)
    return response.body.decode()


def header(response: Response, name: str) -> str | None:
    """A response header by any case."""
    return next((value for key, value in response.headers if key.lower() == name.lower()), None)


def collect(source: AsyncIterator[Any]) -> list[Any]:
    """All items of an asynchronous iterator."""

    async def gather() -> list[Any]:
        return [item async for item in source]

    return asyncio.run(gather())


async def each(*items: Any) -> AsyncIterator[Any]:
    """An asynchronous iterator of items."""
    for item in items:
        yield item
