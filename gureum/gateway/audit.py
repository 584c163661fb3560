"""The record of every call, made where the call is.

A call that writes puts its record into its own transaction.  All others, reads and refusals, are gathered here and
written together, at the latest a second later; when the process stops they are written first.  What is gathered is
bounded: at the bound the record is written at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

from gureum.api import calls
from gureum.api.calls import Call
from gureum.base.log import Log
from gureum.state.store import Store, StoreError, Transaction

log = Log("audit")

flush_seconds: Final = 1.0
gathered_max: Final = 1000
held_max: Final = 10_000
"""What is kept while nothing can be written; beyond it the oldest are lost, and the memory is not."""


class Recorder:
    """Writes calls; one per process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gathered: list[Call] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to write what is gathered."""
        self._task = asyncio.create_task(self._run(), name="recorder")

    async def stop(self) -> None:
        """Write what is gathered and end."""
        if self._task is not None:
            self._stopping = True  # not cancelled: what is being written must not be lost
            self._wake.set()
            await self._task
        await self.flush()

    def record_in(self, tx: Transaction, call: Call) -> None:
        """Write `call` with the transaction that it is about."""
        calls.pending.insert(tx, call)

    def record(self, call: Call) -> None:
        """Write `call` within a second."""
        self._gathered.append(call)
        if len(self._gathered) == gathered_max:
            self._wake.set()
        elif len(self._gathered) > held_max:
            log.error("calls lost", count=gathered_max)
            del self._gathered[:gathered_max]

    async def flush(self) -> None:
        """Write what is gathered now.  What cannot be written (the disk is full) is kept for the next time."""
        while self._gathered:
            part, self._gathered = self._gathered[:gathered_max], self._gathered[gathered_max:]
            try:
                await self._store.transact(partial(_insert, part))
            except StoreError as error:
                self._gathered = part + self._gathered
                log.warning("calls not recorded yet", count=len(self._gathered), why=error)
                return

    async def _run(self) -> None:
        while not self._stopping:
            try:
                async with asyncio.timeout(flush_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the usual case: a second has passed
            self._wake.clear()
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001  a record that cannot be written must not end all recording
                log.error("bug", cause=error)


def _insert(part: Sequence[Call], tx: Transaction) -> None:
    for call in part:
        calls.pending.insert(tx, call)
