"""A SAML 2.0 identity provider of the test's own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from gureum.base.clock import host_ms, to_datetime

ENTITY = "https://idp.example.com/saml"
RECIPIENT = "https://signin.aws.amazon.com/saml"
ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"

Element = Any  # lxml has no types


@cache
def key_pair(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A key and a certificate with it that is long out of date; the same ones for the same name."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return key, made


def metadata(*names: str) -> str:
    """The document of a provider that signs with these keys."""
    certificates = (key_pair(name)[1].public_bytes(serialization.Encoding.DER) for name in names)
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{base64.b64encode(certificate).decode()}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for certificate in certificates
    )
    until = _moment(timedelta(days=3650))
    place = f'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{ENTITY}/login"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<md:EntityDescriptor xmlns:md="{METADATA}" entityID="{ENTITY}" validUntil="{until}">'
        f'<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="{SAMLP}">{keys}'
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
        f"<md:SingleSignOnService {place}/></md:IDPSSODescriptor></md:EntityDescriptor>"
    ).ljust(1000)


def response(attributes: Mapping[str, str | list[str]], **changes: str) -> Element:
    """An unsigned response.  `changes` are values of `_parts`, or `extra` XML inside of the assertion."""
    parts = {**_parts(), **changes}
    listed = "".join(
        f'<saml:Attribute Name="{escape(name if "/" in name or ":" in name else ATTRIBUTE + name)}">'
        + "".join(
            f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>"
            for value in ([values] if isinstance(values, str) else values)
        )
        + "</saml:Attribute>"
        for name, values in attributes.items()
    )
    return etree.fromstring(
        f"""<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_response" Version="2.0"
 IssueInstant="{parts["issued"]}" Destination="{RECIPIENT}"><saml:Issuer>{parts["issuer"]}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{parts["status"]}"/></samlp:Status>
<saml:Assertion ID="_assertion" Version="2.0" IssueInstant="{parts["issued"]}">
<saml:Issuer>{parts["issuer"]}</saml:Issuer>
<saml:Subject><saml:NameID Format="{parts["format"]}">{parts["subject"]}</saml:NameID>
<saml:SubjectConfirmation Method="{parts["method"]}"><saml:SubjectConfirmationData
 NotOnOrAfter="{parts["redeem_until"]}" Recipient="{parts["recipient"]}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{parts["valid_from"]}" NotOnOrAfter="{parts["valid_until"]}"><saml:AudienceRestriction>
<saml:Audience>{parts["audience"]}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{parts["issued"]}" SessionNotOnOrAfter="{parts["session_until"]}"/>
<saml:AttributeStatement>{listed}</saml:AttributeStatement></saml:Assertion></samlp:Response>"""
    )


def _parts() -> dict[str, str]:
    """What a response that is good says."""
    return {
        "issuer": ENTITY,
        "status": "urn:oasis:names:tc:SAML:2.0:status:Success",
        "subject": "_johndoe",
        "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
        "recipient": RECIPIENT,
        "audience": RECIPIENT,
        "issued": _moment(),
        "redeem_until": _moment(timedelta(minutes=5)),
        "valid_from": _moment(),
        "valid_until": _moment(timedelta(minutes=5)),
        "session_until": _moment(timedelta(hours=8)),
    }


def signed(document: Element, key: str = "idp", *, whole: bool = False) -> Element:
    """The response with its assertion signed, or the `whole` of it."""
    private, certificate = key_pair(key)
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    target = document if whole else assertion(document)
    made = signer.sign(target, key=private, cert=[certificate], reference_uri=target.get("ID"), id_attribute="ID")
    if whole:
        return made
    document.replace(target, made)
    return document


def assertion(document: Element) -> Element:
    """The assertion of a response."""
    return document.find(f"{{{SAML}}}Assertion")


def encoded(document: Element) -> str:
    """As it is sent."""
    return base64.b64encode(etree.tostring(document)).decode()


def ago(**span: float) -> str:
    """A moment that long ago."""
    return _moment(-timedelta(**span))


def ahead(**span: float) -> str:
    """A moment that far ahead."""
    return _moment(timedelta(**span))


def _moment(offset: timedelta = timedelta(0)) -> str:
    return (to_datetime(host_ms()) + offset).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
