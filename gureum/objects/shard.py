"""Records: how a shard lies in an extent.

    magic 4 | version 1 | flags 1 | data 1 | parity 1 | shard 1 | 3 | segment bytes 4 | offset in the object 8 |
    object id 16 | stored bytes 4 | payload bytes 4 | payload CRC32C 4 | 4 | written 8 | segment CRC64NVME 8 | seal 8
    payload, then zeros up to a multiple of 8, which the CRC covers too

A record says itself which shard of what it is, so a read notices when it got another one, and the index can be made
again from nothing but extents.  `segment bytes` is the size of the segment as it was given, `stored bytes` what was
encoded (less, if it was compressed).  `written` is the host's time in milliseconds when this record was written, which
tells whether somebody may still be about to refer to it.

The seal is a keyed BLAKE2b of the header before it, with a key that only the store's disks and its state know.  A
checksum alone would do against rot; but a scan looks for the next record wherever one may begin, and an object may hold
bytes that look like a record of another object.  With a key nobody can write such bytes.

Rejected: CRC32C alone over several megabytes (one error in four billion would pass); the CRC64 of the whole segment is
checked as well whenever a segment was put together.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

MAGIC: Final = b"GRM\xee"
VERSION: Final = 1
LAST: Final = 1
COMPRESSED: Final = 2
ONE_ZONE: Final = 4

object_id_bytes: Final = 16
key_bytes: Final = 32

_fields: Final = struct.Struct("<4sBBBBB3xIQ16sIII4xQQ")
_seal_bytes: Final = 8
_alignment: Final = 8
header_bytes: Final = _fields.size + _seal_bytes


Bytes = bytes | memoryview


class Header(NamedTuple):
    """What a record says of itself."""

    flags: int
    data: int
    parity: int
    shard: int
    segment_bytes: int
    offset: int
    object_id: bytes
    stored_bytes: int
    payload_bytes: int
    payload_crc: int
    written_ms: int
    segment_crc: int

    @property
    def record_bytes(self) -> int:
        """The room that the whole record takes."""
        return record_bytes(self.payload_bytes)


def record_bytes(payload_bytes: int) -> int:
    """The room that a record with such a payload takes."""
    return header_bytes + payload_bytes + _padding(payload_bytes)


def _padding(size: int) -> int:
    return -size % _alignment


def crc64(data: Bytes) -> int:
    """CRC64NVME."""
    from awscrt.checksums import crc64nvme as compute

    return int(compute(data))


def crc32c(data: Bytes, before: int = 0) -> int:
    """CRC32C, going on from that of what was before."""
    from awscrt.checksums import crc32c as compute

    return int(compute(data, before))


def payload_crc(payload: Bytes) -> int:
    """The CRC of a payload and the zeros behind it."""
    return crc32c(bytes(_padding(len(payload))), crc32c(payload))


def seal(key: bytes, fields: bytes | bytearray) -> bytes:
    """The seal of a header's fields."""
    return blake2b(fields, digest_size=_seal_bytes, key=key).digest()


def pack(key: bytes, header: Header, payload: Bytes) -> list[Bytes]:
    """The record in pieces to be written one after the other."""
    assert header.payload_bytes == len(payload)
    fields = _fields.pack(MAGIC, VERSION, *header)
    pieces: list[Bytes] = [fields + seal(key, fields), payload]
    padding = _padding(len(payload))
    if padding:
        pieces.append(bytes(padding))
    return pieces


def parse(key: bytes, data: bytes | bytearray) -> Header | None:
    """The header that `data` begins with, None when there is none or it was spoiled."""
    if len(data) < header_bytes or not data.startswith(MAGIC):
        return None
    fields = data[: _fields.size]
    if seal(key, fields) != data[_fields.size : header_bytes]:
        return None
    _, version, *values = _fields.unpack(fields)
    return Header(*values) if version == VERSION else None


def payload_of(header: Header, record: bytearray) -> memoryview | None:
    """The payload of a whole record, None when it was spoiled."""
    if len(record) != header.record_bytes:
        return None
    padded = memoryview(record)[header_bytes:]
    return padded[: header.payload_bytes] if crc32c(padded) == header.payload_crc else None


def scan(key: bytes, file: int, size: int, start: int = 0) -> Iterator[tuple[int, Header]]:
    """(offset, header) of each record of the open file; what is no record is passed over."""
    offset = start
    while offset + header_bytes <= size:
        header = parse(key, os.pread(file, header_bytes, offset))
        if header is None:
            found = _next_magic(file, offset + 1)
            if found is None:
                return
            offset = found
            continue
        if offset + header.record_bytes > size:
            return
        yield offset, header
        offset += header.record_bytes


_window_bytes: Final = 1024 * 1024


def _next_magic(file: int, start: int) -> int | None:
    overlap = len(MAGIC) - 1
    while len(window := os.pread(file, _window_bytes, start)) > overlap:
        found = window.find(MAGIC)
        if found >= 0:
            return start + found
        start += len(window) - overlap
    return None
