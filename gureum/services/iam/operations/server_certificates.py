"""Server certificates, with their private keys, which nobody gets to see again.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.vault import nonce_bytes
from gureum.base.clock import to_datetime
from gureum.identity import tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import ServerCertificate as Record
from gureum.services.iam import finding, paging
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.rules import server_certificates as certificate_rules
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import all_of, global_arn, iam, server_certificate_arn, tagging, tags_asked_for

_sealed_for: Final = "identity/server-certificates"


class Metadata(TypedDict):
    Path: str
    ServerCertificateName: str
    ServerCertificateId: str
    Arn: str
    UploadDate: datetime
    Expiration: datetime


class ServerCertificate(TypedDict):
    ServerCertificateMetadata: Metadata
    CertificateBody: str
    CertificateChain: NotRequired[str]
    Tags: NotRequired[list[Tag]]


class UploadServerCertificateResult(TypedDict):
    ServerCertificateMetadata: Metadata
    Tags: NotRequired[list[Tag]]


class GetServerCertificateResult(TypedDict):
    ServerCertificate: ServerCertificate


class ListServerCertificatesResult(More):
    ServerCertificateMetadataList: list[Metadata]


class ListServerCertificateTagsResult(More):
    Tags: list[Tag]


def old_and_new_arn(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """A rename needs permission for what was and for what will be."""
    old = server_certificate_arn(ctx, values)
    found = tables.server_certificates.get(ctx.tx, (ctx.account, values["ServerCertificateName"]))
    path = values.get("NewPath") or (names.ROOT_PATH if found is None else found.path)
    name = values.get("NewServerCertificateName") or values["ServerCertificateName"]
    return list(dict.fromkeys((old, global_arn(ctx, f"server-certificate{path}{name}"))))


@iam.operation(
    resource=server_certificate_arn,
    keys=tags_asked_for,
    also=tagging("iam:TagServerCertificate", server_certificate_arn),
)
def upload_server_certificate(
    ctx: Context,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = names.ROOT_PATH,
    certificate_chain: str = "",
    tags: list[Tag] | None = None,
) -> UploadServerCertificateResult:
    """Keep a certificate, its key and its chain."""
    _check_free(ctx, server_certificate_name, "")
    quotas.server_certificates.check(tables.server_certificates.count(ctx.tx, (ctx.account,)))
    expires_ms = certificate_rules.check(certificate_body, private_key, certificate_chain, ctx.now_ms)
    certificate = Record(
        account=ctx.account,
        name=server_certificate_name,
        id=new_unique_id(ctx.ids, "ASCA"),
        path=path,
        uploaded_ms=ctx.now_ms,
        expires_ms=expires_ms,
        body=certificate_body,
        chain=certificate_chain,
        sealed=ctx.vault.seal(_sealed_for, private_key.encode(), ctx.ids.bytes(nonce_bytes)),
        tags=rules.merge({}, tags or ()),
    )
    tables.server_certificates.insert(ctx.tx, certificate)
    result: UploadServerCertificateResult = {"ServerCertificateMetadata": _metadata(certificate)}
    if certificate.tags:
        result["Tags"] = rules.show(certificate.tags)
    return result


@iam.operation(resource=server_certificate_arn, readonly=True)
def get_server_certificate(ctx: Context, server_certificate_name: str) -> GetServerCertificateResult:
    """A certificate with its chain, without its key."""
    certificate = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    shown: ServerCertificate = {
        "ServerCertificateMetadata": _metadata(certificate),
        "CertificateBody": certificate.body,
    }
    if certificate.chain:
        shown["CertificateChain"] = certificate.chain
    if certificate.tags:
        shown["Tags"] = rules.show(certificate.tags)
    return {"ServerCertificate": shown}


@iam.operation(resource=all_of("server-certificate"), readonly=True)
def list_server_certificates(
    ctx: Context, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListServerCertificatesResult:
    """Certificates by name."""
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.server_certificates.scan(ctx.tx, (ctx.account,), after=after, limit=limit),
        tables.server_certificates.key,
        f"ListServerCertificates/{path_prefix}",
        marker,
        max_items,
        names.below(path_prefix) if path_prefix else None,
    )
    return {"ServerCertificateMetadataList": [_metadata(each) for each in found], **more(following)}


@iam.operation(resource=old_and_new_arn)
def update_server_certificate(
    ctx: Context,
    server_certificate_name: str,
    new_path: str | None = None,
    new_server_certificate_name: str | None = None,
) -> None:
    """Another name, another path, or both: it remains the same certificate, its ARN does not remain."""
    certificate = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    name = new_server_certificate_name or certificate.name
    _check_free(ctx, name, certificate.id)
    tables.server_certificates.delete(ctx.tx, certificate)
    tables.server_certificates.insert(ctx.tx, replace(certificate, name=name, path=new_path or certificate.path))


@iam.operation(resource=server_certificate_arn)
def delete_server_certificate(ctx: Context, server_certificate_name: str) -> None:
    """Forget a certificate and its key."""
    found = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    tables.server_certificates.delete(ctx.tx, found)


@iam.operation(resource=server_certificate_arn, keys=tags_asked_for)
def tag_server_certificate(ctx: Context, server_certificate_name: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    found = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    tables.server_certificates.replace(ctx.tx, found, replace(found, tags=rules.merge(found.tags, tags)))


@iam.operation(resource=server_certificate_arn, keys=tags_asked_for)
def untag_server_certificate(ctx: Context, server_certificate_name: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    found = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    tables.server_certificates.replace(ctx.tx, found, replace(found, tags=rules.without(found.tags, tag_keys)))


@iam.operation(resource=server_certificate_arn, readonly=True)
def list_server_certificate_tags(
    ctx: Context, server_certificate_name: str, marker: str | None = None, max_items: int | None = None
) -> ListServerCertificateTagsResult:
    """The tags of a certificate, by key."""
    certificate = finding.server_certificate(ctx.tx, ctx.account, server_certificate_name)
    scope = f"ListServerCertificateTags/{certificate.name}"
    found, following = paging.tags(ctx, certificate.tags, scope, marker, max_items)
    return {"Tags": found, **more(following)}


def _check_free(ctx: Context, name: str, own_id: str) -> None:
    """Raise EntityAlreadyExists when another certificate than that of `own_id` has the name."""
    taken = tables.server_certificates_by_folded_name.first(ctx.tx, (ctx.account, names.fold(name)))
    names.check_free(None if taken is not None and taken.id == own_id else taken, "The Server Certificate", name)


def _metadata(certificate: Record) -> Metadata:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.id,
        "Arn": certificate.arn,
        "UploadDate": to_datetime(certificate.uploaded_ms),
        "Expiration": to_datetime(certificate.expires_ms),
    }
