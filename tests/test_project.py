"""The files around the code agree with each other and with what is installed."""

from __future__ import annotations

import importlib.metadata as metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import gureum

ROOT = Path(__file__).parent.parent


def pins(name: str) -> dict[str, str]:
    """Package -> version of a requirements file; a line that is no pin is a mistake."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", line) for line in lines), lines
    return dict(line.split("==") for line in lines)


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def test_what_is_declared_is_pinned_within_its_range() -> None:
    """An installation from the pins is one that pyproject.toml allows."""
    runtime = pins("requirements.txt")
    for requirement in declared():
        assert runtime[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_pins_are_complete() -> None:
    """Nothing is installed that is not pinned, however deep it is needed."""
    runtime = pins("requirements.txt")
    waiting = declared()
    needed: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        needed.add(name)
        assert name in runtime, f"{name} is needed and not pinned"
        extras = requirement.extras or {""}
        for text in metadata.requires(name) or ():
            inner = Requirement(text)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    assert set(runtime) <= needed | {"typing-extensions"}, "pinned and not needed"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_is_what_is_pinned(name: str) -> None:
    """Tests that ran against other versions prove nothing."""
    assert {package: metadata.version(package) for package in pins(name)} == pins(name)


def test_npm_packages_are_pinned_without_an_index() -> None:
    """The lock file carries digests, never addresses."""
    lock = json.loads((ROOT / "tests/javascript/package-lock.json").read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages)


def test_the_version_is_in_the_changelog() -> None:
    """A release without an entry would tell nobody what changed."""
    assert f"## {gureum.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_importing_the_package_costs_nothing() -> None:
    """No work at import: the package itself loads no dependency."""
    code = "import sys, gureum; print(sorted({'click', 'msgspec', 'uvloop', 'asyncio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
