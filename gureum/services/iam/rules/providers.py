"""What IAM documents about OpenID Connect and SAML providers.

Providers' URLs are https; a port is let through, which AWS discourages: identity providers that run beside the cloud
have one.
Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from gureum.identity.saml import InvalidMetadata, Metadata, read_metadata
from gureum.services.iam.errors import InvalidInputException, LimitExceededException, ValidationError
from gureum.services.iam.rules import quotas

_thumbprint: Final = re.compile(r"[0-9A-Fa-f]{40}")
_host: Final = re.compile(r"[A-Za-z0-9.-]+")
_path: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
_scheme: Final = "https://"
_century_ms: Final = 36525 * 24 * 3600 * 1000


def provider_url(url: str) -> str:
    """The URL of an OpenID Connect provider without its scheme.  Raises ValidationError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.netloc if port is None else parts.netloc.removesuffix(f":{port}")
    if (
        not url.startswith(_scheme)
        or not _host.fullmatch(host)
        or not _path.fullmatch(parts.path)
        or url != f"{_scheme}{parts.netloc}{parts.path}"
    ):
        raise ValidationError("Invalid Open ID Connect Provider URL")
    return url.removeprefix(_scheme)


def thumbprints(given: Iterable[str]) -> tuple[str, ...]:
    """SHA-1 thumbprints in small letters.  Raises InvalidInput."""
    found = tuple(dict.fromkeys(thumbprint.lower() for thumbprint in given))
    if len(found) > quotas.thumbprints_of_oidc_provider.most:
        raise InvalidInputException("Thumbprint list must contain fewer than 5 entries.")
    for thumbprint in found:
        if not _thumbprint.fullmatch(thumbprint):
            raise InvalidInputException(f"Invalid thumbprint {thumbprint}: it has to be 40 hexadecimal digits.")
    return found


def client_ids(given: Iterable[str]) -> tuple[str, ...]:
    """Client ids, each once, as they were given.  Raises LimitExceeded."""
    found = tuple(dict.fromkeys(given))
    quotas.client_ids_of_oidc_provider.check(len(found), adding=0)
    return found


def metadata(text: str, now_ms: int) -> Metadata:
    """The metadata of a SAML provider, which is good now.  Raises InvalidInput."""
    if len(text.encode()) > _metadata_bytes_max:
        raise LimitExceededException(f"Cannot exceed quota for SAMLMetadataSize: {_metadata_bytes_max}")
    try:
        found = read_metadata(text)
    except InvalidMetadata as error:
        raise InvalidInputException(f"Could not parse metadata. {error}") from None
    if found.valid_until_ms is not None and found.valid_until_ms <= now_ms:
        raise InvalidInputException("Metadata document is expired.")
    return found


_metadata_bytes_max: Final = 10_000_000


def valid_until_ms(found: Metadata, now_ms: int) -> int:
    """Until when a provider is good: what its metadata says, or a hundred years."""
    return now_ms + _century_ms if found.valid_until_ms is None else found.valid_until_ms
