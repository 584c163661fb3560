"""Which attribute of a SAML assertion becomes which condition key.

Attributes are known by their names in the schemes that AWS supports; others become no key.  Those of eduPerson that are
lists are multivalued keys.  The keys count in trust policies; only `saml:sub`, `saml:sub_type` and `saml:namequalifier`
are keys of the session's requests as well.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html, "Mapping SAML
attributes to AWS trust policy context keys"
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

_claims: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_edu_person: Final = "urn:oid:1.3.6.1.4.1.5923.1.1.1"
_edu_org: Final = "urn:oid:1.3.6.1.4.1.5923.1.2.1"

_LISTS: Final = {
    f"{_edu_person}.1": "edupersonaffiliation",
    f"{_edu_person}.2": "edupersonnickname",
    f"{_edu_person}.4": "edupersonorgunitdn",
    f"{_edu_person}.7": "edupersonentitlement",
    f"{_edu_person}.9": "edupersonscopedaffiliation",
    f"{_edu_person}.10": "edupersontargetedid",
    f"{_edu_person}.11": "edupersonassurance",
    f"{_edu_org}.2": "eduorghomepageuri",
    f"{_edu_org}.3": "eduorgidentityauthnpolicyuri",
    f"{_edu_org}.4": "eduorglegalname",
    f"{_edu_org}.5": "eduorgsuperioruri",
    f"{_edu_org}.6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
}
_TEXTS: Final = {
    f"{_edu_person}.3": "edupersonorgdn",
    f"{_edu_person}.5": "edupersonprimaryaffiliation",
    f"{_edu_person}.6": "edupersonprincipalname",
    f"{_edu_person}.8": "edupersonprimaryorgunitdn",
    f"{_claims}/name": "name",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonname",
    f"{_claims}/givenname": "givenname",
    f"{_claims}/surname": "surname",
    f"{_claims}/emailaddress": "mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "uid",
    "2.5.4.3": "commonname",
    "2.5.4.4": "surname",
    "2.4.5.42": "givenname",
    "2.5.4.45": "x500uniqueidentifier",
    "0.9.2342.19200300100.1.1": "uid",
    "0.9.2342.19200300100.1.3": "mail",
    "0.9.2342.19200300.100.1.45": "organizationstatus",
}


def of_attributes(attributes: Mapping[str, tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that attributes become."""
    keys: dict[str, str | tuple[str, ...]] = {}
    for name, values in attributes.items():
        if name in _LISTS:
            keys[f"saml:{_LISTS[name]}"] = values
        elif name in _TEXTS and values:
            keys[f"saml:{_TEXTS[name]}"] = values[0]
    return keys


def name_qualifier(issuer: str, account: str, provider: str) -> str:
    """What makes a subject unique in the world: a digest of the issuer and the provider."""
    digest = hashlib.sha1(f"{issuer}{account}/{provider}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
