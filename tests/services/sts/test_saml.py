"""AssumeRoleWithSAML: responses of a provider whose metadata is registered, good ones and forged ones."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore import UNSIGNED
from lxml import etree

from gureum.services.sts.rules.saml_keys import name_qualifier
from tests.services.iam.documents import allow
from tests.services.sts import idp
from tests.services.sts.people import Client, add_role, lasts, session, trusting
from tests.support.refusals import refused

WITH_SAML = "sts:AssumeRoleWithSAML"


@pytest.fixture
def provider(iam: Any) -> str:
    """A provider with two keys; its ARN."""
    arn: str = iam.create_saml_provider(Name="corp", SAMLMetadataDocument=idp.metadata("old", "idp"))["SAMLProviderArn"]
    return arn


@pytest.fixture
def role(iam: Any, provider: str) -> str:
    """A role that trusts the provider for the sign-in endpoint; its ARN."""
    condition = {"StringEquals": {"saml:aud": idp.RECIPIENT}}
    return add_role(iam, "staff", trusting(WITH_SAML, Federated=provider, condition=condition), allow("sqs:ListQueues"))


@pytest.fixture
def nobody(client: Client) -> Any:
    """STS for somebody without any credentials."""
    return client("sts", signature_version=UNSIGNED, parameter_validation=False)


def attributes(role: str, provider: str, **more: Any) -> dict[str, Any]:
    """The attributes of an assertion that lets its subject have the role."""
    return {"Role": f"{role},{provider}", "RoleSessionName": "john@example.com", **more}


def shown(role: str, provider: str, document: Any, **more: Any) -> dict[str, Any]:
    """The parameters of a request."""
    return {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": idp.encoded(document), **more}


@pytest.mark.parametrize("whole", [False, True], ids=["assertion signed", "response signed"])
def test_an_assertion_opens_a_session(client: Client, nobody: Any, role: str, provider: str, whole: bool) -> None:
    """Whichever of the two is signed; the certificate may be as old as it likes."""
    document = idp.signed(idp.response(attributes(role, provider)), whole=whole)
    answer = nobody.assume_role_with_saml(**shown(role, provider, document))
    account = role.split(":")[4]
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/staff/john@example.com"
    assert (answer["Subject"], answer["SubjectType"]) == ("_johndoe", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (idp.ENTITY, idp.RECIPIENT)
    assert answer["NameQualifier"] == name_qualifier(idp.ENTITY, account, "corp")
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "sqs:CreateQueue", 403):
        session(client, "sqs", answer).create_queue(QueueName="q")


def _unsigned(good: Any, evil: Any) -> Any:
    return evil


def _renamed(good: Any, evil: Any) -> Any:
    idp.assertion(good).find(f"{{{idp.SAML}}}Subject/{{{idp.SAML}}}NameID").text = "_admin"
    return good


def _evil_first(good: Any, evil: Any) -> Any:
    good.insert(2, idp.assertion(evil))
    return good


def _evil_last(good: Any, evil: Any) -> Any:
    idp.assertion(evil).set("ID", "_other")
    good.append(idp.assertion(evil))
    return good


def _good_inside(good: Any, evil: Any) -> Any:
    """The signed assertion in an extension of the forged one, which has its signature."""
    signed = idp.assertion(good)
    signature = signed.find(f"{{{idp.DS}}}Signature")
    forged = idp.assertion(evil)
    forged.set("ID", "_other")
    forged.insert(1, copy.deepcopy(signature))
    etree.SubElement(forged, f"{{{idp.SAML}}}Advice").append(signed)
    return evil


def _good_in_signature(good: Any, evil: Any) -> Any:
    """The signed assertion in an object of the signature that was moved to the forged one."""
    signed = idp.assertion(good)
    signature = signed.find(f"{{{idp.DS}}}Signature")
    forged = idp.assertion(evil)
    forged.set("ID", "_other")
    forged.insert(1, signature)
    etree.SubElement(signature, f"{{{idp.DS}}}Object").append(signed)
    return evil


def _response_inside(good: Any, evil: Any) -> Any:
    """The whole signed response in the forged one."""
    evil.set("ID", "_outer")
    etree.SubElement(evil, f"{{{idp.SAMLP}}}Extensions").append(good)
    return evil


def _moved_signature(good: Any, evil: Any) -> Any:
    """The assertion's signature as that of the response."""
    evil.insert(1, idp.assertion(good).find(f"{{{idp.DS}}}Signature"))
    return evil


FORGERIES: list[Callable[[Any, Any], Any]] = [
    _unsigned,
    _renamed,
    _evil_first,
    _evil_last,
    _good_inside,
    _good_in_signature,
    _response_inside,
    _moved_signature,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=[forge.__name__.strip("_") for forge in FORGERIES])
def test_signature_wrapping(nobody: Any, role: str, provider: str, forge: Callable[[Any, Any], Any]) -> None:
    """A signature that holds, and beside it what nobody has signed: nobody gets in, as whomever."""
    good = idp.signed(idp.response(attributes(role, provider)))
    evil = idp.response(attributes(role, provider, RoleSessionName="admin"), subject="_admin")
    with refused("InvalidIdentityToken"):
        nobody.assume_role_with_saml(**shown(role, provider, forge(good, evil)))


def test_other_keys(nobody: Any, role: str, provider: str) -> None:
    """One that is not in the metadata, though its certificate is in the signature."""
    document = idp.signed(idp.response(attributes(role, provider)), "stranger")
    with refused("InvalidIdentityToken", "Response signature invalid"):
        nobody.assume_role_with_saml(**shown(role, provider, document))


def test_comments_cut_nothing_off(client: Client, nobody: Any, role: str, provider: str) -> None:
    """They are not part of what is signed, so a name is whole with them as without."""
    document = idp.signed(idp.response(attributes(role, provider), subject="admin@example.com.evil.com"))
    text = etree.tostring(document).replace(b"admin@example.com.evil.com", b"admin@example.com<!-- x -->.evil.com")
    given = base64.b64encode(text).decode()
    answer = nobody.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=given)
    assert answer["Subject"] == "admin@example.com.evil.com"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
        '<!DOCTYPE r SYSTEM "http://localhost:1/x.dtd">',
    ],
    ids=["a file", "many", "a document type elsewhere"],
)
def test_documents_with_entities_are_refused(nobody: Any, role: str, provider: str, doctype: str) -> None:
    """Before anything of them is used."""
    text = etree.tostring(idp.signed(idp.response(attributes(role, provider))))
    given = base64.b64encode(doctype.encode() + text.replace(b"_johndoe", b"&x;")).decode()
    with refused("InvalidIdentityToken", "invalid SAML response"):
        nobody.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=given)


@pytest.mark.parametrize("given", ["####", "YWJj", base64.b64encode(b"<a/>").decode(), "PGE+"])
def test_what_is_no_response(nobody: Any, role: str, provider: str, given: str) -> None:
    """No base64, no XML, no SAML."""
    with refused("InvalidIdentityToken", "Your request included an invalid SAML response"):
        nobody.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=given)


@pytest.mark.parametrize(
    ("code", "text", "changes"),
    [
        ("InvalidIdentityToken", "required audience", {"audience": "https://other.example.com"}),
        ("InvalidIdentityToken", "required recipient", {"recipient": "https://other.example.com/saml"}),
        ("InvalidIdentityToken", "Issuer not present in specified provider", {"issuer": "https://other.example.com"}),
        ("InvalidIdentityToken", "invalid SAML response", {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}),
        ("InvalidIdentityToken", "invalid SAML response", {"redeem_until": "tomorrow"}),
        ("InvalidIdentityToken", "invalid SAML response", {"subject": "x" * 257}),
        ("InvalidIdentityToken", "not valid yet", {"valid_from": idp.ahead(hours=1)}),
        ("InvalidIdentityToken", "not valid yet", {"issued": idp.ahead(hours=1)}),
        ("ExpiredTokenException", "within 5 minutes of issuance", {"issued": idp.ago(minutes=6)}),
        ("ExpiredTokenException", "within 5 minutes of issuance", {"redeem_until": idp.ago(seconds=1)}),
        ("ExpiredTokenException", "is expired", {"valid_until": idp.ago(seconds=1)}),
        ("ExpiredTokenException", "is expired", {"session_until": idp.ago(seconds=1)}),
    ],
)
def test_what_an_assertion_has_to_say(
    nobody: Any, role: str, provider: str, code: str, text: str, changes: dict[str, str]
) -> None:
    """Whom it is from and for, and when."""
    document = idp.signed(idp.response(attributes(role, provider), **changes))
    with refused(code, text):
        nobody.assume_role_with_saml(**shown(role, provider, document))


def test_a_login_that_failed(nobody: Any, role: str, provider: str) -> None:
    """The provider says so."""
    status = "urn:oasis:names:tc:SAML:2.0:status:Responder"
    document = idp.signed(idp.response(attributes(role, provider), status=status))
    with refused("IDPRejectedClaim", "", 403):
        nobody.assume_role_with_saml(**shown(role, provider, document))


def test_encrypted_assertions_are_refused_by_name(nobody: Any, role: str, provider: str) -> None:
    """Nobody pretends to have read them."""
    document = idp.response(attributes(role, provider))
    document.replace(idp.assertion(document), etree.Element(f"{{{idp.SAML}}}EncryptedAssertion"))
    with refused("NotImplemented", "Encrypted SAML assertions", 501):
        nobody.assume_role_with_saml(**shown(role, provider, document))


def test_roles_that_the_provider_gives(iam: Any, nobody: Any, role: str, provider: str) -> None:
    """Pairs in either order, several of them; others are refused, also when the role would trust the provider."""
    other = add_role(iam, "other", trusting(WITH_SAML, Federated=provider))
    document = idp.signed(idp.response({"Role": [f"{provider}, {role}", "x,y"], "RoleSessionName": ["john"]}))
    nobody.assume_role_with_saml(**shown(role, provider, document))
    with refused("AccessDenied", f"Not authorized to perform {WITH_SAML}", 403):
        nobody.assume_role_with_saml(**shown(other, provider, document))
    closed = add_role(iam, "closed", trusting(AWS=role.split(":")[4]))
    document = idp.signed(idp.response(attributes(closed, provider)))
    with refused("AccessDenied", f"Not authorized to perform {WITH_SAML}", 403):
        nobody.assume_role_with_saml(**shown(closed, provider, document))


def test_providers_that_are_not_there(nobody: Any, role: str, provider: str) -> None:
    """Nor count those of other accounts."""
    document = idp.signed(idp.response(attributes(role, provider)))
    for other in (f"{provider}x", provider.replace(provider.split(":")[4], "999988887777")):
        with refused("InvalidIdentityToken", "Specified provider doesn't exist"):
            nobody.assume_role_with_saml(**shown(role, other, document))
    with refused("ValidationError", "Request ARN is invalid"):
        nobody.assume_role_with_saml(**shown(role, role, document))


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("RoleSessionName is required in AuthnResponse", {"RoleSessionName": []}),
        ("RoleSessionName in AuthnResponse must match", {"RoleSessionName": "John Doe"}),
        ("Source Identity must match", {"SourceIdentity": "aws:john"}),
        ("SessionDuration in AuthnResponse", {"SessionDuration": "10"}),
        ("SessionDuration in AuthnResponse", {"SessionDuration": "9" * 5000}),
        ("exactly one value", {"PrincipalTag:Team": ["red", "blue"]}),
    ],
)
def test_bad_attributes(iam: Any, nobody: Any, provider: str, text: str, changes: dict[str, Any]) -> None:
    """Named, where AWS names them."""
    every = (WITH_SAML, "sts:TagSession", "sts:SetSourceIdentity")
    role = add_role(iam, "staff", trusting(*every, Federated=provider))
    given = {idp.ATTRIBUTE + name: value for name, value in changes.items()}
    plain = {name: value for name, value in attributes(role, provider).items() if name not in changes}
    with refused("InvalidIdentityToken", text):
        nobody.assume_role_with_saml(**shown(role, provider, idp.signed(idp.response({**plain, **given}))))


def test_how_long_it_lasts(nobody: Any, role: str, provider: str) -> None:
    """An hour; the assertion can make it shorter, and never longer."""
    cases: list[tuple[int, dict[str, Any], dict[str, str], dict[str, Any]]] = [
        (3600, {}, {}, {}),
        (1800, {"SessionDuration": "1800"}, {}, {}),
        (3600, {"SessionDuration": "43200"}, {}, {}),
        (900, {"SessionDuration": "43200"}, {}, {"DurationSeconds": 900}),
        (600, {}, {"session_until": idp.ahead(minutes=10)}, {}),
    ]
    for seconds, more, changes, asked in cases:
        document = idp.signed(idp.response(attributes(role, provider, **more), **changes))
        answer = nobody.assume_role_with_saml(**shown(role, provider, document, **asked))
        assert lasts(answer, seconds=seconds)


def test_tags_and_the_source_identity(iam: Any, client: Client, nobody: Any, provider: str) -> None:
    """Of the assertion become the session's, and follow into the next one."""
    red = {"StringEquals": {"aws:PrincipalTag/Team": "red", "aws:SourceIdentity": "john"}}
    every = (WITH_SAML, "sts:TagSession", "sts:SetSourceIdentity")
    role = add_role(iam, "staff", trusting(*every, Federated=provider), allow("sts:*"))
    chain = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    next_role = add_role(iam, "next", trusting(*chain, AWS=role), allow("sqs:ListQueues", Condition=red))
    given = {
        f"{idp.ATTRIBUTE}PrincipalTag:Team": "red",
        "TransitiveTagKeys": ["Team"],
        "SourceIdentity": "john",
    }
    document = idp.signed(idp.response(attributes(role, provider, **given)))
    answer = nobody.assume_role_with_saml(**shown(role, provider, document))
    assert answer["SourceIdentity"] == "john"
    chained = session(client, "sts", answer).assume_role(RoleArn=next_role, RoleSessionName="s2")
    session(client, "sqs", chained).list_queues()


def test_condition_keys(iam: Any, client: Client, nobody: Any, provider: str) -> None:
    """Those of a trust policy; three of them are also keys of what the session does."""
    account = provider.split(":")[4]
    qualifier = name_qualifier(idp.ENTITY, account, "corp")
    lasting = {"saml:sub": "_johndoe", "saml:sub_type": "persistent", "saml:namequalifier": qualifier}
    condition = {
        "StringEquals": {
            **lasting,
            "saml:iss": idp.ENTITY,
            "saml:doc": f"{account}/corp",
            "saml:mail": "john@example.com",
            "sts:RoleSessionName": "john@example.com",
        },
        "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
    }
    trust = trusting(WITH_SAML, Federated=provider, condition=condition)
    role = add_role(iam, "staff", trust, allow("sqs:ListQueues", Condition={"StringEquals": lasting}))
    claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
    given: dict[str, Any] = {claims: "john@example.com", "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"]}
    document = idp.signed(idp.response({**attributes(role, provider), **given}))
    answer = nobody.assume_role_with_saml(**shown(role, provider, document))
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", "Not authorized", 403):
        student = idp.response({**attributes(role, provider), **given, "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": "student"})
        nobody.assume_role_with_saml(**shown(role, provider, idp.signed(student)))


def test_new_metadata_counts_at_once(iam: Any, nobody: Any, role: str, provider: str) -> None:
    """A key that is taken out does not sign any more."""
    document = idp.signed(idp.response(attributes(role, provider)))
    nobody.assume_role_with_saml(**shown(role, provider, document))
    iam.update_saml_provider(SAMLProviderArn=provider, SAMLMetadataDocument=idp.metadata("new"))
    with refused("InvalidIdentityToken", "Response signature invalid"):
        nobody.assume_role_with_saml(**shown(role, provider, document))
