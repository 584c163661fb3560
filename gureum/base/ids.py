"""Identifiers in the forms that AWS gives them.

One `Ids` is the only source of randomness for handlers; a test hands in a seeded one and sees the same ids again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from typing import Final

RandomBytes = Callable[[int], bytes]

_pool_bytes: Final = 4096


class _Pool:
    """Random bytes of the operating system, fetched many at a time: the system call costs more than an id.

    Threads share it without a lock, which would cost more than the rest: `read` takes bytes out in one step that no
    other thread comes between, and a new supply is used by the thread that fetched it before others see it.

    Not to be shared by processes: one that is forked would give out the same bytes again.
    """

    __slots__ = ("_supply",)

    def __init__(self) -> None:
        self._supply = BytesIO()

    def __call__(self, count: int) -> bytes:
        taken = self._supply.read(count)
        if len(taken) == count:
            return taken
        if count > _pool_bytes:
            return os.urandom(count)
        supply = BytesIO(os.urandom(_pool_bytes))
        taken = supply.read(count)
        self._supply = supply
        return taken


class Ids:
    """Makes identifiers from `random_bytes(count)`; the default is the operating system's generator.

    One for each process, made in it.
    """

    def __init__(self, random_bytes: RandomBytes | None = None) -> None:
        self._random_bytes = _Pool() if random_bytes is None else random_bytes

    def bytes(self, count: int) -> bytes:
        """`count` random bytes."""
        return self._random_bytes(count)

    def hex(self, digits: int) -> str:
        """`digits` random hexadecimal digits, as in `i-0123456789abcdef0`."""
        return self._random_bytes((digits + 1) // 2).hex()[:digits]

    def uuid(self) -> str:
        """A random UUID (RFC 9562, version 4)."""
        raw = bytearray(self._random_bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        digits = raw.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def text(self, alphabet: str, length: int) -> str:
        """`length` random characters of `alphabet`."""
        return "".join(alphabet[self.integer(len(alphabet))] for _ in range(length))

    def integer(self, below: int) -> int:
        """A random integer from 0 up to, not including, `below`; uniform to within 2^-64."""
        return int.from_bytes(self._random_bytes(8 + (below.bit_length() + 7) // 8)) % below
