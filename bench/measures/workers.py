"""One process and two, on the same state: does a second core help?

wrk needs a core as well while it runs.  On a machine with two, the second worker gets what wrk and the first leave;
the processor time that each took is shown with the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bench import queues
from bench.measures.requests import alternate
from bench.results import Options, Row, Target, rates
from bench.servers import folder, gureum, running
from bench.signing import identity_requests

_connections: Final = 64
"""The kernel spreads connections by chance; of many, both workers get their share."""


def workers(options: Options) -> Iterator[Row]:
    """Throughput of two workers against one."""
    options = msgspec.structs.replace(options, connections=_connections)
    with folder() as one_place, folder() as two_place:
        one, two = gureum(one_place), gureum(two_place, workers=2)
        with running(one, two):
            rounds = alternate(two, one, identity_requests, options)
            yield rates("GetCallerIdentity, 2 workers", rounds, Target("≥", 1.0), "1 worker")
            url = queues.create("workers", one, two)
            rounds = alternate(two, one, lambda: queues.sends(url), options)
            yield rates("SendMessage, 2 workers", rounds, Target("≥", 1.0), "1 worker")
