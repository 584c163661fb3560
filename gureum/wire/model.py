"""The AWS service models as objects: what a service offers and the shapes of what goes in and out.

The models that botocore ships (`service-2.json`) are the single description of every API here: routing, parsing,
validation, serialization, error codes and statuses all derive from these objects and from nothing else.

Shapes are built when they are first asked for and then kept, so a service of which one operation is used costs that
operation's shapes.  A shape is identified by object identity; codecs compiled from it are cached on that identity.
Shapes may be recursive: a shape is registered before its members are filled in.

Source: https://github.com/boto/botocore/blob/develop/docs/source/reference/loaders.rst and the traits of
https://smithy.io/2.0/spec/ that the models flatten into these keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

type_names: Final = frozenset(
    {
        "structure",
        "list",
        "map",
        "string",
        "boolean",
        "integer",
        "long",
        "float",
        "double",
        "timestamp",
        "blob",
    }
)


class Member:
    """A reference to a shape from a structure, a list, a map or an operation, with the traits of the reference.

    `name` is the key in values.  `wire_name` is `locationName`, when the model gives one.  `location` is one of
    `header`, `headers`, `uri`, `querystring`, `statusCode` or None for the body.  `query_name` is the name in requests
    of the ec2 protocol and in both directions of the query protocol, where it differs from `wire_name`.
    """

    __slots__ = (
        "event_header",
        "event_payload",
        "flattened",
        "host_label",
        "idempotency_token",
        "json_value",
        "location",
        "name",
        "query_name",
        "shape",
        "streaming",
        "timestamp_format",
        "wire_name",
        "xml_attribute",
        "xml_namespace",
    )

    def __init__(self, name: str, shape: Shape, reference: Mapping[str, Any], traits: Mapping[str, Any]) -> None:
        self.name = name
        self.shape = shape
        self.location: str | None = reference.get("location")
        self.wire_name: str | None = reference.get("locationName") or traits.get("locationName")
        self.query_name: str | None = reference.get("queryName")
        self.flattened: bool = reference.get("flattened", traits.get("flattened", False))
        self.xml_attribute: bool = reference.get("xmlAttribute", False)
        self.xml_namespace: Mapping[str, str] | None = reference.get("xmlNamespace") or traits.get("xmlNamespace")
        self.timestamp_format: str | None = reference.get("timestampFormat") or traits.get("timestampFormat")
        self.idempotency_token: bool = reference.get("idempotencyToken", False)
        self.host_label: bool = reference.get("hostLabel", False)
        self.json_value: bool = reference.get("jsonvalue", False)
        self.streaming: bool = reference.get("streaming", traits.get("streaming", False))
        self.event_payload: bool = reference.get("eventpayload", False)
        self.event_header: bool = reference.get("eventheader", False)

    def __repr__(self) -> str:
        return f"<Member {self.name}: {self.shape.name}>"


class Shape:
    """One shape of a service model.  Which attributes mean something depends on `type`.

    structure: `members`, `required`, `payload` (the member that is the HTTP body), `union`, `event_stream`, `event`,
    `exception`, `error` (code, status, fault).  list: `member`.  map: `key`, `value`.  string: `enum`, `pattern`.
    `minimum` and `maximum` bound lengths of strings, blobs, lists and maps and values of numbers.
    """

    __slots__ = (
        "box",
        "document",
        "enum",
        "error_code",
        "error_status",
        "event",
        "event_stream",
        "exception",
        "fault",
        "key",
        "maximum",
        "member",
        "members",
        "minimum",
        "name",
        "pattern",
        "payload",
        "required",
        "sensitive",
        "sparse",
        "type",
        "union",
        "value",
        "wire_name",
        "wrapper",
    )

    members: dict[str, Member]
    member: Member
    key: Member
    value: Member

    def __init__(self, name: str, traits: Mapping[str, Any]) -> None:
        error = traits.get("error", {})
        self.name = name
        self.type: str = traits["type"]
        self.members = {}
        self.required: frozenset[str] = frozenset(traits.get("required", ()))
        self.payload: str | None = traits.get("payload")
        self.enum: tuple[str, ...] = tuple(traits.get("enum", ()))
        self.pattern: str | None = traits.get("pattern")
        self.minimum: float | None = traits.get("min")
        self.maximum: float | None = traits.get("max")
        self.union: bool = traits.get("union", False)
        self.event_stream: bool = traits.get("eventstream", False)
        self.event: bool = traits.get("event", False)
        self.exception: bool = traits.get("exception", False)
        self.error_code: str = error.get("code", name)
        self.error_status: int | None = error.get("httpStatusCode")
        self.fault: bool = traits.get("fault", error.get("fault", False))
        self.sparse: bool = traits.get("sparse", False)
        self.document: bool = traits.get("document", False)
        self.wrapper: bool = traits.get("wrapper", False)
        self.wire_name: str | None = traits.get("locationName")
        self.box: bool = traits.get("box", False)
        self.sensitive: bool = traits.get("sensitive", False)

    def __repr__(self) -> str:
        return f"<Shape {self.name}: {self.type}>"


class Operation:
    """One operation of a service: its shapes and its HTTP traits.

    `input` and `output` are None where the model has none.  `status` is the HTTP status of success.
    """

    def __init__(self, name: str, service: ServiceModel, traits: Mapping[str, Any]) -> None:
        http = traits["http"]
        self.name = name
        self.service = service
        self.method: str = http["method"]
        self.uri: str = http["requestUri"]
        self.status: int = http.get("responseCode", 200)
        self.input: Shape | None = None
        self.output: Shape | None = None
        self.input_name: str | None = None
        self.input_namespace: Mapping[str, str] | None = None
        self.result_wrapper: str | None = None
        if "input" in traits:
            self.input = service.shape(traits["input"]["shape"])
            self.input_name = traits["input"].get("locationName")
            self.input_namespace = traits["input"].get("xmlNamespace")
        if "output" in traits:
            self.output = service.shape(traits["output"]["shape"])
            self.result_wrapper = traits["output"].get("resultWrapper")
        self.error_names: tuple[str, ...] = tuple(error["shape"] for error in traits.get("errors", ()))
        self.host_prefix: str | None = traits.get("endpoint", {}).get("hostPrefix")
        self.auth: tuple[str, ...] = tuple(traits.get("auth", ()))
        self.auth_type: str | None = traits.get("authtype")
        self.unsigned_payload: bool = traits.get("unsignedPayload", False)
        self.checksum: Mapping[str, Any] = traits.get("httpChecksum", {})
        self.checksum_required: bool = traits.get("httpChecksumRequired", False)
        self.compression: Mapping[str, Any] = traits.get("requestcompression", {})
        self.readonly: bool = traits.get("readonly", False)

    @property
    def id(self) -> str:
        """`service.Operation`, for logs and messages."""
        return f"{self.service.name}.{self.name}"

    def __repr__(self) -> str:
        return f"<Operation {self.id}>"


class ServiceModel:
    """A service model: metadata, and operations and shapes built on demand.

    `name` is the directory under which botocore files the model (`sqs`, `s3`, `elbv2`), which is also the name of
    the boto3 client.
    """

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        metadata = document["metadata"]
        self.name = name
        self.metadata: Mapping[str, Any] = metadata
        self.api_version: str = metadata["apiVersion"]
        self.service_id: str = metadata["serviceId"]
        self.endpoint_prefix: str = metadata["endpointPrefix"]
        self.signing_name: str = metadata.get("signingName", metadata["endpointPrefix"])
        self.target_prefix: str | None = metadata.get("targetPrefix")
        self.json_version: str = metadata.get("jsonVersion", "1.0")
        self.xml_namespace: str | None = metadata.get("xmlNamespace")
        if self.xml_namespace is None and metadata["protocol"] == "rest-xml":
            self.xml_namespace = _input_namespace(document["operations"])
        self.query_compatible: bool = "awsQueryCompatible" in metadata
        self.protocol: str = metadata["protocol"]
        self.protocols: tuple[str, ...] = tuple(metadata.get("protocols") or (metadata["protocol"],))
        self._operations: Mapping[str, Any] = document["operations"]
        self._shapes: Mapping[str, Any] = document["shapes"]
        self._built_operations: dict[str, Operation] = {}
        self._built_shapes: dict[str, Shape] = {}

    @property
    def operation_names(self) -> tuple[str, ...]:
        """The names of all operations, in the model's order."""
        return tuple(self._operations)

    def operation(self, name: str) -> Operation:
        """The operation `name`; KeyError when the model has none of that name."""
        operation = self._built_operations.get(name)
        if operation is None:
            operation = self._built_operations[name] = Operation(name, self, self._operations[name])
        return operation

    def http_bindings(self) -> list[tuple[str, str, str]]:
        """(operation name, method, URI template) of each operation, without building any shape."""
        return [(name, raw["http"]["method"], raw["http"]["requestUri"]) for name, raw in self._operations.items()]

    def is_deprecated(self, operation_name: str) -> bool:
        """Whether the model says not to use the operation any more."""
        return bool(self._operations[operation_name].get("deprecated", False))

    def required_bindings(self, operation_name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The query parameters and the headers (lower case) that an operation requires, without building any shape."""
        reference = self._operations[operation_name].get("input")
        traits: Mapping[str, Any] = self._shapes[reference["shape"]] if reference else {}
        query: list[str] = []
        headers: list[str] = []
        for name in traits.get("required", ()):
            member = traits["members"][name]
            if member.get("location") == "querystring" and "locationName" in member:
                query.append(member["locationName"])
            elif member.get("location") == "header":
                headers.append(member["locationName"].lower())
        return tuple(query), tuple(headers)

    def shape(self, name: str) -> Shape:
        """The shape `name`; KeyError when the model has none of that name."""
        shape = self._built_shapes.get(name)
        if shape is not None:
            return shape
        traits = self._shapes[name]
        shape = self._built_shapes[name] = Shape(name, traits)
        for member_name, reference in traits.get("members", {}).items():
            shape.members[member_name] = self._member(member_name, reference)
        if shape.type == "list":
            shape.member = self._member("member", traits["member"])
        elif shape.type == "map":
            shape.key = self._member("key", traits["key"])
            shape.value = self._member("value", traits["value"])
        return shape

    def error_shapes(self) -> list[Shape]:
        """Every shape that the model marks as an exception."""
        return [self.shape(name) for name, traits in self._shapes.items() if traits.get("exception")]

    def error_shape(self, name: str) -> Shape | None:
        """The exception shape of that name, None when the model has none."""
        traits = self._shapes.get(name)
        return self.shape(name) if traits is not None and traits.get("exception") else None

    def _member(self, name: str, reference: Mapping[str, Any]) -> Member:
        target = reference["shape"]
        return Member(name, self.shape(target), reference, self._shapes[target])

    def __repr__(self) -> str:
        return f"<ServiceModel {self.name} {self.api_version}>"


def _input_namespace(operations: Mapping[str, Any]) -> str | None:
    """The namespace of a rest-xml service: the models give it with the inputs only."""
    for traits in operations.values():
        namespace = traits.get("input", {}).get("xmlNamespace")
        if namespace:
            uri: str = namespace["uri"]
            return uri
    return None
