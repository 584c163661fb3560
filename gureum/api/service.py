"""A service: a name, and operations that are plain functions.

    sqs = Service("sqs")

    @sqs.operation(resource=queue_arn)
    def get_queue_url(ctx: Context, queue_name: str, …) -> GetQueueUrlResult: ...

The function is bound to the model by its name and by its signature, both compared without case and underscores:
`get_queue_url` is GetQueueUrl, `max_number_of_messages` is MaxNumberOfMessages.  **The signature is what is
supported.**  A member that it does not name is refused, unless `harmless` lists it with the reason why leaving it out
changes nothing.  That holds inside structures too, where a parameter is annotated with a TypedDict.

Binding needs the model and is done when the service is first called, so that a service that nobody calls costs
nothing; a test binds every service.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Required, TypedDict, TypeVar, Unpack

from gureum.api.binding import Binding, Endpoint, bind
from gureum.api.context import Context
from gureum.api.guards import Also, Guardian, Identify, KeysOf, TagsOf
from gureum.wire.model import ServiceModel
from gureum.wire.validate import Wording

Handler = TypeVar("Handler", bound=Callable[..., Any])
Resource = Callable[[Context, Mapping[str, Any]], str | list[str]]


class Declared(TypedDict, total=False):
    """What an operation declares about itself, beside its signature."""

    action: str
    """The IAM action, when it is not the operation's own name."""
    resource: Required[Resource]
    """Gives the ARNs that the call concerns."""
    keys: KeysOf
    """Gives the condition keys that the request has because of what it asks for."""
    also: Also
    """Gives further permissions that it needs."""
    identify: Identify
    """Says who the caller is, for operations that are not signed."""
    unguarded: str
    """The reason why it needs no permission."""
    readonly: bool
    """Whether it may not write."""
    harmless: Mapping[str, str]
    """Members that are left out, each with the reason why that changes nothing."""
    hidden: frozenset[str]
    """Members of input or output that the record of calls does not show (`AccessKey.SecretAccessKey` for one inside a
    structure).  Those that the model calls sensitive need not be named."""
    data: str
    """CloudTrail's resource type, for data events (`AWS::SQS::Queue`)."""


def any_resource(ctx: Context, values: Mapping[str, Any]) -> str:
    """For actions that AWS lists without resource types."""
    return "*"


class Service:
    """The operations of one AWS service.

    `name` is what botocore calls the service.  `wording` says what is wrong with a request that breaks the model's
    constraints, where AWS says it differently for this service than for its protocol (`wire.validate`).  `guardian`
    gives the policy that a resource of the service has itself, `tags` its tags (`api.guards`).
    """

    def __init__(
        self,
        name: str,
        *,
        wording: Wording | None = None,
        guardian: Guardian | None = None,
        tags: TagsOf | None = None,
    ) -> None:
        self.name = name
        self.wording = wording
        self.guardian = guardian
        self.tags = tags
        self._endpoints: list[Endpoint] = []
        self._bindings: dict[int, dict[str, Binding]] = {}

    def operation(self, **declared: Unpack[Declared]) -> Callable[[Handler], Handler]:
        """Make the decorated function an operation; `Declared` says what is declared about it."""

        def register(function: Handler) -> Handler:
            self._endpoints.append(Endpoint(function, inspect.signature(function), **declared))
            return function

        return register

    def binding(self, model: ServiceModel, operation_name: str) -> Binding | None:
        """How to call `operation_name`, or None when this service does not have it.  The first call binds them all."""
        bindings = self._bindings.get(id(model))
        if bindings is None:
            bindings = self._bindings[id(model)] = bind(model, self._endpoints)
        return bindings.get(operation_name)

    @property
    def operations(self) -> int:
        """How many operations there are."""
        return len(self._endpoints)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The registered functions with what was declared about them."""
        return tuple(self._endpoints)

    def __repr__(self) -> str:
        return f"<Service {self.name}>"
