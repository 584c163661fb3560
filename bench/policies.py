"""Policies for measuring: documents of five statements, each with two actions, two resources and two conditions.

Three policies of ten have a statement that lets principals with the tag `team=red` send messages from this machine to
queues called `orders…`; the others are about something else.  No two documents are the same.
"""

from __future__ import annotations

import json
from typing import Any, Final

statements_of_policy: Final = 5

period: Final = 10
sending: Final = 3
"""So many policies of each `period`, the first ones, are about sending messages."""


def document(number: int) -> str:
    """The policy of that number."""
    return text([statement(number, index) for index in range(statements_of_policy)])


def statement(number: int, index: int) -> dict[str, Any]:
    """A statement of the policy `number`.  In three policies of ten, the first is about sending messages."""
    sends = number % period < sending and index == 0
    return {
        "Sid": f"S{number}x{index}",
        "Effect": "Deny" if index == 1 else "Allow",
        "Action": ["sqs:Send*", "sqs:SendMessage"] if sends else [f"s3:Get{index}*", f"ec2:Describe{number}"],
        "Resource": ["arn:aws:sqs:*:*:orders*", f"arn:aws:s3:::bucket-{number}/*"],
        "Condition": {
            "StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]},
            "IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "10.0.0.0/8"]},
        },
    }


def text(statements: list[dict[str, Any]]) -> str:
    """Statements as a document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
