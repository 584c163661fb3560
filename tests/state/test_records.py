"""Records: round trip, migration along the chain, and the refusal of what is newer."""

from __future__ import annotations

import pytest

from gureum.state.records import Record, RecordVersionError, decoder, encode


class PetV1(Record, version=1):
    name: str


class PetV2(Record, version=2, previous=PetV1):
    name: str
    legs: int

    @classmethod
    def migrate(cls, previous: PetV1) -> PetV2:
        return cls(previous.name, 4)


class Pet(Record, version=300, previous=PetV2):
    name: str
    legs: int
    tail: bool = True

    @classmethod
    def migrate(cls, previous: PetV2) -> Pet:
        return cls(previous.name, previous.legs, previous.legs == 4)


def test_round_trip() -> None:
    """Also with a version that takes two bytes."""
    pet = Pet("cat", 4, tail=False)
    assert decoder(Pet)(encode(pet)) == pet


def test_migration_goes_through_every_version() -> None:
    """A record of any older version is read as the newest."""
    decode = decoder(Pet)
    assert decode(encode(PetV1("dog"))) == Pet("dog", 4, tail=True)
    assert decode(encode(PetV2("bird", 2))) == Pet("bird", 2, tail=False)


def test_newer_version_is_refused() -> None:
    """An older release must not read half of what a newer one wrote."""
    with pytest.raises(RecordVersionError, match="version 300 is newer than 2"):
        decoder(PetV2)(encode(Pet("cat", 4)))


def test_unknown_older_version_is_refused() -> None:
    """A gap in the chain is an error that names the version."""

    class Other(Record, version=7):
        name: str

    with pytest.raises(RecordVersionError, match="version 1 "):
        decoder(Other)(encode(PetV1("dog")))
    with pytest.raises(RecordVersionError, match="without a version"):
        decoder(Other)(b"")


def test_default_at_the_end_needs_no_version() -> None:
    """Bytes that were written before a field was added at the end are still read."""

    class Before(Record, version=1):
        name: str

    class Now(Record, version=1):
        name: str
        age: int = 0

    assert decoder(Now)(encode(Before("x"))) == Now("x", 0)


def test_mistakes_in_a_chain_are_found_at_import() -> None:
    """A class without version, going backwards, or with a way from nowhere."""
    with pytest.raises(AssertionError, match="no version"):

        class NoVersion(Record):
            name: str

    with pytest.raises(AssertionError, match="not newer"):

        class Backwards(Record, version=1, previous=PetV2):
            @classmethod
            def migrate(cls, previous: PetV2) -> Backwards:
                return cls()

    with pytest.raises(AssertionError, match="migrate"):

        class NoWay(Record, version=2, previous=PetV1):
            name: str


def test_records_are_frozen() -> None:
    """A record that was read is a value: changing it would change nothing in the store."""
    with pytest.raises(AttributeError):
        Pet("cat", 4).name = "dog"
