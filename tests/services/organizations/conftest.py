"""An organization of each test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.organizations.company import Company
from tests.support.clouds import Cloud


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """These tests put the clock forward."""
    return restless_cloud


@pytest.fixture
def company(cloud: Cloud, name: str) -> Company:
    """With all features."""
    return Company(cloud, name)


@pytest.fixture
def found(cloud: Cloud, name: str) -> Callable[..., Company]:
    """Makes further ones: `found("other", features="CONSOLIDATED_BILLING")`."""

    def make(label: str, **more: Any) -> Company:
        return Company(cloud, f"{name} {label}", **more)

    return make
