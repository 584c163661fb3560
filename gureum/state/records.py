"""Records: what is stored under a key, frozen, with a version and the way from the version before.

    class QueueV1(Record, version=1):
        name: str

    class Queue(Record, version=2, previous=QueueV1):
        name: str
        fifo: bool

        @classmethod
        def migrate(cls, previous: QueueV1) -> Queue:
            return cls(previous.name, previous.name.endswith(".fifo"))

A record is written as its version (a varint) and a msgpack array of its fields.  An old one is migrated when it is
read and written in the new form when it is next written, so a new release starts without a conversion run.  Fields
with defaults may be added at the end without a new version; anything else (removing, reordering, another meaning)
needs one.  A version that is newer than the program is refused: it was written by a release to go back from which is
not supported, and guessing would lose fields.

Rejected: names instead of positions on disk; they would be repeated in every record.
Source: https://jcristharif.com/msgspec/schema-evolution.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar, dataclass_transform

import msgspec

_encode_body = msgspec.msgpack.Encoder().encode


class RecordVersionError(Exception):
    """Stored bytes have a version that this program does not know."""


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class RecordType(msgspec.StructMeta):
    """The type of record types: takes `version` and `previous` as class arguments."""

    record_version: int
    previous: type[Record] | None
    header: bytes

    def __new__(  # noqa: PYI034  a metaclass cannot use Self
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        version: int = 0,
        previous: type[Record] | None = None,
        **config: Any,
    ) -> RecordType:
        """Check the chain: versions grow, and who has a previous version can migrate from it."""
        cls: RecordType = super().__new__(mcls, name, bases, namespace, **config)
        if not config:
            assert version > 0, f"{name} has no version"
            assert previous is None or previous.record_version < version, f"{name} is not newer than its previous"
            assert (previous is None) == ("migrate" not in namespace), f"{name}: migrate() goes with previous="
        cls.record_version = version
        cls.previous = previous
        cls.header = _varint(version)
        return cls

    def __init__(
        cls,  # noqa: N805
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        **config: Any,
    ) -> None:
        """Leave out the class arguments, which `type` does not know."""
        super().__init__(name, bases, namespace)


def _varint(number: int) -> bytes:
    """Little-endian groups of 7 bits, the high bit set in all but the last."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


class Record(msgspec.Struct, metaclass=RecordType, frozen=True, array_like=True):
    """The base of all records."""

    @classmethod
    def migrate(cls, previous: Any) -> Self:
        """This record from the one of the version before; deterministic."""
        raise NotImplementedError(f"{cls.__name__} has no previous version")


R = TypeVar("R", bound=Record)


def encode(record: Record) -> bytes:
    """The bytes to store for `record`."""
    return type(record).header + _encode_body(record)


def decoder(record_type: type[R]) -> Callable[[bytes], R]:
    """A function from stored bytes, of this version or an older one, to a record of `record_type`.

    It raises RecordVersionError for a version that is not in the chain of `record_type`.
    """
    header = record_type.header
    size = len(header)
    body: Callable[[bytes], R] | None = None

    def decode(stored: bytes) -> R:
        nonlocal body
        if body is None:
            # Building a decoder inspects all annotations: not at import, and not for tables that nobody reads.
            body = msgspec.msgpack.Decoder(record_type).decode
        if stored.startswith(header):
            return body(stored[size:])
        return _decode_older(record_type, stored)

    return decode


def _decode_older(record_type: type[R], stored: bytes) -> R:
    if stored.startswith(record_type.header):
        return msgspec.msgpack.decode(stored[len(record_type.header) :], type=record_type)
    if record_type.previous is None:
        raise RecordVersionError(f"{record_type.__name__}: stored version {_read_varint(stored)} is unknown here")
    if _read_varint(stored) > record_type.record_version:
        raise RecordVersionError(
            f"{record_type.__name__}: stored version {_read_varint(stored)} is newer than "
            f"{record_type.record_version}, the newest that this release knows"
        )
    return record_type.migrate(_decode_older(record_type.previous, stored))


def _read_varint(stored: bytes) -> int:
    number = shift = 0
    for byte in stored:
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number
        shift += 7
    raise RecordVersionError("stored bytes without a version")
