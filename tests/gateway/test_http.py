"""HTTP as it should not be, over raw sockets: each is answered as the RFCs and AWS do, and none harms the server."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator

import pytest

from gureum.base import limits
from tests.support.clouds import Cloud
from tests.support.raw import Line, ask, control, identity, message, signed

HEAD = b"POST / HTTP/1.1\r\nhost: localhost\r\n"
CHUNKED = b"transfer-encoding: chunked"


@pytest.fixture(autouse=True)
def _unharmed(cloud: Cloud) -> Iterator[None]:
    """Whatever a test did, the cloud serves on and has found no bug of its own."""
    before = len(cloud.log())
    yield
    assert ask(cloud.port, identity()).status == 200
    said = cloud.log()[before:]
    assert "bug" not in said
    assert "Traceback" not in said


NO_HTTP = {
    "garbage": b"\x00\x01\xfe\xff\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown method": b"FETCH / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "connect": b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n",
    "raw octets in the path": "GET /구름 HTTP/1.1\r\nhost: localhost\r\n\r\n".encode(),
    "space in a name": b"GET / HTTP/1.1\r\nho st: localhost\r\n\r\n",
    "control in a value": b"GET / HTTP/1.1\r\nhost: local\x00host\r\n\r\n",
    "lengths that differ": HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
    "length and chunks": HEAD + b"content-length: 2\r\n" + CHUNKED + b"\r\n\r\n0\r\n\r\n",
    "negative length": HEAD + b"content-length: -1\r\n\r\n",
    "length in words": HEAD + b"content-length: ten\r\n\r\n",
    "length with a sign": HEAD + b"content-length: +2\r\n\r\n{}",
    "length beyond 64 bits": HEAD + b"content-length: 99999999999999999999999\r\n\r\n",
    "length of a list": HEAD + b"content-length: 2, 2\r\n\r\n{}",
    "chunk without size": HEAD + CHUNKED + b"\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
    "chunk beyond 64 bits": HEAD + CHUNKED + b"\r\n\r\nfffffffffffffffff\r\n",
    "chunk longer than its size": HEAD + CHUNKED + b"\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n",
    "chunks not last": HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("case", NO_HTTP)
def test_what_is_no_http_is_refused(cloud: Cloud, case: str) -> None:
    """Two readings of one message are how requests are smuggled (RFC 9112, 11.2): it is answered 400 and hung up."""
    with Line(cloud.port) as line:
        assert line.ask(NO_HTTP[case]).status == 400
        assert line.is_closed()


TOO_LARGE = {
    "one header": message("GET", "/", {"x": "y" * limits.header_bytes_max}),
    "header without end": HEAD + b"x: " + b"y" * (8 * limits.header_bytes_max),
    "path": message("GET", "/" + "y" * limits.header_bytes_max, {}),
    "many small headers": message("GET", "/", {f"x-{number}": "y" for number in range(limits.header_count_max)}),
    "many headers": message("GET", "/", {f"x-{number}": "y" * 500 for number in range(limits.header_count_max - 10)}),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_headers_that_are_too_large_are_431(cloud: Cloud, case: str) -> None:
    """RFC 6585, 5: one of them, or all together."""
    with Line(cloud.port) as line:
        assert line.ask(TOO_LARGE[case]).status == 431
        assert line.is_closed()


def test_headers_below_the_limits_are_taken(cloud: Cloud) -> None:
    """The bounds are above what clients send."""
    headers = {f"x-{number}": "y" * 250 for number in range(limits.header_count_max - 20)}
    assert ask(cloud.port, identity(headers=headers)).status == 200


@pytest.mark.parametrize("framing", ["content-length: 16777217", "content-length: 9999999999999999"])
def test_a_body_that_says_it_is_too_large_is_not_read(cloud: Cloud, framing: str) -> None:
    """413 before a byte of it, in the protocol that the request speaks."""
    head = f"x-amz-target: Gureum.GetClock\r\n{framing}\r\n\r\n".encode()
    with Line(cloud.port) as line:
        answer = line.ask(HEAD + head)
        assert answer.status == 413
        assert json.loads(answer.body)["__type"] == "RequestEntityTooLarge"
        assert answer.headers["connection"] == "close"
        assert line.is_closed()


def test_a_body_that_turns_out_too_large_is_not_kept(cloud: Cloud) -> None:
    """Chunks say nothing of the whole before it is there."""
    with Line(cloud.port) as line:
        line.send(HEAD + CHUNKED + b"\r\n\r\n")
        piece = b"100000\r\n" + bytes(0x100000) + b"\r\n"
        for _ in range(limits.body_bytes_max // 0x100000 + 1):
            line.send(piece)
        assert line.read().status == 413


def test_chunks_are_a_body(cloud: Cloud) -> None:
    """Extensions and trailers of chunks say nothing that a signature covers: they are ignored."""
    head, _, body = identity().partition(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"content-length"))
    pieces = b"".join(b"%x;note=1\r\n%s\r\n" % (len(piece), piece) for piece in (body[:7], body[7:]))
    for trailer in (b"", b"note: 2\r\n", b"content-type: text/plain\r\nx-amz-target: Gureum.GetClock\r\n"):
        answer = ask(cloud.port, head + b"\r\n" + CHUNKED + b"\r\n\r\n" + pieces + b"0\r\n" + trailer + b"\r\n")
        assert (answer.status, "<Account>000000000000" in answer.text) == (200, True)


def test_expect_continue(cloud: Cloud) -> None:
    """The body is asked for when it is wanted, and not when it is refused (RFC 9110, 10.1.1)."""
    head, _, body = identity(headers={"expect": "100-continue"}).partition(b"\r\n\r\n")
    with Line(cloud.port) as line:
        assert line.ask(head + b"\r\n\r\n").status == 100
        assert line.ask(body).status == 200
    with Line(cloud.port) as line:
        assert line.ask(HEAD + b"expect: 100-continue\r\ncontent-length: 99999999\r\n\r\n").status == 413


def test_requests_that_do_not_wait_for_answers(cloud: Cloud) -> None:
    """Pipelined, they are answered in their order (RFC 9112, 9.3.2)."""
    operations = ["GetClock", "Nothing", "DescribeCloud", "GetClock"]
    with Line(cloud.port) as line:
        line.send(b"".join(map(control, operations)))
        assert [line.read().status for _ in operations] == [200, 501, 200, 200]


def test_http_1_0(cloud: Cloud) -> None:
    """Served, and the connection is closed."""
    with Line(cloud.port) as line:
        answer = line.ask(identity().replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert answer.status == 200
        assert line.is_closed()


def test_head_has_no_body(cloud: Cloud) -> None:
    """What follows the headers belongs to the next answer (RFC 9110, 9.3.2)."""
    with Line(cloud.port) as line:
        line.send(message("HEAD", "/_gureum/health", {}))
        line.send(message("GET", "/_gureum/health", {}))
        assert line.read(without_body=True).status == 200
        assert json.loads(line.read().body)["status"] == "running"


def test_an_upgrade_is_not_taken_up(cloud: Cloud) -> None:
    """Java's HTTP client offers HTTP/2 with every first request; the request is served as it is (RFC 9110, 7.8)."""
    offer = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQAAP__"}
    request = identity(headers=offer)
    with Line(cloud.port) as line:
        for cut in (0, 10, request.index(b"h2c"), request.index(b"\r\n\r\n") + 4, len(request) - 1):
            line.send(request[:cut])
            assert line.ask(request[cut:]).status == 200
        line.send(request + identity())
        assert [line.read().status, line.read().status] == [200, 200]


UNSIGNED = {
    "star": ("OPTIONS", "*"),
    "absolute": ("GET", "http://localhost/x"),
    "slashes": ("GET", "//x///y/"),
    "dots": ("GET", "/../../etc/passwd"),
    "no escapes": ("GET", "/%zz%"),
    "zeros": ("GET", "/%00%0d%0a"),
    "not UTF-8": ("GET", "/%ff%fe?%ff=%fe"),
    "surrogate": ("GET", "/?Action=%ed%a0%80&Version=%ff"),
    "many parameters": ("GET", "/?" + "&".join(f"a{number}" for number in range(5000))),
    "only an ampersand": ("POST", "/?&&=&"),
    "nobody's target": ("POST", "/service/x/operation/y"),
}


@pytest.mark.parametrize("case", UNSIGNED)
def test_a_strange_target_is_only_unsigned(cloud: Cloud, case: str) -> None:
    """Whatever the path and the query say, what is wrong with the request is that nobody signed it."""
    answer = ask(cloud.port, message(*UNSIGNED[case], {}))
    assert answer.status in (400, 403)
    assert "MissingAuthenticationToken" in answer.text + answer.headers.get("x-amzn-errortype", "")


@pytest.mark.parametrize(
    "target", ["Foo.Bar", "Bar", ".", "", "\xff.\xfe", "Gureum.", "Gureum.No.Such", "A." + "b" * 9999]
)
def test_a_target_that_is_nobodys(cloud: Cloud, target: str) -> None:
    """AWS's JSON services name the error alike, whatever was asked for."""
    answer = ask(cloud.port, message("POST", "/", {"x-amz-target": target}, b"{}"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "MissingAuthenticationTokenException")


BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"1e999", b'{"Seconds": {}}', b'{"Seconds": "x"}', b"\xff", b"[" * 10_000]


@pytest.mark.parametrize("body", BODIES)
def test_json_that_is_none(cloud: Cloud, body: bytes) -> None:
    """The client's fault, by its name."""
    answer = ask(cloud.port, control("AdvanceClock", body))
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] in ("SerializationException", "ValidationException")


FORMS = [
    "Action=GetCallerIdentity&Version=1999-01-01",
    "Action=",
    "Action=%ff",
    "Version=2011-06-15",
    "Action=GetCallerIdentity&Version=2011-06-15&Surprise=1",
    "&&&",
    "=",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_none(cloud: Cloud, form: str) -> None:
    """Something that the service does not have, or too little: named, and never more than a 501."""
    assert ask(cloud.port, identity(body=form)).status in (200, 400, 501)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_client_that_vanishes(cloud: Cloud, share: float, how: str) -> None:
    """In the middle of headers, of a body, or just before its end: nothing is left of it."""
    data = control("AdvanceClock", json.dumps({"Seconds": 3600.0, "Padding": "x" * 5000}).encode())
    before = cloud.call("GetClock")["OffsetSeconds"]
    line = Line(cloud.port)
    line.send(data[: int(len(data) * share)])
    if how == "reset":
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    assert cloud.call("GetClock")["OffsetSeconds"] == before


def test_a_client_that_leaves_a_long_poll(cloud: Cloud, name: str) -> None:
    """What comes afterwards is for those who are still there."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ReceiveMessage"}
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    line = Line(cloud.port)
    line.send(signed("POST", "/", headers, body, service="sqs"))
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]  # by now it waits
    line.close()
    assert cloud.call("GetClock")["Settled"]  # by now it is known to be gone
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ["kept"]


def test_a_client_that_does_not_read(cloud: Cloud) -> None:
    """A thousand requests at once, and the answers are left lying."""
    line = Line(cloud.port)
    line.send(identity() * 1000)
    line.close()
