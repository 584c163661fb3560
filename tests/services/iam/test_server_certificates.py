"""Server certificates and their keys, through boto3."""

from __future__ import annotations

from typing import Any

from tests.services.iam.certificates import Certificate
from tests.support.refusals import refused


def test_a_certificate_is_what_was_uploaded(iam: Any, account: str) -> None:
    """Body and chain come back, the key never does; a listing has the metadata."""
    root = Certificate("root")
    middle = Certificate("middle", root)
    leaf = Certificate("leaf", middle)
    chain = middle.pem + root.pem
    uploaded = iam.upload_server_certificate(
        ServerCertificateName="c",
        Path="/cloudfront/",
        CertificateChain=chain,
        Tags=[{"Key": "team", "Value": "a"}],
        **leaf.members,
    )
    metadata = uploaded["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"arn:aws:iam::{account}:server-certificate/cloudfront/c"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert metadata["Expiration"] == leaf.ends
    found = iam.get_server_certificate(ServerCertificateName="c")["ServerCertificate"]
    assert found == {
        "ServerCertificateMetadata": metadata,
        "CertificateBody": leaf.pem,
        "CertificateChain": chain,
        "Tags": uploaded["Tags"],
    }
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == [metadata]


def test_what_does_not_belong_together_is_refused(iam: Any) -> None:
    """Unreadable, past its time, another key, an encrypted key, a chain in the wrong order; nothing is kept."""
    root = Certificate("root")
    middle = Certificate("middle", root)
    leaf = Certificate("leaf", middle)
    malformed: list[tuple[dict[str, str], str]] = [
        ({"CertificateBody": "nothing"}, "Unable to parse certificate."),
        ({"CertificateBody": leaf.key_pem}, "Unable to parse certificate."),
        ({"CertificateBody": leaf.pem + middle.pem}, "more than one"),
        ({"PrivateKey": "nothing"}, "Unable to parse key."),
        ({"PrivateKey": leaf.encrypted_key_pem}, "the body is encrypted"),
        ({"CertificateChain": "nothing"}, "Unable to parse certificate chain."),
        ({"CertificateChain": root.pem}, "invalid certificate is: -1"),
        ({"CertificateChain": middle.pem + leaf.pem}, "invalid certificate is: 0"),
        (Certificate("old", ends_days=-1, begins_days=-9).members, "not valid at this time"),
        (Certificate("new", begins_days=1).members, "not valid at this time"),
    ]
    for change, text in malformed:
        with refused("MalformedCertificate", text):
            iam.upload_server_certificate(**{"ServerCertificateName": "c", **leaf.members, **change})
    with refused("KeyPairMismatch"):
        iam.upload_server_certificate(**{"ServerCertificateName": "c", **leaf.members, "PrivateKey": root.key_pem})
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []


def test_names_paths_and_renames(iam: Any, account: str) -> None:
    """Names are unique without case; a rename keeps the id and the key, and changes the ARN."""
    for name, path in (("a", "/x/"), ("b", "/"), ("c", "/x/y/")):
        iam.upload_server_certificate(ServerCertificateName=name, Path=path, **Certificate(name).members)
    with refused("EntityAlreadyExists", "The Server Certificate with name A already exists.", 409):
        iam.upload_server_certificate(ServerCertificateName="A", **Certificate("A").members)
    with refused("EntityAlreadyExists", status=409):
        iam.update_server_certificate(ServerCertificateName="a", NewServerCertificateName="B")
    before = iam.get_server_certificate(ServerCertificateName="a")["ServerCertificate"]["ServerCertificateMetadata"]
    iam.update_server_certificate(ServerCertificateName="a", NewServerCertificateName="A", NewPath="/z/")
    after = iam.get_server_certificate(ServerCertificateName="A")["ServerCertificate"]["ServerCertificateMetadata"]
    assert after["Arn"] == f"arn:aws:iam::{account}:server-certificate/z/A"
    assert after["ServerCertificateId"] == before["ServerCertificateId"]
    first = iam.list_server_certificates(MaxItems=1)
    rest = iam.list_server_certificates(Marker=first["Marker"])
    listed = first["ServerCertificateMetadataList"] + rest["ServerCertificateMetadataList"]
    assert [each["ServerCertificateName"] for each in listed] == ["A", "b", "c"]
    below = iam.list_server_certificates(PathPrefix="/x/")["ServerCertificateMetadataList"]
    assert [each["ServerCertificateName"] for each in below] == ["c"]
    iam.delete_server_certificate(ServerCertificateName="A")
    text = "The Server Certificate with name A cannot be found."
    for operation in ("get_server_certificate", "delete_server_certificate", "list_server_certificate_tags"):
        with refused("NoSuchEntity", text, 404):
            getattr(iam, operation)(ServerCertificateName="A")


def test_tags_of_server_certificates(iam: Any) -> None:
    """Added, removed, listed in pages."""
    iam.upload_server_certificate(ServerCertificateName="c", **Certificate("c").members)
    iam.tag_server_certificate(ServerCertificateName="c", Tags=[{"Key": key, "Value": "1"} for key in "abc"])
    iam.untag_server_certificate(ServerCertificateName="c", TagKeys=["b"])
    first = iam.list_server_certificate_tags(ServerCertificateName="c", MaxItems=1)
    rest = iam.list_server_certificate_tags(ServerCertificateName="c", Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "c"]


def test_there_are_twenty_server_certificates(iam: Any) -> None:
    """AWS's quota of an account."""
    members = Certificate("c").members
    for index in range(20):
        iam.upload_server_certificate(ServerCertificateName=f"c{index}", **members)
    with refused("LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20", 409):
        iam.upload_server_certificate(ServerCertificateName="c", **members)
