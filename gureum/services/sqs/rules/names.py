"""Names of queues: what they may be, and their forms as URL and ARN.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
"""

from __future__ import annotations

import re
from typing import Final

from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.services.sqs.errors import InvalidAddress, InvalidParameterValue
from gureum.services.sqs.rules.limits import name_characters_max

fifo_suffix: Final = ".fifo"
_plain = re.compile(r"[A-Za-z0-9_-]+")


def is_fifo(name: str) -> bool:
    """Whether the name is that of a FIFO queue; the suffix is the only sign there is."""
    return name.endswith(fifo_suffix)


def check(name: str, fifo: bool) -> None:
    """Raise InvalidParameterValue unless a queue of that type may have that name."""
    stem = name.removesuffix(fifo_suffix) if fifo else name
    if _plain.fullmatch(stem) and len(name) <= name_characters_max and is_fifo(name) == fifo:
        return
    if fifo:
        raise InvalidParameterValue(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length."
        )
    raise InvalidParameterValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")


def from_url(url: str) -> tuple[str, str]:
    """(account, name) of a queue URL of any host.  Raises InvalidAddress."""
    parts = url.partition("?")[0].rsplit("/", 2)
    if len(parts) == 3 and parts[2] and parts[1].isdecimal():
        return parts[1], parts[2]
    raise InvalidAddress(f"The address {url} is not valid for this endpoint.")


def url(endpoint: str, account: str, name: str) -> str:
    """The URL of a queue for a client that reaches the cloud at `endpoint`."""
    return f"{endpoint}/{account}/{name}"


def arn(region: str, account: str, name: str) -> str:
    """The ARN of a queue."""
    return f"arn:{PARTITION}:sqs:{region}:{account}:{name}"


def from_arn(text: str) -> tuple[str, str, str] | None:
    """(account, region, name) of a queue's ARN, or None when it is not one."""
    parsed = arns.parse(text)
    if parsed is None or (parsed.partition, parsed.service) != (PARTITION, "sqs"):
        return None
    if not parsed.region or not parsed.account:
        return None
    return parsed.account, parsed.region, parsed.resource
