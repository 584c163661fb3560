"""A small client for probes: signed JSON 1.0 calls over one kept connection.

What a probe asserts rests on knowing of each call whether it was answered.  So nothing is retried here, and the three
ways in which a call can fail are three exceptions: `Refused` was answered, `Interrupted` was not and may or may not
have happened, and a TimeoutError fails the probe, because a cloud answers or dies.  boto3 would do at a tenth of the
speed, and load is the point.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from gureum.base.clock import host_ms
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, sign

answer_seconds_max: Final = 30.0
_KEY: Final = Key("test", "test")
_REGION: Final = "us-east-1"


class Refused(Exception):
    """The cloud answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code


class Interrupted(Exception):
    """The connection ended before the answer: nobody knows what became of the call."""


class Caller:
    """Calls SQS; one call at a time."""

    def __init__(self, port: int) -> None:
        self._host = f"localhost:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=answer_seconds_max)

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """The result of an operation.  Raises Refused, Interrupted or TimeoutError."""
        body = json.dumps(members).encode()
        headers = {
            "host": self._host,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"AmazonSQS.{operation}",
        }
        headers |= sign(Request("POST", "/", "", headers, body), _KEY, _REGION, "sqs", host_ms())
        try:
            self._connection.request("POST", "/", body, headers)
            response = self._connection.getresponse()
            answer = response.read()
        except TimeoutError:
            self._connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Interrupted(f"{operation}: {error!r}") from error
        document: dict[str, Any] = json.loads(answer) if answer else {}
        if response.status != HTTPStatus.OK:
            code = document.get("__type", "").rpartition("#")[2]
            raise Refused(response.status, code, document.get("message", document.get("Message", "")))
        return document

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def caller(port: int) -> Iterator[Caller]:
    """A caller for the length of a block."""
    made = Caller(port)
    try:
        yield made
    finally:
        made.close()
