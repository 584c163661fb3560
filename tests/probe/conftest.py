"""What probes need of the machine."""

from __future__ import annotations

import pytest

from tests.probe.disks import why_none


@pytest.fixture(scope="session")
def mountable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips the test, with the reason, where no file system can be mounted."""
    if (reason := why_none(tmp_path_factory.mktemp("mountable"))) is not None:
        pytest.skip(f"no file system can be mounted: {reason}")
