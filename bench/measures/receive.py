"""Receiving messages and deleting them with the handles that came with them.

Each round has queues of its own, equally deep in both clouds.  First so many receives, then a delete for every message
that they gave.  The rate is that of whole messages: the time of a delete plus a message's share in the time of a
receive.  A message stays hidden once it was received, so none is given twice.

ministack looks through a queue from its start, so that its receives take longer the more messages there are, hidden or
not.  The figure that is promised is therefore measured where it is at its best: in many queues of a hundred messages.
What depth does to it is shown by a second line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from bench import queues
from bench.results import Options, Row, Target, ratios
from bench.servers import Server, both
from bench.wrk import Load, LoadFailed, play, request_list

_received_share_min: Final = 0.95
"""A receive may give fewer messages than it could; a load in which many do would measure empty answers."""

_target: Final = Target("≥", 2.0)


class Plan(msgspec.Struct, frozen=True):
    """`messages` are received, `at_most` at a time, from `queues` of `depth` messages each."""

    messages: int
    at_most: int
    queues: int
    depth: int

    @property
    def name(self) -> str:
        """What the table calls it."""
        how = "one by one" if self.at_most == 1 else "by tens"
        return f"SQS {how}, {self.depth:,} deep"


class Round(msgspec.Struct, frozen=True):
    """What one cloud did in one round."""

    received: Load
    messages: int
    deleted: Load

    @property
    def received_rate(self) -> float:
        """Messages received per second."""
        return self.messages / self.received.seconds

    @property
    def rate(self) -> float:
        """Messages received and deleted per second."""
        return 1 / (1 / self.received_rate + 1 / self.deleted.rate)


def one_at_a_time(options: Options) -> Iterator[Row]:
    """MaxNumberOfMessages=1."""
    count = 30 if options.quick else 60
    yield from _measure(Plan(messages=count * 100, at_most=1, queues=count, depth=100), options)
    yield from _measure(Plan(messages=500, at_most=1, queues=1, depth=5_000), options)


def ten_at_a_time(options: Options) -> Iterator[Row]:
    """MaxNumberOfMessages=10."""
    count = 60 if options.quick else 120
    yield from _measure(Plan(messages=count * 100, at_most=10, queues=count, depth=100), options)
    yield from _measure(Plan(messages=2_000, at_most=10, queues=1, depth=5_000), options)


def _measure(plan: Plan, options: Options) -> Iterator[Row]:
    rounds: list[tuple[Round, Round]] = []
    with both() as (ours, peer):
        for number in range(options.rounds):
            urls = [queues.create(f"receive-{number}-{each}", ours, peer) for each in range(plan.queues)]
            for server in (ours, peer):
                queues.fill(server, urls, plan.depth)
            order = (ours, peer) if number % 2 else (peer, ours)
            done = {server: _receive_and_delete(server, urls, plan, options) for server in order}
            rounds.append((done[ours], done[peer]))
    received = [(a.received_rate, b.received_rate) for a, b in rounds]
    yield ratios(f"{plan.name}: received", "/s", received)
    yield ratios(f"{plan.name}: deleted", "/s", [(a.deleted.rate, b.deleted.rate) for a, b in rounds])
    yield ratios(f"{plan.name}: both", "/s", [(a.rate, b.rate) for a, b in rounds], _target)


def _receive_and_delete(server: Server, urls: list[str], plan: Plan, options: Options) -> Round:
    count = plan.messages // plan.at_most
    with tempfile.NamedTemporaryFile(prefix="gureum-bench-", suffix=".answers") as sink:
        with request_list(queues.receives(urls, count, plan.at_most)) as requests:
            received = play(server, requests, options.connections, answers=count, sink=Path(sink.name))
        handles = queues.handles(Path(sink.name).read_text().splitlines())
    if len(handles) < plan.messages * _received_share_min:
        raise LoadFailed(f"{server.name} gave {len(handles)} of {plan.messages} messages")
    with request_list(queues.deletes(handles)) as requests:
        deleted = play(server, requests, options.connections, answers=len(handles))
    return Round(received, len(handles), deleted)
