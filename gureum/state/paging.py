"""Page tokens: where a listing goes on, opaque to clients and good only where it was given out.

A token is the position in a range (the key tuple of the last item shown), so a listing goes on rightly however much was
added and removed meanwhile, no token is stored, and none expires.  It is authenticated together with its scope, a
string that names the caller's account, the operation and its filters: a token that was tampered with or comes from
elsewhere is refused and cannot be used to look at other keys.  It is not encrypted; a position holds nothing that
the listing did not show.

    base64url( first 16 bytes of HMAC-SHA256(key, scope 00 position) | position )
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

from gureum.state.keys import Key, pack, unpack

_tag_bytes: Final = 16


class InvalidToken(Exception):
    """The token was not given out by this cloud for this scope."""


class Pager:
    """Makes and reads the tokens of one cloud, whose secret is `key` (32 random bytes)."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= 16, "a page token key of less than 128 bits"
        self._key = key

    def encode(self, position: Key, scope: str) -> str:
        """The token that goes on behind `position` in `scope`."""
        return self._token(pack(position), scope)

    def decode(self, token: str, scope: str) -> Key:
        """The position of a token that `encode` made for `scope`.  Raises InvalidToken."""
        try:
            given = token.encode("ascii")
            raw = base64.b64decode(given + b"=" * (-len(given) % 4), b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise InvalidToken("not a page token") from error
        packed = raw[_tag_bytes:]
        # Compared as text: base64 has several spellings of the same bytes.
        if not hmac.compare_digest(given, self._token(packed, scope).encode()):
            raise InvalidToken("a page token of another listing")
        return unpack(packed)

    def _token(self, packed: bytes, scope: str) -> str:
        tag = hmac.digest(self._key, scope.encode() + b"\x00" + packed, hashlib.sha256)[:_tag_bytes]
        return base64.urlsafe_b64encode(tag + packed).rstrip(b"=").decode()
