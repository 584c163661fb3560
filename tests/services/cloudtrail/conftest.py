"""What the tests of CloudTrail share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.cloudtrail.local import Trailed, trailed


@pytest.fixture
def here() -> Iterator[Trailed]:
    """A cloud with CloudTrail, of the test's own."""
    with trailed() as started:
        yield started
