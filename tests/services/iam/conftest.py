"""IAM in an account of the test's own."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]


@pytest.fixture
def account(request: pytest.FixtureRequest) -> str:
    """Twelve digits that are the account of this test alone."""
    return f"1{zlib.crc32(request.node.nodeid.encode()):011d}"


@pytest.fixture
def iam(client: Client, account: str) -> Any:
    """A boto3 client of the root user of the test's account.  What is wrong with a request, the cloud has to say."""
    return client("iam", key=(account, "test"), parameter_validation=False)
