"""Nobody gets in: whatever is wrong with a signature is refused, in the words and codes of AWS.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html and the pages that
`gureum/gateway/faults.py` names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt.auth import CrtSigV4AsymAuth, CrtSigV4AsymQueryAuth
from botocore.exceptions import ClientError

from gureum.api.principal import Session, root
from gureum.base.clock import host_ms
from gureum.base.ids import Ids
from gureum.identity.credentials import issue
from gureum.services.sqs import sqs
from gureum.services.sts import sts
from gureum.wire.sigv4 import Key
from tests.support.clouds import Cloud, running
from tests.support.inprocess import VAULT, House, serving
from tests.support.raw import TEST_KEY, Answer, ask, identity, message, presigned, signed

IDENTITY = "/?Action=GetCallerIdentity&Version=2011-06-15"
MINUTE_MS = 60_000
TEMPORARY = issue(VAULT, Ids(), root("111122223333"), Session(issued_ms=0, expires_ms=5_000))
TOKEN = TEMPORARY.session_token or ""


def code(answer: Answer) -> str:
    """The error code of a query answer."""
    found = re.search("<Code>(.*)</Code>", answer.text)
    return found[1] if found else ""


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, code(answer)


def botocore_request(auth: type, port: int, method: str = "POST") -> bytes:
    """An identity call that botocore's own signer signed."""
    target, body = (IDENTITY, b"") if method == "GET" else ("/", IDENTITY[2:].encode())
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"} if body else {}
    request = AWSRequest(method, f"http://localhost:{port}{target}", headers, body)
    auth(Credentials("test", "test"), "sts", "us-east-1").add_auth(request)
    prepared = request.prepare()
    sent = {name: value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()}
    target = prepared.url.partition(f":{port}")[2]
    return message(method, target, {"host": f"localhost:{port}", **sent}, body)


@pytest.mark.parametrize(
    ("auth", "method"),
    [
        (SigV4Auth, "POST"),
        (SigV4Auth, "GET"),
        (SigV4QueryAuth, "GET"),
        (CrtSigV4AsymAuth, "POST"),
        (CrtSigV4AsymAuth, "GET"),
        (CrtSigV4AsymQueryAuth, "GET"),
    ],
)
def test_what_amazons_signers_sign_is_taken(cloud: Cloud, auth: type, method: str) -> None:
    """In the header and in the query, with one region and with a set of them (SigV4A)."""
    answer = ask(cloud.port, botocore_request(auth, cloud.port, method))
    assert (answer.status, "<Account>000000000000</Account>" in answer.text) == (200, True)


def test_a_tampered_sigv4a_signature(cloud: Cloud) -> None:
    """The asymmetric signature is checked as well, not only read."""
    request = botocore_request(CrtSigV4AsymAuth, cloud.port)
    assert b"AWS4-ECDSA-P256-SHA256" in request
    changed = request.replace(b"GetCallerIdentity", b"GetSessionToken__")
    assert refusal(ask(cloud.port, changed)) == (403, "SignatureDoesNotMatch")


REFUSED: dict[str, tuple[bytes, tuple[int, str]]] = {
    "not signed": (
        message("POST", "/", {"content-type": "application/x-www-form-urlencoded"}, IDENTITY[2:].encode()),
        (403, "MissingAuthenticationToken"),
    ),
    "unknown key": (identity(Key("AKIAUNKNOWN", "test")), (403, "InvalidClientTokenId")),
    "wrong secret": (identity(Key("test", "wrong")), (403, "SignatureDoesNotMatch")),
    "token for a long-term key": (identity(Key("test", "test", "token")), (403, "InvalidClientTokenId")),
    "another service": (
        signed("GET", IDENTITY, {}, service="sts").replace(b"/sts/", b"/sqs/"),
        (403, "SignatureDoesNotMatch"),
    ),
    "version 2": (
        message("GET", "/?Action=GetCallerIdentity&AWSAccessKeyId=test&Signature=x&SignatureVersion=2", {}),
        (400, "InvalidRequest"),
    ),
    "no such algorithm": (identity().replace(b"AWS4-HMAC-SHA256", b"AWS4-HMAC-SHA999"), (400, "IncompleteSignature")),
    "no signature": (identity().replace(b", Signature=", b", Sign="), (400, "IncompleteSignature")),
    "no date": (identity().replace(b"x-amz-date:", b"x-some-date:"), (400, "IncompleteSignature")),
    "strange date": (identity().replace(b"x-amz-date: 2", b"x-amz-date: x"), (400, "IncompleteSignature")),
    "basic": (message("GET", IDENTITY, {"authorization": "Basic dGVzdDp0ZXN0"}), (400, "IncompleteSignature")),
    "empty": (message("GET", IDENTITY, {"authorization": ""}), (400, "IncompleteSignature")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_has_a_name(cloud: Cloud, case: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    request, expected = REFUSED[case]
    assert refusal(ask(cloud.port, request)) == expected


def test_a_scope_for_another_service_says_which_was_meant(cloud: Cloud) -> None:
    """A valid signature, only for somewhere else."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues"}
    answer = ask(cloud.port, signed("POST", "/", headers, b"{}", service="sts"))
    assert answer.status == 403
    assert "Credential should be scoped to correct service: 'sqs'." in answer.text


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "method": lambda r: r.replace(b"POST", b"PUT", 1),
    "path": lambda r: r.replace(b"POST / ", b"POST /x ", 1),
    "query": lambda r: r.replace(b"POST / ", b"POST /?x=y ", 1),
    "host": lambda r: r.replace(b"host: localhost", b"host: lokalhost"),
    "content type": lambda r: r.replace(b"urlencoded", b"urlencoded; a=b"),
    "date": lambda r: re.sub(
        rb"(x-amz-date: \S+)\dZ", lambda m: m[1] + b"1Z" if m[0][-2:] != b"1Z" else m[1] + b"2Z", r
    ),
    "body": lambda r: r.replace(b"2011-06-15", b"2011-06-16"),
    "body appended": lambda r: (
        re.sub(rb"content-length: (\d+)", lambda m: b"content-length: %d" % (int(m[1]) + 2), r) + b"&a"
    ),
    "signature": lambda r: re.sub(rb"Signature=(.)", lambda m: b"Signature=" + (b"0" if m[1] != b"0" else b"1"), r),
    "signature cut": lambda r: re.sub(rb"(Signature=\w{10})\w+", rb"\1", r),
    "region": lambda r: r.replace(b"/us-east-1/", b"/us-west-2/"),
    "signed headers": lambda r: r.replace(b"SignedHeaders=content-type;", b"SignedHeaders="),
    "header added": lambda r: r.replace(b"\r\n\r\n", b"\r\nx-amz-extra: 1\r\n\r\n", 1),
    "header repeated": lambda r: r.replace(b"\r\n\r\n", b"\r\ncontent-type: text/plain\r\n\r\n", 1),
    "header dropped": lambda r: r.replace(b"content-type:", b"content-kind:"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_the_signature_does_not_hold(cloud: Cloud, what: str) -> None:
    """Every part of a request that means something is signed."""
    request = identity()
    assert ask(cloud.port, request).status == 200
    changed = TAMPERED[what](request)
    assert changed != request
    answer = ask(cloud.port, changed)
    assert answer.status == 403
    assert code(answer) == "SignatureDoesNotMatch" or b"SignatureDoesNotMatch" in answer.body


def test_a_request_can_be_sent_twice(cloud: Cloud) -> None:
    """AWS does not remember signatures: a retry by a proxy or a client is served."""
    request = identity()
    assert [ask(cloud.port, request).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (0, 200), (14, 200), (16, 403)])
def test_clocks_may_differ_by_fifteen_minutes(cloud: Cloud, minutes: int, status: int) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, "Expired signature"."""
    answer = ask(cloud.port, identity(at_ms=host_ms() + minutes * MINUTE_MS))
    assert answer.status == status
    if status != 200:
        assert code(answer) == "SignatureDoesNotMatch"
        assert ("Signature expired" if minutes < 0 else "Signature not yet current") in answer.text


@pytest.mark.parametrize(
    ("age_minutes", "seconds", "status"), [(0, 60, 200), (2, 60, 403), (30, 3600, 200), (61, 3600, 403), (-16, 60, 403)]
)
def test_presigned_urls_expire(cloud: Cloud, age_minutes: int, seconds: int, status: int) -> None:
    """After X-Amz-Expires, whatever the skew."""
    target = presigned(IDENTITY, service="sts", at_ms=host_ms() - age_minutes * MINUTE_MS, seconds=seconds)
    assert ask(cloud.port, message("GET", target, {})).status == status


@pytest.mark.parametrize("change", [("Expires=60", "Expires=600"), ("Date=2", "Date=3"), ("Signature=", "Signature=0")])
def test_presigned_urls_cannot_be_changed(cloud: Cloud, change: tuple[str, str]) -> None:
    """The parameters of the signature are signed themselves."""
    target = presigned(IDENTITY, service="sts", seconds=60)
    assert ask(cloud.port, message("GET", target.replace(*change), {})).status in (400, 403)


def test_presigned_for_longer_than_a_week(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, X-Amz-Expires."""
    target = presigned(IDENTITY, service="sts", seconds=604_801)
    assert ask(cloud.port, message("GET", target, {})).status == 400


FAMILIES: dict[str, tuple[str, str, dict[str, tuple[int, str]]]] = {
    "query": (
        "sts",
        "get_caller_identity",
        {"key": (403, "InvalidClientTokenId"), "secret": (403, "SignatureDoesNotMatch")},
    ),
    "json with query codes": (
        "sqs",
        "list_queues",
        {"key": (403, "InvalidClientTokenId"), "secret": (403, "SignatureDoesNotMatch")},
    ),
    "json": (
        "dynamodb",
        "list_tables",
        {"key": (400, "UnrecognizedClientException"), "secret": (400, "InvalidSignatureException")},
    ),
    "rest-json": (
        "lambda",
        "list_functions",
        {"key": (403, "UnrecognizedClientException"), "secret": (403, "InvalidSignatureException")},
    ),
    "ec2": ("ec2", "describe_vpcs", {"key": (401, "AuthFailure"), "secret": (401, "AuthFailure")}),
    "rest-xml": (
        "s3",
        "list_buckets",
        {"key": (403, "InvalidAccessKeyId"), "secret": (403, "SignatureDoesNotMatch")},
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_of_services_has_its_own_codes(cloud: Cloud, family: str) -> None:
    """Clients refresh credentials, retry or give up by these codes; see `gureum/gateway/faults.py` for the sources."""
    service, operation, expected = FAMILIES[family]
    for what, key in {"key": ("AKIAUNKNOWN", "test"), "secret": ("test", "wrong")}.items():
        with pytest.raises(ClientError) as refused:
            getattr(cloud.client(service, key=key), operation)()
        response = refused.value.response
        assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]) == expected[what]


@pytest.fixture(scope="module")
def house() -> object:
    """Temporary credentials, at a time that stands still."""
    now_ms = 1_000
    with serving(sts, sqs, host=lambda: now_ms) as started:
        yield started


def temporary(token: str | None = TOKEN, secret: str = TEMPORARY.secret) -> bytes:
    return identity(Key(TEMPORARY.id, secret, token), at_ms=1_000)


class TestTemporaryCredentials:
    """The order of these tests is that of the clock, which only goes forward."""

    def test_they_need_their_token(self, house: House) -> None:
        """Without it, or with another one, the key does not exist."""
        assert ask(house.port, temporary()).status == 200
        assert refusal(ask(house.port, temporary(token=None))) == (403, "InvalidClientTokenId")
        assert refusal(ask(house.port, temporary(token="other"))) == (403, "InvalidClientTokenId")
        assert refusal(ask(house.port, temporary(token="tökén"))) == (403, "InvalidClientTokenId")
        assert refusal(ask(house.port, temporary(secret="other"))) == (403, "SignatureDoesNotMatch")

    def test_a_token_must_be_signed(self, house: House) -> None:
        """Taken from one request, it is of no use in another."""
        unsigned = identity(Key(TEMPORARY.id, TEMPORARY.secret), at_ms=1_000).replace(
            b"\r\n\r\n", f"\r\nx-amz-security-token: {TOKEN}\r\n\r\n".encode(), 1
        )
        assert refusal(ask(house.port, unsigned)) == (403, "SignatureDoesNotMatch")

    def test_they_expire_on_the_clouds_clock(self, house: House) -> None:
        """The cloud gave them, so its clock counts; and its advance locks nobody else out."""
        house.advance(3)
        assert ask(house.port, temporary()).status == 200
        house.advance(1)
        assert refusal(ask(house.port, temporary())) == (403, "ExpiredToken")
        json_headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues"}
        key = Key(TEMPORARY.id, TEMPORARY.secret, TOKEN)
        answer = ask(house.port, signed("POST", "/", json_headers, b"{}", service="sqs", key=key, at_ms=1_000))
        assert (answer.status, "ExpiredToken" in answer.text) == (403, True)

    def test_an_advanced_clock_does_not_lock_clients_out(self, house: House) -> None:
        """Their clocks stay where they are, and the age of a signature is measured there."""
        house.advance(365 * 24 * 3600)
        assert ask(house.port, identity(at_ms=1_000)).status == 200
        assert ask(house.port, identity(at_ms=1_000 + 365 * 24 * 3600 * 1000)).status == 403


def test_an_error_never_shows_what_was_sent(cloud: Cloud) -> None:
    """Answers end up in logs: the header is named by its hash, as AWS does."""
    header = "AWS4-HMAC-SHA256 Credential=test/secret-looking"
    answer = ask(cloud.port, message("GET", IDENTITY, {"authorization": header}))
    assert answer.status == 400
    assert "secret-looking" not in answer.text
    assert base64.b64encode(hashlib.sha256(header.encode()).digest()).decode() in answer.text


def test_the_public_key_works_on_loopback_like_any_other(cloud: Cloud) -> None:
    """`test`/`test` is verified; so is the root key of the cloud's own."""
    assert ask(cloud.port, identity(TEST_KEY)).status == 200
    assert cloud.call("DescribeCloud")["Account"] == "000000000000"


def test_beyond_loopback_the_public_key_does_not_exist(tmp_path: Path) -> None:
    """Whoever reaches the port knows it; there only the root key of the cloud's own is taken, from every page."""
    with running(tmp_path / "data", host="0.0.0.0") as cloud:
        ca = cloud.data / "ca" / "ca.pem"
        assert refusal(ask(cloud.port, identity(TEST_KEY), ca)) == (403, "InvalidClientTokenId")
        made = json.loads((cloud.data / "root-credentials.json").read_text())
        own = Key(made["access_key_id"], made["secret_access_key"])
        assert ask(cloud.port, identity(own, headers={"origin": "https://console.example"}), ca).status == 200
