"""What a message may consist of: characters, attributes, size; and which of its attributes a receiver asked for.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, NotRequired, TypedDict

from gureum.services.sqs.errors import (
    InvalidAttributeName,
    InvalidMessageContents,
    InvalidParameterValue,
    UnsupportedOperation,
    missing,
)
from gureum.services.sqs.records import Attribute
from gureum.services.sqs.rules import limits


class MessageAttributeValue(TypedDict):
    """A message attribute as clients write it: one of the values, by the type."""

    DataType: str
    StringValue: NotRequired[str]
    BinaryValue: NotRequired[bytes]
    StringListValues: NotRequired[list[str]]
    BinaryListValues: NotRequired[list[bytes]]


system_attributes: Final = frozenset(
    {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    }
)

_forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_name = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_trace_header = re.compile(r"[A-Za-z]+=[^;=\s]+(;\s*[A-Za-z]+=[^;=\s]+)*;?")

_magnitude_max: Final = Decimal("1e126")
_magnitude_min: Final = Decimal("1e-128")
_digits_max: Final = 38


def check_characters(text: str, where: str) -> None:
    """Raise InvalidMessageContents if `text` has a character that XML 1.0 does not allow."""
    # Printable characters are all allowed, and asking for them costs a hundredth of the search.
    if text.isprintable():
        return
    found = _forbidden.search(text)
    if found is not None:
        raise InvalidMessageContents(
            f"Invalid binary character '#x{ord(found[0]):x}' was found in the {where}, the set of allowed characters "
            "is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
        )


def encode_body(body: str) -> bytes:
    """The body in UTF-8.  Raises for an empty one, and for characters that are not allowed."""
    if not body:
        raise missing("MessageBody")
    check_characters(body, "message body")
    return body.encode()


def check_size(size_bytes: int, bytes_max: int) -> None:
    """Raise unless a message of that size, attributes included, may go into the queue."""
    if size_bytes > bytes_max:
        raise InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than {bytes_max} bytes."
        )


def parse_attributes(values: Mapping[str, MessageAttributeValue] | None) -> dict[str, Attribute]:
    """Message attributes as they are stored.  Raises when there are too many or one is not as it should be."""
    if not values:
        return {}
    if len(values) > limits.message_attributes_max:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(values)}] exceeds the allowed maximum "
            f"[{limits.message_attributes_max}]."
        )
    for name in values:
        _check_name(name)
    return {name: _parse(name, value, "user") for name, value in values.items()}


def parse_trace_header(values: Mapping[str, MessageAttributeValue] | None) -> str | None:
    """The value of AWSTraceHeader, the only message system attribute that senders can give."""
    if not values:
        return None
    for name in values:
        if name != "AWSTraceHeader":
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
    attribute = _parse("AWSTraceHeader", values["AWSTraceHeader"], "system")
    if attribute.type != "String":
        raise InvalidParameterValue("The type of message (system) attribute 'AWSTraceHeader' must be String.")
    if not _trace_header.fullmatch(attribute.text):
        raise InvalidParameterValue("The value of message (system) attribute 'AWSTraceHeader' is no trace header.")
    return attribute.text


def show_attribute(attribute: Attribute) -> MessageAttributeValue:
    """A message attribute as clients read it."""
    if attribute.data:
        return {"DataType": attribute.type, "BinaryValue": attribute.data}
    return {"DataType": attribute.type, "StringValue": attribute.text}


def attributes_size(attributes: Mapping[str, Attribute]) -> int:
    """What attributes add to the size of their message, in bytes: names, types and values."""
    return sum(len(name) + len(a.type.encode()) + len(a.octets) for name, a in attributes.items())


def select(wanted: Iterable[str], attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """Those of `attributes` that a receiver asked for: by name, all (`All`, `.*`), or by prefix (`name.*`)."""
    exact = set(wanted)
    if "All" in exact or ".*" in exact:
        return dict(attributes)
    prefixes = tuple(name[:-1] for name in exact if name.endswith(".*"))
    return {n: value for n, value in attributes.items() if n in exact or (prefixes and n.startswith(prefixes))}


def select_system(*wanted: Iterable[str] | None) -> frozenset[str]:
    """The names of the system attributes that a receiver asked for.  Raises InvalidAttributeName."""
    names = {name for some in wanted for name in some or ()}
    if "All" in names:
        return system_attributes
    for name in names:
        if name not in system_attributes:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    return frozenset(names)


def _check_name(name: str) -> None:
    """Raise InvalidParameterValue unless a message attribute may be called that."""
    if len(name) > limits.attribute_name_characters_max:
        raise InvalidParameterValue(
            f"Length of message attribute name must be less than {limits.attribute_name_characters_max + 1} bytes."
        )
    if not _name.fullmatch(name):
        raise InvalidParameterValue(
            f"Invalid attribute name parameter. Message (user) attribute name '{name}' can contain only A-Z, a-z, 0-9, "
            "underscore (_), hyphen (-) and period (.), must not start or end with a period and must not have "
            "periods in succession."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise InvalidParameterValue(
            f"Message (user) attribute name '{name}' starts with a prefix that is reserved: AWS. or Amazon."
        )


def _parse(name: str, value: MessageAttributeValue, kind: str) -> Attribute:
    data_type = value.get("DataType")
    if not data_type:
        raise InvalidParameterValue(f"The message attribute '{name}' must contain non-empty message attribute type.")
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise UnsupportedOperation("Message attribute list values in SendMessage operation are not supported.")
    logical = data_type.partition(".")[0]
    if logical not in ("String", "Number", "Binary") or len(data_type) > limits.attribute_type_characters_max:
        raise InvalidParameterValue(
            f"The type of message ({kind}) attribute '{name}' is invalid. You must use only the following supported "
            "type prefixes: Binary, Number, String."
        )
    check_characters(data_type, f"type of message attribute '{name}'")
    text, data = value.get("StringValue", ""), value.get("BinaryValue", b"")
    if bool(data) != (logical == "Binary") or bool(text) == bool(data):
        raise InvalidParameterValue(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
            f"type '{logical}'."
        )
    check_characters(text, f"value of message attribute '{name}'")
    if logical == "Number":
        _check_number(name, text, kind)
    return Attribute(data_type, text, data)


def _check_number(name: str, text: str, kind: str) -> None:
    """Raise InvalidParameterValue unless `text` is a number of 38 digits between 1e-128 and 1e126."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        digits = "".join(map(str, number.as_tuple().digits)).strip("0")
        small = number == 0 or _magnitude_min <= abs(number) <= _magnitude_max
        if small and len(digits) <= _digits_max:
            return
    raise InvalidParameterValue(f"Can't cast the value of message ({kind}) attribute '{name}' to a number.")
