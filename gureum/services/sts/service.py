"""The service object of STS, and what its operations act on.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.service import Service
from gureum.base import arn as arns
from gureum.base.arn import Arn
from gureum.base.topology import PARTITION
from gureum.services.sts.errors import ValidationError

_account_digits: Final = 12

sts = Service("sts")


def parse_iam_arn(text: str, kind: str) -> Arn:
    """The parts of an ARN like `arn:aws:iam::123456789012:KIND/…`.  Raises ValidationError."""
    parsed = arns.parse(text)
    if parsed is None:
        raise ValidationError(f"{text} is invalid")
    known = (parsed.partition, parsed.service, parsed.region) == (PARTITION, "iam", "")
    if not known or not is_account(parsed.account) or not parsed.resource.startswith(f"{kind}/"):
        raise ValidationError("Request ARN is invalid")
    return parsed


def is_account(text: str) -> bool:
    """Whether `text` is the number of an account."""
    return len(text) == _account_digits and text.isascii() and text.isdigit()


def role_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The role of `RoleArn`."""
    arn: str = values["RoleArn"]
    parse_iam_arn(arn, "role")
    return arn


def federated_user_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The federated user of `Name`."""
    return f"arn:{PARTITION}:sts::{ctx.account}:federated-user/{values['Name']}"
