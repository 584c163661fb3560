"""X.509 certificates that users sign with.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html
"""

from __future__ import annotations

from gureum.base.clock import to_datetime
from gureum.services.iam.errors import InvalidCertificateException, MalformedCertificateException


def fingerprint(body: str, now_ms: int) -> bytes:
    """The SHA-256 fingerprint of a certificate that is good now.  Raises MalformedCertificate, InvalidCertificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        found = x509.load_pem_x509_certificates(body.encode())
    except ValueError:
        raise MalformedCertificateException(
            "Unable to parse certificate. Please ensure the certificate is in PEM format."
        ) from None
    if len(found) != 1:
        raise MalformedCertificateException("The body holds more than one certificate.")
    if not found[0].not_valid_before_utc <= to_datetime(now_ms) <= found[0].not_valid_after_utc:
        raise InvalidCertificateException("The certificate is not valid at this time.")
    return found[0].fingerprint(hashes.SHA256())
