"""What all protocols need of an `ErrorValue`: which members to write, under which name the message goes.

A modelled error carries its message in a member that the model calls `message` or `Message`; an `ErrorValue` carries
it apart, so that no caller has to know which.  Members that the model does not name (S3's `BucketName`) are strings.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization and the same
section of the other protocols.
"""

from __future__ import annotations

from typing import Any

from gureum.wire.errors import ErrorValue
from gureum.wire.model import Member


def message_member(error: ErrorValue) -> Member | None:
    """The member of the modelled shape that holds the message, when there is one."""
    if error.shape is None:
        return None
    return next((m for name, m in error.shape.members.items() if name.lower() == "message"), None)


def message_name(error: ErrorValue) -> str:
    """The key of the message on the wire, for JSON and CBOR."""
    member = message_member(error)
    return "message" if member is None else member.wire_name or member.name


def split_members(error: ErrorValue) -> tuple[dict[str, Any], dict[str, str]]:
    """The members that the model knows, without the message, and the others, which must be strings."""
    known: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    members = error.shape.members if error.shape is not None else {}
    message = message_member(error)
    for name, value in error.members.items():
        if value is None or (message is not None and name == message.name):
            continue
        if name in members:
            known[name] = value
        elif isinstance(value, str):
            unknown[name] = value
        else:
            raise TypeError(f"error member {name} is not in the model and not a string")
    return known, unknown


def fault_name(error: ErrorValue) -> str:
    """Whose fault it is, in the words of the query protocol."""
    return "Sender" if error.sender else "Receiver"
