"""On which disk each shard goes.  Pure.

The shards of a segment are spread over zones first and over the disks of a zone then, as evenly as the disks that can
be written to allow: with 4+2 over three zones of two disks there is one on each disk.  When disks are away the others
take more than one.  So a segment is always written whole, and what counts is not how many shards are durable but what
may still be lost: `survives` is what a write has to meet before it is acknowledged.

Which zone and disk begins is turned by a number that differs from segment to segment, so that all disks fill alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Slot(NamedTuple):
    """A disk as far as placing is concerned."""

    zone: str
    number: int


def place(slots: Iterable[Slot], taken: Sequence[Slot], count: int, turn: int) -> list[Slot]:
    """Where `count` more shards of a segment go whose others are at `taken`; empty without any disk."""
    usable = sorted(slots)
    if not usable:
        return []
    start = turn % len(usable)
    rank = {slot: index for index, slot in enumerate(usable[start:] + usable[:start])}
    zones = Counter(slot.zone for slot in taken)
    disks = Counter(taken)
    chosen = []
    for _ in range(count):
        best = min(usable, key=lambda slot: (zones[slot.zone], disks[slot], rank[slot]))
        chosen.append(best)
        zones[best.zone] += 1
        disks[best] += 1
    return chosen


def survives(places: Iterable[int], data: int) -> bool:
    """Whether a segment with one shard on each disk of `places` can be read when any one of them is lost."""
    count = Counter(places)
    return sum(count.values()) - max(count.values(), default=0) >= data


def misplaced(slots: Iterable[Slot], where: Mapping[int, Slot], turn: int) -> int | None:
    """A shard of `where` (shard -> disk) that would spread better on another of `slots`; None when none would."""
    usable = list(slots)
    zones, disks = Counter(slot.zone for slot in where.values()), Counter(where.values())
    for shard in sorted(where, key=lambda shard: (-zones[where[shard].zone], -disks[where[shard]], shard)):
        others = [slot for index, slot in where.items() if index != shard]
        better = place(usable, others, 1, turn)
        if better and _unevenness([*others, *better]) < _unevenness(list(where.values())):
            return shard
    return None


def _unevenness(taken: Sequence[Slot]) -> tuple[int, int]:
    """The sums of squares of what zones and disks hold: the smaller, the better spread."""
    zones, disks = Counter(slot.zone for slot in taken), Counter(taken)
    return sum(count**2 for count in zones.values()), sum(count**2 for count in disks.values())
