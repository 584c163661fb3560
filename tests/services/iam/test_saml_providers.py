"""SAML providers and their metadata, through boto3."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gureum.identity.saml import read_metadata
from tests.services.iam.certificates import Certificate
from tests.support.refusals import refused

IDP = Certificate("idp")
DER = IDP.x509.public_bytes(Encoding.DER)


def metadata(attributes: str = "", certificate: str = "", use: str = "signing") -> str:
    """An identity provider's metadata document, padded to the length that AWS wants."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!--{"x" * 1000}-->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com" {attributes}>
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="{use}">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
        {certificate or base64.b64encode(DER).decode()}
      </ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
                            Location="https://idp.example.com/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""


def make(iam: Any, name: str = "idp", **members: Any) -> str:
    """A provider's ARN."""
    arn: str = iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata(), **members)["SAMLProviderArn"]
    return arn


def test_a_provider_is_what_was_asked_for(iam: Any, account: str) -> None:
    """The document comes back; it is good for a hundred years unless it says otherwise."""
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    tags = [{"Key": "team", "Value": "a"}]
    arn = make(iam, Tags=tags)
    assert arn == f"arn:aws:iam::{account}:saml-provider/idp"
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == metadata()
    assert found["SAMLProviderUUID"].startswith("SAMLSP")
    assert found["Tags"] == tags
    assert found["ValidUntil"].year - found["CreateDate"].year == 100
    [listed] = iam.list_saml_providers()["SAMLProviderList"]
    assert listed == {"Arn": arn, "CreateDate": found["CreateDate"], "ValidUntil": found["ValidUntil"]}
    with refused("EntityAlreadyExists", "already exists", 409):
        make(iam)


def test_metadata_is_exchanged(iam: Any) -> None:
    """What it says about its end counts from then on."""
    arn = make(iam)
    changed = metadata('validUntil="2090-01-01T00:00:00Z"')
    assert iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=changed)["SAMLProviderArn"] == arn
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == changed
    assert found["ValidUntil"].year == 2090
    with refused("InvalidInput", "nothing to update"):
        iam.update_saml_provider(SAMLProviderArn=arn)


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1000,
        metadata().replace("</md:EntityDescriptor>", ""),
        metadata().replace("IDPSSODescriptor", "SPSSODescriptor"),
        metadata().replace("SingleSignOnService", "SingleLogoutService"),
        metadata().replace("entityID", "entity"),
        metadata().replace("EntityDescriptor", "EntitiesDescriptor"),
        metadata(use="encryption"),
        metadata(certificate="bm90aGluZw=="),
        metadata(certificate="!"),
        metadata('validUntil="2020-01-01T00:00:00Z"'),
        metadata('validUntil="soon"'),
        metadata().replace("<md:EntityDescriptor", '<!DOCTYPE x [<!ENTITY e "v">]><md:EntityDescriptor'),
        metadata().replace("<md:EntityDescriptor", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><md:EntityDescriptor'),
    ],
    ids=lambda document: None,
)
def test_metadata_is_checked(iam: Any, document: str) -> None:
    """What is no metadata of an identity provider, has no certificate, is past its end or brings a document type."""
    with refused("InvalidInput", "etadata"):
        iam.create_saml_provider(Name="idp", SAMLMetadataDocument=document)
    assert iam.list_saml_providers()["SAMLProviderList"] == []
    arn = make(iam)
    with refused("InvalidInput", "etadata"):
        iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == metadata()


def test_certificates_of_metadata() -> None:
    """Those that sign, without white space; a descriptor that says nothing about its use signs as well."""
    found = read_metadata(metadata())
    assert (found.entity_id, found.certificates) == ("https://idp.example.com", (DER,))
    assert read_metadata(metadata().replace(' use="signing"', "")).certificates == (DER,)


def test_what_is_not_supported_is_named(iam: Any) -> None:
    """Encrypted assertions."""
    for change in ({"AssertionEncryptionMode": "Allowed"}, {"AddPrivateKey": IDP.key_pem}):
        with refused("NotImplemented", next(iter(change)), 501):
            make(iam, **change)


def test_what_is_not_there(iam: Any, account: str) -> None:
    """Names are case-sensitive; a deletion minds as well."""
    arn = make(iam)
    iam.delete_saml_provider(SAMLProviderArn=arn)
    operations: tuple[Callable[..., Any], ...] = (
        iam.get_saml_provider,
        iam.delete_saml_provider,
        iam.list_saml_provider_tags,
    )
    for operation in operations:
        with refused("NoSuchEntity", f"Manifest not found for arn {arn}", 404):
            operation(SAMLProviderArn=arn)
        with refused("InvalidInput", "is not valid"):
            operation(SAMLProviderArn=f"arn:aws:iam::{account}:role/idp")


def test_tags_of_saml_providers(iam: Any) -> None:
    """Added, removed, listed in pages."""
    arn = make(iam)
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": key, "Value": "1"} for key in "abc"])
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["b"])
    first = iam.list_saml_provider_tags(SAMLProviderArn=arn, MaxItems=1)
    rest = iam.list_saml_provider_tags(SAMLProviderArn=arn, Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "c"]
