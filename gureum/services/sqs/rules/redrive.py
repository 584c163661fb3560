"""Redrive policies: where messages go that nobody can process, and who may send them there.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gureum.services.sqs.errors import InvalidParameterValue, invalid
from gureum.services.sqs.records import Redrive, RedriveAllow
from gureum.services.sqs.rules import limits, names

_permissions: Final = ("allowAll", "denyAll", "byQueue")


def parse(text: str) -> Redrive | None:
    """A RedrivePolicy attribute; empty means none."""
    if not text:
        return None
    policy = _object("RedrivePolicy", text, "Redrive policy is not a valid JSON map.")
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {name}."
            raise invalid("RedrivePolicy", text, reason)
    if len(policy) > 2:
        raise invalid(
            "RedrivePolicy", text, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."
        )
    target = policy["deadLetterTargetArn"]
    if not isinstance(target, str) or names.from_arn(target) is None:
        raise invalid("RedrivePolicy", text, f"Invalid value for deadLetterTargetArn: {target}.")
    return Redrive(target, _count(policy["maxReceiveCount"], text))


def parse_allow(text: str) -> RedriveAllow | None:
    """A RedriveAllowPolicy attribute; empty means none, which allows all."""
    if not text:
        return None
    reason = "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format."
    policy = _object("RedriveAllowPolicy", text, reason)
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in _permissions or policy.keys() - {"redrivePermission", "sourceQueueArns"}:
        raise invalid("RedriveAllowPolicy", text, reason)
    if (permission == "byQueue") != bool(sources):
        raise invalid("RedriveAllowPolicy", text, "sourceQueueArns goes with redrivePermission byQueue.")
    if not sources:
        return RedriveAllow(permission)
    if not isinstance(sources, list) or not all(isinstance(s, str) and names.from_arn(s) for s in sources):
        raise invalid("RedriveAllowPolicy", text, reason)
    if len(sources) > limits.redrive_sources_max:
        raise invalid("RedriveAllowPolicy", text, "sourceQueueArns has more than 10 queues.")
    return RedriveAllow(permission, tuple(sources))


def show(redrive: Redrive) -> str:
    """The attribute's value, as SQS gives it back."""
    return _json({"deadLetterTargetArn": redrive.target_arn, "maxReceiveCount": redrive.max_receive_count})


def show_allow(allow: RedriveAllow) -> str:
    """The attribute's value, as SQS gives it back."""
    shown: dict[str, Any] = {"redrivePermission": allow.permission}
    if allow.source_arns:
        shown["sourceQueueArns"] = allow.source_arns
    return _json(shown)


def check_target(redrive: Redrive, source_arn: str, target_allow: RedriveAllow | None) -> None:
    """Raise InvalidParameterValue unless the queue may have that dead-letter queue, which exists.

    `target_allow` is the redrive allow policy of the dead-letter queue.
    """
    source, target = names.from_arn(source_arn), names.from_arn(redrive.target_arn)
    assert source is not None and target is not None, "parse checked the target, and the source is ours"
    if source[:2] != target[:2]:
        reason = "Dead-letter target owner and region must be those of the source queue."
        raise invalid("RedrivePolicy", show(redrive), reason)
    if source == target:
        raise invalid("RedrivePolicy", show(redrive), "A queue cannot be its own dead-letter queue.")
    if names.is_fifo(source[2]) != names.is_fifo(target[2]):
        raise invalid("RedrivePolicy", show(redrive), "Dead-letter queue must be same type of queue as the source.")
    if target_allow is not None and not _allows(target_allow, source_arn):
        reason = f"The redrive allow policy of {redrive.target_arn} does not allow {source_arn} as a source."
        raise invalid("RedrivePolicy", show(redrive), reason)


def _allows(allow: RedriveAllow, source_arn: str) -> bool:
    return allow.permission == "allowAll" or source_arn in allow.source_arns


def _count(value: object, text: str) -> int:
    """AWS takes the number as a string too, and many templates write it so."""
    number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 9 else value
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= limits.max_receive_count_max:
        return number
    reason = f"Invalid value for maxReceiveCount: {value}, valid values are from 1 to 1000 both inclusive."
    raise invalid("RedrivePolicy", text, reason)


def _object(name: str, text: str, reason: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        refusal: InvalidParameterValue = invalid(name, text, reason)
        raise refusal from error


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
