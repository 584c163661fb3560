"""What is measured, each a function from options to rows of the table; in the order in which it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.measures import authorization, depth, objects, policy, receive, requests, start, trail, workers
from bench.results import Options, Row

Measure = Callable[[Options], Iterator[Row]]

MEASURES: dict[str, Measure] = {
    "start": start.first_answer,
    "memory": start.idle_memory,
    "identity": requests.identity,
    "send": requests.send,
    "receive": receive.one_at_a_time,
    "receive10": receive.ten_at_a_time,
    "workers": workers.workers,
    "depth": depth.depth,
    "policy": policy.policy,
    "authorization": authorization.authorization,
    "trail": trail.trail,
    "objects": objects.objects,
}
