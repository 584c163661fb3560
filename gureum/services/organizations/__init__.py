"""AWS Organizations: a tree of accounts, and the policies that control them from above."""

from gureum.services.organizations.operations import (
    accounts,
    attachments,
    closures,
    creation,
    features,
    handshakes,
    invitations,
    organization,
    policies,
    policy_types,
    tags,
    tree,
    trust,
    units,
)
from gureum.services.organizations.service import organizations

__all__ = [
    "accounts",
    "attachments",
    "closures",
    "creation",
    "features",
    "handshakes",
    "invitations",
    "organization",
    "organizations",
    "policies",
    "policy_types",
    "tags",
    "tree",
    "trust",
    "units",
]
