"""The data directory's root secret: made once, private, and never replaced by another."""

from __future__ import annotations

from pathlib import Path

import pytest

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
