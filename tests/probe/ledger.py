"""What clients know of their messages, and whether what is found in a queue agrees with it.

A call is asked, then it may be acknowledged.  What was asked and not acknowledged may or may not have happened.  A
message is told by the first word of its body; the rest follows from that word, so that damage shows.

    must be there      sends acknowledged before the look, without deletes asked for before its end
    may be there       sends asked for before its end, without deletes acknowledged before it

A look at a running cloud takes time, so what is known before and after it are two things; when nobody is left who
writes they are the same.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, NamedTuple

_sizes: Final = (0, 100, 1_000, 1_000, 10_000, 60_000)
_name: Final = re.compile(r"(.+)/(\d+)")


def body_of(name: str) -> str:
    """The body of the message of that name."""
    seed = zlib.crc32(name.encode())
    return f"{name} {seed:08x}" + "." * _sizes[seed % len(_sizes)]


def name_of(body: str) -> str:
    """The name of the message with that body, which must be whole."""
    name = body.partition(" ")[0]
    assert body == body_of(name), f"the body of {name} has changed"
    return name


class Known(NamedTuple):
    """What clients know at one moment, as names of messages."""

    sends_asked: frozenset[str]
    sends: frozenset[str]
    deletes_asked: frozenset[str]
    deletes: frozenset[str]


class Ledger:
    """What clients know, written by many threads.  Acknowledgements are counted in order and can be waited for."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._sends_asked: set[str] = set()
        self._sends: set[str] = set()
        self._deletes_asked: set[str] = set()
        self._deletes: dict[str, int] = {}
        self._count = 0
        self._wanted = 0

    def ask_send(self, names: Iterable[str]) -> None:
        """These will be sent now."""
        with self._condition:
            self._sends_asked.update(names)

    def sent(self, names: list[str]) -> None:
        """It was acknowledged."""
        with self._condition:
            self._sends.update(names)
            self._counted(len(names))

    def ask_delete(self, names: Iterable[str]) -> None:
        """These will be deleted now."""
        with self._condition:
            self._deletes_asked.update(names)

    def deleted(self, names: list[str]) -> None:
        """It was acknowledged."""
        with self._condition:
            self._counted(len(names))
            self._deletes |= dict.fromkeys(names, self._count)

    @property
    def count(self) -> int:
        """How many sends and deletes have been acknowledged."""
        return self._count

    def known(self) -> Known:
        """What is known now."""
        with self._condition:
            return Known(
                frozenset(self._sends_asked),
                frozenset(self._sends),
                frozenset(self._deletes_asked),
                frozenset(self._deletes),
            )

    def wait(self, more: int, seconds: float, broken: Callable[[], bool]) -> bool:
        """Wait until that many more are acknowledged, or until `broken`; whether they are."""
        with self._condition:
            self._wanted = wanted = self._count + more
            return self._condition.wait_for(lambda: self._count >= wanted or broken(), seconds) and not broken()

    def wake(self) -> None:
        """Let who waits look at `broken`."""
        with self._condition:
            self._condition.notify_all()

    def check_received(self, names: list[str], asked_at: int) -> None:
        """What a receive that began at that count may return: nothing strange, nothing deleted, each group in order."""
        with self._condition:
            assert len(names) == len(set(names)), f"twice in one answer: {names}"
            strange = [name for name in names if name not in self._sends_asked]
            assert not strange, f"never sent: {strange}"
            back = [name for name in names if self._deletes.get(name, asked_at + 1) <= asked_at]
            assert not back, f"deleted, and received again: {back}"

    def check_order(self, names: list[str]) -> None:
        """The messages of each group follow each other, and what comes before them is gone."""
        for group, numbers in numbers_by_group(names).items():
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"order of {group}: {numbers}"
            before = f"{group}/{numbers[0] - 1}"
            with self._condition:
                assert numbers[0] == 0 or before in self._deletes_asked, f"{group}: {numbers[0]} overtook {before}"

    def _counted(self, number: int) -> None:
        self._count += number
        if self._count >= self._wanted:
            self._condition.notify_all()


def missing(found: Iterable[str], before: Known, after: Known) -> frozenset[str]:
    """What must be in the queue and is not in `found`."""
    return before.sends - after.deletes_asked - frozenset(found)


def check_found(found: list[str], before: Known, after: Known) -> None:
    """Whether `found` has what must be there, nothing that may not, and each message once."""
    lost = missing(found, before, after)
    assert not lost, f"{len(lost)} of {len(before.sends)} acknowledged messages lost, such as {sorted(lost)[:10]}"
    back = before.deletes.intersection(found)
    assert not back, f"{len(back)} deleted messages are back, such as {sorted(back)[:10]}"
    strange = frozenset(found) - after.sends_asked
    assert not strange, f"never sent: {sorted(strange)[:10]}"
    twice = [name for name, times in Counter(found).items() if times > 1]
    assert not twice, f"more than once: {sorted(twice)[:10]}"


def numbers_by_group(names: list[str]) -> dict[str, list[int]]:
    """Numbers by group, in the order given; `group/number` is the name of a message."""
    parts = [_split(name) for name in names]
    grouped = groupby(sorted(parts, key=lambda part: part[0]), key=lambda part: part[0])
    return {group: [number for _, number in members] for group, members in grouped}


def _split(name: str) -> tuple[str, int]:
    match = _name.fullmatch(name)
    assert match is not None, name
    return match[1], int(match[2])
