"""Which service, operation and protocol a request means, from the models alone.

A request says what it wants in one of four ways, and each protocol has exactly one of them:

- json: the header `X-Amz-Target: Prefix.Operation`, where the prefix belongs to one service;
- rpc-v2-cbor: the header `Smithy-Protocol` and the path `/service/PREFIX/operation/OPERATION`;
- query and ec2: the parameters `Action` and `Version`, in the query string or a form body, for the service that the
  signature names, or without one for the service that has such an operation that nobody signs;
- rest-json and rest-xml: method and path, for the service that the signature names.

Routing never fails: what no service here answers becomes a `Route` with a refusal, which the gateway raises once the
caller is authenticated, in the protocol that the caller speaks.

Source: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs

import msgspec

from gureum.api import models
from gureum.api.errors import ApiError, NotSupported
from gureum.api.service import Service
from gureum.wire.errors import WireError
from gureum.wire.http import Request
from gureum.wire.model import ServiceModel
from gureum.wire.protocol import WireProtocol
from gureum.wire.protocols import PROTOCOLS
from gureum.wire.uri import UriTable, service_routes

_REST = ("rest-json", "rest-xml")
_QUERY = ("query", "ec2")
_FORM = "application/x-www-form-urlencoded"


class Route(msgspec.Struct, frozen=True):
    """Where a request goes.

    `model` is the service's model, an outline of it where this cloud does not have the service, or UNKNOWN.  `service`
    is set unless there is a `refusal`.  `source` names the service for the record.
    """

    protocol: WireProtocol
    model: ServiceModel
    service: Service | None
    operation: str
    labels: Mapping[str, str] = {}
    refusal: ApiError | WireError | None = None

    @property
    def source(self) -> str:
        """The service as CloudTrail names it."""
        return f"{self.model.endpoint_prefix}.amazonaws.com"

    @property
    def takes_unsigned(self) -> bool:
        """Whether the operation is one that nobody signs, as those that give out the first credentials."""
        return self.refusal is None and self.model.operation(self.operation).auth_type == "none"

    @property
    def signing_name(self) -> str | None:
        """What the request has to be signed for; None when nobody knows."""
        return None if self.model is models.UNKNOWN else self.model.signing_name


class Router:
    """Routes for a fixed list of services."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = {service.name: service for service in services}
        self._by_target: dict[str, Service] = {}
        self._by_signing_name: dict[str, list[Service]] = {}
        self._tables: dict[str, UriTable] = {}
        for service in self._services.values():
            metadata = models.metadata(service.name)
            self._by_signing_name.setdefault(metadata.signed_as, []).append(service)
            if metadata.target_prefix:
                self._by_target[metadata.target_prefix] = service

    @property
    def services(self) -> tuple[Service, ...]:
        """All services, in the order given."""
        return tuple(self._services.values())

    def route(self, request: Request, signed_service: str | None) -> Route:
        """The route of `request`; `signed_service` is the service in its credential scope, if it has one."""
        headers = request.headers
        target = headers.get("x-amz-target")
        if target is not None:
            return self._rpc("json", *_split_target(target))
        if headers.get("smithy-protocol") == "rpc-v2-cbor":
            parts = request.path.split("/")
            if len(parts) == 5 and parts[1] == "service" and parts[3] == "operation":
                return self._rpc("smithy-rpc-v2-cbor", parts[2], parts[4])
            return _refused("smithy-rpc-v2-cbor", models.UNKNOWN, request.path)
        action, version = _action(request)
        if action is not None:
            return self._query(action, version, signed_service)
        return self._rest(request, signed_service)

    def _rpc(self, protocol: str, target: str, operation: str) -> Route:
        service = self._by_target.get(target)
        if service is None or protocol not in models.protocols(service.name):
            name = models.by_target_prefix().get(target)
            return _refused(protocol, _outline(name), operation)
        return _routed(protocol, service, operation)

    def _query(self, action: str, version: str | None, signed_service: str | None) -> Route:
        candidates = self._by_signing_name.get(signed_service or "", [])
        for service in candidates:
            protocol = _spoken(service.name, _QUERY)
            if protocol and version in (None, models.metadata(service.name).api_version):
                return _routed(protocol, service, action)
        unsigned = self._unsigned(action, version) if signed_service is None else None
        if unsigned is not None:
            return unsigned
        others = [name for name in models.by_signing_name().get(signed_service or "", []) if _spoken(name, _QUERY)]
        fitting = [name for name in others if models.metadata(name).api_version == version] or others
        protocol = (_spoken(fitting[0], _QUERY) if fitting else None) or "query"
        return _refused(protocol, _outline(fitting[0] if fitting else None), action)

    def _unsigned(self, action: str, version: str | None) -> Route | None:
        """The operation of that API version that nobody signs."""
        for service in self._services.values():
            protocol = _spoken(service.name, _QUERY)
            if protocol and version == models.metadata(service.name).api_version:
                route = _routed(protocol, service, action)
                if route.takes_unsigned:
                    return route
        return None

    def _rest(self, request: Request, signed_service: str | None) -> Route:
        here = [service.name for service in self._by_signing_name.get(signed_service or "", [])]
        everywhere = models.by_signing_name().get(signed_service or "", [])
        for name in (*here, *(name for name in everywhere if name not in here)):
            protocol = _spoken(name, _REST)
            if protocol is None:
                continue
            table = self._table(name) if name in self._services else _foreign_table(name)
            try:
                found = table.match(request.method, request.path, request.query, request.headers)
            except WireError as error:
                return Route(PROTOCOLS[protocol], models.outline(name), None, request.path, refusal=error)
            if found is None:
                continue
            operation, labels = found
            if name in self._services:
                return _routed(protocol, self._services[name], operation, labels)
            return _refused(protocol, models.outline(name), operation)
        protocol = models.metadata(everywhere[0]).protocol if everywhere else "rest-json"
        return _refused(protocol, _outline(everywhere[0] if everywhere else None), f"{request.method} {request.path}")

    def _table(self, name: str) -> UriTable:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = UriTable(service_routes(models.load(name)))
        return table


@lru_cache(maxsize=16)
def _foreign_table(name: str) -> UriTable:
    """The routes of a service that this cloud does not have, to name what is asked for; few are kept, no model is."""
    return UriTable(service_routes(models.read(name)))


def _outline(name: str | None) -> ServiceModel:
    return models.UNKNOWN if name is None else models.outline(name)


def _routed(protocol: str, service: Service, operation: str, labels: Mapping[str, str] | None = None) -> Route:
    model = models.load(service.name, protocol)
    if service.binding(model, operation) is None:
        return _refused(protocol, model, operation)
    return Route(PROTOCOLS[protocol], model, service, operation, labels or {})


def _refused(protocol: str, model: ServiceModel, operation: str) -> Route:
    if model is models.UNKNOWN:
        refusal = NotSupported(f"No AWS service that Gureum knows has the operation {operation or '(none)'}.")
    else:
        refusal = NotSupported(f"The operation {model.signing_name}:{operation} is not supported by Gureum.")
    return Route(PROTOCOLS[protocol], model, None, operation, refusal=refusal)


def _spoken(name: str, protocols: tuple[str, ...]) -> str | None:
    return next((protocol for protocol in models.protocols(name) if protocol in protocols), None)


def _split_target(target: str) -> tuple[str, str]:
    prefix, _, operation = target.rpartition(".")
    return prefix, operation


def _action(request: Request) -> tuple[str | None, str | None]:
    """`Action` and `Version`, from the query string or a form body."""
    if "Action=" in request.query:
        parameters = parse_qs(request.query)
    elif request.headers.get("content-type", "").startswith(_FORM) and isinstance(request.body, bytes):
        if b"Action=" not in request.body:
            return None, None
        return _peek(request.body, b"Action="), _peek(request.body, b"Version=")
    else:
        return None, None
    return parameters["Action"][0] if "Action" in parameters else None, parameters.get("Version", [None])[0]


def _peek(form: bytes, name: bytes) -> str | None:
    """One plain parameter of a form, without decoding the whole of it."""
    start = 0 if form.startswith(name) else form.find(b"&" + name) + 1
    if start == 0 and not form.startswith(name):
        return None
    return form[start + len(name) :].split(b"&", 1)[0].decode("latin-1")
