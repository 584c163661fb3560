"""The quotas of Organizations, units in their names.

The number of accounts is the highest that AWS grants, not the ten it starts with: there is nobody to ask for more.
How many accounts are created or closed at the same time is not limited, because it takes no time.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html,
https://aws.amazon.com/about-aws/whats-new/2026/05/aws-organizations-increased-scp-quotas/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gureum.identity.organization import PolicyType

_day_ms: Final = 24 * 3600 * 1000

accounts_max: Final = 10_000
units_max: Final = 2000
unit_depth_max: Final = 5
tags_max: Final = 50
results_max: Final = 20

policies_max: Final[Mapping[PolicyType, int]] = {
    PolicyType.SERVICE_CONTROL: 10_000,
    PolicyType.RESOURCE_CONTROL: 1000,
}
policy_characters_max: Final[Mapping[PolicyType, int]] = {
    PolicyType.SERVICE_CONTROL: 10_240,
    PolicyType.RESOURCE_CONTROL: 5120,
}
attached_max: Final[Mapping[PolicyType, int]] = {
    PolicyType.SERVICE_CONTROL: 10,
    PolicyType.RESOURCE_CONTROL: 5,
}
"""Per root, unit or account, with AWS's own policy."""

invitation_ms: Final = 15 * _day_ms
enable_all_features_ms: Final = 90 * _day_ms
handshake_remembered_ms: Final = 30 * _day_ms
"""How long a handshake is shown after its end."""

leave_after_ms: Final = 4 * _day_ms
"""How old a created account has to be before it can leave."""

closed_ms: Final = 90 * _day_ms
"""How long a closed account stays in its organization."""
closure_window_ms: Final = 30 * _day_ms


def closures_max(accounts: int) -> int:
    """How many of the accounts of an organization may be closed in thirty days."""
    return min(max(250, accounts // 5), 1000)
