"""What the documents show of the code is what the code is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "adding-an-operation.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```(?:\n\n((?:    [^\n]*\n)+))?", re.DOTALL)


def shown() -> list[tuple[str, str]]:
    """(everything before it, code) of each block of Python in the guide."""
    text = GUIDE.read_text()
    return [(text[: match.start()], match[1]) for match in BLOCK.finditer(text)]


def test_its_code_is_in_the_tree() -> None:
    """Word for word; … stands for what is left out."""
    sources = "\n\n".join(path.read_text() for folder in ("gureum", "tests") for path in (ROOT / folder).rglob("*.py"))
    assert len(shown()) >= 6
    for _, code in shown():
        for piece in re.split(r"^ *…\n", code, flags=re.MULTILINE):
            assert piece.strip("\n") in sources, piece


@pytest.mark.parametrize("document", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_what_it_names_exists(document: Path) -> None:
    """Files and folders that are written with their path."""
    named = set(re.findall(r"`((?:gureum|tests|scripts|docs|bench)/[\w./-]+?)/?`", document.read_text()))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_its_first_command_prints_what_it_says() -> None:
    """The others are the tests themselves."""
    match = SHELL.search(GUIDE.read_text())
    assert match is not None
    done = subprocess.run(["sh", "-c", match[1]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "".join(f"{line[4:]}\n" for line in match[2].splitlines()), done.stderr
