"""Passwords of users: hashed with scrypt, off the event loop, and how long they are good.

    stored    version (1 byte, 1) | salt (16) | scrypt(password, salt, N=2^14, r=8, p=1) (32)

One hash takes some 45 ms and 16 MiB.  A user's passwords share their salt for as long as the user has any: so whether a
new one was used before costs one hash and not twenty-four.  Salts of different users differ, which is what they are
for.

Sources: RFC 7914; https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Final

from gureum.base.ids import Ids
from gureum.identity.records import Login, PasswordPolicy

_version: Final = b"\x01"
_salt_bytes: Final = 16
_head_bytes: Final = len(_version) + _salt_bytes
_day_ms: Final = 24 * 3600 * 1000


def new_head(ids: Ids) -> bytes:
    """What the hashes of a user's passwords begin with."""
    return _version + ids.bytes(_salt_bytes)


def head_of(hashed: bytes) -> bytes:
    """What a hash begins with; others with the same head can be compared with it."""
    return hashed[:_head_bytes]


async def hash_password(password: str, head: bytes) -> bytes:
    """The hash of `password`, computed in another thread: for `ctx.obtain`."""
    return await asyncio.to_thread(_hash, password, head)


def same(one: bytes, other: bytes) -> bool:
    """Whether two hashes are of the same password."""
    return hmac.compare_digest(one, other)


def expires_ms(login: Login, policy: PasswordPolicy | None) -> int | None:
    """When a password expires; None for never."""
    if policy is None or policy.age_days_max is None:
        return None
    return login.changed_ms + policy.age_days_max * _day_ms


def _hash(password: str, head: bytes) -> bytes:
    salt = head[len(_version) :]
    return head + hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1, maxmem=32 << 20, dklen=32)
