"""Sockets, and what serves on them: connections (`connection.py`), their deadlines, and a graceful end.

Over TLS connections come through a door of their own (`tls.py`).

Several worker processes listen on the same port with SO_REUSEPORT, and the kernel spreads connections over them.  A
port that somebody else has is refused first, because SO_REUSEPORT would share it silently.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from gureum.gateway.connection import Connection
from gureum.gateway.front import Front
from gureum.gateway.tls import Door, Tls

_backlog: Final = 2048
_shutdown_seconds: Final = 2
_sweep_seconds: Final = 0.5
_signals: Final = (signal.SIGTERM, signal.SIGINT)


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` sockets that listen on the same address.  OSError when it is taken."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    first = _bind(family, address, share=False)
    if count == 1:
        first.listen(_backlog)
        return [first]
    address = first.getsockname()
    first.close()
    sockets = [_bind(family, address, share=True) for _ in range(count)]
    for sock in sockets:
        sock.listen(_backlog)
    return sockets


class Server:
    """Serves on a socket that is already open, until it is told to stop; with `tls` nothing but TLS."""

    def __init__(self, front: Front, tls: Tls | None = None) -> None:
        self._front = front
        self._tls = tls
        self._stopping = asyncio.Event()
        self.connections: set[Connection] = set()

    def stop(self) -> None:
        """End `serve`: at first gracefully, at the second call at once."""
        if self._stopping.is_set():
            for connection in self.connections:
                connection.abort()
        self._stopping.set()

    async def serve(self, sock: socket.socket, ready: Callable[[], None]) -> None:
        """Accept connections, and call `ready` once that is so.  SIGTERM and SIGINT stop it."""
        loop = asyncio.get_running_loop()
        for number in _signals:
            loop.add_signal_handler(number, self.stop)
        try:
            async with self._accepting(sock):
                sweeper = asyncio.create_task(self.sweep(), name="deadlines")
                ready()
                await self._stopping.wait()
            await self.finish()
            sweeper.cancel()
        finally:
            for number in _signals:
                loop.remove_signal_handler(number)

    @asynccontextmanager
    async def _accepting(self, sock: socket.socket) -> AsyncIterator[None]:
        if self._tls is not None:
            async with Door(self._tls, self.connect, self.connections).open(sock):
                yield
            return
        server = await asyncio.get_running_loop().create_server(self.connect, sock=sock, backlog=_backlog)
        try:
            yield
        finally:
            server.close()

    def connect(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(self._front, self.connections)

    async def sweep(self) -> None:
        """End what has taken too long, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_sweep_seconds)
            now = loop.time()
            for connection in tuple(self.connections):
                connection.expire(now)

    async def finish(self) -> None:
        """Hang up on everybody, once the answers under way are out or have taken too long."""
        for connection in tuple(self.connections):
            connection.finish()
        await self._answered()
        for connection in self.connections:
            if connection.task is not None:
                connection.task.cancel()
        await self._answered()

    async def _answered(self) -> None:
        tasks = [connection.task for connection in self.connections if connection.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_shutdown_seconds)


def _bind(family: int, address: object, share: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if share:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind(address)  # type: ignore[arg-type]  # as getaddrinfo gave it
    except OSError:
        sock.close()
        raise
    return sock
