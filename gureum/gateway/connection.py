"""One client connection: HTTP/1.1 over httptools, with bounds on what it may cost.

A request is answered once it is whole; the next one waits its turn, and while requests wait nothing more is read.  The
answer is written at once, in one piece.

Bounds: request line and headers have a size, a count and a time, which runs from the first byte of a request, so that
a client which sends one byte now and then gains nothing.  The parser hands a header (or a trailer of a chunked body)
over once it is whole; what it holds until then is counted here, piece by piece.  A body has a size, a time between
two of its pieces, and a share of what all bodies together may take.  Deadlines are looked at by the server once in a
while (`expire`), because a timer for each would cost every request more than it is worth.

Whoever hangs up is gone: half-closed connections are not kept, since there is no other way to notice that the client
of a long poll has left.

Source: RFC 9112 and, for what is refused as ambiguous, its section 11.2; httptools does the parsing, strictly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Final, NoReturn, cast

import httptools

from gureum.api.errors import ApiError, RequestEntityTooLarge, RequestTimeout, ServiceUnavailable
from gureum.base import limits
from gureum.base.log import Log
from gureum.gateway.front import Front
from gureum.wire.http import Request, Response

log = Log("connection")

_NEVER: Final = float("inf")
_BODILESS: Final = (204, 304)
_STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


class State(Enum):
    """Where in a request the client is."""

    IDLE = auto()
    HEADERS = auto()
    BODY = auto()


class Incoming:
    """A request that is being read, or waits to be answered."""

    __slots__ = ("body", "error", "headers", "keep_alive", "method", "offers_upgrade", "size", "target", "version")

    def __init__(self) -> None:
        self.target = b""
        self.method = ""
        self.version = "1.1"
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.size = 0
        self.keep_alive = True
        self.offers_upgrade = False
        self.error: ApiError | None = None

    def request(self) -> Request:
        """The request as the gateway takes it."""
        url = httptools.parse_url(self.target)
        body = self.body[0] if len(self.body) == 1 else b"".join(self.body)
        path, query = (url.path or b"/").decode("latin-1"), (url.query or b"").decode("latin-1")
        return Request(self.method, path, query, self.headers, body)


class Peer:
    """The client of one request, as the gateway knows it."""

    __slots__ = ("_connection", "address", "endpoint", "secure")

    def __init__(self, connection: Connection, address: str, scheme: str, host: str) -> None:
        self._connection = connection
        self.address = address
        self.endpoint = f"{scheme}://{host}"
        self.secure = scheme == "https"

    @property
    def gone(self) -> bool:
        """Whether it has closed the connection."""
        return self._connection.lost

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the client goes away."""
        self._connection.watcher = callback


class Connection(asyncio.Protocol):
    """A connection that was accepted; `connections` is where those that are open are kept."""

    def __init__(self, front: Front, connections: set[Connection]) -> None:
        self._front = front
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._scheme = "http"
        self._address = ""
        self._state = State.IDLE
        self._incoming = Incoming()
        self._answering = self._incoming
        self._waiting: deque[Incoming] = deque()
        self._deaf = False
        self._header_bytes = 0
        self._header_count = 0
        self._held_bytes = 0
        self._in_trailers = False
        self._too_large = False
        self._deadline = _NEVER
        self._writable: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self.lost = False
        self.watcher: Callable[[], None] | None = None

    # The transport speaks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        if len(self._connections) >= limits.connections_max:
            self._transport.abort()
            return
        self._connections.add(self)
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if peer else ""
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._deadline = self._loop.time() + limits.keep_alive_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.lost = True
        self._connections.discard(self)
        self._front.buffered_bytes -= self._incoming.size + sum(incoming.size for incoming in self._waiting)
        self._waiting.clear()
        self._incoming.body.clear()
        del self._parser  # which knows this connection; in a circle both would stay until garbage is collected
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if self.watcher is not None:
            self.watcher()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._deaf:
            return
        partial = self._incoming if self._state is State.HEADERS or self._in_trailers else None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._reject()
        if partial is self._incoming and (self._state is State.HEADERS or self._in_trailers):
            self._held_bytes += len(data)
            if self._held_bytes > limits.header_bytes_max:
                self._too_large = True
                self._reject()
        elif self._state is State.BODY:
            self._deadline = self._loop.time() + limits.body_idle_seconds_max

    def pause_writing(self) -> None:
        """The client does not read."""
        self._writable = self._loop.create_future()
        self._deadline = self._loop.time() + limits.body_idle_seconds_max

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # The parser speaks.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._incoming = Incoming()
        self._state = State.HEADERS
        self._in_trailers = False
        self._header_bytes = self._header_count = self._held_bytes = 0
        self._deadline = self._loop.time() + limits.header_seconds_max

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._count(len(url))
        self._incoming.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or one trailer.  Values are ISO-8859-1, so that their octets can be had back."""
        self._header_count += 1
        if self._header_count > limits.header_count_max:
            self._give_up()
        self._count(len(name) + len(value))
        if self._in_trailers:
            return  # no signature covers them
        headers, key, text = self._incoming.headers, name.lower().decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """The body follows, or nothing."""
        incoming, parser = self._incoming, self._parser
        incoming.method = parser.get_method().decode("ascii")
        incoming.version = parser.get_http_version()
        incoming.keep_alive = incoming.version != "1.0" and parser.should_keep_alive()
        incoming.offers_upgrade = parser.should_upgrade()
        httptools.parse_url(incoming.target)  # which raises for what is none
        self._state = State.BODY
        if incoming.offers_upgrade:
            return
        objection = self._front.objection(incoming.method, incoming.headers)
        if objection is not None:
            self._fail(objection)
        elif incoming.headers.get("expect", "").lower() == "100-continue" and self.task is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_chunk_header(self) -> None:
        """A chunk follows, or the trailers after the last one."""
        self._in_trailers = True
        self._held_bytes = 0

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._in_trailers = False
        incoming, front = self._incoming, self._front
        if self._deaf or incoming.offers_upgrade:
            return
        incoming.body.append(body)
        incoming.size += len(body)
        front.buffered_bytes += len(body)
        if incoming.size > limits.body_bytes_max:
            self._fail(RequestEntityTooLarge())
        elif front.buffered_bytes > limits.buffered_bytes_max:
            self._fail(ServiceUnavailable())

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_trailers = False
        if self._deaf or self._incoming.offers_upgrade:
            return
        self._state = State.IDLE
        self._deaf = not self._incoming.keep_alive  # nothing counts that comes after the last request
        self._enqueue()

    # What is bounded.

    def expire(self, now: float) -> None:
        """End what has taken too long; `now` is the loop's time."""
        if now < self._deadline or (self.task is not None and self._writable is None):
            return
        if self._state is State.BODY and self.task is None:
            self._fail(RequestTimeout())
        else:
            self._transport.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > limits.header_bytes_max:
            self._give_up()

    def _give_up(self) -> NoReturn:
        self._too_large = True
        raise _TooLarge

    def _fail(self, error: ApiError) -> None:
        """Answer the request that is being read with `error`, and take nothing more."""
        self._incoming.error = error
        self._incoming.keep_alive = False
        self._deaf = True
        self._enqueue()

    def _reject(self) -> None:
        """Answer what is no HTTP, or too much of it, and hang up."""
        if self._deaf:
            return  # it came after the last request
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if self._too_large else HTTPStatus.BAD_REQUEST
        self._deaf = True
        if self.task is None:
            body = status.phrase.encode()
            self._write(Response(status.value, [("content-type", "text/plain")], body), body, keep_alive=False)
        self._transport.close()

    def _decline_upgrade(self, rest: bytes) -> None:
        """The client offers another protocol, as Java's does with every first request.

        Nothing is taken up (RFC 9110, 7.8), but the parser takes what follows for that protocol.  The request is read
        again without the offer; else its body would be lost, and an empty one be stored in its place.
        """
        incoming = self._incoming
        if incoming.method == "CONNECT":
            self._reject()
            return
        lines = [f"{name}: {value}\r\n" for name, value in incoming.headers.items() if name != "upgrade"]
        start = b"%s %s HTTP/%s\r\n" % (incoming.method.encode(), incoming.target, incoming.version.encode())
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(start + "".join(lines).encode("latin-1") + b"\r\n" + rest)

    # Requests are answered.

    def _enqueue(self) -> None:
        if self.task is None:
            self._start(self._incoming)
        else:
            self._waiting.append(self._incoming)
            self._transport.pause_reading()
        self._incoming = Incoming()

    def _start(self, incoming: Incoming) -> None:
        self._answering = incoming
        self.task = self._loop.create_task(self._serve(incoming))

    async def _serve(self, incoming: Incoming) -> None:
        """Answer one request, then see to the next."""
        try:
            response = await self._answer(incoming)
            await self._send(incoming, response)
        except Exception as error:  # noqa: BLE001  the client hears nothing more, the log does
            log.error("bug", cause=error)
            self._transport.abort()
        finally:
            self._front.buffered_bytes -= incoming.size
            incoming.body.clear()  # a connection that waits for its next request holds the last one
            self.watcher = None
            self.task = None
        if self.lost:
            return
        if not incoming.keep_alive:
            self._transport.close()
        elif self._waiting:
            self._start(self._waiting.popleft())
            if not self._waiting:
                self._transport.resume_reading()
        else:
            seconds = limits.keep_alive_seconds if self._state is State.IDLE else limits.header_seconds_max
            self._deadline = self._loop.time() + seconds

    async def _answer(self, incoming: Incoming) -> Response:
        request = incoming.request()
        peer = Peer(self, self._address, self._scheme, request.headers.get("host", "localhost"))
        if incoming.error is not None:
            return self._front.refuse(request, peer, incoming.error)
        return await self._front.answer(request, peer)

    async def _send(self, incoming: Incoming, response: Response) -> None:
        if self.lost:
            return
        body = response.body
        if isinstance(body, bytes):
            sent = b"" if incoming.method == "HEAD" or response.status in _BODILESS else body
            self._write(response, sent, incoming.keep_alive)
        else:
            await self._stream(incoming, response, body)
        if self._writable is not None:
            await self._writable

    def _write(self, response: Response, sent: bytes, keep_alive: bool) -> None:
        """Write a whole answer; `sent` is its body unless the request asked for none."""
        if isinstance(response.body, bytes):
            response.headers.append(("content-length", str(len(response.body))))
        if not keep_alive:
            response.headers.append(("connection", "close"))
        self._transport.write(_head(response, self._front.date()) + sent)

    async def _stream(self, incoming: Incoming, response: Response, body: AsyncIterator[bytes]) -> None:
        """Write an answer piece by piece, no faster than the client reads: in chunks, or until the connection ends."""
        chunked = incoming.version != "1.0"
        if chunked:
            response.headers.append(("transfer-encoding", "chunked"))
        self._write(response, b"", incoming.keep_alive)
        async for piece in body:
            if self.lost:
                return
            if piece and incoming.method != "HEAD":
                self._transport.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if self._writable is not None:
                await self._writable
        if chunked and incoming.method != "HEAD":
            self._transport.write(b"0\r\n\r\n")

    def finish(self) -> None:
        """The server stops: hang up, after the answer that is under way."""
        self._deaf = True
        if self.task is None:
            self._transport.close()
        self._answering.keep_alive = False


class _TooLarge(Exception):
    """Raised inside the parser, which gives up on the request."""


def _head(response: Response, date: bytes) -> bytes:
    """Status line and headers.  A line end in a header would begin another one: that is our bug."""
    status = _STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} \r\n"
    lines = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
    assert lines.count("\n") == lines.count("\r") == len(response.headers), "a header has a line end in it"
    return b"".join((status.encode(), date, lines.encode("latin-1", "replace"), b"\r\n"))
