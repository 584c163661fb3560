"""STS in an account of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.iam.conftest import account, iam
from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.services.sts.people import Client

__all__ = ["account", "alice", "iam"]


@pytest.fixture
def alice(iam: Any, client: Client) -> Any:
    """STS as a user who may ask for everything: whether a role trusts her is another matter."""
    return client("sts", key=add_user(iam, "alice", allow("sts:*")), parameter_validation=False)
