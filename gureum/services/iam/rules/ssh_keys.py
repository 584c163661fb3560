"""SSH public keys: which are taken, and their two encodings.

RSA keys of at least 2048 bits, as one line of OpenSSH's (`ssh-rsa AAAA…`) or in PEM.  The fingerprint is the MD5 digest
of the key as SSH sends it (RFC 4253, 6.6), the same in either encoding, as `ssh-keygen -E md5 -l` shows it.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from gureum.services.iam.errors import InvalidPublicKeyException, UnrecognizedPublicKeyEncodingException

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_bits_min: Final = 2048
_pem: Final = "-----BEGIN "
_openssh: Final = ("ssh-", "ecdsa-", "sk-")


def fingerprint(body: str) -> str:
    """The fingerprint of a key that is taken.  Raises InvalidPublicKey and UnrecognizedPublicKeyEncoding."""
    blob = base64.b64decode(_to_openssh(_load(body)).split()[1])
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def encoded(body: str, encoding: str) -> str:
    """A stored key in `SSH` or `PEM`; as it was uploaded, where that is its encoding."""
    if body.lstrip().startswith(_pem) == (encoding == "PEM"):
        return body
    key = _load(body)
    return _to_pem(key) if encoding == "PEM" else _to_openssh(key)


def _load(body: str) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    text = body.strip()
    if not text.startswith((_pem, *_openssh)):
        raise UnrecognizedPublicKeyEncodingException("The public key encoding is not recognized: use SSH or PEM.")
    load = serialization.load_pem_public_key if text.startswith(_pem) else serialization.load_ssh_public_key
    try:
        key = load(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidPublicKeyException("The public key is malformed.") from None
    if not isinstance(key, RSAPublicKey):
        raise InvalidPublicKeyException("The public key is not an RSA key.")
    if key.key_size < _bits_min:
        raise InvalidPublicKeyException(f"The public key has {key.key_size} bits; at least {_bits_min} are needed.")
    return key


def _to_openssh(key: RSAPublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _to_pem(key: RSAPublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
