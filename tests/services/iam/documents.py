"""Policy documents for tests."""

from __future__ import annotations

import json
from typing import Any


def policy(*statements: dict[str, Any]) -> str:
    """A document of statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """A statement of an identity policy."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **elements}


def trust(**principal: str | list[str]) -> str:
    """A trust policy: `trust(Service="ec2.amazonaws.com")`."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


EVERYTHING = policy(allow("*"))
EC2 = trust(Service="ec2.amazonaws.com")
