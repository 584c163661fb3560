"""CloseAccount.  A controller does it: from then on, whoever uses a key of the account is nobody.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
"""

from __future__ import annotations

from gureum.api.context import Context
from gureum.identity import organization as directory
from gureum.services.organizations import callers, membership, tables
from gureum.services.organizations.errors import AccountAlreadyClosedException, ConflictException, violates
from gureum.services.organizations.records import Closure
from gureum.services.organizations.rules import limits
from gureum.services.organizations.service import about, organizations


@organizations.operation(resource=about("AccountId"))
def close_account(ctx: Context, account_id: str) -> None:
    """Begin to close a member account."""
    organization = callers.all_features(callers.management(ctx))
    if account_id == organization.management:
        raise violates("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    membership.find_member(ctx.tx, organization, account_id)
    found = tables.closures.get(ctx.tx, (account_id,))
    if found is not None:
        if found.closed_ms is not None:
            raise AccountAlreadyClosedException
        raise ConflictException("The account is being closed.")
    recent = [
        closure
        for closure in tables.closures_by_organization.scan(ctx.tx, (organization.id,))
        if closure.requested_ms > ctx.now_ms - limits.closure_window_ms
    ]
    members = directory.members_by_organization.scan(ctx.tx, (organization.id,))
    if len(recent) >= limits.closures_max(len(members)):
        raise violates("CLOSE_ACCOUNT_QUOTA_EXCEEDED")
    tables.closures.insert(ctx.tx, Closure(account_id, organization.id, ctx.now_ms))
    ctx.notify(tables.REQUESTS_TOPIC)
