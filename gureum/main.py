"""The composition root: opens the store, lists the services, starts gateway and controllers.

Everything that the cloud consists of is named here and nowhere looked for.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from gureum import __version__
from gureum.api.certificates import CertificateError
from gureum.api.context import Kit
from gureum.api.principal import AccessKey, root
from gureum.api.service import Service
from gureum.api.vault import Vault, VaultError
from gureum.base import log as logging
from gureum.base.addresses import is_loopback
from gureum.base.clock import Clock, host_ms, to_datetime
from gureum.base.ids import Ids
from gureum.control.clock import Keeper
from gureum.control.controller import Controller, Pass
from gureum.control.lease import Leadership
from gureum.control.runner import Runner
from gureum.control.timers import timers
from gureum.gateway.audit import Recorder
from gureum.gateway.authenticate import Authenticator
from gureum.gateway.authority import Authority
from gureum.gateway.front import Front
from gureum.gateway.invoke import Gateway
from gureum.gateway.route import Router
from gureum.gateway.server import Server, listen
from gureum.gateway.tls import Tls, server_names
from gureum.home import AlreadyRunning, DamagedSecret, Home
from gureum.identity.keyring import KeyRing
from gureum.identity.tables import ensure_account
from gureum.services.cloud import cloud
from gureum.services.cloud.controllers import controllers as cloud_passes
from gureum.services.cloud.records import Facts, Offering
from gureum.services.cloud.service import OWNER
from gureum.services.cloud.tables import write_facts
from gureum.services.cloudtrail import cloudtrail
from gureum.services.cloudtrail.controllers import controllers as cloudtrail_passes
from gureum.services.cloudtrail.courier import Courier, NoBuckets
from gureum.services.cloudtrail.librarian import Librarian
from gureum.services.iam import iam
from gureum.services.iam.controllers import controllers as iam_passes
from gureum.services.organizations import organizations
from gureum.services.organizations.controllers import controllers as organizations_passes
from gureum.services.sqs import sqs
from gureum.services.sqs.controllers import controllers as sqs_passes
from gureum.services.sts import sts
from gureum.state.paging import Pager
from gureum.state.sqlite import SqliteStore
from gureum.state.store import Store, StoreFull, StoreUnavailable, Transaction
from gureum.workers import Workers

SERVICES: Final[tuple[Service, ...]] = (cloud, cloudtrail, iam, organizations, sqs, sts)
PASSES: Final[tuple[Pass, ...]] = (
    *cloud_passes,
    *cloudtrail_passes,
    *iam_passes,
    *organizations_passes,
    *sqs_passes,
    timers.controller(),
)

log = logging.Log("main")


class Settings(msgspec.Struct, frozen=True):
    """How a cloud is to run.  `state` is None for the embedded store, or a PostgreSQL URL."""

    data: Path
    port: int = 4566
    host: str = "127.0.0.1"
    workers: int = 1
    state: str | None = None
    tls: bool = False

    @property
    def secure(self) -> bool:
        """Whether the cloud serves TLS and nothing else: beyond loopback always."""
        return self.tls or not is_loopback(self.host)


def run(settings: Settings) -> int:
    """Run a cloud until it is told to stop; its exit code."""
    logging.configure()
    home = Home(settings.data)
    try:
        home.open()
        vault = Vault(home.root_secret())
        sockets = listen(settings.host, settings.port, settings.workers)
        tls = _tls(settings, home, sockets[0])
    except (AlreadyRunning, CertificateError, DamagedSecret, OSError) as error:
        log.error("cannot start", why=error)
        return 1
    try:
        return _run(settings, home, vault, sockets, tls)
    finally:
        home.close()


def _run(settings: Settings, home: Home, vault: Vault, sockets: list[socket.socket], tls: Tls | None) -> int:
    keys = _root_keys(settings, home)

    def ready() -> None:
        try:
            home.announce(_announcement(settings, sockets[0]))
        except OSError as error:
            log.warning("the command will not find this cloud", why=error)
        log.info("ready", version=__version__, host=settings.host, port=sockets[0].getsockname()[1])

    def work(number: int, started: Callable[[], None]) -> int:
        worker = Worker(settings, home, keys, vault, sockets[number], tls, number, started)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(worker.serve())

    if settings.workers == 1:
        return work(0, ready)
    return Workers(settings.workers, work).run(ready)


def _root_keys(settings: Settings, home: Home) -> list[AccessKey]:
    """The root key of this cloud, and on loopback the key that everybody knows."""
    keys = [home.root_key(OWNER)]
    if is_loopback(settings.host):
        keys.append(AccessKey("test", "test", root(OWNER)))
    return keys


def _tls(settings: Settings, home: Home, sock: socket.socket) -> Tls | None:
    """What TLS needs when the cloud serves it.  Made before the workers are, which share it."""
    if not settings.secure:
        return None
    address = sock.getsockname()[0]
    return Tls(lambda: home.server_certificate(server_names(settings.host, address)))


def _announcement(settings: Settings, sock: socket.socket) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "scheme": _scheme(settings),
        "host": settings.host,
        "port": sock.getsockname()[1],
        "workers": settings.workers,
        "started": to_datetime(host_ms()).isoformat(),
        "state": settings.state,
    }


def _scheme(settings: Settings) -> str:
    return "https" if settings.secure else "http"


def open_store(settings: Settings, home: Home, on_failure: Callable[[StoreUnavailable], None]) -> Store:
    """The store that the settings name."""
    if settings.state is None:
        return SqliteStore(home.state, on_failure=on_failure)
    from gureum.state.postgres import PostgresStore

    return PostgresStore(settings.state)


class Worker:
    """One process that serves the cloud."""

    def __init__(
        self,
        settings: Settings,
        home: Home,
        keys: list[AccessKey],
        vault: Vault,
        sock: socket.socket,
        tls: Tls | None,
        number: int,
        started: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._sock = sock
        self._tls = tls
        self._started = started
        self._failed = False
        self._clock = Clock()
        self._ids = Ids()
        self._store = open_store(settings, home, self._store_failed)
        self._keys = keys
        self._vault = vault
        # The embedded store has one cloud, wherever its directory is moved; a database may have several hosts.
        self._owner = f"{number}" if settings.state is None else f"{socket.gethostname()}:{home.data}/{number}"
        self._server: Server | None = None

    async def serve(self) -> int:
        """Serve until a signal says stop; the exit code."""
        try:
            await self._store.open()
            await self._store.transact(self._vault.recognize)
        except (StoreUnavailable, VaultError) as error:
            log.error("cannot open the state", why=error)
            return 1
        await self._note_start()
        await Keeper(self._store, self._clock).start()
        recorder = Recorder(self._store)
        local = is_loopback(self._settings.host)
        keys = KeyRing(self._store, self._clock, self._vault, self._keys, open_accounts=local)
        authority = Authority(SERVICES, recorder)
        gateway = Gateway(
            router=Router(SERVICES),
            authenticator=Authenticator(keys, self._clock),
            authority=authority,
            recorder=recorder,
            store=self._store,
            clock=self._clock,
            kit=Kit(self._ids, Pager(self._vault.page_key), self._vault, authority),
        )
        controllers: list[Controller] = [
            *(declared.bind(self._store, self._clock, self._ids) for declared in PASSES),
            Courier(self._store, self._clock, self._ids, self._vault, NoBuckets()),
            Librarian(self._store, self._clock),
        ]
        runner = Runner(controllers, self._store, self._clock, Leadership(self._store, self._clock, self._owner))
        secret_keys = not is_loopback(self._settings.host)
        self._server = Server(Front(gateway, self._health, secret_keys), self._tls)
        recorder.start()
        runner.start()
        await self._server.serve(self._sock, self._started)
        await runner.stop()
        await recorder.stop()
        await self._store.close()
        return 1 if self._failed else 0

    async def _note_start(self) -> None:
        """Note how the cloud was started, and its first account; on a full disk the start before is what is shown."""
        facts = self._facts()

        def note(tx: Transaction) -> None:
            write_facts(tx, facts)
            ensure_account(tx, OWNER, OWNER, self._clock.host_ms())

        try:
            await self._store.transact(note)
        except StoreFull as error:
            log.warning("start not noted", why=error)

    def _health(self) -> dict[str, Any]:
        return {"status": "running", "version": __version__, "services": [service.name for service in SERVICES]}

    def _facts(self) -> Facts:
        host, port = self._sock.getsockname()[:2]
        host = "localhost" if is_loopback(host) else host
        return Facts(
            version=__version__,
            endpoint=f"{_scheme(self._settings)}://{f'[{host}]' if ':' in host else host}:{port}",
            started_host_ms=self._clock.host_ms(),
            workers=self._settings.workers,
            state="embedded" if self._settings.state is None else _without_password(self._settings.state),
            offerings=tuple(Offering(service.name, service.operations) for service in SERVICES),
        )

    def _store_failed(self, error: StoreUnavailable) -> None:
        """What is on disk is not known any more: only a new process that reads it again can tell."""
        log.error("the state has failed; this process ends", why=error)
        self._failed = True
        if self._server is not None:
            self._server.stop()
        else:
            sys.exit(1)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{credentials.partition(':')[0]}{at}{place}"
