"""For every operation of every service that botocore ships, in every protocol that the service speaks:

values generated from the input shape, through botocore's serializer and our parser, come out equal; values of the
output shape, through our serializer and botocore's parser, come out equal; and so does each modelled error.  This is
the proof that unmodified clients are understood and understand us.  What cannot be proved this way is in EXCLUSIONS,
with its reason; tests of single rules stand in tests/wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import botocore.model
import pytest

from gureum.wire.errors import ErrorValue
from gureum.wire.http import Response
from gureum.wire.model import Operation, ServiceModel, Shape
from gureum.wire.names import snake_case
from gureum.wire.protocols import PROTOCOLS
from gureum.wire.uri import UriTable, service_routes
from tests.conformance import peer
from tests.conformance.values import Values

REQUEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
REST = frozenset({"rest-json", "rest-xml"})
XML = frozenset({"query", "ec2", "rest-xml"})
KEEPS_EMPTIES = frozenset({"json", "rest-json", "smithy-rpc-v2-cbor"})

TWIN = "has the URI of the operation that replaced it, and the model marks it as deprecated"
ONE_NAME = "deprecated, and two of its members have one name on the wire (Event and Events)"

# (what, service, operation) -> why botocore cannot be the judge of it.
EXCLUSIONS: dict[tuple[str, str, str], str] = {
    ("route", "s3", "GetBucketLifecycle"): TWIN,
    ("route", "s3", "GetBucketNotification"): TWIN,
    ("route", "s3", "PutBucketLifecycle"): TWIN,
    ("route", "s3", "PutBucketNotification"): TWIN,
    ("route", "s3", "ListDirectoryBuckets"): "has the URI of ListBuckets; its host, s3express-control, tells it apart",
    ("request", "s3", "PutBucketNotification"): ONE_NAME,
    ("response", "s3", "GetBucketNotification"): ONE_NAME,
    ("response", "s3", "GetBucketLocation"): "botocore reads it in a handler, not in its parser (tests/wire has it)",
    ("response", "dataexchange", "SendApiAsset"): "the empty prefix of ResponseHeaders takes our own headers as well",
}


def test_everything_is_here() -> None:
    """A broken search for models must not pass as a proof about none."""
    assert len(peer.services()) > 400


def test_every_exclusion_has_a_subject() -> None:
    """The table must not outlive what it excuses."""
    for _, service, operation in EXCLUSIONS:
        ours, _ = peer.load(service)
        assert operation in ours.operation_names


@pytest.mark.parametrize("service", peer.services())
def test_requests_are_read(service: str) -> None:
    """What botocore sends for a value is read as that value, and its URI leads to the operation."""
    ours, theirs = peer.load(service)
    table = UriTable(service_routes(ours))
    for protocol, name in _operations(ours):
        if ("request", service, name) in EXCLUSIONS:
            continue
        operation = ours.operation(name)
        given = Values(f"{operation.id}/{protocol}", protocol in KEEPS_EMPTIES)
        value = given.structure(operation.input) if operation.input is not None else {}
        request = peer.request(protocol, theirs.operation_model(name), value)
        labels: dict[str, str] = {}
        if protocol in REST:
            found = table.match(request.method, request.path, request.query, request.headers)
            assert found is not None, f"{operation}: no route for {request.method} {request.path}"
            assert found[0] == name or ("route", service, name) in EXCLUSIONS
            labels = found[1]
        parsed = PROTOCOLS[protocol].parse(operation, request, labels)
        if (stream := _stream_of(operation.input)) is not None:
            # botocore cannot write event streams; tests/wire/test_events.py does.
            assert isinstance(parsed.pop(_stream_name(operation.input)), AsyncIterator), stream
        assert parsed == value, f"{operation} in {protocol}"


@pytest.mark.parametrize("service", peer.services())
def test_responses_are_understood(service: str) -> None:
    """What we answer is read by botocore as the value that was answered."""
    ours, theirs = peer.load(service)
    for protocol, name in _operations(ours):
        if ("response", service, name) in EXCLUSIONS:
            continue
        operation = ours.operation(name)
        given = Values(f"{operation.id}/{protocol}/output", protocol in KEEPS_EMPTIES)
        value = given.structure(operation.output) if operation.output is not None else {}
        stream = _stream_of(operation.output)
        events = [given.event(stream, kind) for kind in _event_kinds(stream)] if stream is not None else []
        answered = value if stream is None else value | {_stream_name(operation.output): _each(events)}
        response = PROTOCOLS[protocol].serialize(operation, answered, REQUEST_ID)
        parsed = _read(protocol, response, operation, theirs.operation_model(name))
        metadata = parsed.pop("ResponseMetadata")
        # botocore reads nothing at all from a CBOR response without output; the header is there all the same.
        assert metadata.get("RequestId", metadata["HTTPHeaders"].get("x-amzn-requestid")) == REQUEST_ID
        if stream is not None:
            assert list(parsed.pop(_stream_name(operation.output))) == events, f"{operation} in {protocol}"
        assert parsed == value, f"{operation} in {protocol}"


@pytest.mark.parametrize("service", peer.services())
def test_errors_are_understood(service: str) -> None:
    """Each modelled error arrives with its code, its message and its members."""
    ours, theirs = peer.load(service)
    for protocol in _protocols(ours):
        for shape in ours.error_shapes():
            given = Values(f"{service}/{shape.name}/{protocol}", protocol in KEEPS_EMPTIES)
            message = next((m for m in shape.members.values() if m.name.lower() == "message"), None)
            # A member that stands where the code of the error stands can have no other value.
            code = next((m for m in shape.members.values() if _is_code(protocol, m.wire_name or m.name)), None)
            members = given.structure(shape, frozenset(m.name for m in (message, code) if m is not None))
            status = shape.error_status or (500 if shape.fault else 400)
            error = ErrorValue(shape.error_code, "what <went> wrong", status, not shape.fault, shape, members)
            response = PROTOCOLS[protocol].serialize_error(ours, error, REQUEST_ID)
            parsed = peer.parse(protocol, response, None)
            assert parsed["Error"]["Code"] == shape.error_code, shape
            assert parsed["Error"]["Message"] == error.message, shape
            assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID, shape
            modelled = peer.parse(protocol, response, theirs.shape_for(shape.name))
            if message is not None and _message_arrives(protocol, message.wire_name or message.name):
                assert modelled.pop(message.name) == error.message, shape
            if code is not None:
                assert modelled.pop(code.name) == shape.error_code
            assert modelled == members, f"{shape} in {protocol}"


@pytest.mark.parametrize("service", peer.services())
def test_python_names_stay_distinct(service: str) -> None:
    """No two members of a structure, and no two operations, get one Python name."""
    ours, theirs = peer.load(service)
    for names in (ours.operation_names, *(_member_names(theirs, shape) for shape in theirs.shape_names)):
        assert len({snake_case(name) for name in names}) == len(names)


def _member_names(service: botocore.model.ServiceModel, shape: str) -> list[str]:
    return list(getattr(service.shape_for(shape), "members", ()))


def _protocols(service: ServiceModel) -> Iterator[str]:
    yield from service.protocols


def _operations(service: ServiceModel) -> Iterator[tuple[str, str]]:
    for protocol in _protocols(service):
        for name in service.operation_names:
            yield protocol, name


def _read(protocol: str, response: Response, operation: Operation, theirs: botocore.model.OperationModel) -> Any:
    """botocore's reading of a response, with a raw body as bytes or text again."""
    raw = theirs.has_streaming_output or theirs.has_event_stream_output
    parsed = peer.parse(protocol, response, theirs.output_shape, raw)
    output = operation.output
    if output is not None and output.payload and isinstance(parsed.get(output.payload), peer.RawBody):
        data = parsed[output.payload].data
        parsed[output.payload] = data.decode() if output.members[output.payload].shape.type == "string" else data
    return parsed


def _stream_name(shape: Shape | None) -> str:
    assert shape is not None
    return next(name for name, member in shape.members.items() if member.shape.event_stream)


def _stream_of(shape: Shape | None) -> Shape | None:
    if shape is None:
        return None
    return next((m.shape for m in shape.members.values() if m.shape.event_stream), None)


def _event_kinds(stream: Shape) -> list[str]:
    return [name for name, member in stream.members.items() if not member.shape.exception]


async def _each(events: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for event in events:
        yield event


def _message_arrives(protocol: str, wire_name: str) -> bool:
    """XML errors say `Message`; a member that the model calls `message` is not that element."""
    return protocol not in XML or wire_name == "Message"


def _is_code(protocol: str, wire_name: str) -> bool:
    return wire_name.lower() == "x-amzn-errortype" or (protocol in XML and wire_name == "Code")
