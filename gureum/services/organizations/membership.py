"""Coming into an organization and leaving it: what accounts created, invited and moved have in common.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from gureum.base.ids import Ids
from gureum.identity import organization as directory
from gureum.identity.organization import Member, Organization, is_delegate
from gureum.services.organizations import tables, tree
from gureum.services.organizations.errors import (
    AccountNotFoundException,
    MasterCannotLeaveOrganizationException,
    violates,
)
from gureum.services.organizations.records import Action, Handshake, HandshakeState
from gureum.services.organizations.rules import handshakes, limits, names
from gureum.services.organizations.rules.handshakes import Event
from gureum.state.store import Transaction

CREATED: Final = "CREATED"
INVITED: Final = "INVITED"


def find_member(tx: Transaction, organization: Organization, account: str) -> Member:
    """The account in `organization`.  Raises AccountNotFoundException."""
    member = directory.members.get(tx, (account,))
    if member is None or member.organization != organization.id:
        raise AccountNotFoundException
    return member


def is_full(tx: Transaction, organization: Organization) -> bool:
    """Whether nobody else can join."""
    members = directory.members_by_organization.scan(tx, (organization.id,), limit=limits.accounts_max)
    return len(members) >= limits.accounts_max


def join(
    tx: Transaction, organization: Organization, account: str, method: str, now_ms: int, tags: Mapping[str, str]
) -> None:
    """Let `account` in, below the root.  Raises ConstraintViolationException when there are enough."""
    if is_full(tx, organization):
        raise violates("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    member = Member(account, organization.id, organization.root, now_ms, method, dict(tags))
    directory.members.insert(tx, member)
    tree.attach_defaults(tx, organization, account)


def leave(tx: Transaction, organization: Organization, member: Member, now_ms: int) -> None:
    """Let an account go.  Raises MasterCannotLeaveOrganization, ConstraintViolation."""
    if member.account == organization.management:
        raise MasterCannotLeaveOrganizationException
    if is_delegate(tx, organization.id, member.account):
        raise violates("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if member.joined_method == CREATED and now_ms < member.joined_ms + limits.leave_after_ms:
        raise violates("WAIT_PERIOD_ACTIVE")
    remove(tx, organization, member, now_ms)


def remove(tx: Transaction, organization: Organization, member: Member, now_ms: int) -> None:
    """Take an account out of the tree, and off it what was attached; it administers nothing and is asked nothing."""
    tree.detach_all(tx, organization, member.account)
    for delegate in directory.delegates.scan(tx, (organization.id, member.account)):
        directory.delegates.delete(tx, delegate)
    directory.members.delete(tx, member)
    asked = pending_features(tx, organization, now_ms)
    if asked is None:
        return
    for approval in tables.handshakes_by_parent.scan(tx, (asked.id,)):
        if approval.recipient == member.account and handshakes.is_pending(approval, now_ms):
            tables.handshakes.replace(tx, approval, handshakes.after(approval, Event.CANCEL, now_ms))
    settle(tx, organization, now_ms)


def pending_features(tx: Transaction, organization: Organization, now_ms: int) -> Handshake | None:
    """The handshake that will give `organization` all features, if it has been asked for."""
    sent = tables.handshakes_by_recipient.scan(tx, (organization.id,))
    return next((handshake for handshake in sent if handshakes.is_pending(handshake, now_ms)), None)


def ask_for_features(tx: Transaction, ids: Ids, asked: Handshake, account: str) -> None:
    """Ask an invited account whether it approves of what `asked` is about."""
    approval = replace(
        asked,
        id=names.new_handshake_id(ids),
        action=Action.APPROVE_ALL_FEATURES,
        state=HandshakeState.OPEN,
        recipient=account,
        parent=asked.id,
    )
    tables.handshakes.insert(tx, approval)


def settle(tx: Transaction, organization: Organization, now_ms: int) -> None:
    """Once all invited accounts have approved of all features, the management account may accept them."""
    asked = pending_features(tx, organization, now_ms)
    if asked is None or asked.state is not HandshakeState.REQUESTED:
        return
    approvals = tables.handshakes_by_parent.scan(tx, (asked.id,))
    approved = {handshake.recipient for handshake in approvals if handshake.state is HandshakeState.ACCEPTED}
    members = directory.members_by_organization.scan(tx, (organization.id,))
    if all(member.account in approved for member in members if must_approve(organization, member)):
        tables.handshakes.replace(tx, asked, handshakes.after(asked, Event.APPROVED, now_ms))


def must_approve(organization: Organization, member: Member) -> bool:
    """Accounts that the organization has created are not asked."""
    return member.joined_method == INVITED and member.account != organization.management
