"""Authorization, and calls from service to service.

A call between services is an invocation like any other: its input is validated against the model, it is authorized,
and it leaves a record.  Only the way is shorter: no HTTP, and the transaction is that of the call it is part of, so
both happen or neither does.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from gureum.api import calls, models
from gureum.api.binding import Binding
from gureum.api.context import Caller, Context
from gureum.api.errors import ApiError, NotSupported
from gureum.api.policy.model import KeyValue
from gureum.api.service import Service
from gureum.gateway.audit import Recorder
from gureum.gateway.authorize import Authorizer
from gureum.wire.validate import to_error, validate


class Authority:
    """What decides about calls, and carries those that services make."""

    def __init__(self, services: Iterable[Service], recorder: Recorder) -> None:
        self._services = {service.name: service for service in services}
        self._authorizer = Authorizer(self._services.values())
        self._recorder = recorder

    def authorize(self, ctx: Context, binding: Binding, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The ARNs that a call concerns, if it may be made.  Raises AccessDenied."""
        return self._authorizer.authorize(ctx, binding, values)

    def require(self, ctx: Context, action: str, resource: str, keys: Mapping[str, KeyValue]) -> None:
        """Raise AccessDenied unless the caller may do `action` on `resource`."""
        self._authorizer.require(ctx, action, resource, keys)

    def has(self, service: str) -> bool:
        """Whether this cloud has the service."""
        return service in self._services

    def call(self, ctx: Context, service: str, operation: str, members: Mapping[str, Any], caller: Caller) -> Any:
        """Invoke an operation of another service within the transaction of `ctx`; its result."""
        binding = self._binding(service, operation)
        model = binding.operation.service
        shape = binding.operation.input
        violations = validate(shape, members) if shape is not None else None
        if violations:
            raise to_error(violations, model.protocol, self._services[service].wording)
        arguments = binding.arguments(members)
        origin = msgspec.structs.replace(ctx.origin, source_ip=f"{ctx.service}.amazonaws.com")
        inner = Context(ctx.tx, caller, origin, ctx.now_ms, ctx.kit, service)
        inner.account = inner.account or ctx.account
        resources: tuple[str, ...] = ()
        result: Any = {}
        refusal: ApiError | None = None
        try:
            resources = self._authorizer.authorize(inner, binding, members)
            result = binding.function(inner, **arguments) or {}
        except ApiError as error:
            refusal = error
            raise
        finally:
            self._record(inner, binding, members, resources, result, refusal)
        return result

    def _binding(self, service: str, operation: str) -> Binding:
        found = self._services.get(service)
        binding = None if found is None else found.binding(models.load(service), operation)
        if binding is None:
            raise NotSupported(f"{service}:{operation} is not supported by Gureum.")
        return binding

    def _record(
        self,
        ctx: Context,
        binding: Binding,
        members: Mapping[str, Any],
        resources: tuple[str, ...],
        result: Mapping[str, Any],
        refusal: ApiError | None,
    ) -> None:
        host = ctx.origin.source_ip
        recorded = calls.record(
            ctx.caller,
            ctx.account,
            id=ctx.ids.uuid(),
            time_ms=ctx.now_ms,
            region=ctx.region,
            source=f"{binding.operation.service.endpoint_prefix}.amazonaws.com",
            operation=binding.operation.name,
            access_key_id="",
            source_ip=host,
            user_agent=host,
            request_id=ctx.new_id(),
            readonly=binding.readonly,
            status=200 if refusal is None else refusal.status,
            bytes_in=0,
            bytes_out=0,
            error_code="" if refusal is None else refusal.name(),
            error_message="" if refusal is None else refusal.text,
            parameters=calls.shown(members, binding.hidden),
            response=b"" if binding.readonly else calls.shown(result, binding.hidden),
            resources=resources,
            data=binding.endpoint.data,
            secure=True,
        )
        if refusal is not None:
            self._recorder.record(recorded)
        elif binding.readonly:
            ctx.after_commit(partial(self._recorder.record, recorded))
        else:
            self._recorder.record_in(ctx.tx, recorded)
