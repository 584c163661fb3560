"""The last step of AWS Signature Version 4A: an ECDSA signature over P-256 instead of an HMAC.

The asymmetric variant is what clients use where one signature must hold in several regions (S3 Multi-Region Access
Points, EventBridge global endpoints): the credential scope has no region, `X-Amz-Region-Set` names them instead.
Reading the request and the string to sign are those of `wire.sigv4`, which calls `verify` here.

The key pair is not stored anywhere: both sides derive the private scalar from the secret access key with the
counter-mode KDF of NIST SP 800-108 over HMAC-SHA256.  A candidate above the order of the curve (minus two, as the
scalar is candidate + 1) is thrown away and the counter raised; AWS gives up after 254, and so does this.

Derived keys are cached, as deriving one multiplies a point.  `cryptography` is imported on the first signature of this
kind: most clouds never see one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html ("Derive a signing
key for SigV4a") and https://github.com/awslabs/aws-c-auth, whose derivation every SDK uses.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_label: Final = b"AWS4-ECDSA-P256-SHA256"
_order: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_counter_max: Final = 254
_key_bits: Final = (256).to_bytes(4, "big")


def derive_scalar(access_key_id: str, secret_key: str) -> int:
    """The private scalar of a pair of keys, in [1, order - 1].  ValueError when no counter yields one."""
    secret = f"AWS4A{secret_key}".encode()
    for counter in range(1, _counter_max + 1):
        context = access_key_id.encode("utf-8", "surrogatepass") + bytes((counter,))
        fixed = (1).to_bytes(4, "big") + _label + b"\0" + context + _key_bits
        candidate = int.from_bytes(hmac.digest(secret, fixed, "sha256"), "big")
        if candidate <= _order - 2:
            return candidate + 1
    raise ValueError("no key can be derived")


def verify(access_key_id: str, secret_key: str, text: bytes, signature: str) -> bool:
    """Whether `signature` (DER in hex) over `text` is by the key that these credentials derive."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    try:
        _private_key(access_key_id, secret_key).public_key().verify(
            bytes.fromhex(signature), text, ECDSA(hashes.SHA256())
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(access_key_id: str, secret_key: str, text: bytes) -> str:
    """A signature (DER in hex) over `text`; by RFC 6979, so that the same text always gets the same one."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    key = _private_key(access_key_id, secret_key)
    return key.sign(text, ECDSA(hashes.SHA256(), deterministic_signing=True)).hex()


@lru_cache(maxsize=256)
def _private_key(access_key_id: str, secret_key: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

    return derive_private_key(derive_scalar(access_key_id, secret_key), SECP256R1())
