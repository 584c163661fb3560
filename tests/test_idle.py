"""A cloud that nobody calls is small: what takes long to import is imported by who first needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clouds import running

HEAVY = {"botocore", "cryptography", "duckdb", "joserfc", "lxml", "psycopg", "segno", "signxml"}


def test_an_idle_cloud_has_imported_nothing_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its services nor its controllers, which have made their first passes, do it in passing."""
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with running(tmp_path / "data") as cloud:
        cloud.advance(3600)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in cloud.log().splitlines() if "|" in line}
    assert {"gureum", "msgspec"} <= imported
    assert not imported & HEAVY
