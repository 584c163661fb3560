"""What a web identity token (an OpenID Connect ID token, a JWT) claims, and whether it may.

Two steps that must not be confused: `issuer` reads who a token says it is from, without believing it, to know whose
keys to verify it with; `verify` gives the claims of a token that was signed with one of those keys.

- Only RS256 … ES512: never `none`, and never HS*, for which a provider's public key would do to sign.
- Times are the provider's, so they are compared with the host's clock, as those of signatures.
- The audience has to be one of the provider's client ids.  When the token has an authorized party (`azp`), that one
  has: it then is what condition keys call `aud`, and the token's `aud` is called `oaud`.

Sources: RFC 7515; RFC 7519; https://openid.net/specs/openid-connect-core-1_0.html, 3.1.3.7;
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from gureum.services.sts.errors import ExpiredTokenException, InvalidIdentityTokenException
from gureum.services.sts.rules import names
from gureum.services.sts.rules import tags as tag_rules
from gureum.services.sts.rules.tags import SessionTags

_families: Final = {"RS": "RSA", "ES": "EC"}
_algorithms: Final = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})
_keys_max: Final = 20
"""So many of a provider's keys are tried with a token that does not say which one it was signed with."""
_required: Final = ("iss", "sub", "aud", "exp", "iat")
_skew_seconds_max: Final = 300
_text_characters_max: Final = 256
_texts_max: Final = 50
"""What becomes part of a session token is bounded, as that is."""
_tags: Final = "https://aws.amazon.com/tags"
_source_identity: Final = "https://aws.amazon.com/source_identity"
_principal_tags: Final = f"{_tags}/principal_tags/"
_transitive: Final = f"{_tags}/transitive_tag_keys"
_not_a_token: Final = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"  # noqa: S105


class UnknownKey(Exception):
    """None of the keys is the one that the token says it was signed with."""


class Claims(msgspec.Struct, frozen=True):
    """The claims of a token whose signature holds.  Times are seconds."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    expires_s: float
    issued_s: float
    not_before_s: float = 0
    party: str | None = None
    methods: tuple[str, ...] = ()
    tags: SessionTags = SessionTags()
    source_identity: str = ""

    @property
    def audience(self) -> str:
        """Whom the token is for, as AWS calls it."""
        return self.party or self.audiences[0]

    def keys(self, url: str) -> dict[str, str | tuple[str, ...]]:
        """The condition keys of a user of the provider at `url`."""
        prefix = url.lower()
        keys: dict[str, str | tuple[str, ...]] = {
            f"{prefix}:sub": self.subject,
            f"{prefix}:aud": self.audience,
            f"{prefix}:oaud": self.audiences[0],
        }
        if self.methods:
            keys[f"{prefix}:amr"] = self.methods
        return keys


def issuer(token: str) -> str:
    """Who the token says has issued it, unverified.  Raises InvalidIdentityToken."""
    found = _part(token, 1).get("iss")
    if not isinstance(found, str) or not found:
        raise InvalidIdentityTokenException("Missing a required claim: iss")
    return found


def verify(token: str, keys: Iterable[Mapping[str, Any]]) -> Claims:
    """The claims of a token that was signed with one of `keys` (JWK).  Raises UnknownKey and InvalidIdentityToken."""
    from joserfc import jwk, jws
    from joserfc.errors import JoseError

    header = _part(token, 0)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in _algorithms:
        raise InvalidIdentityTokenException("The ID Token provided is not signed with a supported algorithm.")
    fitting = [*islice((key for key in keys if _fits(key, algorithm, kid)), _keys_max)]
    if not fitting:
        raise UnknownKey
    for key in fitting:
        try:
            signed = jws.deserialize_compact(token, jwk.import_key(dict(key)), algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):  # a bad signature, or a key that is none
            continue
        return _read(_decoded(bytes(signed.payload)))
    raise InvalidIdentityTokenException("The ID Token provided could not be validated: its signature is not valid.")


def check(claims: Claims, client_ids: Collection[str], host_ms: int) -> None:
    """Make sure that the token is good now and meant for us.  Raises InvalidIdentityToken and ExpiredToken."""
    now_s = host_ms // 1000
    if claims.expires_s <= now_s:
        raise ExpiredTokenException(
            f"Token expired: current date/time {now_s} must be before the expiration date/time{int(claims.expires_s)}"
        )
    if max(claims.issued_s, claims.not_before_s) > now_s + _skew_seconds_max:
        raise InvalidIdentityTokenException("The ID Token provided is not valid yet.")
    several = len(claims.audiences) > 1 and claims.party is None
    if several or claims.audience not in client_ids:
        raise InvalidIdentityTokenException("Incorrect token audience")


def _fits(key: Mapping[str, Any], algorithm: str, kid: Any) -> bool:
    return (
        key.get("kty") == _families[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    )


def _part(token: str, number: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidIdentityTokenException(_not_a_token)
    try:
        raw = base64.b64decode(parts[number] + "=" * (-len(parts[number]) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidIdentityTokenException(_not_a_token) from error
    return _decoded(raw)


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidIdentityTokenException(_not_a_token) from error
    if not isinstance(document, dict):
        raise InvalidIdentityTokenException(_not_a_token)
    return document


def _read(document: Mapping[str, Any]) -> Claims:
    for name in _required:
        if document.get(name) in (None, "", []):
            raise InvalidIdentityTokenException(f"Missing a required claim: {name}")
    source_identity = _text(document, _source_identity)
    return Claims(
        issuer=_text(document, "iss"),
        subject=_text(document, "sub"),
        audiences=_texts(document, "aud"),
        expires_s=_number(document, "exp"),
        issued_s=_number(document, "iat"),
        not_before_s=_number(document, "nbf"),
        party=_text(document, "azp") or None,
        methods=_texts(document, "amr"),
        tags=_session_tags(document),
        source_identity=names.check_claimed_source_identity(source_identity) if source_identity else "",
    )


def _session_tags(document: Mapping[str, Any]) -> SessionTags:
    """Tags in the nested form, `tags: {principal_tags, transitive_tag_keys}`, or in the flattened one."""
    nested = document.get(_tags)
    if nested is None:
        named = {name.removeprefix(_principal_tags): value for name, value in document.items() if _is_tag(name)}
        transitive = _texts(document, _transitive)
    elif isinstance(nested, dict) and isinstance(nested.get("principal_tags", {}), dict):
        named = nested.get("principal_tags", {})
        transitive = _texts(nested, "transitive_tag_keys")
    else:
        raise _invalid(_tags)
    values = {name: _texts(named, name) for name in named}
    if any(len(value) != 1 for value in values.values()):
        raise InvalidIdentityTokenException("A session tag has exactly one value.")
    return tag_rules.claimed({name: value[0] for name, value in values.items()}, transitive)


def _is_tag(name: str) -> bool:
    return name.startswith(_principal_tags)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str) or len(value) > _text_characters_max:
        raise _invalid(name)
    return value


def _texts(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = document.get(name, [])
    values = value if isinstance(value, list) else [value]
    if len(values) > _texts_max or not all(isinstance(each, str) for each in values):
        raise _invalid(name)
    if max(map(len, values), default=0) > _text_characters_max:
        raise _invalid(name)
    return tuple(values)


def _number(document: Mapping[str, Any], name: str) -> float:
    value = document.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(name)
    return value


def _invalid(name: str) -> InvalidIdentityTokenException:
    return InvalidIdentityTokenException(f"The claim {name} is not valid.")
