"""The last use of credentials as IAM reports it: by the namespace of a service, for the time that IAM keeps track of.

What was used lies in the record of calls (`api.activity`), under the host names of services.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

from typing import Final

from gureum.api import activity
from gureum.api.activity import Use
from gureum.state.store import Transaction

tracked_ms: Final = 400 * 24 * 60 * 60 * 1000
"""IAM looks back over 400 days."""

NOT_APPLICABLE: Final = "N/A"

_NAMESPACES: Final = {"monitoring": "cloudwatch"}
"""Services whose actions do not begin with the name of their host."""


def namespace(use: Use) -> str:
    """The namespace of the service that was used, as it stands before the colon of its actions."""
    host = use.source.partition(".")[0]
    return _NAMESPACES.get(host, host)


def uses(tx: Transaction, account: str, subject: str, now_ms: int) -> list[Use]:
    """What an access key, user or role did in the time that is tracked."""
    return [use for use in activity.of(tx, account, subject) if use.last_ms > now_ms - tracked_ms]


def uses_in(tx: Transaction, account: str, now_ms: int) -> list[Use]:
    """What anybody in an account did in that time."""
    return [use for use in activity.uses.scan(tx, (account,)) if use.last_ms > now_ms - tracked_ms]


def last(tx: Transaction, account: str, subject: str, now_ms: int) -> Use | None:
    """The last thing that it did in that time."""
    found = activity.last(tx, account, subject)
    return found if found is not None and found.last_ms > now_ms - tracked_ms else None
