"""The protocol awsQuery: a form in, XML out.

Parameters come in the body of a POST or in the query string of a GET, the latter from presigned requests such as the
GetCallerIdentity that Kubernetes authenticators send.  Parameters outside the model are ignored, as AWS does: they are
the action, the version and signatures of several ages.

Services that have moved on from this protocol (SQS) still speak it; what their models have lost of it comes back from
overlays beside the services (docs/decisions/0008).

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.wire import faults, timestamps
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.forms import FormReaders, Node, Style, parse_form
from gureum.wire.http import Request, Response
from gureum.wire.model import Member, Operation, ServiceModel
from gureum.wire.xml import escape, escape_attribute
from gureum.wire.xml_shapes import Write, XmlWriters, write_error_members

content_type: Final = "text/xml"


def malformed(reason: str) -> WireError:
    """The error for a form that cannot be read."""
    return WireError("MalformedInput", reason)


def _invalid(name: str, text: str, reason: str) -> WireError:
    return WireError("MalformedInput", reason)


def _name(member: Member) -> str:
    return member.wire_name or member.name


def _input_names(member: Member) -> tuple[str, ...]:
    """A flattened list comes under the name of its items, where the model gives them one."""
    if member.shape.type == "list" and member.flattened:
        return (member.shape.member.wire_name or _name(member),)
    return (_name(member),)


def form(request: Request) -> Node:
    """The parameters of the body and of the query string as one tree."""
    assert isinstance(request.body, bytes), "the gateway collects the body of an operation that does not stream"
    try:
        body = request.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed("Parameters must be UTF-8") from error
    return parse_form(f"{request.query}&{body}" if request.query else body, malformed)


readers: Final = FormReaders(Style(_input_names, flat_lists=False, malformed=malformed, invalid=_invalid))
writers: Final = XmlWriters(_name, timestamps.format_iso8601)


class QueryProtocol:
    """awsQuery."""

    name = "query"

    def __init__(self) -> None:
        self._outputs: dict[Operation, tuple[str, Write, str]] = {}

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are MalformedInput."""
        if operation.input is None:
            return {}
        result: dict[str, Any] = readers.structure(operation.input)(form(request))
        return result

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol."""
        output = self._outputs.get(operation)
        if output is None:
            output = self._outputs[operation] = _compile_output(operation)
        start, write, end = output
        out = [start]
        write(result, out)
        out.append(f"{end}<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>")
        out.append(f"</{operation.name}Response>\n")
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]
        return Response(200, headers, "".join(out).encode())

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol."""
        known, unknown = faults.split_members(error)
        out = [
            f"<ErrorResponse{_xmlns(service)}><Error><Type>{faults.fault_name(error)}</Type>",
            f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>",
        ]
        write_error_members(writers, error.shape, known, out)
        out.extend(f"<{name}>{escape(value)}</{name}>" for name, value in unknown.items())
        out.append(f"</Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>\n")
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]
        return Response(error.status, headers, "".join(out).encode())


def _compile_output(operation: Operation) -> tuple[str, Write, str]:
    """What stands before the members, the members' writer, and what stands after them."""
    start = f"<{operation.name}Response{_xmlns(operation.service)}>"
    if operation.output is None:
        return start, _write_nothing, ""
    wrapper = operation.result_wrapper or f"{operation.name}Result"
    return f"{start}<{wrapper}>", writers.content(operation.output), f"</{wrapper}>"


def _write_nothing(value: Any, out: list[str]) -> None:
    if value:
        raise KeyError(f"an operation without output cannot answer {sorted(value)}")


def _xmlns(service: ServiceModel) -> str:
    return f' xmlns="{escape_attribute(service.xml_namespace)}"' if service.xml_namespace else ""
