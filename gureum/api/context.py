"""What a handler knows of the call it serves.

Handlers are deterministic: time, identifiers and the state come from the context and from nowhere else, so a
transaction can run again after a conflict, and a test needs no patching.  Effects outside the state go through
`after_commit` or are left to a controller.

A handler that finds nothing to answer yet gives up with `ctx.wait(topic, until_ms)`: its transaction leaves no trace,
and it runs again from the start once the topic is notified or the clock gets there.  (Software transactional memory
calls this `retry`: Harris, Marlow, Peyton Jones, Herlihy, "Composable memory transactions", 2005.)  So a long poll
reads like any other operation, and no wake-up is lost between looking and waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, Protocol, TypeVar

import msgspec

from gureum.api.principal import Principal, Session, service_principal
from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.base.topology import PARTITION
from gureum.state.paging import Pager
from gureum.state.store import Transaction

T = TypeVar("T")


class Wait(Exception):
    """The handler wants to run again when `topic` is notified, at the latest at `until_ms` of cloud time."""

    def __init__(self, topic: bytes, until_ms: int) -> None:
        super().__init__(topic, until_ms)
        self.topic = topic
        self.until_ms = until_ms


class Obtain(Exception):
    """The handler wants to run again when `work`, which is outside of the state, has given the value of `name`."""

    def __init__(self, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(name)
        self.name = name
        self.work = work


class Origin(msgspec.Struct, frozen=True):
    """Where a call comes from.

    `endpoint` is the scheme, host and port by which the client reached the cloud, `started_ms` when it did.  `secure`
    says whether it came over TLS.  `host_ms` is the host's time, for what clients make on their own clocks.
    """

    region: str
    request_id: str
    endpoint: str
    source_ip: str
    started_ms: int
    user_agent: str = ""
    referer: str = ""
    secure: bool = False
    host_ms: int = 0


class Caller(msgspec.Struct, frozen=True):
    """Who makes a call.

    `via` are the services through which a principal's call came here (`aws:CalledVia`), the first one first.
    `source_arn` is for service principals: the resource on whose behalf the service acts (`aws:SourceArn`).
    """

    principal: Principal
    session: Session | None = None
    via: tuple[str, ...] = ()
    source_arn: str = ""


class Authority(Protocol):
    """What decides about calls, and lets services call each other (the gateway)."""

    def call(self, ctx: Context, service: str, operation: str, members: Mapping[str, Any], caller: Caller) -> Any:
        """Invoke an operation of another service within the transaction of `ctx`; its result."""

    def require(self, ctx: Context, action: str, resource: str, keys: Mapping[str, str | tuple[str, ...]]) -> None:
        """Raise AccessDenied unless the caller may do `action` on `resource`."""


class Kit(msgspec.Struct, frozen=True):
    """What handlers work with, the same for every call.  `authority` is None where nobody calls through a gateway."""

    ids: Ids
    pager: Pager
    vault: Vault
    authority: Authority | None = None


class Context:
    """One attempt at a call.

    `account` and `region` are the ones the call is made in, `caller` and `principal` is who makes it; for the rest of
    where it comes from see `Origin`.  `now_ms` is when this attempt started, which after a wait is not when the call
    did.  `tx` is the transaction of this attempt.  `pager` makes and reads pagination tokens, `vault` seals what is to
    be stored encrypted, `kit` is all of these together.  `service` is the name of the service that is called.
    """

    __slots__ = (
        "_obtained",
        "account",
        "caller",
        "endpoint",
        "ids",
        "kit",
        "now_ms",
        "origin",
        "pager",
        "principal",
        "region",
        "request_id",
        "service",
        "source_ip",
        "started_ms",
        "tx",
        "vault",
    )

    def __init__(
        self,
        tx: Transaction,
        caller: Caller,
        origin: Origin,
        now_ms: int,
        kit: Kit,
        service: str = "",
        obtained: Mapping[str, Any] | None = None,
    ) -> None:
        self.tx = tx
        self.caller = caller
        self.principal = caller.principal
        self.account = caller.principal.account
        self.origin = origin
        self.region = origin.region
        self.request_id = origin.request_id
        self.endpoint = origin.endpoint
        self.source_ip = origin.source_ip
        self.started_ms = origin.started_ms
        self.now_ms = now_ms
        self.service = service
        self.ids = kit.ids
        self.pager = kit.pager
        self.vault = kit.vault
        self.kit = kit
        self._obtained = obtained or {}

    def become(self, caller: Caller) -> None:
        """Go on as `caller`, who has just been found out: for operations that are not signed."""
        self.caller = caller
        self.principal = caller.principal
        self.account = caller.principal.account

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the calling account in the region of the call."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account}:{resource}"

    def new_id(self) -> str:
        """A new UUID."""
        return self.ids.uuid()

    def notify(self, topic: bytes, count: int = 1) -> None:
        """After the commit, wake `count` of those who wait for `topic`, in every process."""
        self.tx.notify(topic, count)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Call `effect` once this call's writes are durable; never, when they are not."""
        self.tx.after_commit(effect)

    def wait(self, topic: bytes, until_ms: int) -> NoReturn:
        """Give up this attempt and run again when `topic` is notified, at the latest at `until_ms`."""
        assert until_ms > self.now_ms, "a handler that waits for the past would never answer"
        raise Wait(topic, until_ms)

    def obtain(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives, which is done between two attempts: asking another server, a long computation.

        The first attempt is given up; the next one finds the value under `name`.  What `work` raises is raised here.
        """
        if name not in self._obtained:
            raise Obtain(name, work)
        value = self._obtained[name]
        if isinstance(value, Exception):
            raise value
        found: T = value
        return found

    def call(self, service: str, operation: str, members: Mapping[str, Any], *, source_arn: str | None = None) -> Any:
        """Invoke an operation of another service, within this transaction: validated, authorized and recorded.

        It is made with the caller's identity, through this service.  With `source_arn` it is made by this service
        itself, on behalf of that resource.  What it raises ends this call as well: its writes cannot be taken back by
        themselves.
        """
        assert self.kit.authority is not None, "calls between services need a gateway"
        host = f"{self.service}.amazonaws.com"
        if source_arn is None:
            caller = msgspec.structs.replace(self.caller, via=(*self.caller.via, host))
        else:
            caller = Caller(service_principal(host), source_arn=source_arn)
        return self.kit.authority.call(self, service, operation, members, caller)

    def require(self, action: str, resource: str, keys: Mapping[str, str | tuple[str, ...]] | None = None) -> None:
        """Raise AccessDenied unless the caller may do `action` on `resource`, for what only the handler can know."""
        assert self.kit.authority is not None, "authorization needs a gateway"
        self.kit.authority.require(self, action, resource, keys or {})
