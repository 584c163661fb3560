"""The life of a request.

    route -> authenticate -> parse and validate -> authorize -> execute in a transaction -> serialize
                                                        |-> record: in the transaction, or within a second

Authorizing, executing, serializing and recording are one transaction: what is answered was allowed by the policies of
that moment, a result that cannot be serialized changes nothing, and no change goes unrecorded.  Everything that can go
wrong on the way becomes an answer in the caller's protocol in one place, `_refuse`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from gureum.api import calls
from gureum.api.binding import Binding
from gureum.api.calls import Call
from gureum.api.context import Context, Kit, Origin, Wait
from gureum.api.errors import ApiError, ClientDisconnected
from gureum.api.principal import AccessKey
from gureum.base.clock import Clock
from gureum.base.log import Log
from gureum.gateway.audit import Recorder
from gureum.gateway.authenticate import Authenticator, region_of
from gureum.gateway.authorize import Authorizer
from gureum.gateway.body import unwrap
from gureum.gateway.faults import error_value
from gureum.gateway.route import Route, Router
from gureum.state.store import Store, StoreError, Transaction
from gureum.wire import sigv4
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.http import Request, Response
from gureum.wire.sigv4 import SignedRequest
from gureum.wire.validate import to_error, validate

log = Log("gateway")

_text_max: Final = 128
"""Characters of region, operation and key id that are recorded: anybody may write what he likes there."""


class Client(Protocol):
    """The other end of the connection that a request came through."""

    address: str
    endpoint: str
    """Scheme, host and port by which the client reached the cloud."""

    @property
    def gone(self) -> bool:
        """Whether it has closed the connection."""

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the client goes away."""


class Invocation:
    """One request on its way: what the stages learn about it."""

    __slots__ = (
        "arguments",
        "binding",
        "bytes_in",
        "client",
        "key",
        "request",
        "request_id",
        "resources",
        "route",
        "signed",
        "started_ms",
        "unreadable",
        "values",
    )

    def __init__(self, request: Request, client: Client, request_id: str, started_ms: int) -> None:
        self.request = request
        self.client = client
        self.request_id = request_id
        self.started_ms = started_ms
        self.bytes_in = len(request.body) if isinstance(request.body, bytes) else 0
        self.signed: SignedRequest | None = None
        self.unreadable: WireError | None = None
        self.route: Route
        self.key: AccessKey | None = None
        self.binding: Binding | None = None
        self.values: dict[str, Any] = {}
        self.arguments: dict[str, Any] = {}
        self.resources: tuple[str, ...] = ()


class Gateway:
    """Takes requests through their life.  Holds no state of its own."""

    def __init__(
        self,
        *,
        router: Router,
        authenticator: Authenticator,
        authorizer: Authorizer,
        recorder: Recorder,
        store: Store,
        clock: Clock,
        kit: Kit,
    ) -> None:
        self.router = router
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._recorder = recorder
        self._store = store
        self._clock = clock
        self._kit = kit
        self._ids = kit.ids

    async def invoke(self, request: Request, client: Client) -> Response:
        """Answer `request`.  Whatever goes wrong is an answer too."""
        call = self._begin(request, client)
        try:
            await self._authenticate(call)
            self._parse(call)
            return await self._execute(call)
        except Exception as error:  # noqa: BLE001  every failure is answered, and logged unless it is the client's
            return self._refuse(call, error)

    def refuse(self, request: Request, client: Client, error: ApiError) -> Response:
        """Answer a request that cannot be invoked because it could not be read whole."""
        return self._refuse(self._begin(request, client), error)

    def _begin(self, request: Request, client: Client) -> Invocation:
        call = Invocation(request, client, self._ids.uuid(), self._clock.now_ms())
        try:
            call.signed = sigv4.parse(request)
        except WireError as error:
            call.unreadable = error  # raised when it is checked: to answer at all, the route has to be known
        call.route = self.router.route(request, call.signed.service if call.signed else None)
        return call

    async def _authenticate(self, call: Invocation) -> None:
        if call.unreadable is not None:
            raise call.unreadable
        call.key = await self._authenticator.authenticate(call.signed, call.request, call.route.signing_name)

    def _parse(self, call: Invocation) -> None:
        route = call.route
        if route.refusal is not None:
            raise route.refusal
        assert route.service is not None and call.key is not None
        call.binding = binding = route.service.binding(route.model, route.operation)
        assert binding is not None, "the router refuses operations without a binding"
        request = unwrap(binding.operation, call.request, call.signed, call.key.secret)
        values = route.protocol.parse(binding.operation, request, route.labels)
        _add_request_url(binding, values, call)
        call.values = values
        shape = binding.operation.input
        violations = validate(shape, values) if shape is not None else None
        if violations:
            raise to_error(violations, route.protocol.name, route.service.wording)
        call.arguments = binding.arguments(values)

    async def _execute(self, call: Invocation) -> Response:
        binding = call.binding
        assert binding is not None
        readonly = binding.readonly
        try:
            response = await self._store.transact(lambda tx: self._attempt(call, tx), readonly=readonly)
        except Wait as wait:
            response = await self._wait(call, wait.topic)
        if readonly:
            self._recorder.record(self._record(call, response.status, _length(response)))
        return response

    def _attempt(self, call: Invocation, tx: Transaction) -> Response:
        """One run of the handler in one transaction."""
        binding, key = call.binding, call.key
        assert binding is not None and key is not None
        region = region_of(call.signed)
        origin = Origin(region, call.request_id, call.client.endpoint, call.client.address, call.started_ms)
        ctx = Context(tx, key.principal, origin, self._clock.now_ms(), self._kit)
        resources = binding.resource(ctx, call.values)
        call.resources = (resources,) if isinstance(resources, str) else tuple(resources)
        self._authorizer.authorize(ctx, binding.action, call.resources)
        result = binding.function(ctx, **call.arguments) or {}
        response = call.route.protocol.serialize(binding.operation, result, call.request_id)
        if not binding.readonly:
            shown = calls.shown(result, binding.hidden)
            self._recorder.record_in(tx, self._record(call, response.status, _length(response), shown=shown))
        return response

    async def _wait(self, call: Invocation, topic: bytes) -> Response:
        """Run the handler whenever there may be news on `topic`, until it answers.

        The place in the queue is taken before the first look, so nothing is missed in between.
        """
        binding = call.binding
        assert binding is not None
        with self._store.listen(topic) as listener:
            call.client.watch(listener.interrupt)
            unsubscribe = self._clock.subscribe(listener.interrupt)
            try:
                while True:
                    try:
                        return await self._store.transact(lambda tx: self._attempt(call, tx), readonly=binding.readonly)
                    except Wait as wait:
                        assert wait.topic == topic, "a handler waits for one topic"
                        left_ms = 0 if call.client.gone else max(wait.until_ms - self._clock.now_ms(), 1)
                    notified = await listener.wait(left_ms / 1000)
                    if call.client.gone:
                        listener.notified = notified  # which hands it on to the next in the queue
                        raise ClientDisconnected
            finally:
                unsubscribe()

    def _refuse(self, call: Invocation, error: Exception) -> Response:
        route = call.route
        fault = error_value(error, route.model, route.protocol.name)
        if not isinstance(error, ApiError | WireError | StoreError):
            operation = f"{route.source}:{route.operation}"
            log.error("bug", cause=error, request_id=call.request_id, operation=operation)
        response = route.protocol.serialize_error(route.model, fault, call.request_id)
        self._recorder.record(self._record(call, fault.status, _length(response), fault=fault))
        return response

    def _record(
        self, call: Invocation, status: int, bytes_out: int, *, shown: bytes = b"", fault: ErrorValue | None = None
    ) -> Call:
        binding, headers = call.binding, call.request.headers
        principal = call.key.principal if call.key else None
        return Call(
            id=self._ids.uuid(),
            time_ms=call.started_ms,
            account=principal.account if principal else "",
            region=region_of(call.signed)[:_text_max],
            source=call.route.source,
            operation=call.route.operation[:_text_max],
            principal_type=principal.type if principal else "Anonymous",
            principal_arn=principal.arn if principal else "",
            principal_id=principal.id if principal else "",
            access_key_id=call.signed.access_key_id[:_text_max] if call.signed else "",
            source_ip=call.client.address,
            user_agent=headers.get("user-agent", "")[:1024],
            request_id=call.request_id,
            readonly=binding.readonly if binding else False,
            status=status,
            bytes_in=call.bytes_in,
            bytes_out=bytes_out,
            error_code=fault.code if fault else "",
            error_message=fault.message[:1024] if fault else "",
            parameters=calls.shown(call.values, binding.hidden) if binding else b"",
            response=shown,
            resources=call.resources,
        )


def _add_request_url(binding: Binding, values: dict[str, Any], call: Invocation) -> None:
    """A query request to a resource's own URL (SQS: the queue's) names the resource by that URL."""
    member = binding.operation.service.metadata.get("requestUrlMember")
    operation_input = binding.operation.input
    if member is None or call.request.path == "/" or operation_input is None:
        return
    if member in operation_input.members and member not in values:
        values[member] = f"{call.client.endpoint}{call.request.path}"


def _length(response: Response) -> int:
    return len(response.body) if isinstance(response.body, bytes) else 0
