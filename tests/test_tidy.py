"""The style of the house is a test: what a reviewer would have to say every time, this says once.

The ratchet holds what broke a rule when the rule came, with its number: it may shrink and must not grow, and an entry
that is no longer needed has to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import tidy_rules as rules
from tests.tidy_rules import Finding, Source

ROOT = Path(__file__).parent.parent
RATCHET: dict[tuple[str, str], int] = {}
"""(rule, path or path:name) -> the number that is tolerated."""

TEXT_SUFFIXES = {
    "",
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".json",
    ".cfg",
    ".ini",
    ".yml",
    ".yaml",
    ".js",
    ".mjs",
    ".sh",
    ".lua",
}
SKIPPED_FOLDERS = {".git", ".venv", "node_modules", "build", "dist", "__pycache__", "seeds"}

# Written in pieces, so that this file does not contain them.
FOREIGN_WORDS = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "registry" + r"\.npmjs",
            "--" + "(extra-)?index-url",
            "/" + "work/",
            "/" + r"tmp/lab",
            "/" + "opt/(pypi|wheels)",
            "/" + "root/",
            "/" + "home/[a-z]",
        )
    )
)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return rules.read_sources(ROOT, ("gureum", "tests", "bench", "scripts"))


def complaints(rule: str, findings: Iterator[Finding]) -> list[str]:
    """What the ratchet does not cover, and what it covers without need."""
    counted: dict[str, list[Finding]] = {}
    for finding in findings:
        counted.setdefault(finding.key, []).append(finding)
    problems = []
    for key, group in counted.items():
        measured = max(len(group), *(finding.measured for finding in group))
        if measured > RATCHET.get((rule, key), 0):
            problems += [f"{key}: {finding.message}" for finding in group]
        elif measured < RATCHET[rule, key]:
            problems.append(f"{key}: now {measured}, tighten the ratchet")
    stale = [key for (name, key) in RATCHET if name == rule and key not in counted]
    return problems + [f"{key}: repaired, remove it from the ratchet" for key in stale]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rules(rule: Callable[[Source], Iterator[Finding]], sources: list[Source]) -> None:
    found = complaints(rule.__name__, (finding for source in sources for finding in rule(source)))
    assert not found, "\n" + "\n".join(found)


def test_classes_inherit_flatly(sources: list[Source]) -> None:
    """Deep hierarchies hide where a method comes from."""
    found = complaints("inheritance_depth", rules.inheritance_depth(sources))
    assert not found, "\n" + "\n".join(found)


def text_files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        hidden = any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts[:-1])
        if path.is_file() and path.suffix in TEXT_SUFFIXES and not hidden and not parts & SKIPPED_FOLDERS:
            yield path


def test_no_file_names_a_machine_or_an_index() -> None:
    """The project is the same on every machine: no package index, no absolute path of a developer."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if (match := FOREIGN_WORDS.search(line))
    ]
    assert not found, "\n" + "\n".join(found)


LONG = "\n".join(f"    x{number} = {number}" for number in range(rules.CLASS_LINES_MAX))
IGNORE = "# type: " + "ignore"

BAD = [
    (rules.file_length, "x = 1\n" * (rules.FILE_LINES_MAX + 1)),
    (rules.function_length, f"def f():\n{LONG}\n"),
    (rules.class_length, f"class C:\n{LONG}\n"),
    (rules.parameter_count, "def f(a, b, c, d, e, f, g, *, h, i): ...\n"),
    (rules.module_docstring, "x = 1\n"),
    (rules.clock_and_randomness, "import time as t\nt.time()\n"),
    (rules.clock_and_randomness, "from datetime import datetime as d\nd.now()\n"),
    (rules.clock_and_randomness, "import random\nrandom.Random()\n"),
    (rules.clock_and_randomness, "from uuid import uuid4\nuuid4()\n"),
    (rules.sleeping_tests, "from time import sleep\nsleep(1)\n"),
    (rules.mocks, "from unittest import mock\n"),
    (rules.mocks, "def test(monkeypatch):\n    monkeypatch.setattr(a, 'b', c)\n"),
    (rules.swallowed_errors, "try:\n    f()\nexcept Exception:\n    pass\n"),
    (rules.swallowed_errors, "for x in y:\n    try:\n        f()\n    except:\n        continue\n"),
    (rules.skips_without_reason, "import pytest\n@pytest.mark.skip\ndef test(): ...\n"),
    (rules.skips_without_reason, "import pytest\n@pytest.mark.skipif(True)\ndef test(): ...\n"),
    (rules.skips_without_reason, "import pytest\npytest.skip()\n"),
    (rules.bare_ignores, f"x = 1  {IGNORE}\n"),
]
GOOD = [
    (rules.parameter_count, "@sqs.operation(action='x')\ndef f(a, b, c, d, e, f, g, h, i): ...\n"),
    (rules.parameter_count, "class C:\n    def f(self, a, b, c, d, e, f, g, h): ...\n"),
    (rules.clock_and_randomness, "import random, time\nrandom.Random(1)\ntime.monotonic()\n"),
    (rules.sleeping_tests, "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n"),
    (rules.mocks, "def test(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n"),
    (rules.skips_without_reason, "import pytest\npytest.skip('no kernel namespaces here')\n"),
    (rules.bare_ignores, f"x = 1  {IGNORE}[assignment]\n"),
]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_rule_finds_what_breaks_it(rule: Callable[[Source], Iterator[Finding]], text: str) -> None:
    assert list(rule(Source("tests/example.py", text)))


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_a_rule_leaves_alone_what_keeps_it(rule: Callable[[Source], Iterator[Finding]], text: str) -> None:
    assert not list(rule(Source("tests/example.py", text)))


def test_inheritance_is_followed_across_modules() -> None:
    """Two levels of our own are one too many, wherever they stand; bases of others do not count."""
    first = Source("gureum/a.py", "class A(Exception): ...\nclass B(A): ...\n")
    second = Source("gureum/b.py", "from gureum import a\nfrom gureum.a import B\nclass C(B): ...\nclass D(a.A): ...\n")
    assert [finding.name for finding in rules.inheritance_depth([first, second])] == ["C"]
