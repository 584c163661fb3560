"""How a test says that a request is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

QUERY = "AWS.SimpleQueueService."


@contextmanager
def refused(code: str, text: str = "", status: int = 400) -> Iterator[None]:
    """The block is answered with the error `code`, whose message contains `text`."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    assert text in response["Error"].get("Message", ""), response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
