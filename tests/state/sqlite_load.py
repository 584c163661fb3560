"""A process that writes to a sqlite store and says on standard output what was acknowledged.  Run by tests.

    python -m tests.state.sqlite_load DIRECTORY NAME CLIENTS NUMBER

CLIENTS concurrent clients each write keys `NAME/CLIENT/SEQUENCE` and count them in `count/NAME/CLIENT`, NUMBER times
or forever when it is 0; a line with the key is written for each that was acknowledged.  Each write notifies `written`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

import uvloop

from gureum.state.sqlite import SqliteStore
from gureum.state.store import Transaction


async def write(store: SqliteStore, name: str, client: int, number: int) -> None:
    for sequence in range(number) if number else itertools.count():
        key = f"{name}/{client}/{sequence:08}".encode()

        def work(tx: Transaction, key: bytes = key, sequence: int = sequence) -> None:
            tx.put(key, key * (1 + sequence % 40))
            tx.put(f"count/{name}/{client}".encode(), b"%d" % (sequence + 1))
            tx.put(b"total", b"%d" % (int(tx.get(b"total") or b"0") + 1))
            tx.notify(b"written")

        await store.transact(work)
        os.write(1, key + b"\n")


async def main(directory: Path, name: str, clients: int, number: int) -> None:
    store = SqliteStore(directory)
    await store.open()
    await asyncio.gather(*(write(store, name, client, number) for client in range(clients)))
    await store.close()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
