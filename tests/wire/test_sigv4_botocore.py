"""What botocore's signers sign, we accept: odd paths, queries and headers included.  No stored example covers those."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import sigv4
from gureum.wire.errors import WireError
from gureum.wire.http import Request

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

segment = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
paths = st.lists(segment, max_size=4).map(lambda parts: "/" + "/".join(quote(part, safe="~") for part in parts))
pairs = st.lists(st.tuples(segment.filter(bool), segment), max_size=4, unique_by=lambda pair: pair[0])
queries = pairs.map(lambda all_: "&".join(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in all_))
header_text = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="\xa0"))
header_text = header_text.filter(lambda value: " ".join(value.split()) == " ".join(value.split(" ")).strip(" "))
headers = st.dictionaries(
    st.sampled_from(["X-Amz-Meta-A", "Content-Type", "Range", "X-Other"]), header_text, max_size=3
)


def signed_by(
    signer: Any, service: str, method: str, url: str, given: dict[str, str], body: bytes, token: str | None = None
) -> Request:
    """A request as the server sees it, signed by one of botocore's signers."""
    request = AWSRequest(method=method, url=url, headers=given, data=body)
    signer(Credentials(ACCESS_KEY_ID, SECRET, token), service, "us-east-1").add_auth(request)
    parts = urlsplit(request.url)
    # Octets of headers are read as ISO-8859-1.
    seen = {name.lower(): str(value).encode().decode("latin-1") for name, value in request.headers.items()}
    return Request(method, parts.path or "/", parts.query, {**seen, "host": parts.netloc}, body)


def verify(request: Request) -> sigv4.SignedRequest:
    signed = sigv4.parse(request)
    assert signed is not None
    assert signed.access_key_id == ACCESS_KEY_ID
    sigv4.verify(signed, request, SECRET)
    return signed


@pytest.mark.parametrize(("signer", "service"), [(SigV4Auth, "sqs"), (S3SigV4Auth, "s3")])
@given(method=st.sampled_from(["GET", "PUT"]), path=paths, query=queries, given=headers, body=st.binary(max_size=20))
def test_signed_headers(
    signer: Any, service: str, method: str, path: str, query: str, given: dict[str, str], body: bytes
) -> None:
    """The form that every SDK call uses."""
    request = signed_by(signer, service, method, f"http://localhost:4566{path}?{query}", given, body, "token")
    assert verify(request).session_token == "token"


@pytest.mark.parametrize(("signer", "service"), [(SigV4QueryAuth, "sts"), (S3SigV4QueryAuth, "s3")])
@given(path=paths, query=queries)
def test_presigned_urls(signer: Any, service: str, path: str, query: str) -> None:
    """The form for browsers."""
    signed = verify(signed_by(signer, service, "GET", f"http://localhost:4566{path}?{query}", {}, b"", "token"))
    assert signed.presigned
    assert (signed.session_token, signed.expires_seconds) == ("token", 3600)


def test_another_body_is_refused() -> None:
    """Without x-amz-content-sha256 the body's own hash is what was signed."""
    request = signed_by(SigV4Auth, "sqs", "POST", "http://h/", {"X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}")
    signed = verify(request)
    changed = Request(request.method, request.path, request.query, request.headers, b"[]")
    with pytest.raises(WireError, match="SignatureDoesNotMatch"):
        sigv4.verify(signed, changed, SECRET)
