"""The rules of STS without a server: whatever a token or a document says, the answer is one of AWS's errors."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.api.errors import ApiError
from gureum.services.sts.errors import PackedPolicyTooLargeException
from gureum.services.sts.rules import claims, durations, packing, saml
from gureum.services.sts.rules.tags import SessionTags, inherited, joined, passed
from tests.services.sts import idp
from tests.services.sts.issuer import rsa_key

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "azp", "amr", "https://aws.amazon.com/tags"])
KEYS: list[dict[str, Any]] = [dict(rsa_key("one").as_dict(private=False))]


def token(header: Any, document: Any) -> str:
    """Something of the form of a token."""
    parts = (json.dumps(part).encode() for part in (header, document, "signature"))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@given(st.text() | st.builds(token, JSON | st.just({"alg": "RS256", "kid": "one"}), JSON))
def test_no_token_breaks_anything(text: str) -> None:
    """It is refused, unverified and verified."""
    for read in (claims.issuer, lambda given: claims.verify(given, KEYS)):
        try:
            read(text)
        except (ApiError, claims.UnknownKey):
            continue
        assert read is claims.issuer, "nobody has signed it"


@given(st.dictionaries(NAMES, JSON))
def test_no_claims_break_anything(document: dict[str, Any]) -> None:
    """Those of a token that was signed: providers make mistakes."""
    try:
        read = claims._read({"iss": "i", "sub": "s", "aud": "a", "exp": 2, "iat": 1, **document})
        claims.check(read, ["a"], 1_000)
    except ApiError:
        return
    assert read.audience == "a"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_document_breaks_anything(content: bytes) -> None:
    """Neither as base64 nor as what is in it."""
    for given_ in (base64.b64encode(content).decode(), content.decode("latin-1")):
        with pytest.raises(ApiError):
            saml.verify(given_, idp.metadata("idp"))


@given(st.dictionaries(st.text("abcABC", min_size=1, max_size=3), st.text("xy", max_size=2), max_size=5), st.data())
def test_what_is_inherited_stays(pairs: dict[str, str], data: st.DataObject) -> None:
    """Through a chain, tags are those passed on and those passed; never one twice, never one changed."""
    tags: Any = [{"Key": key, "Value": value} for key, value in pairs.items()]
    transitive = data.draw(st.lists(st.sampled_from(sorted(pairs)), unique=True)) if pairs else []
    try:
        first = passed(tags, transitive)
    except ApiError:
        assert len({key.lower() for key in pairs}) < len(pairs)
        return
    kept = SessionTags({key: first.tags[key] for key in first.transitive}, first.transitive)
    assert inherited(None) == SessionTags()
    assert joined(kept, SessionTags()) == kept
    for key in kept.tags:
        with pytest.raises(ApiError):
            joined(kept, SessionTags({key.swapcase(): "z"}))


def test_packing() -> None:
    """Nothing takes no room, more takes more, and too much is named by what it is."""
    assert packing.percentage(None, (), {}) is None
    small = packing.percentage('{"Statement":[]}', (), {})
    large = packing.percentage('{"Statement":[]}', ("arn:aws:iam::aws:policy/ReadOnlyAccess",), {"a": "b"})
    assert small is not None
    assert large is not None
    assert 0 < small < large <= 100
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(3000))
    with pytest.raises(PackedPolicyTooLargeException, match=r"Packed policy consumes \d{3}% of allotted space"):
        packing.percentage(noise, (), {})


def test_durations() -> None:
    """The root user's sessions are shortened, others refused; an assertion only shortens."""
    assert durations.of_user(None, root=False) == 43_200
    assert durations.of_user(129_600, root=True) == 3600
    assert durations.of_role(None, 43_200, chained=True) == 3600
    assert durations.of_assertion(None, 3600, "900", None, 0) == 900
    assert durations.of_assertion(None, 3600, "", 10_000, 4_000) == 6
