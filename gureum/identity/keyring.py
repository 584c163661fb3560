"""Finds access keys: the cloud's own root key, the keys in the store, and those that session tokens carry.

Keys of the store are remembered with the version of their account (`identity.tables`).  A request is authenticated with
what is remembered, and `confirm` makes sure in its own transaction that nothing has changed since; so a key that was
deleted or deactivated stops working with the very next request, and a request costs no lookup of its key.

On loopback, a key id of twelve digits is the root key of that account, with the secret `test`, as the tools of this
ecosystem expect.  It is looked up and verified like any other; the account comes into being when it is first used.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec
from msgspec.structs import replace

from gureum.api.errors import InvalidClientTokenId
from gureum.api.principal import AccessKey, Principal, root
from gureum.api.vault import Vault
from gureum.base.clock import Clock
from gureum.base.topology import PARTITION
from gureum.identity import tables
from gureum.identity.credentials import SessionTokens, unseal_secret
from gureum.identity.records import AccessKeyRecord, User
from gureum.state.store import Store, Transaction

_remembered_max: Final = 10_000
_account_digits: Final = 12
_open_secret: Final = "test"  # noqa: S105  everybody knows it: it opens nothing but clouds on loopback


class Found(msgspec.Struct, frozen=True):
    """A key, and the version of its account when it was found."""

    key: AccessKey
    version: int


class KeyRing:
    """The keys of a cloud.  `fixed` ones never change; `open_accounts` lets twelve digits be a key."""

    def __init__(
        self, store: Store, clock: Clock, vault: Vault, fixed: list[AccessKey], *, open_accounts: bool = False
    ) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._fixed = {key.id: key for key in fixed}
        self._open_accounts = open_accounts
        self._tokens = SessionTokens(vault)
        self._remembered: OrderedDict[str, Found] = OrderedDict()
        self._users: OrderedDict[str, tuple[int, User]] = OrderedDict()

    async def find(self, key_id: str, token: str | None) -> AccessKey | None:
        """The key that a request says it was signed with, expired or not; None when there is none such."""
        if token is not None:
            return self._tokens.open(key_id, token)
        fixed = self._fixed.get(key_id)
        if fixed is not None:
            return fixed
        found = self._remembered.get(key_id)
        if found is not None:
            return found.key
        if self._is_open(key_id):
            return AccessKey(key_id, _open_secret, root(key_id))
        found = await self._store.transact(lambda tx: self._read(tx, key_id), readonly=True)
        if found is not None:
            self._remember(found)
        return None if found is None else found.key

    async def admit(self, key: AccessKey) -> None:
        """Make the account whose number is `key`, unless it is there: for a request whose signature holds."""
        if key.id in self._remembered or not self._is_open(key.id):
            return
        now_ms = self._clock.now_ms()
        await self._store.transact(lambda tx: tables.ensure_account(tx, key.id, key.id, now_ms))
        self._remember(Found(key, 0))

    def confirm(self, tx: Transaction, key: AccessKey) -> AccessKey:
        """`key` as it is now: its user may have been renamed.  Raises InvalidClientTokenId when it holds no longer."""
        if key.session is not None:
            return self._followed(tx, key)
        if key.id in self._fixed or self._is_open(key.id):
            return key
        found = self._remembered.get(key.id)
        if found is not None and found.key == key and tables.version(tx, key.principal.account) == found.version:
            return key
        return self._refresh(tx, key)

    def _followed(self, tx: Transaction, key: AccessKey) -> AccessKey:
        """The credentials of a session with its user, or the user behind it, as the user is called now.

        The token knows the name of the day it was made; who has that name now is somebody else.
        """
        principal = key.principal
        user_id = principal.unique_id if principal.type == "IAMUser" else principal.issuer_id
        if not user_id:
            return key
        user = self._user(tx, principal.account, user_id)
        if principal.type == "FederatedUser":
            if principal.issuer == user.arn:
                return key
            return replace(key, principal=replace(principal, issuer=user.arn))
        return key if principal.arn == user.arn else replace(key, principal=_principal_of(user))

    def _user(self, tx: Transaction, account: str, user_id: str) -> User:
        version = tables.version(tx, account)
        known = self._users.get(user_id)
        if known is not None and known[0] == version:
            return known[1]
        user = tables.users_by_id.first(tx, (user_id,))
        if user is None:
            self._users.pop(user_id, None)
            raise InvalidClientTokenId
        self._users[user_id] = version, user
        if len(self._users) > _remembered_max:
            self._users.popitem(last=False)
        return user

    def _refresh(self, tx: Transaction, key: AccessKey) -> AccessKey:
        again = self._read(tx, key.id)
        if again is None:
            self._remembered.pop(key.id, None)
            raise InvalidClientTokenId
        self._remember(again)
        if again.key.secret != key.secret:
            raise InvalidClientTokenId
        return again.key

    def _is_open(self, key_id: str) -> bool:
        """Whether `key_id` is an account's number, and such are keys here."""
        return self._open_accounts and len(key_id) == _account_digits and key_id.isascii() and key_id.isdigit()

    def _read(self, tx: Transaction, key_id: str) -> Found | None:
        record = tables.access_keys.get(tx, (key_id,))
        if record is None or not record.active:
            return None
        principal = _principal(tx, record)
        if principal is None:
            return None
        return Found(
            AccessKey(record.id, unseal_secret(self._vault, record), principal), tables.version(tx, record.account)
        )

    def _remember(self, found: Found) -> None:
        self._remembered[found.key.id] = found
        if len(self._remembered) > _remembered_max:
            self._remembered.popitem(last=False)


def _principal(tx: Transaction, record: AccessKeyRecord) -> Principal | None:
    if not record.user:
        return root(record.account, PARTITION)
    user = tables.users.get(tx, (record.account, record.user))
    return None if user is None else _principal_of(user)


def _principal_of(user: User) -> Principal:
    return Principal("IAMUser", user.account, user.arn, user.id, user.name)
