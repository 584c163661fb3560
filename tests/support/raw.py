"""HTTP by hand: what no well-behaved client would send, and what comes back."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import NamedTuple, Self

from gureum.base.clock import host_ms
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, presign, sign

TEST_KEY = Key("test", "test")
ANSWER_SECONDS = 30.0
"""Longer than anything a test waits for; reaching it is a failure."""


class Answer(NamedTuple):
    """What a server answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Line:
    """One connection, of which every byte is the test's; over TLS when there is a CA to verify it with."""

    def __init__(self, port: int, ca: Path | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        if ca is not None:
            context = ssl.create_default_context(cafile=ca)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Send `data`, or as much of it as the other end takes before it hangs up."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def read(self, *, without_body: bool = False) -> Answer:
        """The next answer.  ConnectionError when there is none."""
        status_line = self._file.readline()
        if not status_line:
            raise ConnectionError("closed without an answer")
        headers: dict[str, str] = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if without_body else int(headers.get("content-length", 0))
        return Answer(int(status_line.split()[1]), headers, self._file.read(length))

    def ask(self, data: bytes) -> Answer:
        """Send and read."""
        self.send(data)
        return self.read()

    def is_closed(self) -> bool:
        """Whether the other end hangs up, rather than to say more; waits until it does one of the two."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def ask(port: int, data: bytes, ca: Path | None = None) -> Answer:
    """One exchange on a connection of its own."""
    with Line(port, ca) as line:
        return line.ask(data)


def message(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as bytes; Host and Content-Length are added where they are missing."""
    given = {name.lower(): value for name, value in headers.items()}
    fields = {"host": "localhost", "content-length": str(len(body)), **given}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def signed(
    method: str,
    target: str,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    service: str,
    key: Key = TEST_KEY,
    at_ms: int | None = None,
) -> bytes:
    """A signed request as bytes."""
    path, _, query = target.partition("?")
    fields = {"host": "localhost", **headers}
    added = sign(
        Request(method, path, query, fields, body), key, "us-east-1", service, host_ms() if at_ms is None else at_ms
    )
    return message(method, target, {**fields, **added}, body)


def presigned(
    target: str,
    *,
    service: str,
    key: Key = TEST_KEY,
    at_ms: int | None = None,
    seconds: int = 60,
) -> str:
    """A presigned target for GET from `localhost`."""
    path, _, query = target.partition("?")
    request = Request("GET", path, query, {"host": "localhost"})
    return f"{path}?{presign(request, key, 'us-east-1', service, host_ms() if at_ms is None else at_ms, seconds)}"


def identity(
    key: Key = TEST_KEY, at_ms: int | None = None, body: str = "", headers: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """GetCallerIdentity, signed: the smallest call there is."""
    content = (body or "Action=GetCallerIdentity&Version=2011-06-15").encode()
    fields = {"content-type": "application/x-www-form-urlencoded", **headers}
    return signed("POST", "/", fields, content, service="sts", key=key, at_ms=at_ms)


def control(operation: str, body: bytes = b"{}", key: Key = TEST_KEY, at_ms: int | None = None) -> bytes:
    """A call of the cloud's own service, signed."""
    fields = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"Gureum.{operation}"}
    return signed("POST", "/", fields, body, service="gureum", key=key, at_ms=at_ms)
