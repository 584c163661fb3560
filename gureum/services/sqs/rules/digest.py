"""MD5 digests by which clients see that a message arrived as it was sent.

A digest of attributes is taken over them in order of name; each contributes name, type and value, every part with its
length in front (four bytes, big-endian), and before the value a byte: 1 for a string or number, 2 for binary.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5

from gureum.services.sqs.records import Attribute


def of_body(body: bytes) -> str:
    """The digest of a body in UTF-8, 32 hexadecimal digits."""
    return md5(body, usedforsecurity=False).hexdigest()


def of_attributes(attributes: Mapping[str, Attribute]) -> str:
    """The digest of message attributes, 32 hexadecimal digits."""
    parts: list[bytes] = []
    for name, attribute in sorted(attributes.items()):
        parts += (
            _with_length(name.encode()),
            _with_length(attribute.type.encode()),
            b"\x02" if attribute.data else b"\x01",
            _with_length(attribute.octets),
        )
    return md5(b"".join(parts), usedforsecurity=False).hexdigest()


def _with_length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part
