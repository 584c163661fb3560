"""What the documents show of the code is what the code is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.shell import ROOT, quoted, run_blocks

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


def test_the_page_about_identity(tmp_path: Path) -> None:
    """Its commands are run in one shell, and answer what it says they answer."""
    done = run_blocks("docs/identity.md", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = quoted("docs/identity.md")
    assert len(shown) == 4, "two refusals, two simulations"
    said = " ".join(f"{done.stdout}\n{done.stderr}".split())
    assert [text for text in shown if text not in said] == []
    assert "arn:aws:sts::000000000000:assumed-role/barista/morning" in said
    assert "with an explicit deny in a service control policy" in said
    assert "user/mina is not authorized to perform: iam:ListUsers" in done.stdout, "CloudTrail's event"
