"""Handshakes: look at them, and answer them.

The sender cancels, the recipient accepts or declines; for everybody else a handshake does not exist.  The handshake of
EnableAllFeatures is one of the organization with itself: its management account is both.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_AcceptHandshake.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity import tables as identity
from gureum.identity.organization import Organization, organization_of
from gureum.services.organizations import callers, membership, roles, tables
from gureum.services.organizations.errors import (
    AccessDeniedException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    invalid,
    no_handshake,
)
from gureum.services.organizations.paging import page
from gureum.services.organizations.records import Action, Handshake
from gureum.services.organizations.rules import handshakes as rules
from gureum.services.organizations.rules.handshakes import Event
from gureum.services.organizations.service import handshake_arn, organizations
from gureum.services.organizations.views import HandshakeView, show_handshake
from gureum.state.keys import Key


class HandshakeFilter(TypedDict):
    ActionType: NotRequired[str]
    ParentHandshakeId: NotRequired[str]


class HandshakeResult(TypedDict):
    Handshake: HandshakeView


class ListHandshakesResult(TypedDict):
    Handshakes: list[HandshakeView]
    NextToken: NotRequired[str]


@organizations.operation(resource=handshake_arn, readonly=True)
def describe_handshake(ctx: Context, handshake_id: str) -> HandshakeResult:
    """A handshake that the caller's account has sent or received."""
    return _show(ctx, _find(ctx, handshake_id))


@organizations.operation(resource=handshake_arn)
def accept_handshake(ctx: Context, handshake_id: str) -> HandshakeResult:
    """Do what the handshake is about: join, approve of all features, or have them."""
    handshake = _received(ctx, handshake_id)
    accepted = rules.after(handshake, Event.ACCEPT, ctx.now_ms)
    organization = directory.organizations.get(ctx.tx, (handshake.organization,))
    assert organization is not None, "the handshakes of an organization are canceled with it"
    tables.handshakes.replace(ctx.tx, handshake, accepted)
    match handshake.action:
        case Action.INVITE:
            _leave_former(ctx, organization)
            if organization.all_features:
                roles.ensure_linked_role(ctx)  # before the organization's policies hold here
            membership.join(ctx.tx, organization, ctx.account, membership.INVITED, ctx.now_ms, handshake.tags)
            asked = membership.pending_features(ctx.tx, organization, ctx.now_ms)
            if asked is not None:
                membership.ask_for_features(ctx.tx, ctx.ids, asked, ctx.account)
        case Action.APPROVE_ALL_FEATURES:
            roles.ensure_linked_role(ctx)
            membership.settle(ctx.tx, organization, ctx.now_ms)
        case Action.ENABLE_ALL_FEATURES:
            directory.organizations.replace(ctx.tx, organization, replace(organization, all_features=True))
            roles.ensure_linked_role(ctx)
    return _show(ctx, accepted)


@organizations.operation(resource=handshake_arn)
def decline_handshake(ctx: Context, handshake_id: str) -> HandshakeResult:
    """Refuse; the sender may ask again."""
    return _end(ctx, _received(ctx, handshake_id), Event.DECLINE)


@organizations.operation(resource=handshake_arn)
def cancel_handshake(ctx: Context, handshake_id: str) -> HandshakeResult:
    """Take back what was asked, and with the request for all features all that belongs to it."""
    handshake = _find(ctx, handshake_id)
    if handshake.management != ctx.account:
        raise AccessDeniedException
    for approval in tables.handshakes_by_parent.scan(ctx.tx, (handshake.id,)):
        if rules.is_pending(approval, ctx.now_ms):
            tables.handshakes.replace(ctx.tx, approval, rules.after(approval, Event.CANCEL, ctx.now_ms))
    return _end(ctx, handshake, Event.CANCEL)


@organizations.operation(resource=any_resource, readonly=True)
def list_handshakes_for_account(
    ctx: Context,
    filter: HandshakeFilter | None = None,  # noqa: A002  the member's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListHandshakesResult:
    """What the caller's account was asked in the last time."""
    account = identity.accounts.get(ctx.tx, (ctx.account,))
    called = {ctx.account} if account is None else {ctx.account, account.email.lower()} - {""}
    received = [handshake for name in called for handshake in tables.handshakes_by_recipient.scan(ctx.tx, (name,))]
    received.sort(key=_age)

    def scan(after: Key | None, limit: int) -> list[Handshake]:
        return [handshake for handshake in received if after is None or _age(handshake) > after][:limit]

    return _list(ctx, "ListHandshakesForAccount", scan, _age, filter, next_token, max_results)


@organizations.operation(resource=any_resource, readonly=True)
def list_handshakes_for_organization(
    ctx: Context,
    filter: HandshakeFilter | None = None,  # noqa: A002  the member's name
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListHandshakesResult:
    """What the organization has asked in the last time."""
    organization = callers.reader(ctx)
    index = tables.handshakes_by_organization

    def scan(after: Key | None, limit: int) -> list[Handshake]:
        return index.scan(ctx.tx, (organization.id,), after=after, limit=limit)

    return _list(ctx, "ListHandshakesForOrganization", scan, index.position, filter, next_token, max_results)


def _list(
    ctx: Context,
    operation: str,
    scan: Callable[[Key | None, int], list[Handshake]],
    position: Callable[[Handshake], Key],
    asked: HandshakeFilter | None,
    next_token: str | None,
    max_results: int | None,
) -> ListHandshakesResult:
    asked = asked or {}
    if len(asked) > 1:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER")
    action, parent = asked.get("ActionType"), asked.get("ParentHandshakeId")

    def wanted(handshake: Handshake) -> bool:
        shown = ctx.now_ms < rules.forgotten_ms(handshake)
        return shown and action in (None, handshake.action) and parent in (None, handshake.parent)

    found, token = page(ctx, scan, position, f"{operation} {action} {parent}", next_token, max_results, wanted)
    shown = [_show(ctx, handshake)["Handshake"] for handshake in found]
    return {"Handshakes": shown} if token is None else {"Handshakes": shown, "NextToken": token}


def _age(handshake: Handshake) -> Key:
    return (handshake.requested_ms, handshake.id)


def _find(ctx: Context, handshake_id: str) -> Handshake:
    """A handshake that the caller's account sent or received.  Raises HandshakeNotFoundException."""
    handshake = tables.find_handshake(ctx.tx, handshake_id)
    if handshake.management != ctx.account and not _is_recipient(ctx, handshake):
        raise HandshakeNotFoundException
    return handshake


def _received(ctx: Context, handshake_id: str) -> Handshake:
    """A handshake that the caller's account may answer.  Raises HandshakeNotFound, AccessDenied."""
    handshake = _find(ctx, handshake_id)
    if not _is_recipient(ctx, handshake):
        raise AccessDeniedException
    return handshake


def _is_recipient(ctx: Context, handshake: Handshake) -> bool:
    if handshake.recipient == handshake.organization:
        return handshake.management == ctx.account
    account = identity.accounts.get(ctx.tx, (ctx.account,))
    return handshake.recipient == ctx.account or (
        account is not None and bool(account.email) and handshake.recipient == account.email.lower()
    )


def _leave_former(ctx: Context, joined: Organization) -> None:
    """Who is in another organization leaves it to join this one, if he may leave it.

    A policy that keeps accounts from leaving would keep nobody if an invitation were enough.
    Raises HandshakeConstraintViolationException and AccessDenied.
    """
    former = organization_of(ctx.tx, ctx.account)
    if former is not None:
        if former.id == joined.id:
            raise no_handshake("ALREADY_IN_AN_ORGANIZATION")
        ctx.require("organizations:LeaveOrganization", "*")
        membership.leave(ctx.tx, former, membership.find_member(ctx.tx, former, ctx.account), ctx.now_ms)


def _end(ctx: Context, handshake: Handshake, event: Event) -> HandshakeResult:
    if event is Event.DECLINE and handshake.recipient == handshake.organization:
        raise InvalidHandshakeTransitionException
    ended = rules.after(handshake, event, ctx.now_ms)
    tables.handshakes.replace(ctx.tx, handshake, ended)
    return _show(ctx, ended)


def _show(ctx: Context, handshake: Handshake) -> HandshakeResult:
    organization = directory.organizations.get(ctx.tx, (handshake.organization,))
    return {"Handshake": show_handshake(ctx.tx, organization, handshake, ctx.now_ms)}
