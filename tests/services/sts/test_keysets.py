"""How often a provider is asked for its keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gureum.services.sts.errors import IDPCommunicationErrorException
from gureum.services.sts.keysets import KeySets, _kept_ms
from tests.services.sts.issuer import Issuer, issuing, rsa_key


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


def test_failures_are_not_kept(issuer: Issuer) -> None:
    """A provider that is well again is asked again, and what it said before was not lost."""
    sets = KeySets()
    issuer.status = 503
    with pytest.raises(IDPCommunicationErrorException):
        kids(sets, issuer, 0)
    issuer.status = 200
    assert kids(sets, issuer, 1) == ["one"]
    issuer.status = 503
    with pytest.raises(IDPCommunicationErrorException):
        kids(sets, issuer, 20_000, again=True)
    assert kids(sets, issuer, 20_001) == ["one"]


@pytest.mark.parametrize(
    ("header", "kept_ms"),
    [("", 600_000), ("public, max-age=60", 60_000), ("max-age=999999999", 86_400_000), ("max-age=5, no-cache", 0)],
)
def test_how_long_keys_are_kept(header: str, kept_ms: int) -> None:
    """As the provider says, and at most a day."""
    assert _kept_ms(header) == kept_ms
