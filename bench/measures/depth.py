"""A queue with a million messages beside one that is nearly empty, in the same cloud.

"Nearly": to receive, there have to be messages.  The shallow queue of a round holds what the round receives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench import queues
from bench.results import Options, Row, Target, rates
from bench.servers import Server, folder, gureum, running
from bench.wrk import Load, play, request_list

_deep_messages: Final = 1_000_000
_deep_messages_quick: Final = 100_000
_target: Final = Target("≥", 0.8)


def depth(options: Options) -> Iterator[Row]:
    """Send and receive rates of the deep queue against those of the shallow one."""
    deep_messages = _deep_messages_quick if options.quick else _deep_messages
    receives = 2_000 if options.quick else 5_000
    with folder() as place:
        server = gureum(place)
        with running(server):
            deep = queues.create("deep", server)
            queues.fill(server, [deep], deep_messages, queues.show("filling", deep_messages))
            shown = f"{queues.visible(server, deep):,}"
            sends = [_send(server, deep, number, options) for number in range(options.rounds)]
            yield rates(f"SendMessage, {shown} deep", sends, _target, "empty")
            received = [_receive(server, deep, number, receives, options) for number in range(options.rounds)]
            yield rates(f"ReceiveMessage, {shown} deep", received, _target, "shallow")
            memory = server.memory_bytes()["Rss"] / 1e6
            yield Row(f"memory with {shown} messages", "MB", [memory], [], [memory], " MB", None, "")


def _send(server: Server, deep: str, number: int, options: Options) -> tuple[Load, Load]:
    empty = queues.create(f"empty-{number}", server)
    loads = {}
    for url in (deep, empty) if number % 2 else (empty, deep):
        with request_list(queues.sends(url)) as requests:
            loads[url] = play(server, requests, options.connections, seconds=options.seconds)
    return loads[deep], loads[empty]


def _receive(server: Server, deep: str, number: int, count: int, options: Options) -> tuple[Load, Load]:
    shallow = queues.create(f"shallow-{number}", server)
    queues.fill(server, [shallow], count)
    loads = {}
    for url in (deep, shallow) if number % 2 else (shallow, deep):
        with request_list(queues.receives([url], count, 1)) as requests:
            loads[url] = play(server, requests, options.connections, answers=count)
    return loads[deep], loads[shallow]
