"""TLS from outside: stock clients verify it, everything else is turned away, and nobody can hold it up."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import SSLError

from gureum.base import limits
from gureum.base.addresses import interface_addresses
from gureum.gateway.connection import Connection, Peer
from gureum.gateway.tls import Door, Tls, server_names
from gureum.home import Home
from tests.support import jumping
from tests.support.clouds import Cloud, running
from tests.support.raw import Line, ask, identity

HEALTH = b"GET /_gureum/health HTTP/1.1\r\nhost: localhost\r\n\r\n"
PATIENCE = 20_000
"""How often something is looked for that comes within seconds."""


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of two workers that serves TLS on loopback."""
    with running(tmp_path_factory.mktemp("tls") / "data", tls=True, workers=2) as started:
        yield started


def ca_of(cloud: Cloud) -> Path:
    return cloud.data / "ca" / "ca.pem"


def boto(cloud: Cloud, service: str, ca: Path, host: str = "localhost") -> Any:
    """A client that trusts `ca` and nothing else."""
    return boto3.Session().client(
        service,
        endpoint_url=f"https://{host}:{cloud.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        verify=str(ca),
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_boto3_verifies_it(secure: Cloud, host: str) -> None:
    """By name and by address, with the CA as the only thing to set."""
    assert boto(secure, "sts", ca_of(secure), host).get_caller_identity()["Account"] == "000000000000"


def test_addresses_that_the_cloud_gives_out_are_https(secure: Cloud, name: str) -> None:
    """A client follows a queue's URL; over plain HTTP it would get nowhere."""
    sqs = boto(secure, "sqs", ca_of(secure))
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url.startswith(f"https://localhost:{secure.port}/")
    body = "구름" * 40_000
    sqs.send_message(QueueUrl=url, MessageBody=body)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == body
    assert secure.call("DescribeCloud")["Endpoint"] == f"https://localhost:{secure.port}"


def test_a_client_with_another_ca_refuses_it(secure: Cloud, tmp_path: Path) -> None:
    """Another cloud's CA, or the world's: this one is in neither."""
    Home(tmp_path).server_certificate({"localhost"})
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        boto(secure, "sts", tmp_path / "ca" / "ca.pem").get_caller_identity()
    with pytest.raises(ssl.SSLCertVerificationError), handshake(secure, ssl.create_default_context()):
        pass


def test_plain_http_is_told_what_is_wrong(secure: Cloud) -> None:
    """Else `curl http://...` sees an empty reply, and its user looks for the fault elsewhere."""
    answer = ask(secure.port, identity())
    assert (answer.status, answer.body) == (400, b"Client sent an HTTP request to an HTTPS server.\n")


def test_what_is_neither_is_hung_up_on(secure: Cloud) -> None:
    """There is nothing to say to it."""
    with socket.create_connection(("127.0.0.1", secure.port), 30) as line:
        line.sendall(b"\x00\x01\x02")
        with suppress(ConnectionResetError):
            assert line.recv(100) == b""


def handshake(cloud: Cloud, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    """A connection after its handshake."""
    line = socket.create_connection(("127.0.0.1", cloud.port), 30)
    try:
        return context.wrap_socket(line, server_hostname="localhost", session=session)
    except OSError:
        line.close()
        raise


def trusting(cloud: Cloud) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_of(cloud))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_and_protocol(secure: Cloud, version: ssl.TLSVersion) -> None:
    """TLS 1.2 and 1.3; of what clients offer above it, HTTP/1.1 is chosen."""
    context = trusting(secure)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(secure, context) as line:
        assert line.selected_alpn_protocol() == "http/1.1"
        assert line.version() == version.name.replace("_", ".")


@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"])
def test_weak_ciphers_are_refused(secure: Cloud, ciphers: str) -> None:
    """No forward secrecy, or no authenticated encryption: RFC 9325, 4.1 and 4.2."""
    context = trusting(secure)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    with pytest.raises(OSError), handshake(secure, context):  # noqa: PT011  an alert or a reset
        pass


def test_workers_resume_each_others_sessions(secure: Cloud) -> None:
    """The kernel sends a client that comes again to any of them; a ticket of one is good at the other."""
    context = trusting(secure)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with handshake(secure, context) as line:
        session = line.session
    reused = []
    for _ in range(16):
        with handshake(secure, context, session) as line:
            reused.append(line.session_reused)
    assert all(reused)


def test_requests_follow_each_other_on_one_connection(secure: Cloud) -> None:
    """Kept alive and pipelined, as without TLS."""
    with Line(secure.port, ca_of(secure)) as line:
        line.send(HEALTH * 3)
        assert [line.read().status for _ in range(3)] == [200] * 3


def test_failed_handshakes_leave_nothing_behind(tmp_path: Path) -> None:
    """No file stays open, no key gets into the log, and nothing alarming either."""
    with running(tmp_path / "data", tls=True) as cloud:
        files = Path(f"/proc/{cloud.process.pid}/fd")
        assert ask(cloud.port, HEALTH, ca_of(cloud)).status == 200
        before = len(os.listdir(files))  # noqa: PTH208  only their number counts
        client_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        for data in (b"", b"\x16", client_hello, client_hello + bytes(505), b"GET / HTTP/1.0\r\n\r\n") * 10:
            with socket.create_connection(("127.0.0.1", cloud.port), 30) as line:
                line.sendall(data)
        for _ in range(10):
            with pytest.raises(ssl.SSLError), handshake(cloud, ssl.create_default_context()):
                pass
        assert any(len(os.listdir(files)) <= before for _ in range(PATIENCE))  # noqa: PTH208
        assert ask(cloud.port, HEALTH, ca_of(cloud)).status == 200
    assert not any(word in cloud.log() for word in ("ERROR", "WARNING", "Traceback", "PRIVATE KEY"))


def test_a_cloud_ends_while_hands_are_shaken(tmp_path: Path) -> None:
    """Clients that take their time do not hold up its end."""
    with running(tmp_path / "data", tls=True) as cloud:
        silent = [socket.create_connection(("127.0.0.1", cloud.port), 30) for _ in range(5)]
        silent[0].sendall(b"\x16")
        established = handshake(cloud, trusting(cloud))
        cloud.stop()
        assert cloud.process.returncode == 0
        for line in (*silent, established):
            line.close()
    assert "Traceback" not in cloud.log()


def test_a_ca_that_cannot_sign_stops_the_start(tmp_path: Path) -> None:
    """With a line in the log that names the remedy."""
    data = tmp_path / "data"
    Home(data).data.mkdir()
    Home(data).server_certificate({"elsewhere"})
    (data / "ca" / "ca-key.pem").write_bytes(b"damaged")
    cloud = Cloud(data, tls=True)
    cloud.launch()
    assert cloud.process.wait(30) == 1
    cloud.stop()
    assert "cannot start" in cloud.log()
    assert "restore" in cloud.log()
    assert "Traceback" not in cloud.log()


# The door itself, in jumping time.


class Entry:
    """A door that leads nowhere, the home of its certificate, and clients of it."""

    def __init__(self, home: Home) -> None:
        self.names = {"localhost"}
        self.home = home
        self.connections: set[int] = set()
        self.door = Door(Tls(lambda: home.server_certificate(self.names)), asyncio.Protocol, self.connections)
        self.port = 0

    async def client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that has said nothing yet."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def certificate(self) -> bytes:
        """What a new client is shown."""
        context = ssl.create_default_context(cafile=self.home.data / "ca" / "ca.pem")
        _, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, server_hostname="localhost")
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(True)
        writer.close()
        await writer.wait_closed()
        return shown


def at_the_door(data: Path, conversation: Callable[[Entry], Awaitable[None]]) -> None:
    """Have `conversation` at an open door in jumping time."""

    async def work() -> None:
        entry = Entry(Home(data))
        listening = socket.create_server(("127.0.0.1", 0))
        entry.port = listening.getsockname()[1]
        async with entry.door.open(listening):
            await conversation(entry)

    jumping.run(work())


@pytest.mark.parametrize("first", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
def test_a_handshake_has_a_time(tmp_path: Path, first: bytes) -> None:
    """Whoever connects and does not go on, before the first byte or after it, is hung up on."""

    async def conversation(entry: Entry) -> None:
        reader, writer = await entry.client()
        start = asyncio.get_running_loop().time()
        writer.write(first)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - start == pytest.approx(limits.handshake_seconds_max, abs=1)
        writer.close()
        assert not entry.door.handshakes

    at_the_door(tmp_path, conversation)


def test_a_handshake_that_drips_has_the_same_time(tmp_path: Path) -> None:
    """A byte now and then must not buy more."""

    async def conversation(entry: Entry) -> None:
        reader, writer = await entry.client()
        start = asyncio.get_running_loop().time()
        with suppress(ConnectionError):
            for byte in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64):
                writer.write(bytes([byte]))
                await writer.drain()
                await jumping.pause(1)
                if reader.at_eof():
                    break
        assert asyncio.get_running_loop().time() - start <= limits.handshake_seconds_max + 3
        writer.close()

    at_the_door(tmp_path, conversation)


def test_handshakes_count_as_connections(tmp_path: Path) -> None:
    """They cost as much; one more is hung up on at once."""

    async def conversation(entry: Entry) -> None:
        entry.connections.update(range(limits.connections_max - 1))
        _, waiting = await entry.client()
        waiting.write(b"\x16")
        await jumping.pause(1)
        assert len(entry.door.handshakes) == 1
        reader, writer = await entry.client()
        start = asyncio.get_running_loop().time()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - start < 1
        for each in (waiting, writer):
            each.close()

    at_the_door(tmp_path, conversation)


def test_a_certificate_is_renewed_while_the_cloud_runs(tmp_path: Path) -> None:
    """The machine gets another address: within the hour new clients see a certificate with it."""

    async def conversation(entry: Entry) -> None:
        before = await entry.certificate()
        await jumping.pause(7200)
        assert await entry.certificate() == before
        entry.names = {"localhost", "192.0.2.1"}
        await jumping.pause(7200)
        assert await entry.certificate() != before

    at_the_door(tmp_path, conversation)


def test_a_renewal_that_fails_is_tried_again(tmp_path: Path) -> None:
    """The certificate that is loaded goes on; it is good for another month."""

    async def conversation(entry: Entry) -> None:
        before = await entry.certificate()
        key = entry.home.data / "ca" / "ca-key.pem"
        aside = key.rename(key.with_suffix(".aside"))
        entry.names = {"localhost", "192.0.2.1"}
        await jumping.pause(7200)
        assert await entry.certificate() == before
        aside.rename(key)
        await jumping.pause(7200)
        assert await entry.certificate() != before

    at_the_door(tmp_path, conversation)


def test_a_client_over_tls_is_known_as_one() -> None:
    """Policies ask for it: aws:SecureTransport."""
    connection = cast(Connection, None)  # it has a part only once the client leaves
    for scheme, expected in (("https", True), ("http", False)):
        peer = Peer(connection, "127.0.0.1", scheme, "localhost")
        assert (peer.secure, peer.endpoint) == (expected, f"{scheme}://localhost")


def test_names_on_loopback_are_those_of_loopback() -> None:
    """Nobody else gets there, whatever the machine is called."""
    assert server_names("127.0.0.1", "127.0.0.1") == {"localhost", "*.localhost", "127.0.0.1", "::1"}
    assert "127.0.0.2" in server_names("127.0.0.2", "127.0.0.2")


@pytest.mark.parametrize("wildcard", ["0.0.0.0", "::"])
def test_names_on_all_addresses_are_all(wildcard: str) -> None:
    """Whichever a client takes has to be in the certificate; the wildcard itself is none."""
    names = server_names(wildcard, wildcard)
    assert interface_addresses() <= names
    assert wildcard not in names
    assert any(name.endswith(".local") for name in names)


def test_names_on_one_address_are_few() -> None:
    """The one that was asked for, by the name that was given, and the machine's own."""
    names = server_names("Cloud.example.com", "192.0.2.1")
    assert {"cloud.example.com", "192.0.2.1", "localhost"} <= names
    assert not (interface_addresses() - {"127.0.0.1", "::1"}) & names
    assert "2001:db8::1" in server_names("2001:db8::1%eth0", "2001:db8::1%eth0")
