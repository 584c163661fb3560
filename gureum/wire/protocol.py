"""What a protocol does: the interface that query, ec2, json, rest-json, rest-xml and rpc-v2-cbor implement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gureum.wire.errors import ErrorValue
from gureum.wire.http import Request, Response
from gureum.wire.model import Operation, ServiceModel


class WireProtocol(Protocol):
    """Bytes to values and back for one protocol.  Implementations hold no state but their compiled codecs."""

    name: str

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The input values of `operation`; members that the request leaves out are left out.

        `labels` are the URI labels, still percent-encoded, as the router matched them.  Types are checked here,
        constraints of the model are not (`wire.validate`).  Raises WireError with AWS's code for this protocol.
        """

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """The successful answer.  A value that does not fit its shape is our bug: TypeError or KeyError."""

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """The answer to a request that failed.  `service` may have no shapes: only its metadata count."""
