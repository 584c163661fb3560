"""One request over and over: STS GetCallerIdentity and SQS SendMessage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import queues
from bench.results import Options, Row, Target, rates
from bench.servers import Server, both
from bench.signing import identity_requests
from bench.wrk import Load, play, request_list

Side = tuple[Server, Callable[[], list[bytes]]]
"""A server, and what signs the requests that it is loaded with."""


def identity(options: Options) -> Iterator[Row]:
    """A read that touches no state: what a request costs by itself."""
    with both() as (ours, peer):
        yield rates("STS GetCallerIdentity", alternate(ours, peer, identity_requests, options), Target("≥", 2.5))


def send(options: Options) -> Iterator[Row]:
    """A write."""
    with both() as (ours, peer):
        url = queues.create("send", ours, peer)
        yield rates("SQS SendMessage", alternate(ours, peer, lambda: queues.sends(url), options), Target("≥", 2.0))


def alternate(
    ours: Server, theirs: Server, sign: Callable[[], list[bytes]], options: Options
) -> list[tuple[Load, Load]]:
    """Load one and then the other with the same requests, round by round."""
    return in_turn((ours, sign), (theirs, sign), options)


def in_turn(ours: Side, theirs: Side, options: Options) -> list[tuple[Load, Load]]:
    """Load one side and then the other, round by round.  A first second of each warms up and does not count.

    Who begins changes from round to round: what a load leaves behind (records to fold, a log to copy) falls on both.
    """
    rounds = []
    for number in range(options.rounds + 1):
        seconds = options.seconds if number else 1
        signed = {sign: sign() for _, sign in (ours, theirs)}
        loads = {}
        for side in (ours, theirs) if number % 2 else (theirs, ours):
            server, sign = side
            with request_list(signed[sign]) as requests:
                loads[side] = play(server, requests, options.connections, seconds=seconds)
        if number:
            rounds.append((loads[ours], loads[theirs]))
    return rounds
