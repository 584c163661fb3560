"""The keys with which identity providers sign tokens, as their discovery documents name them.

    https://ISSUER/.well-known/openid-configuration -> jwks_uri -> {"keys": [...]}

They are kept as long as the provider says (Cache-Control), within bounds.  A token signed with a key that is not among
them makes them be read again, since providers change their keys without telling; not more often than every ten seconds,
so nobody can make this cloud ask a provider as often as he likes by sending tokens with invented key ids.

Sources: https://openid.net/specs/openid-connect-discovery-1_0.html; RFC 7517; RFC 9111, 5.2.2
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any, Final

import msgspec

from gureum.services.sts import https
from gureum.services.sts.errors import IDPCommunicationErrorException, InvalidIdentityTokenException
from gureum.services.sts.https import Answer, Unreachable, Untrusted

_kept_max: Final = 256
_keys_max: Final = 100
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
    """A provider's keys, when they were read, and until when they are good."""

    keys: tuple[Jwk, ...]
    read_ms: int
    until_ms: int


class KeySets:
    """The keys of providers that were read last.  Times are the host's."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], KeySet] = OrderedDict()

    async def of(self, url: str, thumbprints: tuple[str, ...], now_ms: int, *, again: bool = False) -> tuple[Jwk, ...]:
        """The keys of the provider at `url` (without scheme); read `again` when the known ones do not do.

        Raises IDPCommunicationError and InvalidIdentityToken.
        """
        found = self._kept.get((url, thumbprints))
        if found is not None and now_ms < (found.read_ms + _read_again_ms if again else found.until_ms):
            return found.keys
        read = await _read(url, thumbprints, now_ms)
        self._kept[url, thumbprints] = read
        self._kept.move_to_end((url, thumbprints))
        if len(self._kept) > _kept_max:
            self._kept.popitem(last=False)
        return read.keys


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
    known = tuple(key for key in keys if isinstance(key, dict))
    return KeySet(known, now_ms, now_ms + _kept_ms(answer.headers.get("cache-control", "").lower()))


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
