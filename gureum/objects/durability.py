"""How likely it is to lose data in a year: a Markov chain from the failure rate of disks, repair time and code.

A *group* is a set of `shards` disks that hold the shards of the same segments, of which `tolerated` may be away.  Its
state is how many are away.  A disk fails after an exponential time with a mean of 1 / rate; one that failed is replaced
and filled again after an exponential time with a mean of `repair_hours`, all those that are away at the same time:

    0 --n·f--> 1 --(n-1)·f--> 2 --(n-2)·f--> … --> tolerated + 1: data is lost
      <--r---    <---2·r----

The mean time to loss is solved exactly (`first_passage_hours`: a linear recurrence, no approximation for small rates),
and the probability of loss within a year is 1 - exp(-year / that time), which for a chain that returns to zero again
and again is as good as exact.

What the model leaves out is what usually kills data: disks of one batch that fail together, a zone that burns, software
(which is why records are verified, sealed and append-only), and the operator.  `sector_error` is the one that belongs
to repair itself: the probability that, with no shard to spare left, the repair of a disk meets a sector that cannot be
read.  It makes the last step before the loss more likely.  RAID-5 fails by it; scrubbing makes it small.

Sources: https://en.wikipedia.org/wiki/Markov_chain (birth and death), https://www.usenix.org/legacy/events/osdi10/tech/
full_papers/Ford.pdf (availability in globally distributed storage systems: the same chain, and its limits),
https://www.backblaze.com/cloud-storage/resources/hard-drive-test-data (1 to 2 % of disks fail in a year),
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DataDurability.html (designed for 99.999999999 %).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

hours_per_year: Final = 365.25 * 24
s3_designed_loss: Final = 1e-11
"""What AWS says it designed S3 for: the share of objects that is lost in a year."""


class Group(NamedTuple):
    """Disks that bear a loss together."""

    shards: int
    tolerated: int
    annual_failure_rate: float = 0.015
    repair_hours: float = 24.0
    sector_error: float = 0.0


def annual_loss(group: Group) -> float:
    """The probability that a group loses data within a year."""
    return -math.expm1(-hours_per_year / first_passage_hours(group))


def first_passage_hours(group: Group) -> float:
    """The mean time from all disks there to data lost."""
    failure = -math.log1p(-group.annual_failure_rate) / hours_per_year
    repair = 1 / group.repair_hours
    # The time from i away to i + 1 away: 1/up, and for each time it goes down first, the way back up.
    passage = total = 0.0
    for away in range(group.tolerated + 1):
        up = (group.shards - away) * failure
        down = away * repair
        if away == group.tolerated and away:
            # A repair that meets a sector it cannot read, with nothing to spare, loses that sector's data.
            up, down = up + down * group.sector_error, down * (1 - group.sector_error)
        passage = (1 + down * passage) / up
        total += passage
    return total


def nines(probability: float) -> float:
    """How many nines of durability that is: 1e-11 are eleven."""
    return -math.log10(probability)


class Layout(NamedTuple):
    """A way to keep data on disks, and what it costs: bytes on disk for each byte stored."""

    name: str
    disks: int
    overhead: float
    group: Group


def layouts(annual_failure_rate: float = 0.015, repair_hours: float = 24.0) -> list[Layout]:
    """What one would compare: one disk, RAID and the store's codes, on three, six and twelve disks."""

    def layout(name: str, disks: int, tolerated: int, overhead: float, sector_error: float = 0.0) -> Layout:
        return Layout(name, disks, overhead, Group(disks, tolerated, annual_failure_rate, repair_hours, sector_error))

    # Whole disks of 10 TB are read to repair one, with one error in 10^15 bits: some 8 % for each disk that is read.
    unreadable = 1 - math.exp(-8e13 / 1e15)
    return [
        layout("one disk", 1, 0, 1.0),
        layout("RAID-1, two disks, never scrubbed", 2, 1, 2.0, unreadable),
        layout("RAID-5, three disks, never scrubbed", 3, 1, 1.5, 1 - (1 - unreadable) ** 2),
        layout("RAID-5, six disks, never scrubbed", 6, 1, 1.2, 1 - (1 - unreadable) ** 5),
        layout("RAID-5, six disks, scrubbed", 6, 1, 1.2),
        layout("RAID-6, six disks, never scrubbed", 6, 2, 1.5, 1 - (1 - unreadable) ** 4),
        layout("three copies, three disks", 3, 2, 3.0),
        layout("4+2, six disks", 6, 2, 1.5),
        layout("8+4, twelve disks", 12, 4, 1.5),
    ]


def table(annual_failure_rate: float = 0.015, repair_hours: tuple[float, ...] = (24.0, 1.0)) -> str:
    """The comparison as Markdown: the annual probability of loss, and how many nines it leaves."""
    titles = [f"repair in {hours:g} h" for hours in repair_hours]
    lines = [
        "| " + " | ".join(["layout", "bytes on disk", *titles]) + " |",
        "|---|---:|" + "---:|" * len(titles),
    ]
    columns = [layouts(annual_failure_rate, hours) for hours in repair_hours]
    for row in zip(*columns, strict=True):
        losses = [annual_loss(layout.group) for layout in row]
        cells = [f"{loss:.1e} ({nines(loss):.1f} nines)" for loss in losses]
        lines.append("| " + " | ".join([row[0].name, f"{row[0].overhead:.1f}×", *cells]) + " |")
    designed = f"{s3_designed_loss:.1e} ({nines(s3_designed_loss):.1f} nines)"
    lines.append("| S3, as AWS says it is designed | | " + " | ".join([designed] * len(titles)) + " |")
    return "\n".join(lines)
