"""Certificates of the cloud's own CA: made, issued and judged here; files, sockets and clocks are the callers'.

One CA for each cloud: EC P-256, ten years, path length 0, so that what it issues cannot issue in turn.  Server
certificates live 397 days, the longest that clients take from any CA, and are due for renewal 30 days before they end.
They begin an hour before they are made, because clients' clocks differ.  All is timed on the host's clock (the callers
give it): clients measure validity on theirs, which nobody advances.

The extensions are those that strict verifiers ask for (RFC 5280; Python 3.13's VERIFY_X509_STRICT): key identifiers,
critical basic constraints and key usage.  Names stand in the subject alternative name alone (RFC 9525).

Rejected: name constraints in the CA, because the names of AWS's endpoints inside a cloud's networks are not the cloud's
own; and revocation, because a certificate that must not hold any longer is replaced together with its CA.

`cryptography` is loaded by the first call: 70 ms that a cloud without TLS does not need.
Sources: RFC 5280, RFC 9525, CA/Browser Forum Baseline Requirements 6.3.2 and 7.1.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gureum.base.clock import to_datetime
from gureum.base.ids import Ids

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ca_days: Final = 3650
server_days: Final = 397
renewal_days: Final = 30
_skew: Final = timedelta(hours=1)


class CertificateError(Exception):
    """A certificate or its key cannot be read, do not belong together, or are past their time."""


class CertificateAuthority:
    """A certificate authority: its certificate, and the key that signs."""

    __slots__ = ("_certificate", "_key")

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def make(cls, now_ms: int, ids: Ids) -> CertificateAuthority:
        """A new one.  Its name has eight random digits, so that the CAs of two clouds are told apart."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Gureum CA {ids.hex(8)}")
        begin = to_datetime(now_ms) - _skew
        builder = _builder(key, name, name, ids).not_valid_before(begin)
        builder = builder.not_valid_after(begin + timedelta(days=ca_days))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(_signed(builder, key), key)

    @classmethod
    def load(cls, certificate_pem: bytes, key_pem: bytes) -> CertificateAuthority:
        """One that was made before.  Raises CertificateError."""
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        certificate = _read(certificate_pem)
        try:
            key = load_pem_private_key(key_pem, password=None)
        except (ValueError, TypeError):
            raise CertificateError("the key of the CA cannot be read") from None  # what it looks like is nobody's
        if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise CertificateError("the key is not that of the CA's certificate")
        return cls(certificate, key)

    @property
    def certificate_pem(self) -> bytes:
        """What clients trust."""
        return _pem(self._certificate)

    @property
    def key_pem(self) -> bytes:
        """What nobody else may read."""
        return _key_pem(self._key)

    def issue(self, names: Iterable[str], now_ms: int, ids: Ids) -> bytes:
        """A certificate for a server of those names (DNS names and IP addresses) with a new key: PEM, the key first.

        It does not outlive the CA.  Raises CertificateError when the CA's own time is over.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key, issuer = ec.generate_private_key(ec.SECP256R1()), self._certificate
        now = to_datetime(now_ms)
        if now >= issuer.not_valid_after_utc:
            raise CertificateError(f"the CA's certificate ended at {issuer.not_valid_after_utc.isoformat()}")
        begin = max(now - _skew, issuer.not_valid_before_utc)
        builder = _builder(key, _name("Gureum"), issuer.subject, ids).not_valid_before(begin)
        builder = builder.not_valid_after(min(begin + timedelta(days=server_days), issuer.not_valid_after_utc))
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        alternatives = [_general_name(name) for name in sorted(set(names))]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        return _key_pem(key) + _pem(_signed(builder, self._key))

    def __repr__(self) -> str:
        return "<CertificateAuthority>"


def is_current(pem: bytes, ca_pem: bytes, names: Iterable[str], now_ms: int) -> bool:
    """Whether a server certificate is the CA's, for exactly those names, and not yet due for renewal."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate = _read(pem)
        certificate.verify_directly_issued_by(_read(ca_pem))
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (CertificateError, InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    due = certificate.not_valid_after_utc - timedelta(days=renewal_days)
    begun = certificate.not_valid_before_utc <= to_datetime(now_ms)
    return begun and to_datetime(now_ms) < due and set(alternatives) == {_general_name(name) for name in names}


def _builder(key: EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, ids: Ids) -> x509.CertificateBuilder:
    """What all certificates have.  Serial numbers are positive and of at most 20 octets (RFC 5280, 4.1.2.2)."""
    from cryptography import x509

    public = key.public_key()
    serial = int.from_bytes(ids.bytes(20)) >> 1 | 1
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return builder.serial_number(serial).add_extension(identifier, critical=False)


def _signed(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    return builder.sign(key, SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _read(pem: bytes) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise CertificateError("a certificate cannot be read") from error


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
