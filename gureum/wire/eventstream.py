"""Frames of `application/vnd.amazon.eventstream`: typed headers and a payload between lengths and checksums.

    total length (4) | headers length (4) | CRC32 of those 8 | headers | payload | CRC32 of all before

Pure framing; what the headers mean is in `events`.  `Decoder` takes bytes in any pieces and gives whole frames; it
holds at most one frame, and the lengths are checked against AWS's limits before anything is buffered for them.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html and
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from gureum.wire import timestamps
from gureum.wire.errors import WireError

headers_bytes_max: Final = 128 * 1024
payload_bytes_max: Final = 24 * 1024 * 1024
_prelude_bytes: Final = 12
_crc_bytes: Final = 4
_unsigned_prelude: Final = struct.Struct("!II")
_uint32: Final = struct.Struct("!I")
_fixed: Final = {2: struct.Struct("!b"), 3: struct.Struct("!h"), 4: struct.Struct("!i"), 5: struct.Struct("!q")}
_true, _false, _integer, _long, _bytes, _string, _timestamp, _uuid = 0, 1, 4, 5, 6, 7, 8, 9

HeaderValue = bool | int | bytes | str | datetime | UUID


class Long(int):
    """An integer header of 64 bits; a plain int is written with 32."""


class Frame(msgspec.Struct, frozen=True):
    """One message: headers by name, and the payload."""

    headers: Mapping[str, HeaderValue]
    payload: bytes = b""


def encode_frame(headers: Mapping[str, HeaderValue], payload: bytes = b"") -> bytes:
    """The bytes of one frame."""
    encoded = b"".join(_encode_header(name, value) for name, value in headers.items())
    total = _prelude_bytes + len(encoded) + len(payload) + _crc_bytes
    prelude = _unsigned_prelude.pack(total, len(encoded))
    message = b"".join((prelude, _uint32.pack(crc32(prelude)), encoded, payload))
    return message + _uint32.pack(crc32(message))


class Decoder:
    """Bytes in any pieces to frames.  WireError when a length or a checksum is wrong."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes."""
        self._buffer += data
        while len(self._buffer) >= _prelude_bytes:
            total, header_bytes = self._lengths()
            if len(self._buffer) < total:
                return
            message = bytes(self._buffer[:total])
            del self._buffer[:total]
            yield _decode_message(message, header_bytes)

    def finish(self) -> None:
        """To be called at the end of the stream: WireError when it ends inside a frame."""
        if self._buffer:
            raise _corrupt("the stream ends inside a message")

    def _lengths(self) -> tuple[int, int]:
        total, header_bytes = _unsigned_prelude.unpack_from(self._buffer)
        if _uint32.unpack_from(self._buffer, 8)[0] != crc32(self._buffer[:8]):
            raise _corrupt("the checksum of the prelude does not match")
        payload_bytes = total - header_bytes - _prelude_bytes - _crc_bytes
        if not 0 <= payload_bytes <= payload_bytes_max or header_bytes > headers_bytes_max:
            raise _corrupt("the message is too long")
        return total, header_bytes


def _decode_message(message: bytes, header_bytes: int) -> Frame:
    if _uint32.unpack_from(message, len(message) - _crc_bytes)[0] != crc32(message[:-_crc_bytes]):
        raise _corrupt("the checksum of the message does not match")
    headers_end = _prelude_bytes + header_bytes
    headers: dict[str, HeaderValue] = {}
    try:
        position = _prelude_bytes
        while position < headers_end:
            name, value, position = _decode_header(message[:headers_end], position)
            if name in headers:
                raise _corrupt(f"the header {name} comes twice")
            headers[name] = value
    except (struct.error, IndexError, ValueError) as error:
        raise _corrupt("a header is malformed") from error
    return Frame(headers, message[headers_end:-_crc_bytes])


def _decode_header(data: bytes, position: int) -> tuple[str, HeaderValue, int]:
    name, position = _take(data, position + 1, data[position])
    kind = data[position]
    position += 1
    if kind in (_true, _false):
        return name.decode(), kind == _true, position
    if kind in _fixed:
        number: int = _fixed[kind].unpack_from(data, position)[0]
        return name.decode(), Long(number) if kind == _long else number, position + _fixed[kind].size
    if kind in (_bytes, _string):
        length = int.from_bytes(_take(data, position, 2)[0])
        value, position = _take(data, position + 2, length)
        return name.decode(), value.decode() if kind == _string else value, position
    if kind == _timestamp:
        return name.decode(), _timestamp_value(data, position), position + 8
    if kind == _uuid:
        value, position = _take(data, position, 16)
        return name.decode(), UUID(bytes=value), position
    raise ValueError("unknown header type")


def _timestamp_value(data: bytes, position: int) -> datetime:
    return timestamps.parse_epoch(_fixed[_long].unpack_from(data, position)[0] / 1000)


def _take(data: bytes, position: int, length: int) -> tuple[bytes, int]:
    end = position + length
    if end > len(data):
        raise ValueError("a header is cut short")
    return data[position:end], end


def _encode_header(name: str, value: HeaderValue) -> bytes:
    encoded_name = name.encode()
    return bytes((len(encoded_name),)) + encoded_name + _encode_value(value)


def _encode_value(value: Any) -> bytes:
    match value:
        case bool():
            return bytes((_true if value else _false,))
        case Long():
            return bytes((_long,)) + _fixed[_long].pack(value)
        case int():
            return bytes((_integer,)) + _fixed[_integer].pack(value)
        case str():
            encoded = value.encode()
            return bytes((_string,)) + len(encoded).to_bytes(2) + encoded
        case bytes():
            return bytes((_bytes,)) + len(value).to_bytes(2) + value
        case datetime():
            return bytes((_timestamp,)) + _fixed[_long].pack(timestamps.epoch_milliseconds(value))
        case UUID():
            return bytes((_uuid,)) + value.bytes
    raise TypeError(f"a header cannot hold {type(value).__name__}")


def _corrupt(reason: str) -> WireError:
    return WireError("SerializationException", f"Malformed event stream: {reason}")
