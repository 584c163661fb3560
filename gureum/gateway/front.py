"""From a complete HTTP request to its answer: what is an API call, and what is none.

API calls go to the gateway.  The health check and CORS preflights are answered here, and pages that may not use the
cloud are refused here, before a byte of their body is taken.  How requests come in is `connection.py`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import msgspec

from gureum.api.errors import ApiError, ForeignPage, RequestEntityTooLarge, ServiceUnavailable
from gureum.base import limits
from gureum.base.clock import host_ms
from gureum.gateway import browser
from gureum.gateway.invoke import Client, Gateway
from gureum.wire.http import Request, Response

Health = Callable[[], dict[str, Any]]


class Front:
    """What all connections of a process share.

    `secret_keys` says whether the cloud's keys are secret (`browser.py`); `health` describes the cloud.
    `buffered_bytes` are the request bodies that connections hold together.
    """

    def __init__(self, gateway: Gateway, health: Health, secret_keys: bool) -> None:
        self._gateway = gateway
        self._health = health
        self._secret_keys = secret_keys
        self._date = b""
        self._date_second = -1
        self.buffered_bytes = 0

    def objection(self, method: str, headers: Mapping[str, str]) -> ApiError | None:
        """Why a request with these headers is refused before its body is read; None when it is not."""
        if not browser.may_ask(headers, self._secret_keys) and not browser.is_preflight(method, headers):
            return ForeignPage()
        length = headers.get("content-length")
        if length is not None and int(length) > limits.body_bytes_max:
            return RequestEntityTooLarge()
        return None

    async def answer(self, request: Request, client: Client) -> Response:
        """The answer to a request that is whole."""
        headers = request.headers
        if request.path.startswith("/_gureum/"):
            return self._about(request.path)
        if browser.is_preflight(request.method, headers):
            if browser.may_ask(headers, self._secret_keys):
                return Response(200, browser.preflight_headers(headers))
            return Response(403, [])
        try:
            response = await self._gateway.invoke(request, client)
        except asyncio.CancelledError:  # the server ends and has waited long enough, as for a long poll
            response = self._gateway.refuse(request, client, ServiceUnavailable())
        if "origin" in headers:
            response.headers += browser.response_headers(headers)
        return response

    def refuse(self, request: Request, client: Client, error: ApiError) -> Response:
        """The answer to a request that cannot be taken, after which the connection ends."""
        response = self._gateway.refuse(request, client, error)
        if "origin" in request.headers and browser.may_ask(request.headers, self._secret_keys):
            response.headers += browser.response_headers(request.headers)
        return response

    def date(self) -> bytes:
        """The header `date`, which changes once a second."""
        second = host_ms() // 1000
        if second != self._date_second:
            self._date_second = second
            self._date = f"date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._date

    def _about(self, path: str) -> Response:
        if path != "/_gureum/health":
            return Response(404, [("content-type", "text/plain")], b"There is nothing here.")
        return Response(200, [("content-type", "application/json")], msgspec.json.encode(self._health()))
