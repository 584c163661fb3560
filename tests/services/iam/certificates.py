"""Keys and certificates for tests: a chain of authorities, made anew each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gureum.base.clock import host_ms, to_datetime


class Certificate:
    """A certificate and its key; signed by itself without an `authority`."""

    def __init__(
        self, name: str, authority: Certificate | None = None, *, begins_days: int = -1, ends_days: int = 100
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        now: datetime = to_datetime(host_ms()).replace(microsecond=0)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ends = now + timedelta(days=ends_days)
        self.x509: x509.Certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if authority is None else authority.x509.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begins_days))
            .not_valid_after(self.ends)
            .sign((authority or self).key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.x509.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def encrypted_key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")).decode()

    @property
    def members(self) -> dict[str, Any]:
        """What UploadServerCertificate takes."""
        return {"CertificateBody": self.pem, "PrivateKey": self.key_pem}
