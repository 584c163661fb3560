"""SigV4A against the AWS Common Runtime, which every SDK signs with."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
import pytest
from awscrt import auth, http
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import sigv4, sigv4a
from gureum.wire.errors import WireError
from gureum.wire.http import Request

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def signed_by_runtime(service: str, presigned: bool, path: str = "/b/a%20b?x=1&a=2", regions: str = "*") -> Request:
    """A PUT signed by the runtime, as the server sees it."""
    s3 = service == "s3"
    message = http.HttpRequest("PUT", path, http.HttpHeaders([("host", "localhost:4566"), ("x-amz-meta-a", "b")]))
    kind = auth.AwsSignatureType
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4_ASYMMETRIC,
        signature_type=kind.HTTP_REQUEST_QUERY_PARAMS if presigned else kind.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(ACCESS_KEY_ID, SECRET, "token"),
        region=regions,
        service=service,
        date=MOMENT,
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value="UNSIGNED-PAYLOAD" if s3 else None,
        signed_body_header_type=auth.AwsSignedBodyHeaderType.NONE
        if presigned
        else auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256,
        expiration_in_seconds=600 if presigned else None,
    )
    auth.aws_sign_request(message, config).result(10)
    parts = urlsplit(message.path)
    return Request("PUT", parts.path, parts.query, {name.lower(): value for name, value in message.headers}, b"")


@pytest.mark.parametrize("service", ["s3", "events"])
@pytest.mark.parametrize("presigned", [False, True])
def test_signatures_of_the_runtime(service: str, presigned: bool) -> None:
    """In headers and in the query, for S3 and for others."""
    request = signed_by_runtime(service, presigned)
    signed = sigv4.parse(request)
    assert signed is not None
    assert (signed.algorithm, signed.region, signed.region_set) == ("AWS4-ECDSA-P256-SHA256", "", "*")
    assert (signed.session_token, signed.expires_seconds) == ("token", 600 if presigned else None)
    sigv4.check_time(signed, int(MOMENT.timestamp() * 1000))
    sigv4.verify(signed, request, SECRET)
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        sigv4.verify(signed, request, "another")
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        sigv4.verify(signed, msgspec.structs.replace(request, query=request.query + "&y=1"), SECRET)


@pytest.mark.parametrize(
    ("regions", "region", "accepted"),
    [("*", "eu-west-1", True), ("us-east-1,eu-*", "eu-west-1", True), ("us-*", "eu-west-1", False)],
)
def test_the_region_set(regions: str, region: str, accepted: bool) -> None:
    """It takes the place of the region in the scope."""
    signed = sigv4.parse(signed_by_runtime("events", False))
    assert signed is not None
    signed = msgspec.structs.replace(signed, region_set=regions)
    if accepted:
        sigv4.check_scope(signed, ("events",), region)
    else:
        with pytest.raises(WireError, match="valid region"):
            sigv4.check_scope(signed, ("events",), region)


def test_a_scope_with_a_region_is_refused() -> None:
    """The two algorithms have scopes of different forms."""
    request = signed_by_runtime("events", False)
    header = request.headers["authorization"].replace("/events/", "/us-east-1/events/")
    with pytest.raises(WireError, match="exactly 4 slash-delimited elements"):
        sigv4.parse(msgspec.structs.replace(request, headers={**request.headers, "authorization": header}))


def test_the_derived_key_is_the_documented_one() -> None:
    """The published vector of the key derivation."""
    scalar = sigv4a.derive_scalar("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
    assert scalar == 0x7FD3BD010C0D9C292141C2B77BFBDE1042C92E6836FFF749D1269EC890FCA1BD


@given(st.text(max_size=150))
def test_any_text_for_a_signature_is_only_wrong(signature: str) -> None:
    """It comes from outside and goes into a parser of ASN.1."""
    assert not sigv4a.verify(ACCESS_KEY_ID, SECRET, b"text", signature)


def test_our_own_signatures() -> None:
    """Deterministic, so that what is signed twice is the same."""
    signature = sigv4a.sign(ACCESS_KEY_ID, SECRET, b"text")
    assert signature == sigv4a.sign(ACCESS_KEY_ID, SECRET, b"text")
    assert sigv4a.verify(ACCESS_KEY_ID, SECRET, b"text", signature)
    assert not sigv4a.verify(ACCESS_KEY_ID, SECRET, b"other", signature)
