"""Keys: bytes compare as the tuples they encode, and give them back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gureum.state.keys import Element, Key, after, pack, prefix_range, unpack

integers = st.integers(-(2**64) + 1, 2**64 - 1) | st.integers(-300, 300)
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\x00"))
elements = st.none() | st.binary() | texts | integers | st.booleans()
keys = st.lists(elements, max_size=5).map(tuple)

_ranks = {type(None): 0, bytes: 1, str: 2, int: 3, bool: 4}


def rank(key: Key) -> list[tuple[int, Element]]:
    """What the order of tuples is when their elements have different types."""
    return [(_ranks[type(element)], 0 if element is None else element) for element in key]


@given(keys)
def test_round_trip(key: Key) -> None:
    """unpack gives back values and types (True is not 1)."""
    again = unpack(pack(key))
    assert again == key
    assert [type(element) for element in again] == [type(element) for element in key]


@given(keys, keys)
@example((b"\x00",), (b"",))
@example(("a", 1), ("a\x00", 0))
@example((-256,), (-255,))
def test_order(first: Key, second: Key) -> None:
    """The order of the bytes is that of the tuples: what every range relies on."""
    assert (pack(first) < pack(second)) == (rank(first) < rank(second))


@given(keys, keys, keys)
def test_prefix_range_holds_exactly_what_begins_so(prefix: Key, rest: Key, other: Key) -> None:
    """A range over a prefix finds all its tuples and no others."""
    start, end = prefix_range(pack(prefix))
    assert start <= pack(prefix + rest) < end
    begins_so = rank(other)[: len(prefix)] == rank(prefix)
    assert (start <= pack(other) < end) == begins_so
    assert pack(prefix + rest) < after(pack(prefix))


@pytest.mark.parametrize(
    ("key", "packed"),
    [
        ((None,), "00"),
        ((b"foo\x00bar",), "01666f6f00ff62617200"),
        (("F\u00d4O\x00bar",), "0246c3944f00ff62617200"),
        ((-5551212,), "11ab4b93"),
        ((0,), "14"),
        ((1, 255, 256), "150115ff160100"),
        ((False, True), "2627"),
    ],
)
def test_examples_of_the_specification(key: Key, packed: str) -> None:
    """The published examples of FoundationDB's tuple layer."""
    assert pack(key).hex() == packed


@pytest.mark.parametrize("element", [1.5, ("nested",), object()])
def test_other_types_are_refused(element: object) -> None:
    """What has no place in the order must not get into a key unnoticed."""
    with pytest.raises(TypeError):
        pack((element,))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [2**64, -(2**64)])
def test_too_large_integers_are_refused(number: int) -> None:
    """Beyond 64 bits the code of the size would run into those of other types."""
    with pytest.raises(ValueError, match="64 bits"):
        pack((number,))


@pytest.mark.parametrize("packed", [b"\x01abc", b"\x02abc\x00\xff", b"\x16\x01", b"\x99"])
def test_what_is_no_key_is_refused(packed: bytes) -> None:
    """Corrupt bytes are an error and not another key."""
    with pytest.raises(ValueError, match="key"):
        unpack(packed)
