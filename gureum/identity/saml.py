"""Metadata documents of SAML 2.0 identity providers: who signs assertions, and for how long the document is good.

Documents come from outside.  One with a document type is refused, so there are no entities to expand, and nothing is
fetched from anywhere.  `lxml` is loaded by the first call.
Source: https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from gureum.base.clock import from_datetime

if TYPE_CHECKING:
    from lxml.etree import _Element

_metadata: Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_signatures: Final = "{http://www.w3.org/2000/09/xmldsig#}"


class InvalidMetadata(Exception):
    """The document is no metadata of an identity provider; the text says why."""


class Metadata(msgspec.Struct, frozen=True):
    """What a metadata document says.  `certificates` are DER; one of them signs assertions."""

    entity_id: str
    certificates: tuple[bytes, ...]
    valid_until_ms: int | None


def read_metadata(text: str) -> Metadata:
    """The metadata of an identity provider.  Raises InvalidMetadata."""
    root = _parse(text)
    provider = root.find(f"{_metadata}IDPSSODescriptor")
    entity_id = root.get("entityID")
    if root.tag != f"{_metadata}EntityDescriptor" or not entity_id or provider is None:
        raise InvalidMetadata("There is no EntityDescriptor with an entityID and an IDPSSODescriptor.")
    if provider.find(f"{_metadata}SingleSignOnService") is None:
        raise InvalidMetadata("The IDPSSODescriptor has no SingleSignOnService.")
    certificates = tuple(
        _certificate(element.text or "")
        for key in provider.findall(f"{_metadata}KeyDescriptor")
        if key.get("use") in (None, "signing")
        for element in key.iter(f"{_signatures}X509Certificate")
    )
    if not certificates:
        raise InvalidMetadata("There is no certificate for signing.")
    return Metadata(entity_id, certificates, _valid_until(root.get("validUntil")))


def _parse(text: str) -> _Element:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root: _Element = etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise InvalidMetadata("It is not well-formed XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidMetadata("It has a document type.")
    return root


def _certificate(text: str) -> bytes:
    from cryptography import x509

    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        raise InvalidMetadata("A certificate cannot be read.") from None
    return der


def _valid_until(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidMetadata("The validUntil is no time.") from None
    return from_datetime(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
