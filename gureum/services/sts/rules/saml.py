"""SAML 2.0: what the response of an identity provider asserts, and whether it may.

Nothing is read but what was signed.  A response has one assertion, which is a child of the response itself, and is
signed itself or with the whole response, once, by a key in the provider's metadata.  What is read is not found in the
document again, where somebody could have put another one beside it (signature wrapping), but is what the verifier gives
back: the element that the digest was taken of, parsed anew.  Documents with a DOCTYPE are refused, entities are never
resolved, and comments are removed before anything is read, so they cannot cut a name in two.

The certificates of metadata only carry keys: AWS does not look at when they expire, and neither is it looked at here.
Encrypted assertions are refused by name.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html,
https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf, 2.5 and 5.4; Somorovsky et al., "On Breaking SAML:
Be Whoever You Want to Be", 2012
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gureum.api.errors import NotSupported
from gureum.base.clock import from_datetime
from gureum.services.sts.errors import (
    ExpiredTokenException,
    IDPRejectedClaimException,
    InvalidIdentityTokenException,
)
from gureum.wire import timestamps

_saml: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_samlp: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_metadata: Final = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_ds: Final = "{http://www.w3.org/2000/09/xmldsig#}"
_success: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_bearer: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_format_prefix: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_attribute: Final = "https://aws.amazon.com/SAML/Attributes/"
_recipient: Final = re.compile(r"https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/(?:static/)?saml(?:/acs/[\w-]+)?")
_audience: Final = "urn:amazon:webservices"
_redeem_ms_max: Final = 5 * 60_000
_skew_ms_max: Final = 5 * 60_000
_name_characters_max: Final = 256
_invalid: Final = "Your request included an invalid SAML response"

Element = Any  # lxml has no types


class Assertion(msgspec.Struct, frozen=True):
    """What was asserted.  Times are milliseconds of the provider's clock."""

    issuer: str
    subject: str
    subject_type: str
    recipient: str
    audiences: tuple[str, ...]
    issued_ms: int
    redeem_until_ms: int
    valid_from_ms: int | None
    valid_until_ms: int | None
    session_until_ms: int | None
    attributes: dict[str, tuple[str, ...]]

    def values(self, name: str) -> tuple[str, ...]:
        """The values of an attribute of AWS's."""
        return self.attributes.get(_attribute + name, ())

    def value(self, name: str) -> str:
        """The one value of an attribute of AWS's, or nothing."""
        return next(iter(self.values(name)), "")

    def tags(self) -> dict[str, str]:
        """The session tags.  Raises InvalidIdentityToken."""
        prefix = f"{_attribute}PrincipalTag:"
        found = {
            name.removeprefix(prefix): self.attributes[name] for name in self.attributes if name.startswith(prefix)
        }
        if any(len(values) != 1 for values in found.values()):
            raise InvalidIdentityTokenException("A session tag has exactly one value.")
        return {key: values[0] for key, values in found.items()}

    def allows(self, role_arn: str, provider_arn: str) -> bool:
        """Whether the provider lets the subject have the role: a pair of ARNs, in either order."""
        pair = {role_arn, provider_arn}
        return any({part.strip() for part in value.split(",")} == pair for value in self.values("Role"))


def verify(response: str, metadata: str) -> Assertion:
    """What `response` (base64) asserts, signed by the provider of `metadata`.  Raises InvalidIdentityToken, …"""
    try:
        content = base64.b64decode("".join(response.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidIdentityTokenException(_invalid) from error
    root = _parse(content)
    if root.tag != f"{_samlp}Response":
        raise InvalidIdentityTokenException(_invalid)
    status = root.find(f"{_samlp}Status/{_samlp}StatusCode")
    if status is not None and status.get("Value") != _success:
        raise IDPRejectedClaimException("The identity provider reported that authentication failed.")
    provider = _parse(metadata.encode())
    assertion = _read(_signed_assertion(root, provider))
    if assertion.issuer not in _entities(provider):
        raise InvalidIdentityTokenException("Issuer not present in specified provider")
    return assertion


def check(assertion: Assertion, host_ms: int) -> None:
    """Make sure that the assertion is good now and meant for us.  Raises InvalidIdentityToken and ExpiredToken."""
    if not _recipient.fullmatch(assertion.recipient):
        raise InvalidIdentityTokenException("Response does not contain the required recipient.")
    if not any(audience == _audience or _recipient.fullmatch(audience) for audience in assertion.audiences):
        raise InvalidIdentityTokenException("Response does not contain the required audience.")
    if max(assertion.issued_ms, assertion.valid_from_ms or 0) > host_ms + _skew_ms_max:
        raise InvalidIdentityTokenException("The SAML response is not valid yet.")
    if assertion.issued_ms + _redeem_ms_max <= host_ms or assertion.redeem_until_ms <= host_ms:
        raise ExpiredTokenException("Token must be redeemed within 5 minutes of issuance")
    ends = [end for end in (assertion.valid_until_ms, assertion.session_until_ms) if end is not None]
    if ends and min(ends) <= host_ms:
        raise ExpiredTokenException("The SAML response is expired.")


def _parse(content: bytes) -> Element:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidIdentityTokenException(_invalid) from error
    if root.getroottree().docinfo.doctype:
        raise InvalidIdentityTokenException(_invalid)
    return root


def _signed_assertion(root: Element, provider: Element) -> Element:
    """The assertion as it was signed."""
    if root.find(f"{_saml}EncryptedAssertion") is not None:
        raise NotSupported("Encrypted SAML assertions are not supported by Gureum.")
    assertions = list(root.iter(f"{_saml}Assertion"))
    identifiers = [element.get("ID") for element in root.iter() if element.get("ID") is not None]
    if len(assertions) != 1 or assertions[0].getparent() is not root or len(set(identifiers)) != len(identifiers):
        raise InvalidIdentityTokenException(_invalid)
    if root.find(f"{_ds}Signature") is not None:
        signed = _verified(root, "./", provider)
        found = signed.findall(f"{_saml}Assertion") if signed.tag == f"{_samlp}Response" else []
    else:
        signed = _verified(root, f"./{_saml}Assertion/", provider)
        found = [signed] if signed.tag == f"{_saml}Assertion" else []
    if len(found) != 1:
        raise InvalidIdentityTokenException("Response signature invalid")
    return found[0]


def _verified(root: Element, location: str, provider: Element) -> Element:
    """The element that the signature at `location` signs, if one of the provider's keys made it."""
    from cryptography.exceptions import InvalidSignature
    from signxml.algorithms import SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    methods = frozenset(method for method in SignatureMethod if _is_strong(method.name))
    for certificate in _certificates(provider):
        config = SignatureConfiguration(
            location=location,
            expect_references=1,
            signature_methods=methods,
            ignore_ambiguous_key_info=True,
            verification_time=certificate.not_valid_before_utc,
        )
        try:
            result = XMLVerifier().verify(root, x509_cert=certificate, expect_config=config, validate_schema=True)
        except (SignXMLException, InvalidSignature, ValueError):
            continue
        assert not isinstance(result, list), "one reference was asked for"
        if result.signed_xml is not None:
            return result.signed_xml
    raise InvalidIdentityTokenException("Response signature invalid")


def _is_strong(method: str) -> bool:
    return "SHA1" not in method and method.startswith(("RSA_", "ECDSA_", "SHA"))


def _certificates(provider: Element) -> Iterator[Any]:
    """The certificates with which the provider signs."""
    from cryptography import x509

    for descriptor in provider.iter(f"{_metadata}IDPSSODescriptor"):
        for key in descriptor.findall(f"{_metadata}KeyDescriptor"):
            if key.get("use", "signing") != "signing":
                continue
            for element in key.iter(f"{_ds}X509Certificate"):
                try:
                    yield x509.load_der_x509_certificate(base64.b64decode("".join(_text(element).split())))
                except (binascii.Error, ValueError):
                    continue


def _entities(provider: Element) -> list[str]:
    return [element.get("entityID", "") for element in provider.iter(f"{_metadata}EntityDescriptor")]


def _read(element: Element) -> Assertion:
    subject = element.find(f"{_saml}Subject/{_saml}NameID")
    confirmations = element.findall(f"{_saml}Subject/{_saml}SubjectConfirmation")
    data = confirmations[0].find(f"{_saml}SubjectConfirmationData") if len(confirmations) == 1 else None
    issuer = element.find(f"{_saml}Issuer")
    if subject is None or issuer is None or data is None or confirmations[0].get("Method") != _bearer:
        raise InvalidIdentityTokenException(_invalid)
    conditions = element.find(f"{_saml}Conditions")
    statements = element.findall(f"{_saml}AuthnStatement")
    if max(len(_text(subject)), len(subject.get("Format", ""))) > _name_characters_max:
        raise InvalidIdentityTokenException(_invalid)
    issued_ms, redeem_until_ms = _time(element, "IssueInstant"), _time(data, "NotOnOrAfter")
    if issued_ms is None or redeem_until_ms is None:
        raise InvalidIdentityTokenException(_invalid)
    ends = [end for statement in statements if (end := _time(statement, "SessionNotOnOrAfter")) is not None]
    return Assertion(
        issuer=_text(issuer),
        subject=_text(subject),
        subject_type=subject.get("Format", f"{_format_prefix}unspecified").removeprefix(_format_prefix),
        recipient=data.get("Recipient", ""),
        audiences=tuple(_text(each) for each in element.findall(f"{_saml}Conditions/{_saml}AudienceRestriction/*")),
        issued_ms=issued_ms,
        redeem_until_ms=redeem_until_ms,
        valid_from_ms=None if conditions is None else _time(conditions, "NotBefore"),
        valid_until_ms=None if conditions is None else _time(conditions, "NotOnOrAfter"),
        session_until_ms=min(ends, default=None),
        attributes=_attributes(element),
    )


def _attributes(element: Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for attribute in element.findall(f"{_saml}AttributeStatement/{_saml}Attribute"):
        values = tuple(_text(value) for value in attribute.findall(f"{_saml}AttributeValue"))
        found[attribute.get("Name", "")] = found.get(attribute.get("Name", ""), ()) + values
    return found


def _time(element: Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    try:
        return from_datetime(timestamps.parse_iso8601(text))
    except ValueError as error:
        raise InvalidIdentityTokenException(_invalid) from error


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()
