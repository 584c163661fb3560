"""Page tokens: good for the listing that gave them out and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gureum.state.keys import Key
from gureum.state.paging import InvalidToken, Pager

pager = Pager(b"k" * 32)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(0, 2**63), max_size=4).map(tuple))
def test_round_trip(position: Key) -> None:
    """The position comes back, and the token needs no escaping in URLs."""
    token = pager.encode(position, "ListQueues/1")
    assert pager.decode(token, "ListQueues/1") == position
    assert token.replace("-", "").replace("_", "").isalnum()


def test_foreign_tokens_are_refused() -> None:
    """Another listing, account or cloud."""
    token = pager.encode(("a", 1), "ListQueues/1")
    with pytest.raises(InvalidToken):
        pager.decode(token, "ListQueues/2")
    with pytest.raises(InvalidToken):
        Pager(b"other key of this cloud").decode(token, "ListQueues/1")


@given(st.integers(0, 255), st.integers(0, 5))
@example(42, 0)
def test_changed_tokens_are_refused(position: int, bit: int) -> None:
    """Every character counts."""
    token = pager.encode(("account", "queue"), "x")
    place = position % len(token)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = token[:place] + alphabet[alphabet.index(token[place]) ^ (1 << bit)] + token[place + 1 :]
    with pytest.raises(InvalidToken):
        pager.decode(changed, "x")


@given(st.text())
def test_garbage_is_refused(token: str) -> None:
    """Clients send anything."""
    with pytest.raises(InvalidToken):
        pager.decode(token, "x")
