"""CreateAccount and ListAccounts: the accounts of the cloud, whatever organization they are in.

A new account comes with a key of its root user.  Suites that carry accounts and keys of their own can have
them: number, id and secret are drawn unless they are given.  The secret is stored sealed and shown this once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.identity import tables
from gureum.identity.accounts import AccountTaken
from gureum.identity.accounts import create_account as create
from gureum.identity.credentials import new_key_id, new_secret, seal_secret
from gureum.identity.records import AccessKeyRecord, Account
from gureum.services.cloud.errors import InvalidParameterException
from gureum.services.cloud.service import cloud, this_cloud
from gureum.state.paging import InvalidToken

page_default = 100


class AccountItem(TypedDict):
    """An account."""

    AccountId: str
    Name: str
    Email: NotRequired[str]
    CreatedAt: datetime
    Suspended: bool


class AccessKeyItem(TypedDict):
    """A key and its secret."""

    AccessKeyId: str
    SecretAccessKey: str


class CreateAccountResult(TypedDict):
    """An account and how to get into it."""

    Account: AccountItem
    AccessKey: AccessKeyItem


class ListAccountsResult(TypedDict):
    """A page of accounts."""

    Accounts: list[AccountItem]
    NextToken: NotRequired[str]


@cloud.operation(resource=this_cloud)
def create_account(
    ctx: Context,
    name: str | None = None,
    email: str = "",
    account_id: str | None = None,
    access_key_id: str | None = None,
    secret_access_key: str | None = None,
) -> CreateAccountResult:
    """A new account, with a key of its root user."""
    if access_key_id is not None and tables.access_keys.get(ctx.tx, (access_key_id,)) is not None:
        raise InvalidParameterException(f"The access key {access_key_id} exists.")
    try:
        account = create(ctx.tx, ctx.ids, name, email, ctx.now_ms, number=account_id)
    except AccountTaken as error:
        raise InvalidParameterException(str(error)) from None
    key_id = access_key_id or new_key_id(ctx.ids, account.id)
    secret = secret_access_key or new_secret(ctx.ids)
    sealed = seal_secret(ctx.vault, ctx.ids, key_id, secret)
    tables.access_keys.insert(ctx.tx, AccessKeyRecord(account.id, "", key_id, sealed, ctx.now_ms))
    return {"Account": _show(account), "AccessKey": {"AccessKeyId": key_id, "SecretAccessKey": secret}}


@cloud.operation(resource=this_cloud, readonly=True)
def list_accounts(ctx: Context, max_results: int = page_default, next_token: str | None = None) -> ListAccountsResult:
    """All accounts, by number."""
    scope = "ListAccounts"
    try:
        after = None if next_token is None else ctx.pager.decode(next_token, scope)
    except InvalidToken:
        raise InvalidParameterException("NextToken does not belong to this listing.") from None
    found = tables.accounts.scan(ctx.tx, after=after, limit=max_results + 1)
    page = found[:max_results]
    result: ListAccountsResult = {"Accounts": [_show(account) for account in page]}
    if len(found) > max_results:
        result["NextToken"] = ctx.pager.encode(tables.accounts.key(page[-1]), scope)
    return result


def _show(account: Account) -> AccountItem:
    item: AccountItem = {
        "AccountId": account.id,
        "Name": account.name,
        "CreatedAt": to_datetime(account.created_ms),
        "Suspended": account.suspended,
    }
    if account.email:
        item["Email"] = account.email
    return item
