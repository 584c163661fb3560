"""What happens in Organizations without a call: accounts come into being, are closed, and are forgotten.

A closed account stays in its organization for ninety days, in which AWS's support could open it again; then it is gone
from there, and its number is never given out again.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from gureum.control.controller import DONE, MORE, Moment, Pass, Status
from gureum.identity import organization as directory
from gureum.identity import tables as identity
from gureum.identity.accounts import AccountTaken, create_account
from gureum.identity.organization import Organization
from gureum.services.organizations import membership, roles, tables
from gureum.services.organizations.records import AccountRequest, RequestState
from gureum.services.organizations.rules import limits, names

_changes_max: Final = 20
_hour_ms: Final = 3_600_000


def create_accounts(moment: Moment) -> Status:
    """Create the accounts that were asked for, or say why not."""
    requests = tables.account_requests_open.scan(moment.tx, limit=_changes_max)
    for request in requests:
        organization = directory.organizations.get(moment.tx, (request.organization,))
        assert organization is not None, "is not deleted while it creates accounts"
        done = replace(_create(moment, organization, request), completed_ms=moment.now_ms)
        tables.account_requests.replace(moment.tx, request, done)
    return MORE if requests else DONE


def close_accounts(moment: Moment) -> Status:
    """Close the accounts that are to be closed: nobody can use a key of theirs any more."""
    closures = tables.closures_open.scan(moment.tx, limit=_changes_max)
    for closure in closures:
        account = identity.accounts.get(moment.tx, (closure.account,))
        assert account is not None, "members are accounts"
        identity.accounts.replace(moment.tx, account, replace(account, suspended=True))
        tables.closures.replace(moment.tx, closure, replace(closure, closed_ms=moment.now_ms))
    return MORE if closures else DONE


def forget(moment: Moment) -> Status:
    """Take accounts that were closed long ago out of their organizations, and delete handshakes of long ago."""
    tx, now_ms = moment.tx, moment.now_ms
    closures = tables.closures_by_end.scan(tx, until=(now_ms - limits.closed_ms,), limit=_changes_max)
    for closure in closures:
        tables.closures.replace(tx, closure, replace(closure, forgotten=True))
        organization = directory.organization_of(tx, closure.account)
        if organization is not None:
            member = membership.find_member(tx, organization, closure.account)
            membership.remove(tx, organization, member, now_ms)
    handshakes = tables.handshakes_by_end.scan(tx, until=(now_ms,), limit=_changes_max)
    for handshake in handshakes:
        tables.handshakes.delete(tx, handshake)
    return MORE if closures or handshakes else DONE


controllers: Final = (
    Pass("organizations.create-accounts", _hour_ms, create_accounts, topics=(tables.REQUESTS_TOPIC,)),
    Pass("organizations.close-accounts", _hour_ms, close_accounts, topics=(tables.REQUESTS_TOPIC,)),
    Pass("organizations.forget", _hour_ms, forget),
)


def _create(moment: Moment, organization: Organization, request: AccountRequest) -> AccountRequest:
    """The request, succeeded or failed."""
    tx, now_ms = moment.tx, moment.now_ms
    if not names.is_email(request.email):
        return replace(request, state=RequestState.FAILED, failure="INVALID_EMAIL")
    if membership.is_full(tx, organization):
        return replace(request, state=RequestState.FAILED, failure="ACCOUNT_LIMIT_EXCEEDED")
    try:
        account = create_account(tx, moment.ids, request.name, request.email, now_ms)
    except AccountTaken:
        return replace(request, state=RequestState.FAILED, failure="EMAIL_ALREADY_EXISTS")
    roles.add_to_new_account(tx, moment.ids, account.id, organization.management, request.role, now_ms)
    membership.join(tx, organization, account.id, membership.CREATED, now_ms, request.tags)
    return replace(request, state=RequestState.SUCCEEDED, account=account.id)
