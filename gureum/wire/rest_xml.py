"""The protocol restXml: HTTP bindings, and XML bodies.  S3, S3 Control, CloudFront and Route 53 speak it.

Two things of the Smithy models of S3 that botocore's lack are tables here: the names of root elements, which some
clients look at, and `noErrorWrapping`, by which S3's errors are a bare `<Error>`.  S3's request ids are
`x-amz-request-id` and `x-amz-id-2`, also inside errors; those of the others `x-amzn-RequestId`.

Source: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the response syntax of each S3 operation.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from gureum.wire import events, faults, timestamps
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.http import Request, Response
from gureum.wire.model import Member, Operation, ServiceModel, Shape
from gureum.wire.rest import Inputs, ReadBody, RequestBindings, ResponseBindings, content_type_given
from gureum.wire.rest_json import WriteBody, payload_reader, payload_writer
from gureum.wire.xml import XmlError, declaration, escape, parse
from gureum.wire.xml_shapes import Read, XmlReaders, XmlWriters, write_error_members

content_type: Final = "application/xml"
_s3_roots: Final = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}


def malformed(reason: str) -> WireError:
    """The error for a body that cannot be read, in S3's words."""
    return WireError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema: " + reason,
    )


def _invalid(name: str, reason: str) -> WireError:
    return WireError("InvalidArgument", f"Invalid value for {name}. {reason}")


def read_document(body: object, read: Read) -> Any:
    """An XML body by a compiled reader."""
    assert isinstance(body, bytes), "the gateway collects the body of an operation that does not stream"
    try:
        root = parse(body)
    except XmlError as error:
        raise malformed(str(error)) from error
    return read(root)


def _name(member: Member) -> str:
    return member.wire_name or member.name


readers: Final = XmlReaders(malformed)
writers: Final = XmlWriters(_name, timestamps.format_iso8601_milliseconds)


class XmlEvents:
    """XML payloads of events."""

    content_type = "text/xml"

    def reader(self, shape: Shape, members: list[Member]) -> Callable[[bytes], Any]:
        """Reads those members of an event's shape."""
        read = readers.members(members)
        return lambda payload: read_document(payload, read)

    def writer(self, shape: Shape, members: list[Member]) -> Callable[[Any], bytes]:
        """Writes those members of an event's shape as a document named after it."""
        write = writers.members(members)

        def document(value: Any) -> bytes:
            out = [f"{declaration}<{shape.name}>"]
            write(value, out)
            out.append(f"</{shape.name}>")
            return "".join(out).encode()

        return document


xml_events: Final = events.Events(XmlEvents())


class RestXmlProtocol:
    """restXml."""

    name = "rest-xml"

    def __init__(self) -> None:
        self._inputs = Inputs(_invalid, _body_reader)
        self._outputs: dict[Operation, tuple[ResponseBindings, WriteBody]] = {}
        self._errors: dict[Shape, ResponseBindings] = {}

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """See WireProtocol; errors are MalformedXML for bodies, InvalidArgument elsewhere."""
        return self._inputs.read(operation, request, labels)

    def serialize(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Response:
        """See WireProtocol."""
        headers = request_id_headers(operation.service, request_id)
        if operation.output is None:
            return Response(operation.status, headers)
        compiled = self._outputs.get(operation)
        if compiled is None:
            bindings = ResponseBindings(operation.output)
            compiled = self._outputs[operation] = (bindings, _body_writer(operation, operation.output, bindings))
        bindings, write = compiled
        headers += bindings.headers(result)
        body, body_type = write(result)
        if body_type and not content_type_given(headers):
            headers.append(("Content-Type", body_type))
        return Response(bindings.status(result, operation.status), headers, body)

    def serialize_error(self, service: ServiceModel, error: ErrorValue, request_id: str) -> Response:
        """See WireProtocol; 304 has no body."""
        headers = request_id_headers(service, request_id)
        known, unknown = faults.split_members(error)
        if error.shape is not None:
            bindings = self._errors.get(error.shape)
            if bindings is None:
                bindings = self._errors[error.shape] = ResponseBindings(error.shape)
            headers += bindings.headers(known)
            known = bindings.body(known)
        if error.status == 304:
            return Response(304, headers)
        details: list[str] = []
        write_error_members(writers, error.shape, known, details)
        details.extend(f"<{name}>{escape(value)}</{name}>" for name, value in unknown.items())
        what = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{''.join(details)}"
        ids = f"<RequestId>{escape(request_id)}</RequestId>"
        if service.service_id == "S3":
            body = f"<Error>{what}{ids}<HostId>{host_id(request_id)}</HostId></Error>"
        else:
            kind = f"<Type>{faults.fault_name(error)}</Type>"
            body = f"<ErrorResponse{_xmlns(service)}><Error>{kind}{what}</Error>{ids}</ErrorResponse>"
        headers.append(("Content-Type", content_type))
        return Response(error.status, headers, (declaration + body).encode())


def request_id_headers(service: ServiceModel, request_id: str) -> list[tuple[str, str]]:
    """Where the services of this protocol put the request id."""
    if service.endpoint_prefix.startswith("s3"):
        return [("x-amz-request-id", request_id), ("x-amz-id-2", host_id(request_id))]
    return [("x-amzn-RequestId", request_id)]


def host_id(request_id: str) -> str:
    """S3's second, longer request id: opaque to clients; here it follows from the first."""
    return b64encode(sha256(request_id.encode()).digest()).decode("ascii")


def _xmlns(service: ServiceModel) -> str:
    return f' xmlns="{escape(service.xml_namespace)}"' if service.xml_namespace else ""


def _body_reader(bindings: RequestBindings) -> ReadBody:
    if bindings.payload is None:
        if not bindings.body_members:
            return lambda body: {}
        read_members = readers.members(bindings.body_members)
        return lambda body: read_document(body, read_members) if body else {}
    read = readers.member(bindings.payload)
    return payload_reader(bindings.payload, lambda body: read_document(body, read), xml_events, _invalid)


def _body_writer(operation: Operation, shape: Shape, bindings: ResponseBindings) -> WriteBody:
    namespace = _xmlns(operation.service)
    s3 = operation.service.service_id == "S3"
    if s3 and operation.name == "GetBucketLocation":
        return _location_writer(namespace)
    member = bindings.payload
    if member is None:
        if not bindings.body_members:
            return lambda result: (b"", "")
        name = _s3_roots.get(operation.name, shape.name) if s3 else shape.name
        write_members = writers.members(bindings.body_members)

        def write(result: Mapping[str, Any]) -> tuple[bytes, str]:
            out = [f"{declaration}<{name}{namespace}>"]
            write_members(bindings.body(result), out)
            out.append(f"</{name}>")
            return "".join(out).encode(), content_type

        return write
    root = member.wire_name or member.shape.wire_name or member.shape.name
    if member.shape.type != "structure" or member.shape.event_stream:
        return payload_writer(member, _not_a_document, xml_events)
    own = {"uri": operation.service.xml_namespace} if operation.service.xml_namespace else None
    write_element = writers.element(member, root, own)

    def write_payload(value: Any) -> tuple[bytes, str]:
        out = [declaration]
        write_element(value, out)
        return "".join(out).encode(), content_type

    return payload_writer(member, write_payload, xml_events)


def _location_writer(namespace: str) -> WriteBody:
    """S3's one output that is a bare value: `<LocationConstraint>eu-west-1</LocationConstraint>`, or empty."""

    def write(result: Mapping[str, Any]) -> tuple[bytes, str]:
        location = escape(result.get("LocationConstraint") or "")
        text = f"{declaration}<LocationConstraint{namespace}>{location}</LocationConstraint>"
        return text.encode(), content_type

    return write


def _not_a_document(value: object) -> tuple[bytes, str]:
    raise AssertionError("strings, blobs and streams are handed through")
