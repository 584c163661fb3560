"""What was measured: samples, the figure that is promised, and whether it is kept.

A sample is one round.  The figure of a comparison is taken within each round, where both sides ran one after the other,
and then the median of the rounds: what slows the machine down for a while slows both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal

import msgspec

from bench.wrk import Load

Cells = tuple[str, str, str, str, str, str, str]


class Options(msgspec.Struct, frozen=True):
    """How long and how hard to measure."""

    quick: bool
    rounds: int
    seconds: int
    connections: int


class Target(msgspec.Struct, frozen=True):
    """What a figure has to be: `Target("≥", 2.5)`."""

    relation: Literal["≥", "≤"]
    value: float

    def is_met(self, figure: float) -> bool:
        """Whether the figure is good enough."""
        return figure >= self.value if self.relation == "≥" else figure <= self.value


class Row(msgspec.Struct, frozen=True):
    """One line of the table.

    `ours` and `theirs` are samples in `unit`; `theirs` is empty where nothing is compared.  `figures` are what the
    target is about, in `figure_unit`, one for each round.  `against` says what ours is compared with.
    """

    what: str
    unit: str
    ours: list[float]
    theirs: list[float]
    figures: list[float]
    figure_unit: str
    target: Target | None = None
    against: str = "ministack"
    details: dict[str, float] = {}

    @property
    def figure(self) -> float:
        """The median."""
        return median(self.figures)

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or empty without a target."""
        if self.target is None:
            return ""
        return "met" if self.target.is_met(self.figure) else "missed"


def rates(
    what: str,
    rounds: Sequence[tuple[Load, Load]],
    target: Target | None = None,
    against: str = "ministack",
) -> Row:
    """The row of rounds of two loads, ours and theirs: how many times as many answers per second."""
    pairs = [(ours.rate, theirs.rate) for ours, theirs in rounds]
    details = {
        **_details("ours", [ours for ours, _ in rounds]),
        **_details("theirs", [theirs for _, theirs in rounds]),
    }
    return ratios(what, "/s", pairs, target, against, details)


def ratios(
    what: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    target: Target | None = None,
    against: str = "ministack",
    details: dict[str, float] | None = None,
) -> Row:
    """The row of pairs of samples, ours and theirs: how many times theirs ours is."""
    ours, theirs = [mine for mine, _ in pairs], [other for _, other in pairs]
    figures = [mine / other for mine, other in pairs]
    return Row(what, unit, ours, theirs, figures, "×", target, against, details or {})


def values(what: str, unit: str, samples: Sequence[float], target: Target | None = None) -> Row:
    """The row of samples that are compared with nothing but the target."""
    return Row(what, unit, list(samples), [], list(samples), f" {unit}", target, "")


def table(rows: Iterable[Row]) -> str:
    """The rows as a person reads them."""
    lines: list[Cells] = [("", "gureum", "", "", "figure (spread)", "target", "")]
    lines += [_line(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_padded(line, widths).rstrip() for line in lines)


def details_line(row: Row) -> str:
    """Where the time went, in one line; empty where it is not known."""
    if "ours_processor_us" not in row.details:
        return ""
    found = row.details
    return (
        f"    processor {found['ours_processor_us']:.0f} against {found['theirs_processor_us']:.0f} µs per request "
        f"(wrk {found['ours_wrk_us']:.0f} µs), {found['ours_busy']:.0%} against {found['theirs_busy']:.0%} of a core; "
        f"half answered within {found['ours_p50_ms']:.1f} against {found['theirs_p50_ms']:.1f} ms"
    )


def _details(side: str, loads: Sequence[Load]) -> dict[str, float]:
    return {
        f"{side}_processor_us": median(load.server_seconds / load.answers * 1e6 for load in loads),
        f"{side}_wrk_us": median(load.wrk_seconds / load.answers * 1e6 for load in loads),
        f"{side}_busy": median(load.server_seconds / load.seconds for load in loads),
        f"{side}_p50_ms": median(load.p50_us / 1000 for load in loads),
        f"{side}_p99_ms": median(load.p99_us / 1000 for load in loads),
    }


def _line(row: Row) -> Cells:
    target = f"{row.target.relation} {_number(row.target.value)}{row.figure_unit}" if row.target else ""
    spread = f" ({_number(min(row.figures))} – {_number(max(row.figures))})" if len(row.figures) > 1 else ""
    theirs = f"{_number(median(row.theirs))} {row.unit}" if row.theirs else ""
    figure = f"{_number(row.figure)}{row.figure_unit}{spread}"
    ours = f"{_number(median(row.ours))} {row.unit}"
    return row.what, ours, row.against if theirs else "", theirs, figure, target, row.verdict


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _padded(line: Cells, widths: Sequence[int]) -> str:
    to_the_left = {0, 2, 4, 5, 6}
    return "  ".join(
        cell.ljust(width) if column in to_the_left else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
