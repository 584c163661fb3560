"""Credentials: ids, sealed secrets, and session tokens that carry what they stand for.

Long-term access keys lie in the store, their secrets sealed.  Temporary credentials do not: the session token *is* the
session, sealed under the cloud's root secret, so to assume a role writes nothing but its record, and to use the session
reads nothing but what every request reads.  A token of another cloud, a changed one or one that belongs to another key
id does not open.  What a session may do is still looked up with every request: a role that is gone ends its sessions.

    token   base64( "Gureum/1" | vault.seal( msgpack(Token), compressed when that is shorter ) )

An access key id tells its account, as on AWS: behind the prefix (`AKIA`, `ASIA`) stand 80 bits in base32, of which the
first 48 are a constant bit, the account's 40 bits, and 7 random ones.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (prefixes),
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
"""

from __future__ import annotations

import base64
import binascii
import string
import zlib
from functools import lru_cache
from typing import Final

import msgspec

from gureum.api.principal import AccessKey, Principal, Session
from gureum.api.vault import Vault, VaultError, nonce_bytes
from gureum.base.ids import Ids
from gureum.identity.records import AccessKeyRecord

_BASE32: Final = string.ascii_uppercase + "234567"
_SECRET: Final = string.ascii_letters + string.digits + "+/"
_secret_characters: Final = 40
_account_bits: Final = 40
_purpose_keys: Final = "identity/access-keys"
_purpose_sessions: Final = "identity/sessions"
_magic: Final = b"Gureum/1"
_token_bytes_max: Final = 16 * 1024
_plain_bytes_max: Final = 64 * 1024


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What a session token holds."""

    key_id: str
    secret: str
    principal: Principal
    session: Session


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Token).decode


def new_key_id(ids: Ids, account: str, *, temporary: bool = False) -> str:
    """A new access key id of `account`: `AKIA…`, or `ASIA…` for temporary credentials."""
    head = (1 << 47) | (int(account) << 7) | ids.integer(1 << 7)
    raw = head.to_bytes(6, "big") + ids.bytes(4)
    return ("ASIA" if temporary else "AKIA") + base64.b32encode(raw).decode()


def new_unique_id(ids: Ids, prefix: str) -> str:
    """A unique id: `AIDA…` user, `AGPA…` group, `AROA…` role, `AIPA…` instance profile, `ANPA…` managed policy."""
    return prefix + ids.text(_BASE32, 17)


def new_secret(ids: Ids) -> str:
    """A new secret access key: 40 characters."""
    return ids.text(_SECRET, _secret_characters)


def account_of_key_id(key_id: str) -> str | None:
    """The account that an access key id tells, or None when it is not of that form."""
    if len(key_id) != 20:
        return None
    try:
        head = int.from_bytes(base64.b32decode(key_id[4:])[:6], "big")
    except (binascii.Error, ValueError):
        return None
    account = head >> 7 & (1 << _account_bits) - 1
    return f"{account:012d}" if head >> 47 and account < 10**12 else None


def seal_secret(vault: Vault, ids: Ids, key_id: str, secret: str) -> bytes:
    """The secret of a long-term key as it is stored; it opens only beside its id."""
    return vault.seal(_purpose_keys, f"{key_id}:{secret}".encode(), ids.bytes(nonce_bytes))


def unseal_secret(vault: Vault, record: AccessKeyRecord) -> str:
    """The secret of a stored key.  Raises VaultError."""
    key_id, _, secret = vault.unseal(_purpose_keys, record.sealed).decode().partition(":")
    if key_id != record.id:
        raise VaultError(f"the secret of {key_id} lies under {record.id}")
    return secret


def issue(vault: Vault, ids: Ids, principal: Principal, session: Session) -> AccessKey:
    """New temporary credentials for `principal`."""
    key_id, secret = new_key_id(ids, principal.account, temporary=True), new_secret(ids)
    plain = _encode(Token(key_id, secret, principal, session))
    packed = zlib.compress(plain)
    content = b"z" + packed if len(packed) < len(plain) else b"-" + plain
    sealed = vault.seal(_purpose_sessions, content, ids.bytes(nonce_bytes))
    return AccessKey(key_id, secret, principal, base64.b64encode(_magic + sealed).decode(), session)


class SessionTokens:
    """Opens session tokens; the ones last used are remembered."""

    def __init__(self, vault: Vault, remembered_max: int = 4096) -> None:
        self._vault = vault
        self._open = lru_cache(remembered_max)(self._unseal)

    def open(self, key_id: str, token: str) -> AccessKey | None:
        """The credentials of a token made for `key_id` in this cloud, expired or not; None when it is not one."""
        if len(token) > _token_bytes_max:
            return None
        key = self._open(token)
        return key if key is not None and key.id == key_id else None

    def _unseal(self, token: str) -> AccessKey | None:
        try:
            raw = base64.b64decode(token.encode("ascii"), validate=True)
            if not raw.startswith(_magic):
                return None
            content = self._vault.unseal(_purpose_sessions, raw[len(_magic) :])
        except (UnicodeEncodeError, binascii.Error, VaultError):
            return None
        plain = content[1:]
        if content[:1] == b"z":
            plain = zlib.decompressobj().decompress(plain, _plain_bytes_max)
        found = _decode(plain)
        return AccessKey(found.key_id, found.secret, found.principal, token, found.session)
