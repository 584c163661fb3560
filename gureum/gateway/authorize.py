"""May this principal do this?

The one place where IAM will plug in: an `Authorizer` sees the transaction of the call, so a decision and what it lets
through belong to the same state.  Until policies exist, the rule is the root user's: everything in the own account,
nothing in another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.base import arn


class Authorizer(Protocol):
    """Decides, by raising AccessDenied or not."""

    def authorize(self, ctx: Context, action: str, resources: Iterable[str]) -> None:
        """Returns when `ctx.principal` may do `action` on all of `resources` (ARNs or `*`)."""


class RootOnly:
    """Root users, each in the own account."""

    def authorize(self, ctx: Context, action: str, resources: Iterable[str]) -> None:
        """Raises AccessDenied for a resource of another account."""
        for resource in resources:
            parsed = arn.parse(resource)
            if parsed is not None and parsed.account not in ("", ctx.principal.account):
                raise AccessDenied(
                    f"User: {ctx.principal.arn} is not authorized to perform: {action} on resource: {resource} "
                    "because no resource-based policy allows the action"
                )
