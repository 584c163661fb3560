"""From the command to the first answer, and what an idle cloud holds in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from bench.results import Options, Row, Target, ratios, values
from bench.servers import Server, both, folder, gureum, ministack

_idle_seconds: Final = 5
_megabyte: Final = 1_000_000


def first_answer(options: Options) -> Iterator[Row]:
    """How long until a signed GetCallerIdentity is answered: a new cloud, and one whose data is there already.

    One start of each comes first and does not count: it brings the files into memory and compiles them.
    """
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for number in range(options.rounds + 1):
        with folder() as place:
            ours, peer = gureum(place), ministack(place)
            pair = _start_ms(ours), _start_ms(peer)
            repeated = _start_ms(ours), _start_ms(peer)
        if number:
            first.append(pair)
            again.append(repeated)
    yield ratios("first answer, new cloud", "ms", first, Target("≤", 1.0))
    yield ratios("first answer, with data", "ms", again, Target("≤", 1.0))


def idle_memory(options: Options) -> Iterator[Row]:
    """Resident memory after the first answer and five idle seconds."""
    found: list[tuple[dict[str, int], dict[str, int]]] = []
    for _ in range(1 if options.quick else 3):
        with both() as (ours, peer):
            time.sleep(_idle_seconds)
            found.append((ours.memory_bytes(), peer.memory_bytes()))
    for kind in ("Rss", "Pss"):
        samples = [(ours[kind] / _megabyte, theirs[kind] / _megabyte) for ours, theirs in found]
        yield values(f"idle memory, {kind}", "MB", [ours for ours, _ in samples], Target("≤", 80.0))
        yield values(f"  the same of ministack, {kind}", "MB", [theirs for _, theirs in samples])


def _start_ms(server: Server) -> float:
    try:
        return server.start() * 1000
    finally:
        server.stop()
