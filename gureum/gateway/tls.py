"""TLS: the certificate that the cloud shows, and the door through which its clients come.

`Tls` is the certificate with its key.  Somebody else makes it (`gureum/home.py`); here it is asked for at the start
and once an hour, which renews it in time and follows the addresses of the machine.  New connections get the new one,
those that are there go on.  The context is made before workers are forked, so that they share the keys of the tickets
with which clients resume sessions.

`Door` accepts connections.  uvloop's own server would do but for two things: it does not count handshakes under way,
and it hangs up on a client that speaks plain HTTP without a word.  So the first byte is looked at and left where it is:
a handshake begins with 22 (RFC 8446, 5.1), and whoever sends a letter instead is told what is wrong.  First byte and
handshake have one time together.  A handshake that fails is the client's affair and is not logged: a line for each
would be a way to fill the disk.

Ciphers of TLS 1.2 are those with forward secrecy and authenticated encryption (RFC 9325, 4.2); TLS 1.3 has no others.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sized
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from gureum.api.certificates import CertificateError
from gureum.base import limits
from gureum.base.addresses import interface_addresses, is_loopback
from gureum.base.log import Log

log = Log("tls")

_ciphers: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_renewal_seconds: Final = 3600
_shutdown_seconds: Final = 2
_exhausted_seconds: Final = 1
_HANDSHAKE: Final = b"\x16"
_dns_name: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
_NOT_TLS: Final = b"Client sent an HTTP request to an HTTPS server.\n"
_TURNED_AWAY: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
    % (len(_NOT_TLS), _NOT_TLS)
)


class Tls:
    """The certificate and key to show; `certificate` says in which file the current ones are.

    Raises what `certificate` raises, and OSError when they cannot be read.
    """

    def __init__(self, certificate: Callable[[], Path]) -> None:
        self._certificate = certificate
        self.context = _context()
        self.renew()

    def renew(self) -> None:
        """Show new clients the current certificate."""
        self.context.load_cert_chain(self._certificate())

    async def stay_current(self) -> None:
        """Renew once in a while, for ever."""
        while True:
            try:
                self.renew()
            except (OSError, CertificateError) as error:  # the one that is loaded is good for days yet
                log.error("certificate not renewed", why=error)
            await asyncio.sleep(_renewal_seconds)


class Door:
    """Leads clients through the handshake to `connect`, as long as there are not too many of them.

    `connections` are those that have come through.
    """

    def __init__(self, tls: Tls, connect: Callable[[], asyncio.Protocol], connections: Sized) -> None:
        self._tls = tls
        self._connect = connect
        self._connections = connections
        self.handshakes: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self, sock: socket.socket) -> AsyncIterator[None]:
        """Accept connections for the length of a block; `sock` listens, and is closed in the end."""
        sock.setblocking(False)
        tasks = [asyncio.create_task(self._accept(sock)), asyncio.create_task(self._tls.stay_current())]
        try:
            yield
        finally:
            ended = [*tasks, *self.handshakes]
            for task in ended:
                task.cancel()
            await asyncio.wait(ended)
            sock.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except ConnectionError:
                continue  # it has left already
            except OSError as error:
                log.warning("no more connections", why=error)
                await asyncio.sleep(_exhausted_seconds)
                continue
            if len(self.handshakes) + len(self._connections) >= limits.connections_max:
                sock.close()
                continue
            handshake = loop.create_task(self._admit(sock))
            self.handshakes.add(handshake)
            handshake.add_done_callback(self.handshakes.discard)

    async def _admit(self, sock: socket.socket) -> None:
        try:
            async with asyncio.timeout(limits.handshake_seconds_max):
                if await _begins_handshake(sock):
                    await asyncio.get_running_loop().connect_accepted_socket(
                        self._connect, sock, ssl=self._tls.context, ssl_shutdown_timeout=_shutdown_seconds
                    )
        except OSError as error:  # TimeoutError and ssl.SSLError are some
            log.debug("no handshake", why=error)


async def _begins_handshake(sock: socket.socket) -> bool:
    """Whether a client speaks TLS; if not, the connection is closed."""
    admitted = False
    try:
        await _readable(sock)
        first = sock.recv(1, socket.MSG_PEEK)
        admitted = first == _HANDSHAKE
        if first.isalpha():
            sock.recv(limits.header_bytes_max)  # the kernel answers bytes that nobody has read with a reset
            sock.send(_TURNED_AWAY)
        return admitted
    finally:
        if not admitted:
            sock.close()


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)


def server_names(host: str, address: str) -> set[str]:
    """The names and addresses by which clients reach a server that listens on `address`, given as `host`.

    OSError when the machine does not tell its addresses.
    """
    names = {"localhost", "*.localhost", "127.0.0.1", "::1"}
    listening = ipaddress.ip_address(address.partition("%")[0])
    if listening.is_unspecified:
        names |= interface_addresses()
    else:
        names.add(str(listening))
    if not is_loopback(str(listening)):
        own = socket.gethostname().lower()
        # Multicast DNS gives the machine a name that needs no server (RFC 6762).
        names |= {name for name in (own, f"{own.partition('.')[0]}.local") if _dns_name.fullmatch(name)}
    if _dns_name.fullmatch(host.lower()) and not _is_address(host):
        names.add(host.lower())
    return names


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(_ciphers)
    context.set_alpn_protocols(["http/1.1"])
    return context
