"""What a connection may cost: time and bytes, measured in jumping time over real sockets."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from gureum.base import limits
from gureum.gateway.connection import Connection, Incoming
from gureum.services.sts import sts
from tests.support import jumping
from tests.support.inprocess import Parts
from tests.support.raw import identity

Talk = Callable[["Wire"], Awaitable[None]]

HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\n"
HEALTH = b"GET /_gureum/health HTTP/1.1\r\nhost: localhost\r\n\r\n"


class Wire:
    """One connection, and the time on the loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer, which is read whole."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await self.reader.readexactly(length)
        return int(head.split()[1])

    async def closed_after(self) -> float:
        """Seconds until the server hangs up without a word."""
        start = self.now()
        with suppress(ConnectionResetError):  # an aborted connection may say so
            assert await self.reader.read() == b""
        return self.now() - start

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()


def talk(conversation: Talk) -> None:
    """Have `conversation` with a server in jumping time."""

    async def with_wire(parts: Parts, wire: Wire) -> None:
        await conversation(wire)

    talk_with(with_wire)


def talk_with(conversation: Callable[[Parts, Wire], Awaitable[None]]) -> None:
    """The same, for a conversation that also looks at the server."""

    async def work() -> None:
        parts = Parts([sts])
        await parts.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        try:
            await conversation(parts, Wire(reader, writer))
        finally:
            writer.close()
            await parts.close()

    jumping.run(work())


def test_a_client_that_says_nothing_is_hung_up_on() -> None:
    """An open connection costs memory."""

    async def conversation(wire: Wire) -> None:
        assert await wire.closed_after() == pytest.approx(limits.keep_alive_seconds, abs=1)

    talk(conversation)


def test_headers_have_a_time() -> None:
    """A client that begins and does not go on."""

    async def conversation(wire: Wire) -> None:
        await wire.send(HEAD)
        assert await wire.closed_after() == pytest.approx(limits.header_seconds_max, abs=1)

    talk(conversation)


def test_headers_that_drip_have_the_same_time() -> None:
    """A byte now and then must not buy more: that is how slowloris holds connections."""

    async def conversation(wire: Wire) -> None:
        start = wire.now()
        await wire.send(HEAD + b"x: ")
        while wire.now() - start < limits.header_seconds_max - 2:
            await jumping.pause(1)
            await wire.send(b"y")
        assert await wire.closed_after() <= 2.5

    talk(conversation)


def test_blank_lines_do_not_hold_a_connection() -> None:
    """RFC 9112 2.2 lets them come before a request; a connection that sends nothing else is idle."""

    async def conversation(wire: Wire) -> None:
        await wire.send(HEALTH)
        assert await wire.status() == 200
        await wire.send(b"\r\n")
        assert await wire.closed_after() == pytest.approx(limits.keep_alive_seconds, abs=1)

    talk(conversation)


def test_a_connection_is_kept_between_requests() -> None:
    """The header's time begins with each request, not with the connection."""

    async def conversation(wire: Wire) -> None:
        for _ in range(4):
            await jumping.pause(limits.header_seconds_max + 5)
            await wire.send(HEALTH)
            assert await wire.status() == 200
        assert await wire.closed_after() == pytest.approx(limits.keep_alive_seconds, abs=1)

    talk(conversation)


def test_a_body_that_stops_is_answered() -> None:
    """RequestTimeout, as S3 says it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

    async def conversation(wire: Wire) -> None:
        await wire.send(HEAD + b"content-length: 10\r\n\r\nhalf")
        start = wire.now()
        assert await wire.status() == 400
        assert wire.now() - start == pytest.approx(limits.body_idle_seconds_max, abs=1)
        assert await wire.closed_after() < 1

    talk(conversation)


def test_a_slow_body_that_goes_on_is_taken() -> None:
    """Slow is not stopped: the time is between two pieces."""

    async def conversation(wire: Wire) -> None:
        head, _, body = identity().partition(b"\r\n\r\n")
        await wire.send(head + b"\r\n\r\n")
        for piece in (body[:1], body[1:2], body[2:]):
            await jumping.pause(limits.body_idle_seconds_max - 1)
            await wire.send(piece)
        assert await wire.status() == 200

    talk(conversation)


def test_all_bodies_together_have_a_size() -> None:
    """What connections hold is bounded: 503, which clients try again, and the next one is served once there is room."""

    async def conversation(parts: Parts, wire: Wire) -> None:
        parts.front.buffered_bytes += limits.buffered_bytes_max
        await wire.send(identity())
        assert await wire.status() == 503
        parts.front.buffered_bytes -= limits.buffered_bytes_max
        assert await wire.closed_after() < 1
        assert parts.front.buffered_bytes == 0

    talk_with(conversation)


def test_a_body_is_let_go_with_its_answer() -> None:
    """A kept connection that held its last body would hold what no bound counts any more."""

    async def conversation(wire: Wire) -> None:
        await wire.send(identity(body="x" * 100_000))
        await wire.status()
        assert not [held for held in gc.get_objects() if isinstance(held, Incoming) and held.body]

    talk(conversation)


def test_a_connection_that_ended_is_gone() -> None:
    """At once: over TLS it may hold half a megabyte, and the garbage collector counts objects and not bytes."""

    async def conversation(parts: Parts, wire: Wire) -> None:
        await wire.send(HEALTH)
        assert await wire.status() == 200
        connections = [weakref.ref(connection) for connection in parts.server.connections]
        gc.disable()
        try:
            wire.writer.close()
            await jumping.pause(1)
            assert [connection() for connection in connections] == [None]
        finally:
            gc.enable()

    talk_with(conversation)


def test_there_are_not_too_many_connections() -> None:
    """One more is hung up on at once, and those that are there go on."""

    async def conversation(parts: Parts, wire: Wire) -> None:
        others = {Connection(parts.front, set()) for _ in range(limits.connections_max)}
        parts.server.connections.update(others)
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        assert await Wire(reader, writer).closed_after() < 1
        writer.close()
        parts.server.connections.difference_update(others)
        await wire.send(HEALTH)
        assert await wire.status() == 200

    talk_with(conversation)


ENDLESS = {
    "url": b"GET /",
    "header": HEAD + b"x: ",
    "trailer": HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: ",
}


@pytest.mark.parametrize("part", ENDLESS)
def test_memory_is_bounded_though_a_header_never_ends(part: str) -> None:
    """The parser gives a header out when it is whole; what it holds until then counts."""

    async def conversation(wire: Wire) -> None:
        await wire.send(ENDLESS[part])
        sent = 0
        try:
            while sent < 64 * limits.header_bytes_max:
                await wire.send(b"y" * 4096)
                sent += 4096
                await asyncio.sleep(0)
        except ConnectionError:
            pass  # it was told to stop
        assert sent < 16 * limits.header_bytes_max

    talk(conversation)
