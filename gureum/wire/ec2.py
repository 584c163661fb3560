"""The protocol ec2Query: query's older sibling, spoken by EC2 alone.

It differs in what the model's names mean (a name on the wire is capitalised in requests, unless `queryName` says
otherwise), in lists (never wrapped: `InstanceId.1`), in the response (no result element, `requestId` inside), in the
error document, and in refusing parameters that it does not know.

Source: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html and
https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.wire import faults, timestamps
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.forms import FormReaders, Style
from gureum.wire.http import Request, Response
from gureum.wire.model import Member, Operation, ServiceModel
from gureum.wire.query import form, malformed
from gureum.wire.xml import declaration, escape, escape_attribute
from gureum.wire.xml_shapes import XmlWriters

content_type: Final = "text/xml;charset=UTF-8"
# What a request carries besides the operation's parameters: signatures of all ages.
_envelope: Final = frozenset(
    {"Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Expires"}
    | {"SecurityToken"}
)


def _invalid(name: str, text: str, reason: str) -> WireError:
    return WireError("InvalidParameterValue", f"Value ({text}) for parameter {name} is invalid. {reason}")


def _input_names(member: Member) -> tuple[str, ...]:
    if member.query_name:
        return (member.query_name,)
    name = member.wire_name or member.name
    return (name[0].upper() + name[1:], member.name)


def _output_name(member: Member) -> str:
    return member.wire_name or member.name


readers: Final = FormReaders(Style(_input_names, flat_lists=True, malformed=malformed, invalid=_invalid))
writers: Final = XmlWriters(_output_name, timestamps.format_iso8601_milliseconds)


class Ec2Protocol:
    """ec2Query."""

    name = "ec2"

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are MalformedInput, InvalidParameterValue and UnknownParameter."""
        tree = form(request)
        names = readers.names(operation.input) if operation.input is not None else {}
        for key in tree:
            if key not in names and key not in _envelope and not key.startswith("X-Amz-"):
                raise WireError("UnknownParameter", f"The parameter {key} is not recognized")
        if operation.input is None:
            return {}
        result: dict[str, Any] = readers.structure(operation.input)(tree)
        return result

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol; an operation without output answers `<return>true</return>`, as EC2 does."""
        namespace = f' xmlns="{escape_attribute(operation.service.xml_namespace or "").rstrip("/")}/"'
        out = [f"{declaration}<{operation.name}Response{namespace}><requestId>{escape(request_id)}</requestId>"]
        if operation.output is None:
            out.append("<return>true</return>")
        else:
            writers.content(operation.output)(result, out)
        out.append(f"</{operation.name}Response>")
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]
        return Response(200, headers, "".join(out).encode())

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol; EC2 models no errors, so there are no members."""
        _, unknown = faults.split_members(error)
        details = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in unknown.items())
        body = (
            f"{declaration}<Response><Errors><Error><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message>{details}</Error></Errors>"
            f"<RequestID>{escape(request_id)}</RequestID></Response>"
        )
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]
        return Response(error.status, headers, body.encode())
