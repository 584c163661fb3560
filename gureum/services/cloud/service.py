"""The service that the cloud's own operations belong to, and the one resource that they concern.

Whoever owns the cloud may use it: the account that the first root key belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.service import Service

cloud = Service("cloud")

OWNER: Final = "000000000000"
"""The account that the cloud starts with."""


def this_cloud(ctx: Context, values: Mapping[str, Any]) -> str:
    """The cloud as a resource."""
    return f"arn:aws:gureum::{OWNER}:cloud"
