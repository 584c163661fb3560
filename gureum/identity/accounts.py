"""New accounts.

An account has a number of twelve digits that nobody chose, unless whoever owns the cloud did.  Numbers with a leading
zero, which spreadsheets and YAML lose, are not drawn.
"""

from __future__ import annotations

from typing import Final

from gureum.base.ids import Ids
from gureum.identity import tables
from gureum.identity.records import Account
from gureum.state.store import Transaction

_first: Final = 10**11
_count: Final = 9 * 10**11


class AccountTaken(Exception):
    """There is an account of that number, or with that email address; the text says which."""


def create_account(
    tx: Transaction, ids: Ids, name: str | None, email: str, now_ms: int, *, number: str | None = None
) -> Account:
    """A new account; `name` is its number and `number` is drawn unless given, `email` may be empty.

    Raises AccountTaken.
    """
    if email and tables.accounts_by_email.first(tx, (email.lower(),)) is not None:
        raise AccountTaken(f"An account with the email address {email} exists.")
    if number is not None and tables.accounts.get(tx, (number,)) is not None:
        raise AccountTaken(f"The account {number} exists.")
    number = number or _draw(tx, ids)
    account = Account(number, name or number, email, now_ms)
    tables.accounts.insert(tx, account)
    return account


def _draw(tx: Transaction, ids: Ids) -> str:
    while True:
        number = str(_first + ids.integer(_count))
        if tables.accounts.get(tx, (number,)) is None:
            return number
