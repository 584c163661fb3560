"""Whatever bytes come in, the answer is the client's fault or none, and the server lives.

Three kinds: bytes of any kind, requests that are almost well-formed, and well-signed requests with any body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gureum.api import models
from gureum.services.cloud import cloud
from gureum.services.sqs import sqs
from gureum.services.sts import sts
from gureum.wire.model import ServiceModel
from tests.support.inprocess import House, serving
from tests.support.raw import Answer, Line, ask, identity, message, signed

FUZZ = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=150
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with serving(cloud, sqs, sts) as started:
        yield started
        assert ask(started.port, identity()).status == 200
        assert not [call for call in started.recorded() if call.status >= 500 and call.status != 501]


def answers(house: House, data: bytes) -> list[int]:
    """The statuses of all that is answered to `data` before the end."""
    with Line(house.port) as line:
        line.send(data)
        house.run(house.parts.let_time_end_all())
        statuses = []
        while True:
            try:
                statuses.append(line.read(without_body=data.startswith(b"HEAD")).status)
            except (ConnectionError, ValueError, IndexError):
                return statuses


def is_fine(answer: Answer) -> bool:
    """Refused or served, but never our bug; 501 says what is not there."""
    return answer.status < 500 or answer.status == 501


token = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=20)
octets = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
pieces = st.sampled_from(
    [
        *(
            b"GET / HTTP/1.1\r\n",
            b"POST /a?b=c HTTP/1.1\r\n",
            b"Host: localhost\r\n",
            b"HTTP/1.1",
            b"\r\n",
            b"\r\n\r\n",
        ),
        *(
            b"\n",
            b" ",
            b":",
            b"\x00",
            b"a" * 5000,
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
            b"X-Amz-Target: Gureum.GetClock\r\n",
        ),
        *(b"Content-Length: 5\r\n", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n"),
        *(b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        b"Origin: http://[\r\n",
    ]
)


@FUZZ
@given(
    st.one_of(st.binary(max_size=200), st.lists(st.one_of(pieces, st.binary(max_size=8)), max_size=12).map(b"".join))
)
def test_any_bytes(house: House, data: bytes) -> None:
    """To the open port."""
    assert all(status < 500 or status == 501 for status in answers(house, data))


SIGNATURE = "AWS4-HMAC-SHA256 Credential=test/{date}/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
meaning = st.fixed_dictionaries(
    {},
    optional={
        "x-amz-target": st.one_of(octets, st.sampled_from(["Gureum.GetClock", "AmazonSQS.SendMessage", "A.B"])),
        "smithy-protocol": st.sampled_from(["rpc-v2-cbor", "rpc-v9"]),
        "content-type": st.sampled_from(
            ["application/x-www-form-urlencoded", "application/json", "text/xml; charset=x"]
        ),
        "authorization": st.one_of(
            octets,
            st.builds(
                SIGNATURE.format,
                date=st.sampled_from(["20260101", "x", "99999999"]),
                service=st.one_of(
                    st.sampled_from(["s3", "sts", "ec2", "lambda", "dynamodb", "monitoring", "es"]), token
                ),
            ),
        ),
        "x-amz-date": st.one_of(octets, st.sampled_from(["20260101T000000Z", "Thu, 01 Jan 2026 00:00:00 GMT"])),
        "x-amz-content-sha256": st.one_of(
            octets, st.sampled_from(["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
        ),
        "x-amz-security-token": octets,
        "x-amz-region-set": octets,
        "origin": octets,
        "sec-fetch-site": octets,
        "content-encoding": st.sampled_from(["gzip", "aws-chunked", "br"]),
    },
)
targets = st.one_of(
    st.sampled_from(
        ["/", "*", "//", "/?", "/?Action=GetCallerIdentity&Version=2011-06-15", "/%ff?%ff=%ff", "/b/k?list-type=2"]
    ),
    st.lists(token, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    st.lists(token, max_size=4).map(lambda parts: "/?" + "&".join(parts)),
    token.map(lambda text: f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={text}&X-Amz-Signature={text}"),
)


@FUZZ
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]), targets, meaning, st.binary(max_size=60))
def test_any_request(house: House, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
    """That is HTTP, and says anything in the places that mean something."""
    for status in answers(house, message(method, target, headers, body)):
        assert status < 500 or status == 501


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(
            ["http://localhost/000000000000/q", "\ud800", "\x00", "x" * 3000, "2026-01-01T00:00:00Z", "NaN"]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def inputs(draw: st.DrawFn) -> tuple[ServiceModel, str, dict[str, object]]:
    """An operation, and values of any kind for members that it has."""
    model = models.load(draw(st.sampled_from(["cloud", "sqs"])))
    operation = model.operation(draw(st.sampled_from(model.operation_names)))
    names = sorted(operation.input.members) if operation.input is not None else []
    chosen = draw(st.lists(st.sampled_from(names), max_size=4)) if names else []
    return model, operation.name, {name: draw(values) for name in chosen}


@FUZZ
@given(inputs())
def test_any_json(house: House, given_input: tuple[ServiceModel, str, dict[str, object]]) -> None:
    """Well signed, with members that the operation has."""
    model, operation, members = given_input
    assume(operation != "AdvanceClock" or not isinstance(members.get("Seconds"), float))
    members.pop("WaitUntilSettled", None)
    members.pop("WaitTimeSeconds", None)
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{model.target_prefix}.{operation}"}
    answer = ask(house.port, signed("POST", "/", headers, json.dumps(members).encode(), service=model.signing_name))
    assert is_fine(answer), answer


names_of_members = st.sampled_from(
    ["QueueName", "QueueUrl", "Attribute", "Tag", "MessageBody", "DelaySeconds", "Entries"]
)
suffixes = st.sampled_from(
    ["", ".1", ".0", ".-1", ".99999999999", ".1.Name", ".1.Value", ".1.Key", ".x", ".1.1.1", "."]
)


@FUZZ
@given(
    st.sampled_from(["CreateQueue", "SendMessage", "SetQueueAttributes", "SendMessageBatch", "TagQueue", "ListQueues"]),
    st.dictionaries(st.tuples(names_of_members, suffixes).map("".join), st.text(max_size=20), max_size=5),
)
def test_any_form(house: House, action: str, members: dict[str, str]) -> None:
    """Well signed, with numbers and names that the protocol gives a meaning."""
    form = urlencode({"Action": action, "Version": "2012-11-05", **members}, errors="surrogatepass")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert is_fine(ask(house.port, signed("POST", "/", headers, form.encode(), service="sqs")))
