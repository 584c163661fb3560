"""The command's client against peers that are no cloud: each ends in a message, none in a traceback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from gureum.cli.client import Client, CloudError, is_healthy
from gureum.cli.errors import Failed
from gureum.cli.place import Credentials, Running

Answering = Callable[[bytes], int]
KEY = Credentials("test", "test", "000000000000")


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Listens and answers one connection with the given bytes; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def answer(data: bytes) -> int:
        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield answer
    for thread in threads:
        thread.join(10)
    listener.close()


def client(port: int) -> Client:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    return Client(Running(pid=1, host="127.0.0.1", port=port, workers=1, started=started), KEY)


def reply(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def test_a_result(answering: Answering) -> None:
    """The ordinary case."""
    assert client(answering(reply("200 OK", b'{"Now": 1.5}'))).call("GetClock") == {"Now": 1.5}


def test_an_error_has_its_code(answering: Answering) -> None:
    """Errors of JSON services may carry a namespace."""
    port = answering(reply("400 Bad Request", b'{"__type": "com.gureum#ValidationException", "message": "no"}'))
    with pytest.raises(CloudError, match="ValidationException: no"):
        client(port).call("AdvanceClock", Seconds=0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (reply("200 OK", b"<html>"), "not a Gureum cloud"),
        (reply("502 Bad Gateway", b"[]"), "not a Gureum cloud"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
    ],
)
def test_somebody_else_listens(answering: Answering, data: bytes, says: str) -> None:
    """Another program may have taken the port."""
    with pytest.raises(Failed, match=says):
        client(answering(data)).call("GetClock")


def test_nobody_is_healthy_who_is_not_there(answering: Answering) -> None:
    """The health check is asked before there is anybody, and of whoever is there."""
    assert not is_healthy("127.0.0.1", answering(reply("404 Not Found", b"")))
    assert is_healthy("127.0.0.1", answering(reply("200 OK", b"{}")))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert not is_healthy("127.0.0.1", unused.getsockname()[1])
