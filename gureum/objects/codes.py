"""Erasure codes: a segment to shards of which any `data` give it back.

Cauchy Reed-Solomon through liberasurecode and Intel's ISA-L (`pyeclib`; docs/decisions/0015).  The code is systematic:
the first `data` shards are the segment itself, cut in pieces, so a read with nothing missing decodes nothing.  A shard
is a *fragment* of the library: a header of 80 bytes, which decoding wants to see, and a piece.

With one data shard the shards are copies, without the library.  Small segments are stored this way: a shard costs some
160 bytes and a read of its own besides its piece, so up to half a kilobyte three copies take less room than six shards
of 4+2, and up to `copied_bytes_max` they cost at most 4,096 × 1.5 bytes more and spare three writes, and three of four
reads.  They survive what 4+2 survives: any two disks, or a zone.

Encoding and decoding let other threads run while they compute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from gureum.objects.shard import Bytes

if TYPE_CHECKING:
    from pyeclib.ec_iface import ECDriver

copied_bytes_max: Final = 4096
fragment_header_bytes: Final = 80


class Code(msgspec.Struct, frozen=True, array_like=True):
    """How a segment becomes shards: any `data` of `data + parity` are enough.

    `zone` keeps all shards in the one zone of that name.  `compressed` packs segments with zstd first.
    """

    data: int
    parity: int
    zone: str | None = None
    compressed: bool = False

    def __post_init__(self) -> None:
        assert 1 <= self.data <= 32, self.data
        assert 1 <= self.parity <= 32, self.parity

    @property
    def shards(self) -> int:
        """How many there are of a segment."""
        return self.data + self.parity

    def of(self, size_bytes: int) -> Code:
        """The code that a segment of this size is stored with: itself, or copies."""
        if size_bytes > copied_bytes_max or self.data == 1:
            return self
        return Code(1, self.parity, self.zone, self.compressed)


STANDARD: Final = Code(4, 2)
COLD: Final = Code(8, 4, compressed=True)


def one_zone(zone: str) -> Code:
    """The code of a pool in one zone of two disks: half of its shards are on each, and either may go."""
    return Code(2, 2, zone=zone)


def encode(code: Code, segment: bytes) -> list[bytes]:
    """The shards of a segment."""
    if code.data == 1:
        return [segment] * code.shards
    return _driver(code.data, code.parity).encode(segment)


def piece(code: Code, shard: Bytes) -> memoryview:
    """What a data shard holds of the segment; the last ones may be padded."""
    return memoryview(shard) if code.data == 1 else memoryview(shard)[fragment_header_bytes:]


def decode(code: Code, shards: Mapping[int, Bytes], size_bytes: int) -> bytes:
    """The segment of that size from at least `code.data` shards."""
    assert len(shards) >= code.data, "too few shards"
    if all(index in shards for index in range(code.data)):
        pieces = [piece(code, shards[index]) for index in range(code.data)]
        size = len(pieces[0])
        return b"".join(part[: max(size_bytes - index * size, 0)] for index, part in enumerate(pieces))
    if code.data == 1:
        return bytes(next(iter(shards.values())))
    return _driver(code.data, code.parity).decode([bytes(shard) for shard in shards.values()])


def reconstruct(code: Code, shards: Mapping[int, Bytes], wanted: Sequence[int]) -> dict[int, Bytes]:
    """The shards `wanted` from at least `code.data` others."""
    assert len(shards) >= code.data, "too few shards"
    if code.data == 1:
        return dict.fromkeys(wanted, next(iter(shards.values())))
    made = _driver(code.data, code.parity).reconstruct([bytes(shard) for shard in shards.values()], list(wanted))
    return dict(zip(wanted, made, strict=True))


@cache
def _driver(data: int, parity: int) -> ECDriver:
    from pyeclib.ec_iface import ECDriver

    return ECDriver(k=data, m=parity, ec_type="isa_l_rs_cauchy")


def compress(segment: bytes) -> bytes | None:
    """The segment packed with zstd, None when that does not make it smaller."""
    from zstandard import ZstdCompressor

    packed = ZstdCompressor(level=6).compress(segment)
    return packed if len(packed) < len(segment) else None


def decompress(packed: bytes, size_bytes: int) -> bytes:
    """The segment of that size."""
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompress(packed, max_output_size=size_bytes)
