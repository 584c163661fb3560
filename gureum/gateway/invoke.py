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
from gureum.api.context import Caller, Context, Kit, Obtain, Origin, Wait
from gureum.api.errors import ApiError, ClientDisconnected
from gureum.api.principal import ANONYMOUS, AccessKey
from gureum.base.clock import Clock
from gureum.base.log import Log
from gureum.gateway.audit import Recorder
from gureum.gateway.authenticate import Authenticator, region_of
from gureum.gateway.authority import Authority
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

_obtained_max: Final = 8
"""How often one request may ask for something outside of the state."""


class Client(Protocol):
    """The other end of the connection that a request came through."""

    address: str
    endpoint: str
    """Scheme, host and port by which the client reached the cloud."""
    secure: bool
    """Whether it came over TLS."""

    @property
    def gone(self) -> bool:
        """Whether it has closed the connection."""

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the client goes away."""


_NOBODY: Final = Caller(ANONYMOUS)


class Invocation:
    """One request on its way: what the stages learn about it."""

    __slots__ = (
        "arguments",
        "binding",
        "bytes_in",
        "caller",
        "client",
        "key",
        "obtained",
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
        self.caller = _NOBODY
        self.obtained: dict[str, Any] = {}
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
        authority: Authority,
        recorder: Recorder,
        store: Store,
        clock: Clock,
        kit: Kit,
    ) -> None:
        self.router = router
        self._authenticator = authenticator
        self._authority = authority
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
        if call.signed is None and call.route.takes_unsigned:
            return
        call.key = await self._authenticator.authenticate(call.signed, call.request, call.route.signing_name)
        call.caller = Caller(call.key.principal, call.key.session)

    def _parse(self, call: Invocation) -> None:
        route = call.route
        if route.refusal is not None:
            raise route.refusal
        assert route.service is not None
        call.binding = binding = route.service.binding(route.model, route.operation)
        assert binding is not None, "the router refuses operations without a binding"
        request = unwrap(binding.operation, call.request, call.signed, call.key.secret if call.key else "")
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
            response = await self._transact(call, readonly)
        except Wait as wait:
            response = await self._wait(call, wait.topic)
        if readonly:
            self._recorder.record(self._record(call, response.status, _length(response)))
        return response

    async def _transact(self, call: Invocation, readonly: bool) -> Response:
        """Run the handler; when it asks for something from outside, get it and run it again."""
        while True:
            try:
                return await self._store.transact(lambda tx: self._attempt(call, tx), readonly=readonly)
            except Obtain as wanted:
                assert len(call.obtained) < _obtained_max, f"{call.route.operation} asks for too much: {wanted.name}"
                try:
                    call.obtained[wanted.name] = await wanted.work()
                except ApiError as error:
                    call.obtained[wanted.name] = error

    def _attempt(self, call: Invocation, tx: Transaction) -> Response:
        """One run of the handler in one transaction."""
        binding = call.binding
        assert binding is not None
        if call.key is not None:
            call.key = self._authenticator.confirm(tx, call.key)
        ctx = self._context(call, tx)
        try:
            call.resources = self._authority.authorize(ctx, binding, call.values)
        finally:
            call.caller = ctx.caller
        result = binding.function(ctx, **call.arguments) or {}
        response = call.route.protocol.serialize(binding.operation, result, call.request_id)
        if not binding.readonly:
            shown = calls.shown(result, binding.hidden)
            self._recorder.record_in(tx, self._record(call, response.status, _length(response), shown=shown))
        return response

    def _context(self, call: Invocation, tx: Transaction) -> Context:
        assert call.route.service is not None
        headers = call.request.headers
        origin = Origin(
            region_of(call.signed),
            call.request_id,
            call.client.endpoint,
            call.client.address,
            call.started_ms,
            headers.get("user-agent", ""),
            headers.get("referer", ""),
            call.client.secure,
            self._clock.host_ms(),
        )
        caller = _NOBODY if call.key is None else Caller(call.key.principal, call.key.session)
        return Context(tx, caller, origin, self._clock.now_ms(), self._kit, call.route.service.name, call.obtained)

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
                        return await self._transact(call, binding.readonly)
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
        binding = call.binding
        return calls.record(
            call.caller,
            call.caller.principal.account,
            id=self._ids.uuid(),
            time_ms=call.started_ms,
            region=region_of(call.signed)[:_text_max],
            source=call.route.source,
            operation=call.route.operation[:_text_max],
            access_key_id=call.signed.access_key_id[:_text_max] if call.signed else "",
            source_ip=call.client.address,
            user_agent=call.request.headers.get("user-agent", "")[:1024],
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
            data=binding.endpoint.data if binding else "",
            secure=call.client.secure,
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
