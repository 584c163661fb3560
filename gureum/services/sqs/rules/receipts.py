"""Receipt handles: which receive of which message, and where to find it.

A handle is the contents it came from, the message's stamp, the time until which that receive hid it, and a random
proof that only this receive gave out.  The proof is compared with the stored one, so a handle cannot be made up, and
an old one is told from the most recent.  The time is in it because hidden messages are stored in its order.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Final, NamedTuple

from gureum.services.sqs.errors import ReceiptHandleIsInvalid

receipt_bytes: Final = 12
_version: Final = b"\x01\x01"
_contents_bytes: Final = 12
_time_bytes: Final = 6
_head_bytes: Final = len(_version) + _contents_bytes + _time_bytes + receipt_bytes


class Receipt(NamedTuple):
    """What a receipt handle says."""

    contents: bytes
    stamp: bytes
    visible_ms: int
    receipt: bytes


def encode(contents: bytes, stamp: bytes, visible_ms: int, receipt: bytes) -> str:
    """The handle, as opaque text."""
    raw = _version + contents + visible_ms.to_bytes(_time_bytes, "big") + receipt + stamp
    return binascii.b2a_base64(raw, newline=False).decode()


def decode(handle: str, queue_id: bytes) -> Receipt:
    """What `handle` says.  Raises ReceiptHandleIsInvalid when it was not given out by that queue."""
    try:
        raw = base64.b64decode(handle, validate=True)
    except ValueError:
        raw = b""
    contents = raw[2:14]
    if len(raw) <= _head_bytes or not raw.startswith(_version) or not contents.startswith(queue_id):
        raise ReceiptHandleIsInvalid(f'The input receipt handle "{handle}" is not a valid receipt handle.')
    return Receipt(contents, raw[_head_bytes:], int.from_bytes(raw[14:20], "big"), raw[20:_head_bytes])
