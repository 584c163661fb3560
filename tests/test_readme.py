"""The README's first five minutes are run as they stand, so that they stay true.

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

VERSION_1 = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
ROOT = Path(__file__).parent.parent


def test_the_first_five_minutes(tmp_path: Path) -> None:
    """Every shell block, in one shell, stopping at the first command that fails."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GUREUM_"))}
    own = {
        "GUREUM_HOME": str(tmp_path / "data"),
        "GUREUM_PORT": str(free_port()),
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_PAGER": "",
    }
    try:
        shown = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([VERSION_1, *blocks])],
            cwd=ROOT,
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run([sys.executable, "-m", "gureum", "down", "--force"], env={**kept, **own}, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert '"Account": "000000000000"' in shown.stdout
    assert shown.stdout.count("one coffee") == 1, "there after the kill, gone after five days"
    assert "ahead by    5 days" in shown.stdout
