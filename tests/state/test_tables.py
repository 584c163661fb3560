"""Tables and indexes: rows are found in order, and indexes agree with them whatever is done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.state.buffer import Buffered
from gureum.state.memory import MemoryStore
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table


class Pet(Record, version=1):
    owner: str
    name: str
    chip: int | None = None
    age: int = 0


pets = Table("test/pets", Pet, key=lambda pet: (pet.owner, pet.name))
pets_by_chip = pets.index("chip", lambda pet: None if pet.chip is None else (pet.chip,))
pets_by_age = pets.index("age", lambda pet: (pet.owner, pet.age), covering=True)
plain = Table("test/plain", Pet, key=lambda pet: (pet.owner, pet.name))

rex, tom, kit, bob = (
    Pet("ann", "rex", chip=7, age=3),
    Pet("ann", "tom", age=5),
    Pet("ann", "kit", chip=5, age=5),
    Pet("ben", "bob", chip=6, age=1),
)


def transaction() -> Transaction:
    """One that is never committed is all that a layer above the store needs."""
    return Buffered(MemoryStore(), readonly=False, checks=True)


@pytest.fixture
def tx() -> Transaction:
    tx = transaction()
    for pet in (rex, tom, kit, bob):
        pets.insert(tx, pet)
    return tx


def test_rows(tx: Transaction) -> None:
    """Get and scan, in the order of keys, with page, limit and direction."""
    assert pets.get(tx, ("ann", "tom")) == tom
    assert pets.get(tx, ("ann", "to")) is None
    assert pets.scan(tx) == [kit, rex, tom, bob]
    assert pets.scan(tx, ("ann",)) == [kit, rex, tom]
    assert pets.scan(tx, ("an",)) == []
    assert [pets.count(tx), pets.count(tx, ("ann",)), pets.count(tx, ("an",))] == [4, 3, 0]
    assert pets.scan(tx, ("ann",), after=("ann", "kit")) == [rex, tom]
    assert pets.scan(tx, ("ann",), after=("ann", "kix"), limit=1) == [rex]
    assert pets.scan(tx, ("ann",), after=("ann", "tom"), reverse=True) == [rex, kit]
    assert pets.scan(tx, reverse=True, limit=1) == [bob]


def test_indexes(tx: Transaction) -> None:
    """Index order, `until` inclusive, positions, and rows that are not indexed."""
    assert pets_by_chip.scan(tx) == [kit, bob, rex]
    assert pets_by_chip.scan(tx, until=(6,)) == [kit, bob]
    assert pets_by_chip.first(tx, (7,)) == rex
    assert pets_by_chip.first(tx, (8,)) is None
    assert pets_by_age.scan(tx, ("ann",)) == [rex, kit, tom]
    assert pets_by_age.scan(tx, ("ann",), until=("ann", 4)) == [rex]
    assert pets_by_age.scan(tx, ("ann",), after=pets_by_age.position(kit)) == [tom]
    assert pets_by_age.scan(tx, ("ann",), after=pets_by_age.position(kit), reverse=True) == [rex]
    assert pets_by_age.scan(tx, ("ann",), reverse=True, limit=2) == [tom, kit]


def test_positions_belong_to_their_scan(tx: Transaction) -> None:
    """A position of another prefix would silently show other rows."""
    with pytest.raises(AssertionError, match="outside"):
        pets.scan(tx, ("ann",), after=("ben", "bob"))
    with pytest.raises(AssertionError, match="not in"):
        pets_by_chip.position(tom)


def test_mistakes_are_found_where_tests_run(tx: Transaction) -> None:
    """Inserting twice, replacing or deleting what is not there, changing a key."""
    with pytest.raises(AssertionError, match="exists"):
        pets.insert(tx, rex)
    with pytest.raises(AssertionError, match="not what is stored"):
        pets.replace(tx, Pet("ann", "rex", age=99), rex)
    with pytest.raises(AssertionError, match="not what is stored"):
        pets.delete(tx, Pet("zoe", "zed"))
    with pytest.raises(AssertionError, match="replaced by"):
        pets.replace(tx, rex, tom)


def test_names_are_claimed_once() -> None:
    """Two tables under one name would mix their rows."""
    with pytest.raises(AssertionError, match="two tables"):
        Table("test/pets", Pet, key=lambda pet: (pet.name,))


def test_put_without_index_does_not_read() -> None:
    """A table without indexes has nothing to exchange."""
    tx = transaction()
    plain.put(tx, rex)
    plain.put(tx, Pet("ann", "rex", age=4))
    assert plain.scan(tx) == [Pet("ann", "rex", age=4)]


steps = st.lists(
    st.tuples(st.sampled_from("pd"), st.sampled_from("ab"), st.none() | st.integers(0, 2), st.integers(0, 2)),
    max_size=30,
)


@given(steps)
@settings(max_examples=100)
def test_indexes_agree_with_rows(steps: list[tuple[str, str, int | None, int]]) -> None:
    """After any puts and deletes each index has exactly the rows that it should, as they are now."""
    tx = transaction()
    rows: dict[str, Pet] = {}
    for action, name, chip, age in steps:
        if action == "p":
            rows[name] = Pet("ann", name, chip, age)
            pets.put(tx, rows[name])
        elif name in rows:
            pets.delete(tx, rows.pop(name))
    everyone = sorted(rows.values(), key=lambda pet: pet.name)
    assert pets.scan(tx) == everyone
    assert pets_by_age.scan(tx) == sorted(everyone, key=lambda pet: pet.age)
    assert pets_by_chip.scan(tx) == sorted((p for p in everyone if p.chip is not None), key=lambda p: p.chip or 0)
