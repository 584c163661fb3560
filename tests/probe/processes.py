"""Clouds that are killed, with all of their processes: the one that was started, and the workers that it has forked.

Workers are somebody else's children, so they are waited for by pidfd: https://man7.org/linux/man-pages/man2/pidfd_open.2.html
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.clouds import Cloud

_end_seconds_max: Final = 10


@contextmanager
def killed(data: Path, **options: Any) -> Iterator[Cloud]:
    """A cloud for the length of a block, at whose end it is killed."""
    cloud = Cloud(data, **options)
    try:
        yield cloud.start()
    finally:
        kill(cloud)


def kill(cloud: Cloud) -> None:
    """Kill the cloud where it stands; its workers end by themselves, and it is an error if they do not."""
    if cloud.process.poll() is not None:
        return
    ends = [os.pidfd_open(pid) for pid in workers(cloud)]
    cloud.process.kill()
    try:
        _wait(ends)
    finally:
        for end in ends:
            signal.pidfd_send_signal(end, signal.SIGKILL)
            os.close(end)
        cloud.kill()


def workers(cloud: Cloud) -> list[int]:
    """The processes of the cloud's workers; none when it has but one, which then does everything itself."""
    pid = cloud.process.pid
    return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _wait(ends: list[int]) -> None:
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    running = len(ends)
    while running:
        ended = poll.poll(_end_seconds_max * 1000)
        assert ended, f"{running} workers outlive their cloud"
        for end, _ in ended:
            poll.unregister(end)
        running -= len(ended)
