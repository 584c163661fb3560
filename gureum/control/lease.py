"""Who runs the controllers: one process at a time holds a lease.

A lease lies in the state and lasts some seconds of host time; its owner renews it, and when the owner is gone the next
one takes it.  Two passes at once would still be correct (passes are serializable transactions), only wasteful, so the
hosts' clocks need to agree no better than to a few seconds.

The owner's name is the process's place in the cloud (`directory/worker number`), not the process: when a worker is
started again in the same place, its predecessor is dead, and it goes on at once.
"""

from __future__ import annotations

from typing import Final

from gureum.base.clock import Clock
from gureum.state.records import Record
from gureum.state.store import Store, Transaction
from gureum.state.tables import Table

lease_ms: Final = 15_000
renew_ms: Final = 5_000


class Lease(Record, version=1):
    """A lease that was given."""

    name: str
    owner: str
    until_host_ms: int


_leases = Table("control/leases", Lease, key=lambda lease: (lease.name,))


class Leadership:
    """One process's claim to a lease."""

    def __init__(self, store: Store, clock: Clock, owner: str, name: str = "controllers") -> None:
        self._store = store
        self._clock = clock
        self._owner = owner
        self._name = name

    async def hold(self) -> bool:
        """Take or renew the lease; whether this process has it now."""
        return await self._store.transact(self._take)

    async def release(self) -> None:
        """Give the lease back."""
        await self._store.transact(self._give)

    def _take(self, tx: Transaction) -> bool:
        now_ms = self._clock.host_ms()
        lease = _leases.get(tx, (self._name,))
        if lease is not None and lease.owner != self._owner and lease.until_host_ms > now_ms:
            return False
        _leases.put(tx, Lease(self._name, self._owner, now_ms + lease_ms))
        return True

    def _give(self, tx: Transaction) -> None:
        lease = _leases.get(tx, (self._name,))
        if lease is not None and lease.owner == self._owner:
            _leases.delete(tx, lease)
