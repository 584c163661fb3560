"""Runs controllers: each in its own task, in the process that leads.

A controller runs when its period is over, when one of its topics is notified, when the clock is advanced, and again at
once while it says that there is more.  One that fails is logged and tried again after its period; the others do not
notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from gureum.base.clock import Clock
from gureum.base.log import Log
from gureum.control import clock as clock_keeper
from gureum.control.controller import Controller, Status
from gureum.control.lease import Leadership, renew_ms
from gureum.state.store import Store, StoreError

log = Log("control")

_retry_ms_max: Final = 5_000


@dataclass(slots=True)
class Runnable:
    """A controller and how it fares."""

    controller: Controller
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    passes: int = 0
    failures: int = 0
    last_ms: int | None = None
    settled_ms: int = -1


class Runner:
    """The controllers of one process; they run while the process leads."""

    def __init__(self, controllers: Iterable[Controller], store: Store, clock: Clock, leadership: Leadership) -> None:
        self.runnables = [Runnable(controller) for controller in controllers]
        self._store = store
        self._clock = clock
        self._leadership = leadership
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Lead as soon as nobody else does."""
        for runnable in self.runnables:
            for topic in runnable.controller.topics:
                self._store.subscribe(topic, runnable.wake.set)
        self._clock.subscribe(self._wake_all)
        self._task = asyncio.create_task(self._lead(), name="control")

    async def stop(self) -> None:
        """End all passes; let others lead."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._leadership.release()
        except StoreError as error:
            log.warning("lease not released", why=error)

    def _wake_all(self) -> None:
        for runnable in self.runnables:
            runnable.wake.set()

    async def _lead(self) -> None:
        """Hold the lease, and run the controllers as long as it holds."""
        tasks: list[asyncio.Task[None]] = []
        try:
            while True:
                leading = await self._hold()
                if leading and not tasks:
                    tasks = [asyncio.create_task(self._run(r), name=r.controller.name) for r in self.runnables]
                elif not leading and tasks:
                    log.warning("another process leads now")
                    await _end(tasks)
                    tasks = []
                await asyncio.sleep(renew_ms / 1000)
        finally:
            await _end(tasks)

    async def _hold(self) -> bool:
        try:
            return await self._leadership.hold()
        except StoreError as error:
            log.warning("lease not renewed", why=error)
            return False

    async def _run(self, runnable: Runnable) -> None:
        while True:
            runnable.wake.clear()
            offset_ms, now_ms = self._clock.offset_ms, self._clock.now_ms()
            status = await self._activate(runnable)
            if status is None:
                await self._pause(runnable, now_ms + min(runnable.controller.period_ms, _retry_ms_max))
            elif status.more:
                await asyncio.sleep(0)
            else:
                await self._settle(runnable, offset_ms)
                until_ms = now_ms + runnable.controller.period_ms
                await self._pause(runnable, until_ms if status.next_ms is None else min(status.next_ms, until_ms))

    async def _activate(self, runnable: Runnable) -> Status | None:
        """One pass; None when it failed."""
        try:
            status = await runnable.controller.activate()
        except StoreError as error:
            runnable.failures += 1
            log.warning("pass failed", controller=runnable.controller.name, why=error)
            return None
        except Exception as error:  # noqa: BLE001  one controller's bug must not stop the others
            runnable.failures += 1
            log.error("pass failed", cause=error, controller=runnable.controller.name)
            return None
        runnable.passes += 1
        runnable.last_ms = self._clock.now_ms()
        return status

    async def _settle(self, runnable: Runnable, offset_ms: int) -> None:
        """Note that `runnable` has followed the clock to `offset_ms`; the last one to do so tells the others."""
        if runnable.settled_ms == offset_ms:
            return
        runnable.settled_ms = offset_ms
        if offset_ms and all(other.settled_ms >= offset_ms for other in self.runnables):
            try:
                await self._store.transact(lambda tx: clock_keeper.settle(tx, offset_ms))
            except StoreError as error:
                runnable.settled_ms = -1
                log.warning("clock not settled", why=error)

    async def _pause(self, runnable: Runnable, until_ms: int) -> None:
        """Until cloud time `until_ms`, a notification or an advance of the clock."""
        seconds = (until_ms - self._clock.now_ms()) / 1000
        try:
            async with asyncio.timeout(max(seconds, 0.001)):
                await runnable.wake.wait()
        except TimeoutError:
            return


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
