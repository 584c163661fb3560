"""A gateway inside the test: real sockets and real requests, with services, keys and a clock of the test's own.

Where a whole cloud in a process of its own would not do: to serve operations that no service has, with credentials
that nothing can create yet, at a time that the test sets.  The parts are those of `gureum.main`; only the store is in
memory.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from gureum.api import calls
from gureum.api.calls import Call
from gureum.api.context import Kit
from gureum.api.principal import AccessKey, root
from gureum.api.service import Service
from gureum.api.vault import Vault
from gureum.base.clock import Clock, host_ms
from gureum.base.ids import Ids
from gureum.gateway.audit import Recorder
from gureum.gateway.authenticate import Authenticator
from gureum.gateway.authority import Authority
from gureum.gateway.front import Front
from gureum.gateway.invoke import Gateway
from gureum.gateway.route import Router
from gureum.gateway.server import Server
from gureum.identity.keyring import KeyRing
from gureum.state.memory import MemoryStore
from gureum.state.paging import Pager
from tests.support.clients import make_client

T = TypeVar("T")

ACCOUNT = "111122223333"
ROOT_KEY = AccessKey("test", "test", root(ACCOUNT))
VAULT = Vault(bytes(32))
"""What these houses seal with."""


class Parts:
    """The parts of a cloud, connected; `open` and `close` belong to one event loop."""

    def __init__(
        self,
        services: Iterable[Service],
        keys: list[AccessKey] | None = None,
        host: Callable[[], int] = host_ms,
        secret_keys: bool = False,
    ) -> None:
        services = tuple(services)
        self.store = MemoryStore(rehearse=True)
        self.clock = Clock(host)
        self.recorder = Recorder(self.store)
        ring = KeyRing(self.store, self.clock, VAULT, [ROOT_KEY] if keys is None else keys, open_accounts=True)
        authority = Authority(services, self.recorder)
        self.gateway = Gateway(
            router=Router(services),
            authenticator=Authenticator(ring, self.clock),
            authority=authority,
            recorder=self.recorder,
            store=self.store,
            clock=self.clock,
            kit=Kit(Ids(), Pager(b"0123456789abcdef"), VAULT, authority),
        )
        self.front = Front(self.gateway, lambda: {"status": "running"}, secret_keys)
        self.server = Server(self.front)
        self._listening: asyncio.Server
        self._sweeper: asyncio.Task[None]
        self.port = 0

    async def open(self) -> None:
        """Serve on a free port of the loopback interface."""
        await self.store.open()
        self.recorder.start()
        self._listening = await asyncio.get_running_loop().create_server(self.server.connect, "127.0.0.1", 0)
        self._sweeper = asyncio.create_task(self.server.sweep())
        self.port = self._listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop serving."""
        self._listening.close()
        await self.server.finish()
        self._sweeper.cancel()
        await self.recorder.stop()
        await self.store.close()

    async def let_time_end_all(self) -> None:
        """What deadlines do in time: whatever is not whole yet ends, once all that was sent is answered."""
        for _ in range(10):
            await asyncio.sleep(0)
        while tasks := [connection.task for connection in self.server.connections if connection.task is not None]:
            await asyncio.wait(tasks)
        for connection in tuple(self.server.connections):
            connection.expire(math.inf)

    async def recorded(self) -> list[Call]:
        """Every call so far, the oldest first."""
        await self.recorder.flush()
        return await self.store.transact(calls.pending.scan, readonly=True)


class House:
    """Parts that live in a thread, for clients that block."""

    def __init__(self, parts: Parts, loop: asyncio.AbstractEventLoop) -> None:
        self.parts = parts
        self._loop = loop

    @property
    def port(self) -> int:
        return self.parts.port

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` where the parts live."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def recorded(self) -> list[Call]:
        """Every call so far, the oldest first."""
        return self.run(self.parts.recorded())

    def advance(self, seconds: int) -> None:
        """Put the clock forward."""

        async def put() -> None:
            self.parts.clock.advance_to(self.parts.clock.offset_ms + seconds * 1000)

        self.run(put())

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client."""
        return make_client(service, f"http://localhost:{self.port}", **options)


@contextmanager
def serving(*services: Service, **options: Any) -> Iterator[House]:
    """A house for the length of a block; `options` are those of `Parts`."""
    parts = Parts(services, **options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    house = House(parts, loop)
    house.run(parts.open())
    try:
        yield house
    finally:
        house.run(parts.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
