"""The roles that come with an organization: written directly where nobody calls, as in a pass.

- AWSServiceRoleForOrganizations in every account, by which AWS's services make their own linked roles;
- OrganizationAccountAccessRole (or another name) in accounts that an organization creates, by which the management
  account gets in.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services-using_slrs.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.base.ids import Ids
from gureum.base.topology import PARTITION
from gureum.identity import tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Attachment, Owner, Role
from gureum.services.organizations.errors import AccessDeniedForDependencyException
from gureum.state.store import Transaction

ACCESS_ROLE: Final = "OrganizationAccountAccessRole"
_PRINCIPAL: Final = "organizations.amazonaws.com"
_LINKED_ROLE: Final = "AWSServiceRoleForOrganizations"
_LINKED_POLICY: Final = f"arn:{PARTITION}:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy"
_LINKED_DESCRIPTION: Final = (
    "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations."
)
_ADMINISTRATOR: Final = f"arn:{PARTITION}:iam::aws:policy/AdministratorAccess"


def ensure_linked_role(ctx: Context) -> None:
    """The linked role in the caller's account, made in the caller's name.

    Raises AccessDeniedForDependencyException when the caller may not.
    """
    if tables.roles.get(ctx.tx, (ctx.account, _LINKED_ROLE)) is not None:
        return

    try:
        ctx.call("iam", "CreateServiceLinkedRole", {"AWSServiceName": _PRINCIPAL})
    except AccessDenied:
        reason = "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE"
        raise AccessDeniedForDependencyException(Reason=reason) from None


def add_to_new_account(tx: Transaction, ids: Ids, account: str, management: str, access: str, now_ms: int) -> None:
    """Both roles in an account that was just created for the organization of `management`."""
    linked = Role(
        account=account,
        name=_LINKED_ROLE,
        id=new_unique_id(ids, "AROA"),
        path=f"/aws-service-role/{_PRINCIPAL}/",
        created_ms=now_ms,
        trust=_trust({"Service": _PRINCIPAL}),
        description=_LINKED_DESCRIPTION,
        service=_PRINCIPAL,
    )
    _add(tx, linked, _LINKED_POLICY)
    trusted = {"AWS": f"arn:{PARTITION}:iam::{management}:root"}
    role = Role(account, access, new_unique_id(ids, "AROA"), "/", now_ms, _trust(trusted))
    _add(tx, role, _ADMINISTRATOR)


def _add(tx: Transaction, role: Role, policy_arn: str) -> None:
    tables.roles.insert(tx, role)
    tables.attachments.insert(tx, Attachment(role.account, Owner.ROLE, role.name, policy_arn, role.created_ms))


def _trust(principal: Mapping[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
