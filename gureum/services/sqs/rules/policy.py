"""Queue policies as documents: checked when they are set, edited by AddPermission and RemovePermission.

Their grammar, and whether one lets somebody through, is the business of `api.policy`.
Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from gureum.api.policy import Compiled, Kind, MalformedPolicy, compile_policy
from gureum.base.topology import PARTITION
from gureum.services.sqs.errors import InvalidAttributeValue, OverLimit, invalid
from gureum.services.sqs.rules import limits

_label = re.compile(r"[A-Za-z0-9_-]{1,80}")
_account = re.compile(r"[0-9]{12}")
permitted_actions: Final = (
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
)
"""The actions that can be shared with other accounts."""

Policy = dict[str, Any]


def check(text: str) -> str:
    """`text`, a policy to be set, or empty.  Raises InvalidAttributeValue."""
    if not text:
        return text
    policy = _parse(text)
    if policy is None or len(text.encode()) > limits.policy_bytes_max:
        raise not_a_policy()
    compiled(text)
    _check_limits(policy)
    return text


def compiled(text: str) -> Compiled:
    """`text` as `api.policy` reads it.  Raises InvalidAttributeValue."""
    try:
        return compile_policy(text, Kind.RESOURCE)
    except MalformedPolicy:
        raise not_a_policy() from None


def not_a_policy() -> InvalidAttributeValue:
    """The refusal of a policy that is none, or names somebody who does not exist; AWS does not say what is wrong."""
    return InvalidAttributeValue("Invalid value for the parameter Policy.")


def add(text: str, queue_arn: str, label: str, accounts: list[str], actions: list[str]) -> str:
    """The policy `text` with a statement that allows `accounts` the `actions` on the queue."""
    if not _label.fullmatch(label):
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        raise invalid("Label", label, reason)
    if not accounts or not all(_account.fullmatch(account) for account in accounts):
        raise invalid("PrincipalId", accounts, "Unable to verify.")
    for action in actions:
        if action != "*" and action not in permitted_actions:
            reason = "Please refer to the appropriate WSDL for a list of valid actions."
            raise invalid("ActionName", f"SQS:{action}", reason)
    policy = _parse(text) or {"Version": "2012-10-17", "Id": f"{queue_arn}/SQSDefaultPolicy", "Statement": []}
    statements = statements_of(policy)
    if any(statement.get("Sid") == label for statement in statements):
        raise invalid("Label", label, "Already exists.")
    added = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_many([f"arn:{PARTITION}:iam::{account}:root" for account in accounts])},
        "Action": _one_or_many([f"SQS:{action}" for action in actions]),
        "Resource": queue_arn,
    }
    changed = {**policy, "Statement": [*statements, added]}
    _check_limits(changed)
    text = msgspec.json.encode(changed).decode()
    if len(text) > limits.policy_bytes_max:
        raise OverLimit(f"The policy would be longer than {limits.policy_bytes_max} bytes.")
    return text


def remove(text: str, label: str) -> str:
    """The policy `text` without the statement `label`; empty when no statement is left."""
    policy = _parse(text) or {}
    statements = statements_of(policy)
    left = [statement for statement in statements if statement.get("Sid") != label]
    if len(left) == len(statements):
        raise invalid("Label", label, "can't find label on existing policy")
    return msgspec.json.encode({**policy, "Statement": left}).decode() if left else ""


def _parse(text: str) -> Policy | None:
    try:
        return msgspec.json.decode(text, type=Policy) if text else None
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None


def statements_of(policy: Policy) -> list[Any]:
    """The statements of a policy, of which one may stand without a list."""
    statements = policy.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _check_limits(policy: Policy) -> None:
    statements = statements_of(policy)
    principals = 0
    for statement in statements:
        actions = _many(statement.get("Action", []))
        if len(actions) > limits.policy_actions_max:
            raise OverLimit(f"{len(actions)} Actions were found, maximum allowed is {limits.policy_actions_max}.")
        principal = statement.get("Principal", [])
        principals += len(_many(principal.get("AWS", []) if isinstance(principal, dict) else principal))
    if len(statements) > limits.policy_statements_max:
        found = len(statements)
        raise OverLimit(f"{found} Statements were found, maximum allowed is {limits.policy_statements_max}.")
    if principals > limits.policy_principals_max:
        raise OverLimit(f"{principals} Principals were found, maximum allowed is {limits.policy_principals_max}.")


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
