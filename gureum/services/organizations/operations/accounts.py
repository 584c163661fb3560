"""Accounts in an organization: look at them, move them, let them go.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity.organization import Member
from gureum.services.organizations import callers, membership, tree
from gureum.services.organizations.errors import (
    AccountNotFoundException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    ParentNotFoundException,
    SourceParentNotFoundException,
)
from gureum.services.organizations.paging import page
from gureum.services.organizations.service import about, organizations
from gureum.services.organizations.views import AccountView, show_account
from gureum.state.keys import Key


class DescribeAccountResult(TypedDict):
    Account: AccountView


class ListAccountsResult(TypedDict):
    Accounts: list[AccountView]
    NextToken: NotRequired[str]


@organizations.operation(resource=about("AccountId"), readonly=True)
def describe_account(ctx: Context, account_id: str) -> DescribeAccountResult:
    """One account."""
    organization = callers.reader(ctx)
    member = membership.find_member(ctx.tx, organization, account_id)
    return {"Account": show_account(ctx.tx, organization, member)}


@organizations.operation(resource=any_resource, readonly=True)
def list_accounts(ctx: Context, next_token: str | None = None, max_results: int | None = None) -> ListAccountsResult:
    """All accounts, by number."""
    organization = callers.reader(ctx)
    index = directory.members_by_organization

    def scan(after: Key | None, limit: int) -> list[Member]:
        return index.scan(ctx.tx, (organization.id,), after=after, limit=limit)

    found, token = page(ctx, scan, index.position, "ListAccounts", next_token, max_results)
    shown = [show_account(ctx.tx, organization, member) for member in found]
    return {"Accounts": shown} if token is None else {"Accounts": shown, "NextToken": token}


@organizations.operation(resource=about("ParentId"), readonly=True)
def list_accounts_for_parent(
    ctx: Context, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> ListAccountsResult:
    """The accounts directly below the root or a unit."""
    organization = callers.reader(ctx)
    if not tree.is_parent(ctx.tx, organization, parent_id):
        raise ParentNotFoundException
    index = directory.members_by_parent

    def scan(after: Key | None, limit: int) -> list[Member]:
        return index.scan(ctx.tx, (organization.id, parent_id), after=after, limit=limit)

    found, token = page(ctx, scan, index.position, f"ListAccountsForParent {parent_id}", next_token, max_results)
    shown = [show_account(ctx.tx, organization, member) for member in found]
    return {"Accounts": shown} if token is None else {"Accounts": shown, "NextToken": token}


@organizations.operation(resource=about("AccountId", "SourceParentId", "DestinationParentId"))
def move_account(ctx: Context, account_id: str, source_parent_id: str, destination_parent_id: str) -> None:
    """Put an account under another unit or the root; the policies there hold at once."""
    organization = callers.management(ctx)
    member = membership.find_member(ctx.tx, organization, account_id)
    if not tree.is_parent(ctx.tx, organization, source_parent_id):
        raise SourceParentNotFoundException
    if not tree.is_parent(ctx.tx, organization, destination_parent_id):
        raise DestinationParentNotFoundException
    if member.parent == destination_parent_id:
        raise DuplicateAccountException
    if member.parent != source_parent_id:
        raise AccountNotFoundException
    directory.members.replace(ctx.tx, member, replace(member, parent=destination_parent_id))


@organizations.operation(resource=about("AccountId"))
def remove_account_from_organization(ctx: Context, account_id: str) -> None:
    """Make a member account one that stands alone."""
    organization = callers.management(ctx)
    member = membership.find_member(ctx.tx, organization, account_id)
    membership.leave(ctx.tx, organization, member, ctx.now_ms)


@organizations.operation(resource=any_resource)
def leave_organization(ctx: Context) -> None:
    """The same, asked for by the account that goes."""
    organization = callers.member(ctx)
    member = membership.find_member(ctx.tx, organization, ctx.account)
    membership.leave(ctx.tx, organization, member, ctx.now_ms)
