"""Signature Version 4 under arbitrary requests: refused or verified, never anything else."""

from __future__ import annotations

import contextlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gureum.wire import sigv4
from gureum.wire.errors import WireError
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key

KEY = Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AUGUST_2015 = 1440938160000

wild = st.text(st.characters(), max_size=60)
pieces = st.sampled_from(
    [
        "AWS4-HMAC-SHA256",
        "AWS4-ECDSA-P256-SHA256",
        " ",
        ",",
        "=",
        "Credential",
        "SignedHeaders",
        "Signature",
        "host",
        "/",
        "20150830",
        "us-east-1",
        "s3",
        "sqs",
        "aws4_request",
        "X-Amz-",
        "Algorithm",
        "Date",
        "Expires",
        "&",
        "%2F",
        "%",
        "+",
        "\ud800",
        "é",
        "\0",
        ";",
    ]
)
text = st.one_of(wild, st.lists(pieces, max_size=25).map("".join))


@given(
    st.sampled_from(["GET", "P\udc80"]),
    text,
    text,
    st.dictionaries(
        st.sampled_from(
            ["authorization", "date", "x-amz-date", "x-amz-content-sha256", "host", "x-amz-security-token"]
        ),
        text,
    ),
    st.binary(max_size=5),
)
def test_no_request_does_more_than_be_refused(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    """Whatever comes in, only WireError comes out."""
    request = Request(method, path, query, headers, body)
    with contextlib.suppress(WireError):
        signed = sigv4.parse(request)
        if signed is not None:
            sigv4.check_time(signed, AUGUST_2015)
            sigv4.verify(signed, request, "secret")


@given(st.sampled_from(["iam", "s3"]), st.dictionaries(st.sampled_from(["via", "x-amz-meta-a"]), wild), text, text)
def test_strange_requests_that_are_well_signed_are_accepted(
    service: str, headers: dict[str, str], path: str, query: str
) -> None:
    """Canonicalization loses nothing that it needs: signer and verifier agree on every input."""
    request = Request("GET", path, query.replace("X-Amz-", ""), {"host": "h", **headers})
    added = sigv4.sign(request, KEY, "us-east-1", service, AUGUST_2015)
    request = msgspec.structs.replace(request, headers={**request.headers, **added})
    signed = sigv4.parse(request)
    assert signed is not None
    sigv4.verify(signed, request, KEY.secret_key)
