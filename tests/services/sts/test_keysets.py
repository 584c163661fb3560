"""How often a provider is asked for its keys, and which of them are used."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc import jws

from gureum.services.sts.errors import IDPCommunicationErrorException, InvalidIdentityTokenException
from gureum.services.sts.keysets import KeySets, _kept_ms
from gureum.services.sts.rules import claims
from gureum.services.sts.rules.jwks import is_usable
from tests.services.sts.issuer import Issuer, Key, ec_key, issuing, rsa_key


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    """Its keys are good for ten minutes."""
    with issuing(tmp_path) as started:
        yield started


def kids(sets: KeySets, issuer: Issuer, now_ms: int, *, again: bool = False) -> list[str]:
    """The names of the keys that are found."""
    found = asyncio.run(sets.of(issuer.name, (issuer.thumbprint,), now_ms, again=again))
    return [key["kid"] for key in found]


def test_new_keys_are_found(issuer: Issuer) -> None:
    """When the old ones are over; and sooner when they do not do, if they were not read just now."""
    sets = KeySets()
    assert kids(sets, issuer, 0) == ["one"]
    issuer.keys = [rsa_key("two")]
    assert kids(sets, issuer, 599_999) == kids(sets, issuer, 9_999, again=True) == ["one"]
    assert kids(sets, issuer, 10_000, again=True) == ["two"]
    issuer.keys = [rsa_key("three")]
    assert kids(sets, issuer, 609_999) == ["two"]
    assert kids(sets, issuer, 610_000) == ["three"]
    assert len(issuer.asked) == 6


def test_a_failure_is_everybodys_for_ten_seconds(issuer: Issuer) -> None:
    """Who sends tokens cannot make a provider that is not well be asked without end; what it said before is kept."""
    sets = KeySets()
    issuer.status = 503
    with pytest.raises(IDPCommunicationErrorException):
        kids(sets, issuer, 0)
    issuer.status, asked = 200, len(issuer.asked)
    with pytest.raises(IDPCommunicationErrorException):
        kids(sets, issuer, 9_999)
    assert len(issuer.asked) == asked
    assert kids(sets, issuer, 10_000) == ["one"]
    issuer.status = 503
    for now_ms in (20_000, 29_999):
        with pytest.raises(IDPCommunicationErrorException):
            kids(sets, issuer, now_ms, again=True)
    assert kids(sets, issuer, 30_000) == ["one"]
    assert len(issuer.asked) == asked + 3


def test_a_provider_cannot_ask_to_be_asked_each_time(issuer: Issuer) -> None:
    """Its keys are good for ten seconds though it says that they are not to be kept."""
    issuer.headers = {"Cache-Control": "no-store"}
    sets = KeySets()
    assert kids(sets, issuer, 0) == kids(sets, issuer, 9_999) == ["one"]
    assert len(issuer.asked) == 2
    issuer.keys = [rsa_key("two")]
    assert kids(sets, issuer, 10_000) == ["two"]


def test_who_asks_at_once_shares_the_answer(issuer: Issuer) -> None:
    """And when one of them goes away, the others still get it."""
    sets = KeySets()

    async def crowd() -> list[int]:
        async def one() -> int:
            return len(await sets.of(issuer.name, (issuer.thumbprint,), 0))

        first, *others = [asyncio.create_task(one()) for _ in range(5)]
        await asyncio.sleep(0)
        first.cancel()
        return await asyncio.gather(*others)

    assert asyncio.run(crowd()) == [1, 1, 1, 1]
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    ("key", "usable"),
    [
        (rsa_key("one"), True),
        *[(ec_key("one", curve), True) for curve in ("P-256", "P-384", "P-521")],
        (ec_key("one", "secp256k1"), False),
    ],
)
def test_which_keys_are_usable(key: Key, usable: bool) -> None:
    """Neither too small nor on curves that no algorithm of ours has."""
    assert is_usable(key.as_dict(private=False)) is usable


@pytest.mark.parametrize(
    "change",
    [
        {"n": "_" * 340},
        {"n": "_" * 700},
        {"n": "!"},
        {"n": None},
        {"e": "_" * 12},
        {"e": ""},
        {"kty": "oct"},
        {"kty": "EC"},
    ],
)
def test_what_is_no_usable_key(change: dict[str, str | None]) -> None:
    """Numbers that are too small, too large or none, other families."""
    assert not is_usable({**rsa_key("one").as_dict(private=False), **change})


def test_a_token_is_not_tried_with_every_key() -> None:
    """One that does not say which key it was signed with: with twenty of them."""
    keys = [rsa_key("one").as_dict(private=False)] * 20
    token = jws.serialize_compact({"alg": "RS256"}, b"{}", rsa_key("two"), algorithms=["RS256"])
    with pytest.raises(InvalidIdentityTokenException, match="Missing a required claim"):
        claims.verify(token, [*keys[:19], rsa_key("two").as_dict(private=False)])
    with pytest.raises(InvalidIdentityTokenException, match="signature is not valid"):
        claims.verify(token, [*keys, rsa_key("two").as_dict(private=False)])


@pytest.mark.parametrize(
    ("header", "kept_ms"),
    [("", 600_000), ("public, max-age=60", 60_000), ("max-age=999999999", 86_400_000), ("max-age=5, no-cache", 0)],
)
def test_how_long_keys_are_kept(header: str, kept_ms: int) -> None:
    """As the provider says, and at most a day."""
    assert _kept_ms(header) == kept_ms
