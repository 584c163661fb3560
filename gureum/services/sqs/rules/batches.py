"""What makes a batch of entries one request.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gureum.services.sqs.errors import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    TooManyEntriesInBatchRequest,
)
from gureum.services.sqs.rules import limits
from gureum.services.sqs.rules.messages import MessageAttributeValue

_id = re.compile(rf"[A-Za-z0-9_-]{{1,{limits.batch_id_characters_max}}}")


def check_ids(ids: Sequence[str], entry: str) -> None:
    """Raise unless there are one to ten entries, each with a proper id of its own.  `entry` is what AWS calls them."""
    if not ids:
        raise EmptyBatchRequest(f"There should be at least one {entry} in the request.")
    if len(ids) > limits.batch_entries_max:
        raise TooManyEntriesInBatchRequest(
            f"Maximum number of entries per request are {limits.batch_entries_max}. You have sent {len(ids)}."
        )
    seen: set[str] = set()
    for entry_id in ids:
        if not _id.fullmatch(entry_id):
            raise InvalidBatchEntryId
        if entry_id in seen:
            raise BatchEntryIdsNotDistinct(f"Id {entry_id} repeated.")
        seen.add(entry_id)


def entry_size(body: str, attributes: Mapping[str, MessageAttributeValue] | None) -> int:
    """What a message counts in the size of its batch, in bytes: it may still turn out to be one that cannot be sent."""
    size = len(body.encode(errors="surrogatepass"))
    for name, value in (attributes or {}).items():
        given = value.get("BinaryValue") or value.get("StringValue", "").encode(errors="surrogatepass")
        size += len(name) + len(value["DataType"]) + len(given)
    return size


def check_size(size_bytes: int) -> None:
    """Raise unless messages of that size together, attributes included, may come in one batch."""
    if size_bytes > limits.message_bytes_max:
        raise BatchRequestTooLong(
            f"Batch requests cannot be longer than {limits.message_bytes_max} bytes. You have sent {size_bytes} bytes."
        )
