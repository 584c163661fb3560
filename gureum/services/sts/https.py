"""Asking identity providers: GET over HTTPS, bounded in time and in size.

A server is trusted when its certificate comes from a CA that this system trusts.  If it does not, it is trusted for the
thumbprints that were registered with the provider: the SHA-1 digest of a certificate in the chain that the server
presents.  Since anybody can present a certificate that is not his own in a chain, the certificate with that digest is
not only looked for: it becomes the one root of trust for a second connection, in which the TLS library verifies names,
times and signatures down from it as it always does.

There are no redirects, no cookies, no proxies and no connections that are kept.  What a provider answers is shown to
nobody, so it cannot be used to look at what only this host can see.  Providers on this machine and in its networks are
asked: a cloud of one's own is for them too.  Addresses that are good on one link only are not: there are the metadata
services of the clouds that this one may run in.  The address that was looked at is the one that is connected to.

Rejected: a library for HTTP (httptools parses already, and none of them gives access to the presented chain), threads
(http.client bounds each wait, not all of them together).
Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
import socket
import ssl
import sys
from collections.abc import Collection
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import httptools

_seconds_max: Final = 5.0
_body_bytes_max: Final = 256 * 1024
_head_bytes_max: Final = 32 * 1024
_chunk_bytes: Final = 64 * 1024
_port: Final = 443
_ok: Final = 200
_plain: Final = re.compile(r"[!-~]+")
"""Characters that cannot end a line or a word of the request."""


class Unreachable(Exception):
    """No answer, not in time, or not one that can be used; the text says why."""


class Untrusted(Exception):
    """The server has neither a certificate that this system trusts nor one with a registered thumbprint."""


class Answer:
    """The body of a successful answer, and its headers with names in lower case."""

    __slots__ = ("_bytes", "_parser", "body", "complete", "headers", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.complete = False
        self._bytes = 0
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take over bytes of the connection.  Raises Unreachable."""
        self._bytes += len(data)
        if self._bytes > _body_bytes_max + _head_bytes_max:
            raise Unreachable("the answer is too large")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise Unreachable("the answer is not HTTP") from error

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self.body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.status = self._parser.get_status_code()
        self.complete = True


async def get(url: str, thumbprints: Collection[str]) -> Answer:
    """What `url` answers.  Raises Unreachable and Untrusted."""
    try:
        async with asyncio.timeout(_seconds_max):
            try:
                return await _exchange(url, _system_trust())
            except ssl.SSLCertVerificationError as error:
                return await _exchange(url, await _registered_trust(url, thumbprints, error))
    except (OSError, TimeoutError, ValueError) as error:  # ValueError: a URL that is none
        raise Unreachable(str(error) or type(error).__name__) from error


async def _registered_trust(url: str, thumbprints: Collection[str], error: Exception) -> ssl.SSLContext:
    """Trust in the certificate of the presented chain that has one of `thumbprints`.  Raises Untrusted."""
    wanted = {thumbprint.lower() for thumbprint in thumbprints}
    for certificate in await _presented(url):
        if hashlib.sha1(certificate, usedforsecurity=False).hexdigest() in wanted:
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.load_verify_locations(cadata=certificate)
            trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it need not be a root
            try:
                await _close(await _connect(url, trust))
            except ssl.SSLCertVerificationError as invalid:
                raise Untrusted from invalid
            return trust
    raise Untrusted from error


async def _presented(url: str) -> list[bytes]:
    """The certificates that the server presents, unverified."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    connection = await _connect(url, blind)
    tls: Any = connection[1].get_extra_info("ssl_object")
    await _close(connection)
    if sys.version_info >= (3, 13):
        return list(tls.get_unverified_chain())
    return [certificate.public_bytes(_der) for certificate in tls._sslobj.get_unverified_chain()]  # public since 3.13


_der: Final = 2
"""`_ssl.ENCODING_DER`."""


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _exchange(url: str, trust: ssl.SSLContext) -> Answer:
    parts = urlsplit(url)
    connection = await _connect(url, trust)
    reader, writer = connection
    answer = Answer()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    try:
        writer.write(head.encode("ascii"))
        while not answer.complete:
            data = await reader.read(_chunk_bytes)
            if not data:
                raise Unreachable("the answer is not whole")
            answer.feed(data)
    finally:
        await _close(connection)
    if answer.status != _ok:
        raise Unreachable(f"the answer has the status {answer.status}")
    return answer


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connect(url: str, trust: ssl.SSLContext) -> Connection:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or not _plain.fullmatch(url):
        raise Unreachable("not an https URL")
    port = parts.port or _port
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    if any(map(_is_link_local, addresses)):
        raise Unreachable("an address that is good on this link only")
    for address in addresses[:-1]:
        try:
            return await asyncio.open_connection(address, port, ssl=trust, server_hostname=parts.hostname)
        except ConnectionError:
            continue  # nobody listens there
    return await asyncio.open_connection(addresses[-1], port, ssl=trust, server_hostname=parts.hostname)


def _is_link_local(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return (getattr(address, "ipv4_mapped", None) or address).is_link_local


async def _close(connection: Connection) -> None:
    """Let go at once: nothing that is still to come matters."""
    connection[1].transport.abort()
