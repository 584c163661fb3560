"""Runs what documents tell people to type.

The AWS CLI that is installed for tests is version 1 (version 2 is not packaged for Python), so it gets the
`--endpoint-url` that the README says it needs: https://github.com/aws/aws-cli/issues/8737.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import free_port

ROOT = Path(__file__).parent.parent.parent
VERSION_1 = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"^```\n\n((?:    [^\n]*\n)+)", re.MULTILINE)
_seconds_max = 300


def run_blocks(document: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Every shell block of a document in one shell, up to the first command that fails, with a cloud in `folder`."""
    blocks = _BLOCK.findall((ROOT / document).read_text())
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GUREUM_"))}
    own = {
        "GUREUM_HOME": str(folder / "data"),
        "GUREUM_PORT": str(free_port()),
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_PAGER": "",
    }
    try:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([VERSION_1, *blocks])],
            cwd=ROOT,
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_seconds_max,
            check=False,
        )
    finally:
        subprocess.run([sys.executable, "-m", "gureum", "down", "--force"], env={**kept, **own}, check=False)


def quoted(document: str) -> list[str]:
    """What a document says that its commands print: the indented texts below them, each in one line."""
    return [" ".join(text.split()) for text in _QUOTED.findall((ROOT / document).read_text())]
