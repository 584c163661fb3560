"""The AWS SDK for JavaScript v3, whose code shares nothing with botocore's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.clients.conftest import Run

MODULES = Path(sys.prefix) / "node" / "node_modules"
SCRIPT = Path(__file__).with_name("sdk.cjs")


def test_sts_and_sqs(run: Run, name: str) -> None:
    """One program goes through what applications do; it checks the digests of all that it sends and receives."""
    done = run("node", "--no-warnings", str(SCRIPT), name, NODE_PATH=str(MODULES))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "account": "000000000000",
        "body": "one",
        "text": "구름",
        "data": [0, 1, 255],
        "batch": 4,
        "ordered": ["body-0", "body-1", "body-2"],
        "gone": {"name": "QueueDoesNotExist", "status": 400, "known": True},
        "wrong": {"name": "QueueDoesNotExist", "status": 400, "known": True},
    }
