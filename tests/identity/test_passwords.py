"""Hashes of passwords."""

from __future__ import annotations

import asyncio

from gureum.base.ids import Ids
from gureum.identity import passwords
from gureum.identity.records import Login, PasswordPolicy

DAY_MS = 24 * 3600 * 1000


def test_a_password_has_one_hash_for_each_user() -> None:
    """Hashes of one user can be compared, those of two cannot; none holds the password."""

    async def hashes() -> list[bytes]:
        one, other = passwords.new_head(Ids()), passwords.new_head(Ids())
        pairs = (("secret", one), ("secret", one), ("secre7", one), ("secret", other))
        return [await passwords.hash_password(*pair) for pair in pairs]

    first, again, different, elsewhere = asyncio.run(hashes())
    assert passwords.same(first, again)
    assert not passwords.same(first, different)
    assert not passwords.same(first, elsewhere)
    assert passwords.head_of(first) == passwords.head_of(different) != passwords.head_of(elsewhere)
    assert b"secret" not in first


def test_a_password_expires_days_after_it_was_changed() -> None:
    """As the account's policy says; by default never."""
    login = Login(b"", created_ms=0, changed_ms=5, must_change=False)
    assert passwords.expires_ms(login, None) is None
    assert passwords.expires_ms(login, PasswordPolicy("111122223333")) is None
    assert passwords.expires_ms(login, PasswordPolicy("111122223333", age_days_max=90)) == 5 + 90 * DAY_MS
