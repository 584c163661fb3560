"""The keys with which identity providers sign tokens, as their discovery documents name them.

    https://ISSUER/.well-known/openid-configuration -> jwks_uri -> {"keys": [...]}

They are kept as long as the provider says (Cache-Control), within bounds.  A token signed with a key that is not among
them makes them be read again, since providers change their keys without telling.

Nobody signs the requests that bring tokens, and so nobody may have this cloud ask a provider as often as he likes: each
process asks once at a time, for all who wait, and not more often than every ten seconds, whatever the provider says,
also when it failed: then everybody gets the same failure.

Sources: https://openid.net/specs/openid-connect-discovery-1_0.html; RFC 7517; RFC 9111, 5.2.2
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import Any, Final

import msgspec

from gureum.api.errors import ApiError
from gureum.services.sts import https
from gureum.services.sts.errors import IDPCommunicationErrorException, InvalidIdentityTokenException
from gureum.services.sts.https import Answer, Unreachable, Untrusted
from gureum.services.sts.rules.jwks import is_usable

_kept_max: Final = 256
_keys_max: Final = 200
"""A hundred of RSA and a hundred on elliptic curves, as AWS has it."""
_kept_ms_default: Final = 10 * 60_000
_kept_ms_max: Final = 24 * 3600_000
_read_again_ms: Final = 10_000
_max_age: Final = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})", re.ASCII)

Jwk = dict[str, Any]

NO_KEY: Final = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)


class KeySet(msgspec.Struct, frozen=True):
    """A provider's keys, and until when they are good."""

    keys: tuple[Jwk, ...]
    until_ms: int


class _Provider:
    """What is known of a provider: its keys, and how the last attempt to read them went."""

    __slots__ = ("asked_ms", "failure", "keys", "reading")

    def __init__(self) -> None:
        self.keys = KeySet((), 0)
        self.asked_ms: int | None = None
        self.failure: ApiError | None = None
        self.reading: asyncio.Task[None] | None = None

    def is_due(self, now_ms: int) -> bool:
        """Whether it may be asked: not while it is, and not right after.  A clock that was put back is no obstacle."""
        if self.reading is not None:
            return False
        return self.asked_ms is None or not 0 <= now_ms - self.asked_ms < _read_again_ms

    async def read(self, url: str, thumbprints: tuple[str, ...], now_ms: int) -> None:
        """Read the keys; those that were known stay when that fails."""
        try:
            self.keys, self.failure = await _read(url, thumbprints, now_ms), None
        except ApiError as error:
            self.failure = error
        finally:
            self.reading = None


class KeySets:
    """The keys of providers that were asked last.  Times are the host's."""

    def __init__(self) -> None:
        self._providers: OrderedDict[tuple[str, tuple[str, ...]], _Provider] = OrderedDict()

    async def of(self, url: str, thumbprints: tuple[str, ...], now_ms: int, *, again: bool = False) -> tuple[Jwk, ...]:
        """The keys of the provider at `url` (without scheme); read `again` when the known ones do not do.

        Raises IDPCommunicationError and InvalidIdentityToken.
        """
        provider = self._providers.get((url, thumbprints)) or _Provider()
        if not again and now_ms < provider.keys.until_ms:
            return provider.keys.keys
        if provider.is_due(now_ms):
            provider.asked_ms = now_ms
            provider.reading = asyncio.create_task(provider.read(url, thumbprints, now_ms))
            self._providers[url, thumbprints] = provider
            self._providers.move_to_end((url, thumbprints))
            self._forget(now_ms)
        if provider.reading is not None:
            # Who goes away while it is read does not take the answer from those who wait for it as well.
            await asyncio.shield(provider.reading)
        if provider.failure is not None:
            raise provider.failure.with_traceback(None)
        return provider.keys.keys

    def _forget(self, now_ms: int) -> None:
        """Drop those that were asked longest ago, but none that must not be asked again yet."""
        while len(self._providers) > _kept_max:
            first = next(iter(self._providers))
            if not self._providers[first].is_due(now_ms):
                return
            del self._providers[first]


async def _read(url: str, thumbprints: tuple[str, ...], now_ms: int) -> KeySet:
    try:
        discovery = _json(await https.get(f"https://{url.rstrip('/')}/.well-known/openid-configuration", thumbprints))
        issuer, keys_url = discovery.get("issuer"), discovery.get("jwks_uri")
        if not isinstance(keys_url, str) or not isinstance(issuer, str) or issuer != f"https://{url}":
            raise InvalidIdentityTokenException(NO_KEY)
        answer = await https.get(keys_url, thumbprints)
    except Untrusted as error:
        raise InvalidIdentityTokenException(
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
        ) from error
    except Unreachable as error:
        raise IDPCommunicationErrorException from error
    keys = _json(answer).get("keys")
    if not isinstance(keys, list) or len(keys) > _keys_max:
        raise InvalidIdentityTokenException(NO_KEY)
    known = tuple(key for key in keys if isinstance(key, dict) and is_usable(key))
    return KeySet(known, now_ms + _kept_ms(answer.headers.get("cache-control", "").lower()))


def _json(answer: Answer) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(answer.body)
    except msgspec.DecodeError as error:
        raise InvalidIdentityTokenException(NO_KEY) from error
    if not isinstance(document, dict):
        raise InvalidIdentityTokenException(NO_KEY)
    return document


def _kept_ms(cache_control: str) -> int:
    if "no-store" in cache_control or "no-cache" in cache_control:
        return 0
    found = _max_age.search(cache_control)
    return _kept_ms_default if found is None else min(int(found[1]) * 1000, _kept_ms_max)
