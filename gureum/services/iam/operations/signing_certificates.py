"""X.509 signing certificates of users, and of the root user.

On AWS they sign requests of EC2's SOAP API and AMI bundles.  No service here takes them; they can be kept and
looked up.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html and its neighbours.
"""

from __future__ import annotations

import string
from datetime import datetime
from typing import Final, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.services.iam import paging, people, records, tables
from gureum.services.iam.errors import DuplicateCertificateException, InvalidInputException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.people import Named, named
from gureum.services.iam.rules import quotas, signing
from gureum.services.iam.service import iam, user_arn
from gureum.state.keys import Key

_id_characters: Final = 32


class SigningCertificate(Named):
    CertificateId: str
    CertificateBody: str
    Status: str
    UploadDate: datetime


class UploadSigningCertificateResult(TypedDict):
    Certificate: SigningCertificate


class ListSigningCertificatesResult(More):
    Certificates: list[SigningCertificate]


@iam.operation(resource=user_arn)
def upload_signing_certificate(
    ctx: Context, certificate_body: str, user_name: str | None = None
) -> UploadSigningCertificateResult:
    """Add a certificate to a user's; no other user of the account may have it."""
    name, user_id = _owner(ctx, user_name)
    fingerprint = signing.fingerprint(certificate_body, ctx.now_ms)
    if tables.signing_certificates_by_fingerprint.first(ctx.tx, (ctx.account, fingerprint)) is not None:
        raise DuplicateCertificateException("The certificate is already associated with a user of this account.")
    quotas.signing_certificates.check(tables.signing_certificates.count(ctx.tx, (ctx.account, user_id)))
    certificate = records.SigningCertificate(
        account=ctx.account,
        user_id=user_id,
        id=ctx.ids.text(string.ascii_uppercase + string.digits, _id_characters),
        body=certificate_body,
        fingerprint=fingerprint,
        uploaded_ms=ctx.now_ms,
    )
    tables.signing_certificates.insert(ctx.tx, certificate)
    return {"Certificate": _shown(name, certificate)}


@iam.operation(resource=user_arn, readonly=True)
def list_signing_certificates(
    ctx: Context, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListSigningCertificatesResult:
    """The certificates of a user."""
    name, user_id = _owner(ctx, user_name)

    def scan(after: Key | None, limit: int) -> list[records.SigningCertificate]:
        return tables.signing_certificates.scan(ctx.tx, (ctx.account, user_id), after=after, limit=limit)

    scope = f"ListSigningCertificates/{user_id}"
    found, following = paging.page(ctx, scan, tables.signing_certificates.key, scope, marker, max_items)
    return {"Certificates": [_shown(name, certificate) for certificate in found], **more(following)}


@iam.operation(resource=user_arn)
def update_signing_certificate(ctx: Context, certificate_id: str, status: str, user_name: str | None = None) -> None:
    """Activate or deactivate a certificate."""
    if status == "Expired":
        raise InvalidInputException("The status of a signing certificate is Active or Inactive.")
    certificate = _certificate(ctx, user_name, certificate_id)
    tables.signing_certificates.replace(ctx.tx, certificate, replace(certificate, active=status == "Active"))


@iam.operation(resource=user_arn)
def delete_signing_certificate(ctx: Context, certificate_id: str, user_name: str | None = None) -> None:
    """The certificate is gone."""
    tables.signing_certificates.delete(ctx.tx, _certificate(ctx, user_name, certificate_id))


def _owner(ctx: Context, user_name: str | None) -> tuple[str, str]:
    """The name and the unique id of the user who is meant; both empty for the root user."""
    user = people.user_or_root_of(ctx, user_name)
    return ("", "") if user is None else (user.name, user.id)


def _certificate(ctx: Context, user_name: str | None, certificate_id: str) -> records.SigningCertificate:
    _, user_id = _owner(ctx, user_name)
    found = tables.signing_certificates.get(ctx.tx, (ctx.account, user_id, certificate_id))
    if found is None:
        raise NoSuchEntityException(f"The Certificate with id {certificate_id} cannot be found.")
    return found


def _shown(name: str, certificate: records.SigningCertificate) -> SigningCertificate:
    return {
        **named(name),
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": "Active" if certificate.active else "Inactive",
        "UploadDate": to_datetime(certificate.uploaded_ms),
    }
