"""X.509 signing certificates through boto3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gureum.base.clock import host_ms, to_datetime
from tests.support.refusals import refused

Client = Callable[..., Any]

DAY = timedelta(days=1)


def certificate(begins_in: timedelta = -DAY, lasts: timedelta = 3650 * DAY) -> str:
    """A new self-signed certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    begin = to_datetime(host_ms()) + begins_in
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + lasts)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_a_certificate_is_uploaded_deactivated_and_deleted(iam: Any) -> None:
    """The life of a certificate; its owner cannot be deleted before it is."""
    iam.create_user(UserName="u")
    body = certificate()
    made = iam.upload_signing_certificate(UserName="u", CertificateBody=body)["Certificate"]
    assert (made["UserName"], made["CertificateBody"], made["Status"]) == ("u", body, "Active")
    assert len(made["CertificateId"]) == 32
    asked = {"UserName": "u", "CertificateId": made["CertificateId"]}
    iam.update_signing_certificate(**asked, Status="Inactive")
    assert iam.list_signing_certificates(UserName="u")["Certificates"] == [{**made, "Status": "Inactive"}]
    with refused("InvalidInput"):
        iam.update_signing_certificate(**asked, Status="Expired")
    with refused("DeleteConflict", "must delete certificates first", 409):
        iam.delete_user(UserName="u")
    iam.delete_signing_certificate(**asked)
    with refused("NoSuchEntity", f"The Certificate with id {made['CertificateId']} cannot be found.", 404):
        iam.delete_signing_certificate(**asked)
    iam.delete_user(UserName="u")


def test_two_for_each_user_and_none_twice(iam: Any) -> None:
    """In one account; whoever else it is uploaded for."""
    for user in ("u", "v"):
        iam.create_user(UserName=user)
    body = certificate()
    iam.upload_signing_certificate(UserName="u", CertificateBody=body)
    for user in ("u", "v"):
        with refused("DuplicateCertificate", "", 409):
            iam.upload_signing_certificate(UserName=user, CertificateBody=body)
    iam.upload_signing_certificate(UserName="u", CertificateBody=certificate())
    with refused("LimitExceeded", "Cannot exceed quota for SigningCertificatesPerUser: 2", 409):
        iam.upload_signing_certificate(UserName="u", CertificateBody=certificate())
    pages = iam.get_paginator("list_signing_certificates").paginate(UserName="u", PaginationConfig={"PageSize": 1})
    assert len([each for page in pages for each in page["Certificates"]]) == 2


def test_what_is_no_certificate(iam: Any) -> None:
    """Text, two at once, and those that are not good at this time."""
    iam.create_user(UserName="u")
    for code, body in (
        ("MalformedCertificate", "hello"),
        ("MalformedCertificate", certificate() + certificate()),
        ("InvalidCertificate", certificate(-9 * DAY, 3 * DAY)),
        ("InvalidCertificate", certificate(begins_in=400 * DAY)),
    ):
        with refused(code):
            iam.upload_signing_certificate(UserName="u", CertificateBody=body)


def test_the_root_user_has_certificates_of_its_own(iam: Any) -> None:
    """When nobody is named."""
    made = iam.upload_signing_certificate(CertificateBody=certificate())["Certificate"]
    assert "UserName" not in made
    assert iam.get_account_summary()["SummaryMap"]["AccountSigningCertificatesPresent"] == 1
    iam.delete_signing_certificate(CertificateId=made["CertificateId"])
    assert iam.list_signing_certificates()["Certificates"] == []
