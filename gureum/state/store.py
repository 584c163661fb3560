"""The store: an ordered map of bytes to bytes with serializable transactions.  This file is the whole interface.

What every engine promises:

- **Serializable.**  Transactions appear to run one after another.  A transaction sees its own writes.
- **All or nothing.**  `work` that raises leaves no trace; its exception comes out of `transact`.
- **Durable.**  `transact` returns only when its writes are on disk.  This holds for reads as well: a result that may
  have seen a commit which is not yet on disk waits until it is, whichever process made that commit.  So no caller can
  be told something that a power cut makes untrue.
- **`work` may run more than once** (after a conflict), and in another thread.  It must depend on nothing but the
  transaction and values that do not change: time, ids and randomness are arguments.  What is to happen once, outside
  of the store, goes into `after_commit`.

Rejected: a richer core (SQL, documents, secondary indexes), because each engine would then have its own idea of them;
and interactive asynchronous transactions (`async with store.begin()`), because a lock would then be held over every
await of a caller, which costs a batch its commit and a conflict its cheap retry.

Sources: https://apple.github.io/foundationdb/developer-guide.html (transactions as retried functions),
https://jepsen.io/consistency/models/serializable
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from gureum.state.notify import Listener

T = TypeVar("T")

ALL: Final = 1 << 31
"""A `notify` count that wakes every listener."""

key_bytes_max: Final = 2048
"""Longest key.  PostgreSQL's B-tree refuses index entries beyond a third of a page (2704 bytes)."""

value_bytes_max: Final = 64 * 1024 * 1024
"""Longest value.  Bulk data belongs into the object store; a value is copied several times on its way to disk."""


class StoreError(Exception):
    """The store could not do what was asked.  Nothing was written unless the subclass says otherwise."""


class StoreUnavailable(StoreError):
    """The store cannot be reached or has stopped.  A commit that was under way may or may not have happened."""


class StoreConflict(StoreError):
    """The transaction lost against others too many times in a row.  Nothing was written."""


class StoreFull(StoreError):
    """There is no space for the write.  Nothing was written; it works again when there is space."""


class Transaction(Protocol):
    """One attempt at a transaction, valid only while `work` runs."""

    stripe: int
    """Which stripe of a striped counter this transaction writes (`counters.py`)."""

    stripes: int
    """How many there are: 1 where transactions run one after another anyway."""

    checks: bool
    """Whether callers should spend reads on checking what they claim to know (true where tests run)."""

    @property
    def wrote(self) -> bool:
        """Whether it has written something: then what it reads may never come to be, and is not to be remembered."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, None when there is none."""

    def range(
        self, start: bytes, end: bytes, limit: int | None = None, reverse: bool = False
    ) -> list[tuple[bytes, bytes]]:
        """The pairs with `start <= key < end` in key order, the last ones first if `reverse`, at most `limit`."""

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key`, whether or not it exists."""

    def delete(self, key: bytes) -> None:
        """Remove `key`, whether or not it exists."""

    def notify(self, topic: bytes, count: int = 1) -> None:
        """After the commit, wake the `count` longest-waiting listeners of `topic` in each process."""

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Call `effect` once in this process, on the event loop, after the durable commit, before `transact` returns.

        It must not raise: there is nobody to tell and nothing to undo.  What it raises goes to the event loop's
        exception handler.  It is lost if the process dies in between: what must happen needs a controller.
        """


class Store(Protocol):
    """A store that is open, or can be opened.  To be used from one event loop."""

    async def open(self) -> None:
        """Connect; create what is missing.  Raises StoreUnavailable when that fails."""

    async def close(self) -> None:
        """Let running transactions end, then release everything."""

    async def transact(self, work: Callable[[Transaction], T], *, readonly: bool = False) -> T:
        """Run `work` in a transaction and return its result once everything it wrote or saw is durable.

        `readonly` work may not write (AssertionError) and never waits for writers.
        Raises what `work` raises, StoreUnavailable, StoreFull or StoreConflict.
        """

    def listen(self, topic: bytes) -> Listener:
        """A place in the queue of those who wait for `topic`; a context manager.  See `notify.py`."""

    def subscribe(self, topic: bytes, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` on the event loop at each notification of `topic`, until the returned function is called."""
