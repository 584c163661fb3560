"""Where the facts about the cloud are kept."""

from __future__ import annotations

from gureum.services.cloud.records import Facts
from gureum.state.store import Transaction
from gureum.state.tables import Table

_facts = Table("cloud/facts", Facts, key=lambda _: ())


def write_facts(tx: Transaction, facts: Facts) -> None:
    """Note how the cloud was started."""
    _facts.put(tx, facts)


def read_facts(tx: Transaction) -> Facts:
    """The cloud as it was started."""
    facts = _facts.get(tx, ())
    assert facts is not None, "written before the first request is served"
    return facts
