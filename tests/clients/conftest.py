"""Clients that are programs of their own, with nothing but environment variables to tell them where the cloud is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clouds import Cloud

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(cloud: Cloud, tmp_path: Path) -> Run:
    """Runs a program in the environment of the README."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GUREUM_"))}
    given = {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "AWS_REGION": "ap-northeast-2",
        "HOME": str(tmp_path),
    }

    def start(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**kept, **given, **variables}
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False
        )

    return start
