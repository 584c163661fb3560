"""What is stored about the cloud itself."""

from __future__ import annotations

from gureum.state.records import Record


class Offering(Record, version=1):
    """A service that the cloud has, and how many operations it supports."""

    name: str
    operations: int


class Facts(Record, version=1):
    """The cloud that was started last on this state."""

    version: str
    endpoint: str
    started_host_ms: int
    workers: int
    state: str
    offerings: tuple[Offering, ...]
