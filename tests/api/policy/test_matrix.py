"""The matrix as a whole: it is large enough, no case stands twice, and each names the page that it checks."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.api.policy.cases import Case

CASES_MIN = 400


def groups() -> Iterator[tuple[str, list[Case]]]:
    """Every test of the matrix by its full name, with its cases."""
    for path in sorted(Path(__file__).parent.glob("test_matrix_*.py")):
        module = importlib.import_module(f"tests.api.policy.{path.stem}")
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", []):
                if mark.args[0] == "case":
                    yield f"{path.stem}::{name}", mark.args[1]


def test_the_matrix_is_large_enough() -> None:
    """A number that only grows: a case is removed when the rule behind it is."""
    assert sum(len(cases) for _, cases in groups()) >= CASES_MIN


def test_every_case_has_a_name_and_a_page() -> None:
    """A name is unique in its group, and the page is one of AWS's documentation."""
    for group, cases in groups():
        names = Counter(case.id for case in cases)
        assert not [name for name, count in names.items() if count > 1], group
        assert all(".html" in case.page for case in cases), group


def test_no_case_stands_twice_in_a_group() -> None:
    """Two names for one request check nothing more than one does."""
    for group, cases in groups():
        requests = Counter(repr(replace(case, id="")) for case in cases)
        assert not [request for request, count in requests.items() if count > 1], group
