"""Certificates for servers: readable, good now, with their key, and with a chain that leads on from them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gureum.base.clock import from_datetime, to_datetime
from gureum.services.iam.errors import KeyPairMismatchException, MalformedCertificateException

if TYPE_CHECKING:
    from cryptography import x509


def check(body: str, private_key: str, chain: str, now_ms: int) -> int:
    """When the certificate ends, if all three belong together.  Raises MalformedCertificate, KeyPairMismatch."""
    certificate, *others = _read(body, "certificate")
    if others:
        raise MalformedCertificateException(
            "The certificate body holds more than one certificate; those of the authorities belong into the chain."
        )
    if not certificate.not_valid_before_utc <= to_datetime(now_ms) <= certificate.not_valid_after_utc:
        raise MalformedCertificateException(
            "The certificate is not valid at this time: it begins "
            f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ} and ends "
            f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}."
        )
    _check_key(certificate, private_key)
    if chain:
        _check_chain([certificate, *_read(chain, "certificate chain")])
    return from_datetime(certificate.not_valid_after_utc)


def _read(text: str, what: str) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise MalformedCertificateException(
            f"Unable to parse {what}. Please ensure the {what} is in PEM format."
        ) from None


def _check_key(certificate: x509.Certificate, private_key: str) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except TypeError:
        raise MalformedCertificateException("Unable to parse key; the body is encrypted.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedCertificateException("Unable to parse key. Please ensure the key is in PEM format.") from None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise MalformedCertificateException("The key is neither of RSA nor of an elliptic curve.")
    if key.public_key() != certificate.public_key():
        raise KeyPairMismatchException


def _check_chain(certificates: list[x509.Certificate]) -> None:
    from cryptography.exceptions import InvalidSignature

    for index, (certificate, authority) in enumerate(pairwise(certificates), start=-1):  # the leaf is before the chain
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            raise MalformedCertificateException(
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                f"certificate is: {index}"
            ) from None
