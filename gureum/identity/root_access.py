"""Central root access: who may act as the root user of a member account, for one task.

An organization can let its management account, and accounts to which that has delegated IAM, act as the root users of
all other members (`RootSessions`).  For authorization this is a policy that each of those root users has: it delegates
to the account, whose own policies then have to allow `sts:AssumeRoot`.  It is not stored, because all it says follows
from the organization.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

import json
from typing import Final

from gureum.identity.organization import Organization, is_delegate, organization_of
from gureum.state.store import Transaction

ROOT_SESSIONS: Final = "RootSessions"
IAM: Final = "iam.amazonaws.com"
"""What IAM is called among the services that an organization trusts and delegates."""


def administers(tx: Transaction, organization: Organization, account: str) -> bool:
    """Whether `account` administers the root users of the members of `organization`."""
    return account == organization.management or is_delegate(tx, organization.id, account, IAM)


def trust(tx: Transaction, member: str, account: str) -> str:
    """What the policy of the root user of the account `member` says about callers of `account`."""
    organization = organization_of(tx, member)
    trusted = (
        organization is not None
        and ROOT_SESSIONS in organization.root_access
        and member != organization.management
        and administers(tx, organization, account)
    )
    statement = {"Effect": "Allow", "Principal": {"AWS": account}} if trusted else {"Effect": "Deny", "Principal": "*"}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {**statement, "Action": "sts:AssumeRoot", "Resource": "*"}}
    )
