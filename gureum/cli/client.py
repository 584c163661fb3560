"""A client of the cloud's own service, `gureum`: JSON 1.0 over HTTP, signed with the root key.

A cloud that serves TLS is verified with its own CA and with no other.

The command asks the cloud for what it shows, through the same door as everybody else; nothing here reads its state.
Proxies of the environment are left aside: the cloud is on this machine.  Rejected: boto3, which is not a requirement
of the cloud and takes longer to load than most commands to run.

The operations are described in `gureum/services/cloud/service-2.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gureum.cli.errors import Failed
from gureum.cli.place import Credentials, Place, Running

if TYPE_CHECKING:
    import http.client

health_path = "/_gureum/health"
health_seconds_max = 2.0
call_seconds_max = 90.0
region = "us-east-1"


class CloudError(Failed):
    """An error that the cloud answered, with its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Client:
    """Calls operations of a running cloud."""

    def __init__(self, running: Running, credentials: Credentials) -> None:
        self._running = running
        self._credentials = credentials

    @classmethod
    def of(cls, place: Place) -> Client:
        """A client of the cloud that runs in `place`; NotRunning when none does."""
        return cls(place.require_running(), place.credentials())

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """The result of an operation; timestamps are seconds since 1970.  CloudError, or Failed without an answer."""
        from gureum.base.clock import host_ms
        from gureum.wire.http import Request
        from gureum.wire.sigv4 import Key, sign

        body = json.dumps(members).encode()
        headers = {
            "host": f"localhost:{self._running.port}",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"Gureum.{operation}",
        }
        key = Key(self._credentials.access_key_id, self._credentials.secret_access_key)
        headers |= sign(Request("POST", "/", "", headers, body), key, region, "gureum", host_ms())
        status, answer = self._exchange("POST", "/", headers, body)
        return _result(status, answer)

    def _exchange(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        running = self._running
        try:
            connection = connect(running.connect_host, running.port, call_seconds_max, running.ca)
            return exchange(connection, method, path, headers, body)
        except TimeoutError as error:
            raise Failed(f"the cloud at {running.endpoint} did not answer in {call_seconds_max:.0f} s") from error
        except OSError as error:
            raise Failed(f"the cloud at {running.endpoint} cannot be reached: {error}") from error


def is_healthy(host: str, port: int, ca: Path | None = None) -> bool:
    """Whether a cloud answers its health check there."""
    try:
        return exchange(connect(host, port, health_seconds_max, ca), "GET", health_path)[0] == HTTPStatus.OK
    except OSError:
        return False


def connect(host: str, port: int, seconds_max: float, ca: Path | None) -> http.client.HTTPConnection:
    """A connection, made by its first request; over TLS when there is a CA to verify it with.  OSError without it."""
    import http.client

    if ca is None:
        return http.client.HTTPConnection(host, port, timeout=seconds_max)
    import ssl

    context = ssl.create_default_context(cafile=ca)
    return http.client.HTTPSConnection(host, port, timeout=seconds_max, context=context)


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    body: bytes = b"",
) -> tuple[int, bytes]:
    """The one request of a connection: status and body.  OSError, also for what is no HTTP."""
    import http.client

    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {type(error).__name__}") from error
    finally:
        connection.close()


def _result(status: int, answer: bytes) -> dict[str, Any]:
    try:
        document = json.loads(answer or b"{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Failed(f"not a Gureum cloud? It answered {status} without JSON: {answer[:200]!r}")
    if status != HTTPStatus.OK:
        code = str(document.get("__type", status)).rpartition("#")[2]
        raise CloudError(code, str(document.get("message") or document.get("Message") or "no message"))
    return document
