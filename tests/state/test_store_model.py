"""Random transactions against each engine and against a dictionary: they agree, whatever the order of steps."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gureum.state.memory import MemoryStore
from gureum.state.postgres import PostgresStore
from gureum.state.sqlite import SqliteStore
from gureum.state.store import Store, Transaction
from tests.fixtures.postgres import PostgresServer
from tests.state.conftest import MakeStore

keys = st.binary(max_size=2) | st.sampled_from([b"a", b"b", b"c", b"\xfe"])
steps = st.one_of(
    st.tuples(st.just("put"), keys, st.binary(max_size=3)),
    st.tuples(st.just("delete"), keys, st.just(b"")),
    st.tuples(st.just("get"), keys, st.just(b"")),
    st.tuples(st.just("range"), keys, keys),
)


class Abort(Exception):
    """What a work raises to be undone."""


def delete_everything(tx: Transaction) -> None:
    for key, _ in tx.range(b"", b"\xff\xff\xff"):
        tx.delete(key)


class Model(RuleBasedStateMachine):
    """A store beside a dictionary."""

    make: MakeStore

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.content: dict[bytes, bytes] = {}

    @initialize()
    def open(self) -> None:
        self.store: Store = type(self).make()
        self.runner.run(self.store.open())
        self.runner.run(self.store.transact(delete_everything))

    @rule(
        steps=st.lists(steps, max_size=8),
        limit=st.none() | st.integers(0, 3),
        reverse=st.booleans(),
        abort=st.booleans(),
    )
    def transact(self, steps: list[tuple[str, bytes, bytes]], limit: int | None, reverse: bool, abort: bool) -> None:
        content: dict[bytes, bytes] = {}

        def work(tx: Transaction) -> None:
            nonlocal content
            content = dict(self.content)
            for action, key, argument in steps:
                if action == "put":
                    tx.put(key, argument)
                    content[key] = argument
                elif action == "delete":
                    tx.delete(key)
                    content.pop(key, None)
                elif action == "get":
                    assert tx.get(key) == content.get(key)
                else:
                    inside = sorted(((k, v) for k, v in content.items() if key <= k < argument), reverse=reverse)
                    assert tx.range(key, argument, limit, reverse) == inside[:limit]
            if abort:
                raise Abort

        if abort:
            with pytest.raises(Abort):
                self.runner.run(self.store.transact(work))
        else:
            self.runner.run(self.store.transact(work))
            self.content = content

    @rule()
    def reopen(self) -> None:
        self.runner.run(self.store.close())
        self.runner.run(self.store.open())

    @invariant()
    def agrees(self) -> None:
        if hasattr(self, "store"):
            found = self.runner.run(self.store.transact(lambda tx: tx.range(b"", b"\xff\xff\xff"), readonly=True))
            assert found == sorted(self.content.items())

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.store.close())
        self.runner.close()


def check(make_store: MakeStore, examples: int) -> None:
    machine = type("MachineOfOneEngine", (Model,), {"make": staticmethod(make_store)})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=12, deadline=None, derandomize=True)
    )


def test_memory() -> None:
    """The stand-in for the others, so with the most examples."""
    check(lambda: MemoryStore(rehearse=True), 100)


def test_sqlite(tmp_path: Path) -> None:
    """A fresh directory each time."""
    numbers = itertools.count()
    check(lambda: SqliteStore(tmp_path / str(next(numbers))), 25)


def test_postgres(postgres_server: PostgresServer) -> None:
    """One database, emptied each time."""
    conninfo = postgres_server.create_database()
    check(lambda: PostgresStore(conninfo, sessions=1), 8)
