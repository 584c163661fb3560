"""SSH public keys through boto3."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.support.refusals import refused

Client = Callable[..., Any]


@cache
def public_key(number: int = 0, bits: int = 2048) -> RSAPublicKey:
    """The `number`th key of that length."""
    return rsa.generate_private_key(65537, bits).public_key()


def openssh(key: Any) -> str:
    """`ssh-rsa AAAA…`."""
    text: bytes = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return text.decode()


def pem(key: RSAPublicKey, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    """`-----BEGIN PUBLIC KEY-----`."""
    return key.public_bytes(Encoding.PEM, form).decode()


def upload(iam: Any, body: str, user: str = "u") -> dict[str, Any]:
    """The key as it is answered."""
    found: dict[str, Any] = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body)["SSHPublicKey"]
    return found


def test_a_key_is_uploaded_deactivated_and_deleted(iam: Any) -> None:
    """The life of a key; its owner cannot be deleted before it is."""
    iam.create_user(UserName="u")
    body = f"{openssh(public_key())} me@host"
    made = upload(iam, body)
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert (made["SSHPublicKeyBody"], made["Status"]) == (body, "Active")
    key = {"UserName": "u", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    iam.update_ssh_public_key(**key, Status="Inactive")
    [listed] = iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"]
    assert listed == {**key, "Status": "Inactive", "UploadDate": made["UploadDate"]}
    with refused("InvalidInput", "Active or Inactive"):
        iam.update_ssh_public_key(**key, Status="Expired")
    with refused("DeleteConflict", "must remove referenced objects first", 409):
        iam.delete_user(UserName="u")
    iam.delete_ssh_public_key(**key)
    for call, values in (
        (iam.delete_ssh_public_key, {}),
        (iam.update_ssh_public_key, {"Status": "Active"}),
        (iam.get_ssh_public_key, {"Encoding": "SSH"}),
    ):
        with refused("NoSuchEntity", f"The Public Key with id {made['SSHPublicKeyId']} cannot be found.", 404):
            call(**key, **values)
    iam.delete_user(UserName="u")


def test_either_encoding_is_taken_and_given(iam: Any) -> None:
    """What was uploaded comes back as it was; the other is made of it.  The fingerprint is the same."""
    iam.create_user(UserName="u")
    for number, form in enumerate((PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)):
        key = public_key(number)
        made = upload(iam, pem(key, form))
        asked = {"UserName": "u", "SSHPublicKeyId": made["SSHPublicKeyId"]}
        assert iam.get_ssh_public_key(**asked, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"] == pem(key, form)
        assert iam.get_ssh_public_key(**asked, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == openssh(key)
        with refused("DuplicateSSHPublicKey"):
            upload(iam, openssh(key))
    made = upload(iam, openssh(public_key(2)))
    asked = {"UserName": "u", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**asked, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"] == pem(public_key(2))
    with refused("ValidationError"):
        iam.get_ssh_public_key(**asked, Encoding="DER")


def test_the_fingerprint_is_that_of_ssh_keygen(iam: Any, tmp_path: Path) -> None:
    """Which is what people compare it with."""
    iam.create_user(UserName="u")
    file = tmp_path / "key.pub"
    file.write_text(openssh(public_key()))
    try:
        done = subprocess.run(["ssh-keygen", "-E", "md5", "-lf", file], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed")
    assert done.stdout.split()[1] == f"MD5:{upload(iam, openssh(public_key()))['Fingerprint']}"


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("UnrecognizedPublicKeyEncoding", "hello"),
        ("InvalidPublicKey", "ssh-rsa AAAA"),
        ("InvalidPublicKey", "ssh-rsa not base64"),
        ("InvalidPublicKey", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        ("InvalidPublicKey", openssh(ec.generate_private_key(ec.SECP256R1()).public_key())),
        ("InvalidPublicKey", openssh(public_key(bits=1024))),
        ("ValidationError", "키"),
        ("ValidationError", "x" * 16385),
    ],
)
def test_what_is_no_key(iam: Any, code: str, body: str) -> None:
    """Or not one of the kind and length that is taken."""
    iam.create_user(UserName="u")
    with refused(code):
        upload(iam, body)
    assert iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"] == []


def test_five_keys_for_each_user(client: Client, iam: Any, account: str) -> None:
    """Listed in pages, by the user itself too."""
    own = f"arn:aws:iam::{account}:user/u"
    me = client("iam", key=add_user(iam, "u", allow("iam:ListSSHPublicKeys", resource=own)))
    for number in range(5):
        upload(iam, openssh(public_key(number)))
    with refused("LimitExceeded", "Cannot exceed quota for SSHPublicKeysPerUser: 5", 409):
        upload(iam, openssh(public_key(5)))
    pages = me.get_paginator("list_ssh_public_keys").paginate(PaginationConfig={"PageSize": 2})
    assert len({key["SSHPublicKeyId"] for page in pages for key in page["SSHPublicKeys"]}) == 5
