"""The data directory's root secret and CA: made once, private, and never replaced by another."""

from __future__ import annotations

from pathlib import Path

import pytest

from gureum.api.certificates import CertificateError
from gureum.home import DamagedSecret, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_root_secret_is_made_once_and_private(home: Home) -> None:
    """Only the owner may read it, and every start finds the same."""
    secret = home.root_secret()
    assert len(secret) == 32
    assert (home.data / "root-key").stat().st_mode & 0o777 == 0o600
    assert Home(home.data).root_secret() == secret


def test_every_directory_has_a_root_secret_of_its_own(home: Home, tmp_path: Path) -> None:
    """It is random."""
    (tmp_path / "other").mkdir()
    assert home.root_secret() != Home(tmp_path / "other").root_secret()


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_root_secret_is_not_replaced(home: Home, content: bytes) -> None:
    """A new one could open nothing that is there."""
    (home.data / "root-key").write_bytes(content)
    with pytest.raises(DamagedSecret, match="root-key"):
        home.root_secret()
    assert (home.data / "root-key").read_bytes() == content


NAMES = {"localhost", "127.0.0.1"}


def test_a_cloud_that_needs_no_certificate_has_none(home: Home) -> None:
    """To make one takes time at the start."""
    home.root_secret()
    assert not (home.data / "ca").exists()


def test_keys_of_certificates_are_private(home: Home) -> None:
    """The certificate of the CA is for everybody, what signs and what serves for nobody else."""
    served = home.server_certificate(NAMES)
    modes = {file.name: file.stat().st_mode & 0o777 for file in served.parent.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o600}


def test_a_certificate_is_kept_until_names_change(home: Home) -> None:
    """A restart changes nothing; a new address of the machine does, and clients trust the same CA."""
    first = home.server_certificate(NAMES).read_bytes()
    ca = (home.data / "ca" / "ca.pem").read_bytes()
    assert Home(home.data).server_certificate(NAMES).read_bytes() == first
    assert home.server_certificate(NAMES | {"192.0.2.1"}).read_bytes() != first
    assert (home.data / "ca" / "ca.pem").read_bytes() == ca


def test_a_ca_whose_key_is_lost_is_not_replaced(home: Home) -> None:
    """Every client would refuse the new one; while nothing is due, the old certificate does."""
    served = home.server_certificate(NAMES)
    (home.data / "ca" / "ca-key.pem").unlink()
    assert home.server_certificate(NAMES) == served
    with pytest.raises(CertificateError, match="restore"):
        home.server_certificate({"localhost"})


def test_a_ca_that_was_removed_is_made_anew(home: Home) -> None:
    """With it the server's certificate, which the old one had issued."""
    before = home.server_certificate(NAMES).read_bytes()
    (home.data / "ca" / "ca.pem").unlink()
    (home.data / "ca" / "ca-key.pem").unlink()
    assert home.server_certificate(NAMES).read_bytes() != before
    assert home.authority().certificate_pem == (home.data / "ca" / "ca.pem").read_bytes()
