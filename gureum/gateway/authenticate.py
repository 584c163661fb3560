"""Who is calling?  From a signature to a principal.

The age of a signature is measured on the host's clock, because it was made on the client's: advancing the cloud's clock
must not lock everybody out.  Credentials, which are the cloud's own, expire on the cloud's clock.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
"""

from __future__ import annotations

import hmac
from typing import Protocol

from gureum.api.errors import ExpiredToken, InvalidClientTokenId, MissingAuthenticationToken
from gureum.api.principal import AccessKey
from gureum.base.clock import Clock
from gureum.base.topology import DEFAULT_REGION, REGIONS
from gureum.state.store import Transaction
from gureum.wire import sigv4
from gureum.wire.http import Request
from gureum.wire.sigv4 import SignedRequest


class KeyRing(Protocol):
    """Finds access keys."""

    async def find(self, key_id: str, token: str | None) -> AccessKey | None:
        """The key that a request says it was signed with, expired or not; None when there is none such."""

    async def admit(self, key: AccessKey) -> None:
        """Let `key` in, whose signature holds: what it needs to be used comes into being now."""

    def confirm(self, tx: Transaction, key: AccessKey) -> AccessKey:
        """`key` as it is in the transaction of a request.  Raises InvalidClientTokenId when it holds no longer."""


class Authenticator:
    """Verifies signatures against a key ring."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def confirm(self, tx: Transaction, key: AccessKey) -> AccessKey:
        """`key` as it is in the transaction of the request.  Raises InvalidClientTokenId when it holds no longer."""
        return self._keys.confirm(tx, key)

    async def authenticate(self, signed: SignedRequest | None, request: Request, service: str | None) -> AccessKey:
        """The access key that signed `request` for `service` (a signing name; None accepts any).

        Raises WireError with AWS's words for what is wrong with a signature, and ApiErrors for the credentials.
        """
        if signed is None:
            raise MissingAuthenticationToken
        key = await self._keys.find(signed.access_key_id, signed.session_token)
        if key is None:
            raise InvalidClientTokenId
        self._check_session(key, signed.session_token)
        if service is not None:
            sigv4.check_scope(signed, (service,), None)
        sigv4.check_time(signed, self._clock.host_ms())
        sigv4.verify(signed, request, key.secret)
        await self._keys.admit(key)
        return key

    def _check_session(self, key: AccessKey, token: str | None) -> None:
        expected = key.session_token or ""
        if not hmac.compare_digest(expected.encode(), (token or "").encode("utf-8", "replace")):
            raise InvalidClientTokenId
        if key.session is not None and key.session.expires_ms <= self._clock.now_ms():
            raise ExpiredToken


def region_of(signed: SignedRequest | None) -> str:
    """The region that a signed request is made in; with a region set (SigV4A) the first one that it names."""
    if signed is None:
        return DEFAULT_REGION
    if signed.region_set is None:
        return signed.region
    first = signed.region_set.split(",", 1)[0].strip()
    return first if first in REGIONS else DEFAULT_REGION
