"""`python -m bench [--quick] [--only NAME] [--json FILE]`: measure, print the table, end with 0 unless something broke.

A figure that misses its target is reported as missed and is no failure of the run.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.measures import MEASURES
from bench.results import Options, Row, details_line, table
from bench.servers import ServerFailed, folder, install_peer
from bench.wrk import LoadFailed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; the exit code."""
    given = _parser().parse_args(arguments)
    options = Options(
        quick=given.quick,
        rounds=given.rounds or (3 if given.quick else 5),
        seconds=given.seconds or (2 if given.quick else 4),
        connections=given.connections,
    )
    names = given.only or list(MEASURES)
    machine = _machine()
    print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items()), flush=True)
    install_peer()
    rows: dict[str, list[Row]] = {}
    try:
        for name in names:
            rows[name] = []
            for row in MEASURES[name](options):
                rows[name].append(row)
                print(table([row]).splitlines()[-1], flush=True)
                if details := details_line(row):
                    print(details, flush=True)
    except (ServerFailed, LoadFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        if given.json is not None:
            given.json.write_bytes(_document(machine, options, rows))
    print(f"\n{table(row for measured in rows.values() for row in measured)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Gureum beside ministack.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, 100,000 messages")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="may be given several times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to a file")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each comparison")
    parser.add_argument("--seconds", type=int, metavar="N", help="length of a round")
    parser.add_argument("--connections", type=int, default=32, metavar="N", help="of wrk, default %(default)s")
    return parser


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sync_ms": round(_sync_ms(), 2),
    }


def _sync_ms() -> float:
    """Median time that the disk takes to sync a page that was overwritten."""
    page, count = b"x" * 8192, 50
    with folder() as place:
        file = os.open(place / "sync", os.O_RDWR | os.O_CREAT)
        try:
            os.pwrite(file, page * count, 0)
            os.fsync(file)
            took = []
            for number in range(count):
                os.pwrite(file, page[::-1], number * len(page))
                started = time.perf_counter()
                os.fdatasync(file)
                took.append(time.perf_counter() - started)
        finally:
            os.close(file)
    return sorted(took)[count // 2] * 1000


def _document(machine: dict[str, Any], options: Options, rows: dict[str, list[Row]]) -> bytes:
    document = {
        "machine": machine,
        "options": options,
        "measures": {
            name: [{**msgspec.to_builtins(row), "figure": row.figure, "verdict": row.verdict} for row in measured]
            for name, measured in rows.items()
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


if __name__ == "__main__":
    sys.exit(main())
