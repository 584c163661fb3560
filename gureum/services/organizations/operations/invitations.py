"""InviteAccountToOrganization.

An account is invited by its number or by its email address.  Whether there is one is not told: the invitation is there
for whoever has the number or address, also when that comes later.  Nobody gets an email.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html
"""

from __future__ import annotations

import re
from typing import Final, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity import tables as identity
from gureum.identity.organization import Organization
from gureum.services.organizations import callers, membership, tables
from gureum.services.organizations.errors import DuplicateHandshakeException, invalid, no_handshake
from gureum.services.organizations.records import Action, Handshake, HandshakeState
from gureum.services.organizations.rules import handshakes, limits, names
from gureum.services.organizations.rules import tags as tag_rules
from gureum.services.organizations.rules.tags import Tag
from gureum.services.organizations.service import organizations, tagging, tags_asked_for
from gureum.services.organizations.views import HandshakeParty, HandshakeView, show_handshake
from gureum.state.store import Transaction

_number: Final = re.compile(r"[0-9]{12}")


class InviteAccountToOrganizationResult(TypedDict):
    Handshake: HandshakeView


@organizations.operation(resource=any_resource, keys=tags_asked_for, also=tagging("account"))
def invite_account_to_organization(
    ctx: Context, target: HandshakeParty, notes: str = "", tags: list[Tag] | None = None
) -> InviteAccountToOrganizationResult:
    """Ask an account to join; it has fifteen days to answer."""
    organization = callers.management(ctx)
    recipient = _recipient(target)
    member = directory.members.get(ctx.tx, (_account_of(ctx.tx, recipient),))
    if member is not None and member.organization == organization.id:
        raise no_handshake("ALREADY_IN_AN_ORGANIZATION")
    if membership.pending_features(ctx.tx, organization, ctx.now_ms) is not None:
        raise no_handshake("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES")
    if membership.is_full(ctx.tx, organization):
        raise no_handshake("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    if _is_invited(ctx.tx, organization, recipient, ctx.now_ms):
        raise DuplicateHandshakeException
    invitation = Handshake(
        organization=organization.id,
        management=organization.management,
        id=names.new_handshake_id(ctx.ids),
        action=Action.INVITE,
        state=HandshakeState.OPEN,
        recipient=recipient,
        requested_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + limits.invitation_ms,
        notes=notes,
        tags=tag_rules.merge({}, tags),
    )
    tables.handshakes.insert(ctx.tx, invitation)
    return {"Handshake": show_handshake(ctx.tx, organization, invitation, ctx.now_ms)}


def _recipient(target: HandshakeParty) -> str:
    """Raises InvalidInputException for what is neither an account's number nor an email address."""
    if target["Type"] == "ACCOUNT" and _number.fullmatch(target["Id"]):
        return target["Id"]
    if target["Type"] == "EMAIL":
        if not names.is_email(target["Id"]):
            raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
        return target["Id"].lower()
    raise invalid("INVALID_PARTY_TYPE_TARGET" if target["Type"] != "ACCOUNT" else "INVALID_PATTERN")


def _account_of(tx: Transaction, recipient: str) -> str:
    if "@" not in recipient:
        return recipient
    account = identity.accounts_by_email.first(tx, (recipient,))
    return "" if account is None else account.id


def _is_invited(tx: Transaction, organization: Organization, recipient: str, now_ms: int) -> bool:
    """Whether the account has an invitation that it can answer, by its number or its address."""
    account = identity.accounts.get(tx, (_account_of(tx, recipient),))
    called = {recipient} if account is None else {recipient, account.id, account.email.lower()} - {""}
    return any(
        handshake.organization == organization.id
        and handshake.action is Action.INVITE
        and handshakes.is_pending(handshake, now_ms)
        for name in sorted(called)
        for handshake in tables.handshakes_by_recipient.scan(tx, (name,))
    )
