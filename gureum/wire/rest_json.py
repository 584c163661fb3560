"""The protocol restJson1: HTTP bindings, and JSON bodies.

The code of an error stands in the header `X-Amzn-Errortype`; its body has the message and the members that are not
bound to headers.  Values that cannot be read, wherever they stand, are SerializationException.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gureum.wire import events, faults
from gureum.wire.documents import malformed
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.events import Events
from gureum.wire.http import Body, Request, Response
from gureum.wire.json import documents, encode, error_document, json_events, read_body
from gureum.wire.model import Member, Operation, ServiceModel, Shape
from gureum.wire.rest import (
    Inputs,
    Malformed,
    ReadBody,
    RequestBindings,
    ResponseBindings,
    content_type_given,
    read_payload_text,
)

WriteBody = Callable[[Mapping[str, Any]], tuple[Body, str]]


def _invalid(name: str, reason: str) -> WireError:
    return malformed(reason)


class RestJsonProtocol:
    """restJson1."""

    name = "rest-json"

    def __init__(self) -> None:
        self._inputs = Inputs(_invalid, _body_reader)
        self._outputs: dict[Operation, tuple[ResponseBindings, WriteBody]] = {}
        self._errors: dict[Shape, ResponseBindings] = {}

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are SerializationException."""
        return self._inputs.read(operation, request, labels)

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol."""
        headers = [("x-amzn-RequestId", request_id)]
        if operation.output is None:
            return Response(operation.status, headers)
        compiled = self._outputs.get(operation)
        if compiled is None:
            bindings = ResponseBindings(operation.output)
            compiled = self._outputs[operation] = (bindings, _body_writer(bindings))
        bindings, write = compiled
        headers += bindings.headers(result)
        body, content_type = write(result)
        if content_type and not content_type_given(headers):
            headers.append(("Content-Type", content_type))
        return Response(bindings.status(result, operation.status), headers, body)

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol."""
        headers = [("x-amzn-RequestId", request_id), ("X-Amzn-Errortype", error.code)]
        if error.shape is not None:
            known, unknown = faults.split_members(error)
            bindings = self._errors.get(error.shape)
            if bindings is None:
                bindings = self._errors[error.shape] = ResponseBindings(error.shape)
            bound = [(name, text) for name, text in bindings.headers(known) if name.lower() != "x-amzn-errortype"]
            headers += bound
            error = ErrorValue(
                error.code, error.message, error.status, error.sender, error.shape, bindings.body(known) | unknown
            )
        headers.append(("Content-Type", "application/json"))
        return Response(error.status, headers, encode(error_document(documents, error, None)))


def _body_reader(bindings: RequestBindings) -> ReadBody:
    if bindings.payload is None:
        if not bindings.body_members:
            return lambda body: {}
        read = documents.members_reader(bindings.body_members)
        return lambda body: read_body(body, read)
    return payload_reader(bindings.payload, _payload_document_reader(bindings.payload), json_events, _invalid)


def _payload_document_reader(member: Member) -> Callable[[bytes], Any]:
    read = documents.reader(member)
    return lambda body: read_body(body, read)


def payload_reader(
    member: Member, read_document: Callable[[bytes], Any], stream: Events, invalid: Malformed
) -> ReadBody:
    """Reads a payload member: what streams is handed through, an empty body of what does not is left out."""
    name, shape = member.name, member.shape
    if shape.event_stream:
        return lambda body: {name: stream.decode(shape, body)}
    if member.streaming:
        return lambda body: {name: body}
    if shape.type == "blob":
        return lambda body: {name: body} if body else {}
    if shape.type == "string":
        return lambda body: {name: read_payload_text(body, invalid)} if body else {}
    return lambda body: {name: read_document(body)} if body else {}


def _body_writer(bindings: ResponseBindings) -> WriteBody:
    member = bindings.payload
    if member is None:
        if not bindings.body_members:
            return lambda result: (b"", "")
        write_members = documents.members_writer(bindings.body_members)
        return lambda result: (encode(write_members(bindings.body(result))), "application/json")
    write = documents.writer(member)
    return payload_writer(member, lambda value: (encode(write(value)), "application/json"), json_events)


def payload_writer(member: Member, write_document: Callable[[Any], tuple[Body, str]], stream: Events) -> WriteBody:
    """Writes a payload member: what streams is handed through; absent, the body is empty."""
    name, shape = member.name, member.shape

    def write(result: Mapping[str, Any]) -> tuple[Body, str]:
        value = result.get(name)
        if value is None:
            return b"", ""
        if shape.event_stream:
            return stream.encode(shape, value), events.content_type
        if shape.type == "blob":
            return value, "application/octet-stream"
        if shape.type == "string":
            return value.encode() if isinstance(value, str) else value, "text/plain"
        return write_document(value)

    return write
