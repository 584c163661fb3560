"""Order-preserving keys: tuples to bytes such that bytes compare as the tuples do.

The encoding is FoundationDB's tuple layer, restricted to what keys here are made of.  Each element starts with a code;
codes order the types (None < bytes < str < int < bool) and all are below 0xFF, so everything that a packed tuple `p`
prefixes as a tuple lies in `p <= key < p + FF`.

    None   00
    bytes  01 … 00        with each 00 inside written as 00 FF
    str    02 … 00        UTF-8, whose byte order is that of code points; 00 as above
    int    0C … 1C        14 is zero; 14+n: n big-endian bytes follow; 14-n: n bytes of the ones' complement
    bool   26 false, 27 true

Strings may not contain lone surrogates (UnicodeEncodeError); integers have at most 64 bits and a sign (ValueError).
Floats are left out: nothing should be found by one.
Source: https://github.com/apple/foundationdb/blob/main/design/tuple.md
"""

from __future__ import annotations

from typing import Final

Element = None | bytes | str | int | bool
Key = tuple[Element, ...]

_zero: Final = 0x14
_positive: Final = tuple(bytes([_zero + size]) for size in range(9))
_negative: Final = tuple(bytes([_zero - size]) for size in range(9))


def pack(key: Key) -> bytes:
    """The bytes of `key`; `unpack` gives it back.  TypeError for an element of another type."""
    parts = b""
    for element in key:
        if isinstance(element, str):
            parts += b"\x02" + element.encode().replace(b"\x00", b"\x00\xff") + b"\x00"
        elif isinstance(element, bytes):
            parts += b"\x01" + element.replace(b"\x00", b"\x00\xff") + b"\x00"
        elif element is None:
            parts += b"\x00"
        elif isinstance(element, bool):
            parts += b"\x27" if element else b"\x26"
        elif isinstance(element, int):
            parts += _pack_int(element)
        else:
            raise TypeError(f"{type(element).__name__} cannot be part of a key")
    return parts


def _pack_int(number: int) -> bytes:
    size = (number.bit_length() + 7) >> 3
    if size > 8:
        raise ValueError(f"{number} has more than 64 bits")
    if number >= 0:
        return _positive[size] + number.to_bytes(size, "big")
    return _negative[size] + (number + (1 << 8 * size) - 1).to_bytes(size, "big")


def unpack(packed: bytes) -> Key:
    """The tuple of which `packed` is the encoding.  ValueError when it is not one."""
    elements: list[Element] = []
    position, length = 0, len(packed)
    while position < length:
        element, position = _unpack_element(packed, position)
        elements.append(element)
    return tuple(elements)


def _unpack_element(packed: bytes, position: int) -> tuple[Element, int]:
    code = packed[position]
    if code in (0x01, 0x02):
        end = _terminator(packed, position + 1)
        content = packed[position + 1 : end].replace(b"\x00\xff", b"\x00")
        return (content if code == 0x01 else content.decode()), end + 1
    if 0x0C <= code <= 0x1C:
        size = abs(code - _zero)
        end = position + 1 + size
        if end > len(packed):
            raise ValueError("truncated key")
        number = int.from_bytes(packed[position + 1 : end], "big")
        return (number if code >= _zero else number - (1 << 8 * size) + 1), end
    if code == 0x00:
        return None, position + 1
    if code in (0x26, 0x27):
        return code == 0x27, position + 1
    raise ValueError(f"unknown code {code:#04x} in a key")


def _terminator(packed: bytes, position: int) -> int:
    """Where the string that starts at `position` ends: the first 00 that no FF follows."""
    while True:
        position = packed.find(b"\x00", position)
        if position < 0:
            raise ValueError("truncated key")
        if packed[position + 1 : position + 2] != b"\xff":
            return position
        position += 2


def prefix_range(prefix: bytes) -> tuple[bytes, bytes]:
    """(start, end) of all packed tuples that begin with the elements packed in `prefix`, that tuple itself included."""
    return prefix, prefix + b"\xff"


def after(packed: bytes) -> bytes:
    """The first key that comes after `packed` and everything it prefixes: a `start` that goes on behind it."""
    return packed + b"\xff"
