"""Which servers are trusted for a thumbprint: those that have the certificate, not those that show it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gureum.api.certificates import CertificateAuthority
from gureum.base.clock import host_ms
from gureum.base.ids import Ids
from gureum.services.sts import https
from tests.services.sts.issuer import Issuer, serving_with


class Authority:
    """A CA that no system knows."""

    def __init__(self) -> None:
        self._made = CertificateAuthority.make(host_ms(), Ids())
        self.pem = self._made.certificate_pem

    @property
    def thumbprint(self) -> str:
        """The SHA-1 digest of its certificate."""
        return hashlib.sha1(x509.load_pem_x509_certificate(self.pem).public_bytes(Encoding.DER)).hexdigest()

    def leaf(self, name: str = "localhost") -> bytes:
        """A certificate for `name`, and its key."""
        return self._made.issue([name], host_ms(), Ids())


@pytest.fixture(scope="module")
def known() -> Authority:
    """The one whose thumbprint is registered."""
    return Authority()


@pytest.fixture(scope="module")
def unknown() -> Authority:
    """Anybody's."""
    return Authority()


@pytest.fixture
def honest(tmp_path: Path, known: Authority) -> Iterator[Issuer]:
    """A server with a certificate of the known CA, which it shows as well."""
    with serving_with(tmp_path, known.leaf() + known.pem) as started:
        yield started


def ask(issuer: Issuer, *thumbprints: str) -> bytes:
    """What it answers."""
    return bytes(asyncio.run(https.get(f"{issuer.url}/keys", thumbprints)).body)


def test_the_thumbprint_of_an_authority(honest: Issuer, known: Authority, unknown: Authority) -> None:
    """In whatever case, among others; without it nothing is asked."""
    assert b'"keys"' in ask(honest, unknown.thumbprint, known.thumbprint.upper())
    for thumbprints in ([], [unknown.thumbprint], ["x"]):
        with pytest.raises(https.Untrusted):
            ask(honest, *thumbprints)
    assert honest.asked == ["/keys"]


def test_a_certificate_that_is_only_shown(tmp_path: Path, known: Authority, unknown: Authority) -> None:
    """Everybody can put the known CA's certificate into a chain that it has not signed."""
    with serving_with(tmp_path, unknown.leaf() + unknown.pem + known.pem) as impostor:
        with pytest.raises(https.Untrusted):
            ask(impostor, known.thumbprint)
        assert impostor.asked == []


def test_a_certificate_of_another_server(tmp_path: Path, known: Authority) -> None:
    """The CA vouches for it, but not as this one."""
    with serving_with(tmp_path, known.leaf("example.com") + known.pem) as other, pytest.raises(https.Untrusted):
        ask(other, known.thumbprint)


@pytest.mark.parametrize("host", ["169.254.1.1", "[fe80::1]", "[::ffff:169.254.1.1]"])
def test_addresses_of_this_link(host: str) -> None:
    """There are the metadata services of other clouds: nobody connects there, not even to look at a certificate."""
    with pytest.raises(https.Unreachable, match="this link only"):
        asyncio.run(https.get(f"https://{host}/keys", ()))


def test_answers_that_end_too_soon_or_never(honest: Issuer, known: Authority) -> None:
    """Shorter than they say, too long, of another kind, and redirects, which are not followed."""
    for headers in ({"Content-Length": "100000"}, {"X-Long": "x" * 400_000}, {"Content-Length": "-1"}):
        honest.headers = headers
        with pytest.raises(https.Unreachable):
            ask(honest, known.thumbprint)
    honest.headers, honest.status = {"Location": "https://localhost/"}, 302
    with pytest.raises(https.Unreachable, match="302"):
        ask(honest, known.thumbprint)
