"""Signature Version 4 against the examples that AWS publishes, and what is refused.  The words are part of the API."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import sigv4
from gureum.wire.errors import WireError
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key

IAM_KEY = Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
S3_KEY = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
EMPTY = hashlib.sha256(b"").hexdigest()
AUGUST_2015 = 1440938160000
MAY_2013 = 1369353600000


def suite_request(
    signature: str, path: str = "/", query: str = "", *, method: str = "GET", body: bytes = b"", **headers: str
) -> Request:
    """A request of AWS's Signature Version 4 test suite."""
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    known |= {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}
    known["authorization"] = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(sorted(known))}, Signature={signature}"
    )
    return Request(method, path, query, known, body)


def s3_request(signature: str, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Request:
    """A request of the examples in the S3 API reference, all of the same moment."""
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    known |= {"host": "examplebucket.s3.amazonaws.com", "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    known["x-amz-date"] = "20130524T000000Z"
    known["authorization"] = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={';'.join(sorted(known))},Signature={signature}"
    )
    return Request(method, path, query, known, body)


IAM_EXAMPLE = Request(
    "GET",
    "/",
    "Action=ListUsers&Version=2010-05-08",
    {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "host": "iam.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    },
)
PRESIGNED_EXAMPLE = Request(
    "GET",
    "/test.txt",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    {"host": "examplebucket.s3.amazonaws.com"},
)


def verified(request: Request, key: Key) -> sigv4.SignedRequest:
    signed = sigv4.parse(request)
    assert signed is not None
    sigv4.verify(signed, request, key.secret_key)
    return signed


def refusal(request: Request, key: Key = IAM_KEY, now_ms: int | None = None) -> WireError:
    with pytest.raises(WireError) as caught:
        check(request, key, now_ms)
    return caught.value


def check(request: Request, key: Key, now_ms: int | None) -> None:
    signed = sigv4.parse(request)
    assert signed is not None
    if now_ms is not None:
        sigv4.check_time(signed, now_ms)
    sigv4.verify(signed, request, key.secret_key)


def with_headers(request: Request, **changes: str | None) -> Request:
    headers = dict(request.headers)
    for name, value in changes.items():
        if value is None:
            del headers[name.replace("_", "-")]
        else:
            headers[name.replace("_", "-")] = value
    return msgspec.structs.replace(request, headers=headers)


@pytest.mark.parametrize(
    "request_",
    [
        suite_request("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        suite_request(
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", query="Param2=value2&Param1=value1"
        ),
        suite_request("8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", "/ሴ"),
        suite_request(
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
            "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        ),
        suite_request(
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", my_header1="value2, value2, value1"
        ),
        suite_request(
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            my_header1=" value1",
            my_header2=' "a   b   c"',
        ),
        suite_request(
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            method="POST",
            body=b"Param1=value1",
            content_type="application/x-www-form-urlencoded",
        ),
        IAM_EXAMPLE,
    ],
    ids=["vanilla", "query-order", "utf8", "unreserved", "duplicate-header", "trim", "form", "iam"],
)
def test_published_examples_of_other_services(request_: Request) -> None:
    """The suite is the one reference that is no implementation."""
    verified(request_, IAM_KEY)


@pytest.mark.parametrize(
    "request_",
    [
        s3_request(
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", "GET", "/test.txt", range="bytes=0-9"
        ),
        s3_request(
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            "PUT",
            "/test%24file.text",
            body=b"Welcome to Amazon S3.",
            date="Fri, 24 May 2013 00:00:00 GMT",
            x_amz_storage_class="REDUCED_REDUNDANCY",
        ),
        s3_request("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", "GET", "/", "lifecycle"),
        s3_request(
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", "GET", "/", "max-keys=2&prefix=J"
        ),
        PRESIGNED_EXAMPLE,
    ],
    ids=["get", "put", "lifecycle", "list", "presigned"],
)
def test_published_examples_of_s3(request_: Request) -> None:
    """S3 canonicalizes in its own way, and documents it by example."""
    signed = verified(request_, S3_KEY)
    assert signed.s3
    assert signed.timestamp_ms == MAY_2013


def test_an_unsigned_request_is_anonymous() -> None:
    """The gateway decides what an anonymous caller may do."""
    assert sigv4.parse(Request("GET", "/", "a=b", {"host": "localhost"})) is None


def test_any_other_secret_is_refused() -> None:
    """The point of it all."""
    error = refusal(IAM_EXAMPLE, Key("AKIDEXAMPLE", "another"))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert "Check your AWS Secret Access Key" in error.message
    assert refusal(PRESIGNED_EXAMPLE, IAM_KEY).message.endswith("Check your key and signing method.")


@given(st.integers(0, 10**9), st.integers(1, 127))
def test_any_changed_byte_is_refused(place: int, change: int) -> None:
    """Method, path, query, headers and body are all covered by the signature."""
    original = s3_request(
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "PUT",
        "/test%24file.text",
        body=b"Welcome to Amazon S3.",
        date="Fri, 24 May 2013 00:00:00 GMT",
        x_amz_storage_class="REDUCED_REDUNDANCY",
    )
    headers = dict(original.headers)
    assert isinstance(original.body, bytes)
    values = [original.method, original.path, original.body.decode(), *headers.values()]
    place %= sum(map(len, values))
    for index, value in enumerate(values):  # noqa: B007
        if place < len(value):
            break
        place -= len(value)
    changed = value[:place] + chr(ord(value[place]) ^ change) + value[place + 1 :]
    if " ".join(changed.split()) == " ".join(value.split()) or changed.replace(",", ", ") == value:
        return  # blanks are not signed
    values[index] = changed
    method, path, body, *rest = values
    tampered = Request(method, path, "", dict(zip(headers, rest, strict=True)), body.encode())
    try:
        signed = sigv4.parse(tampered)
    except WireError:
        return
    if signed is None:
        return
    # Another access key has another secret; separators of the header may be spelled in several ways.
    secret_key = S3_KEY.secret_key if signed.access_key_id == S3_KEY.access_key_id else "another"
    if signed != sigv4.parse(original) or tampered.headers["authorization"] == original.headers["authorization"]:
        with pytest.raises(WireError):
            sigv4.verify(signed, tampered, secret_key)


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws4_request",
            "IncompleteSignature",
            "requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
        ),
        ("Bearer x", "IncompleteSignature", "Authorization header requires 'Credential' parameter."),
        ("AWS4-HMAC-SHA256 Credential= a/b, SignedHeaders=host, Signature=x", "IncompleteSignature", "Credential"),
        (
            "AWS4-HMAC-SHA256 x, SignedHeaders=host, Signature=x",
            "IncompleteSignature",
            "not a valid key=value pair (missing equal-sign) in Authorization header",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam, SignedHeaders=host, Signature=x",
            "IncompleteSignature",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                "got 'a/20150830/us-east-1/iam'"
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws5, SignedHeaders=host, Signature=x",
            "SignatureDoesNotMatch",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150831/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x",
            "SignatureDoesNotMatch",
            (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                "HTTP: '20150831' != '20150830', from '20150830T123600Z'."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws4_request, SignedHeaders=x-amz-date, Signature=x",
            "SignatureDoesNotMatch",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x",
            "SignatureDoesNotMatch",
            "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            (
                "AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws4_request, SignedHeaders=host;via;x-amz-date, "
                "Signature=x"
            ),
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
        ),
        ("AWS a:b", "InvalidRequest", "The authorization mechanism you have provided is not supported."),
    ],
)
def test_what_is_wrong_with_an_authorization_header(header: str, code: str, words: str) -> None:
    """Clients show these words to their users."""
    error = refusal(with_headers(IAM_EXAMPLE, authorization=header))
    assert error.code == code
    assert words in error.message


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        ("x/s3/y", 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("a/20130524/us-east-1/s3/aws5", 'incorrect terminator "aws5". This endpoint uses "aws4_request".'),
        ("a/May/us-east-1/s3/aws4_request", 'incorrect date format "May".'),
        (
            "a/20130525/us-east-1/s3/aws4_request",
            ('Invalid credential date "20130525". This date is not the same as X-Amz-Date: "20130524".'),
        ),
    ],
)
def test_what_is_wrong_with_a_credential_for_s3(credential: str, words: str) -> None:
    """S3 has codes of its own, one for the header and one for the query."""
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=x"
    error = refusal(with_headers(s3_request("0" * 64, "GET", "/"), authorization=header))
    assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
    assert error.message.startswith("The authorization header is malformed; ")
    assert words in error.message


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("X-Amz-Expires=86401x", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires=-1", "X-Amz-Expires must be non-negative"),
        (
            "X-Amz-Expires=604801",
            (
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
                "must be less than 604800 seconds"
            ),
        ),
        ("X-Amz-Expires=" + "9" * 5000, "X-Amz-Expires must be less than a week"),
        ("X-Amz-Date=2013", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        ("X-Amz-Date=20131399T000000Z", "X-Amz-Date must be in the ISO8601 Long Format"),
        ("X-Amz-Algorithm=MD5", "X-Amz-Algorithm only supports"),
        (
            "X-Amz-Signature=",
            (
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_presigned_url(query: str, words: str) -> None:
    """A presigned URL is often made by hand."""
    name = query.partition("=")[0]
    pairs = [query if pair.startswith(name) else pair for pair in PRESIGNED_EXAMPLE.query.split("&")]
    error = refusal(msgspec.structs.replace(PRESIGNED_EXAMPLE, query="&".join(pairs)), S3_KEY)
    assert error.code == "AuthorizationQueryParametersError"
    assert words in error.message


def test_a_parameter_given_twice_is_refused() -> None:
    """Signer and verifier might each read another one."""
    twice = msgspec.structs.replace(PRESIGNED_EXAMPLE, query=PRESIGNED_EXAMPLE.query + "&X-Amz-Expires=1")
    assert refusal(twice, S3_KEY).code == "AuthorizationQueryParametersError"


def test_two_ways_to_sign_at_once_are_refused() -> None:
    """As by S3: nobody can tell which one is meant."""
    both = msgspec.structs.replace(PRESIGNED_EXAMPLE, headers=IAM_EXAMPLE.headers)
    assert refusal(both).message.startswith("Only one auth mechanism allowed")


def test_headers_of_amazon_must_be_signed() -> None:
    """Otherwise anyone between could add an ACL."""
    error = refusal(with_headers(PRESIGNED_EXAMPLE, x_amz_acl="public-read"), S3_KEY)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == "There were headers present in the request which were not signed"


def test_s3_wants_the_hash_of_the_payload() -> None:
    """It is required in the header form, and must be one."""
    request = s3_request("0" * 64, "GET", "/")
    assert refusal(with_headers(request, x_amz_content_sha256=None)).code == "InvalidRequest"
    assert refusal(with_headers(request, x_amz_content_sha256="abc")).code == "InvalidArgument"


def test_a_body_that_is_not_the_declared_one_is_refused() -> None:
    """The signature is true, the body is another's."""
    key = S3_KEY
    request = Request("PUT", "/b/k", "", {"host": "h"}, b"mine")
    request = msgspec.structs.replace(request, headers={"host": "h"} | sigv4.sign(request, key, "r", "s3", MAY_2013))
    verified(request, key)
    error = refusal(msgspec.structs.replace(request, body=b"yours"), key)
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)


@pytest.mark.parametrize(
    "date",
    ["20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT", "Sunday, 30-Aug-15 12:36:00 GMT", "Sun Aug 30 12:36:00 2015"],
)
def test_the_date_header_stands_in_for_x_amz_date(date: str) -> None:
    """Old clients send Date only, in any of HTTP's three formats."""
    signed = sigv4.parse(with_headers(IAM_EXAMPLE, x_amz_date=None, date=date))
    assert signed is not None
    assert (signed.timestamp, signed.timestamp_ms) == ("20150830T123600Z", AUGUST_2015)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2015-08-30T12:36:00Z", "20150832T123600Z", "٢0150830T123600Z", "Sun, 99"]
)
def test_what_is_no_date_is_refused(date: str) -> None:
    """Every date comes from outside."""
    error = refusal(with_headers(IAM_EXAMPLE, x_amz_date=date))
    assert error.code == "IncompleteSignature"


def test_clock_skew() -> None:
    """Fifteen minutes either way, in the words that tell users to set their clocks."""
    refusal(IAM_EXAMPLE, Key("", ""), AUGUST_2015 + 900_000)  # in time, so it gets as far as the signature
    old = refusal(IAM_EXAMPLE, IAM_KEY, AUGUST_2015 + 901_000)
    assert old.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    )
    early = refusal(IAM_EXAMPLE, IAM_KEY, AUGUST_2015 - 901_000)
    assert early.message == (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    )
    s3 = refusal(s3_request("0" * 64, "GET", "/"), S3_KEY, MAY_2013 + 901_000)
    assert (s3.code, s3.status) == ("RequestTimeTooSkewed", 403)


def test_presigned_urls_expire() -> None:
    """After the seconds that they name, not after fifteen minutes."""
    signed = sigv4.parse(PRESIGNED_EXAMPLE)
    assert signed is not None
    sigv4.check_time(signed, MAY_2013 + 86_400_000)
    assert refusal(PRESIGNED_EXAMPLE, S3_KEY, MAY_2013 + 86_401_000).message == "Request has expired"
    assert refusal(PRESIGNED_EXAMPLE, S3_KEY, MAY_2013 - 901_000).message == "Request is not yet valid"


def test_scope() -> None:
    """A signature for one service or region is worth nothing at another."""
    iam, s3 = sigv4.parse(IAM_EXAMPLE), sigv4.parse(PRESIGNED_EXAMPLE)
    assert iam is not None
    assert s3 is not None
    sigv4.check_scope(iam, frozenset({"iam"}), None)
    with pytest.raises(WireError, match="Credential should be scoped to correct service: 'sqs'"):
        sigv4.check_scope(iam, ("sqs",), None)
    with pytest.raises(WireError, match="Credential should be scoped to a valid region, not 'us-east-1'"):
        sigv4.check_scope(iam, ("iam",), "eu-west-1")
    with pytest.raises(WireError, match="the region 'us-east-1' is wrong; expecting 'eu-west-1'"):
        sigv4.check_scope(s3, ("s3",), "eu-west-1")


@pytest.mark.parametrize("service", ["sqs", "s3"])
def test_what_we_sign_we_accept(service: str) -> None:
    """The command signs with this; the gateway verifies."""
    key = Key("AKID", "secret", "token")
    request = Request("POST", "/a b/../c", "x=1 2&a=", {"host": "h", "content-type": "t"}, b"body")
    added = sigv4.sign(request, key, "us-east-1", service, AUGUST_2015)
    signed = verified(msgspec.structs.replace(request, headers={**request.headers, **added}), key)
    assert signed.session_token == "token"
    query = sigv4.presign(msgspec.structs.replace(request, body=b""), key, "us-east-1", service, AUGUST_2015)
    signed = verified(msgspec.structs.replace(request, query=query, body=b""), key)
    assert (signed.session_token, signed.expires_seconds) == ("token", 3600)
