"""Certificates as verifiers see them: Python's own and OpenSSL's, at the strictest that they have."""

from __future__ import annotations

import subprocess
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gureum.api.certificates import (
    CertificateAuthority,
    CertificateError,
    ca_days,
    is_current,
    renewal_days,
    server_days,
)
from gureum.base.clock import host_ms, to_datetime
from gureum.base.ids import Ids

DAY_MS = 86_400_000
NAMES = {"localhost", "cloud.example.com", "192.0.2.1", "2001:db8::1"}


@pytest.fixture
def authority() -> CertificateAuthority:
    return CertificateAuthority.make(host_ms(), Ids())


def test_openssl_takes_it_at_its_strictest(authority: CertificateAuthority, tmp_path: Path) -> None:
    """A second opinion on extensions, names and signature: RFC 5280 as OpenSSL reads it."""
    ca, server = tmp_path / "ca.pem", tmp_path / "server.pem"
    ca.write_bytes(authority.certificate_pem)
    server.write_bytes(authority.issue(NAMES, host_ms(), Ids()))
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(ca)]
    for expected in ("-verify_hostname cloud.example.com", "-verify_ip 192.0.2.1", "-verify_ip 2001:db8::1"):
        shown = subprocess.run([*verify, *expected.split(), str(server)], capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stdout + shown.stderr
    shown = subprocess.run(
        [*verify, "-verify_hostname", "other.example.com", str(server)], capture_output=True, text=True, check=False
    )
    assert shown.returncode != 0


def test_a_server_certificate_cannot_issue(authority: CertificateAuthority) -> None:
    """Whoever has the server's key has one server and not the cloud."""
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, host_ms(), Ids()))
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_times_are_what_clients_take(authority: CertificateAuthority) -> None:
    """Apple's clients refuse more than 398 days; ours begins early for clocks that are behind."""
    later_ms = host_ms() + DAY_MS
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, later_ms, Ids()))
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert end - begin == timedelta(days=server_days)
    assert to_datetime(later_ms) - begin >= timedelta(hours=1)


def test_every_key_and_serial_is_new(authority: CertificateAuthority) -> None:
    """Two certificates of one CA with the same number are refused by Firefox."""
    one, other = (x509.load_pem_x509_certificate(authority.issue(NAMES, host_ms(), Ids())) for _ in range(2))
    assert one.serial_number != other.serial_number
    assert one.public_key() != other.public_key()


Case = tuple[Callable[[int], int], set[str], bool]
CASES: dict[str, Case] = {
    "new": (lambda now: now, NAMES, True),
    "a day before renewal": (lambda now: now + (server_days - renewal_days - 1) * DAY_MS, NAMES, True),
    "due": (lambda now: now + (server_days - renewal_days) * DAY_MS, NAMES, False),
    "over": (lambda now: now + server_days * DAY_MS, NAMES, False),
    "from the future": (lambda now: now - DAY_MS, NAMES, False),
    "one name more": (lambda now: now, NAMES | {"192.0.2.2"}, False),
    "one name less": (lambda now: now, NAMES - {"192.0.2.1"}, False),
}


@pytest.mark.parametrize("case", CASES)
def test_when_a_certificate_is_current(case: str) -> None:
    """Renewed in time, and when the machine's names have changed; not at every start."""
    at, names, expected = CASES[case]
    now_ms = host_ms()
    ca = CertificateAuthority.make(now_ms - DAY_MS, Ids())
    pem = ca.issue(NAMES, now_ms, Ids())
    assert is_current(pem, ca.certificate_pem, names, at(now_ms)) is expected


def test_that_of_another_ca_is_not_current(authority: CertificateAuthority) -> None:
    """After the CA was made anew its clients would refuse the old certificate."""
    other = CertificateAuthority.make(host_ms(), Ids())
    pem = other.issue(NAMES, host_ms(), Ids())
    assert is_current(pem, other.certificate_pem, NAMES, host_ms())
    assert not is_current(pem, authority.certificate_pem, NAMES, host_ms())


@pytest.mark.parametrize("damage", [lambda pem: b"", lambda pem: pem[:-100], lambda pem: b"\x00" * 100])
def test_a_damaged_one_is_not_current(authority: CertificateAuthority, damage: Callable[[bytes], bytes]) -> None:
    """It is made again rather than a reason not to start."""
    pem = damage(authority.issue(NAMES, host_ms(), Ids()))
    assert not is_current(pem, authority.certificate_pem, NAMES, host_ms())


def test_what_was_stored_issues_again(authority: CertificateAuthority) -> None:
    """The CA outlives the process."""
    again = CertificateAuthority.load(authority.certificate_pem, authority.key_pem)
    assert is_current(again.issue(NAMES, host_ms(), Ids()), authority.certificate_pem, NAMES, host_ms())


def test_a_key_of_another_ca_is_refused(authority: CertificateAuthority) -> None:
    """What it issued nobody could verify."""
    other = CertificateAuthority.make(host_ms(), Ids())
    with pytest.raises(CertificateError, match="not that of"):
        CertificateAuthority.load(authority.certificate_pem, other.key_pem)


def test_damaged_files_are_refused_and_not_shown(authority: CertificateAuthority) -> None:
    """The error goes to the log, where no key belongs."""
    for certificate, key in ((b"x", authority.key_pem), (authority.certificate_pem, authority.key_pem[:-60])):
        with pytest.raises(CertificateError) as caught:
            CertificateAuthority.load(certificate, key)
        assert "PRIVATE" not in "".join(traceback.format_exception(caught.value))


def test_nothing_outlives_its_ca(authority: CertificateAuthority) -> None:
    """A chain is good as long as all of it is; afterwards there is an error that says so."""
    now_ms = host_ms()
    near_end = now_ms + (ca_days - 10) * DAY_MS
    certificate = x509.load_pem_x509_certificate(authority.issue(NAMES, near_end, Ids()))
    ca = x509.load_pem_x509_certificate(authority.certificate_pem)
    assert certificate.not_valid_after_utc == ca.not_valid_after_utc
    with pytest.raises(CertificateError, match="ended at"):
        authority.issue(NAMES, now_ms + ca_days * DAY_MS, Ids())
