"""The stock AWS CLI, for the life of a user."""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Run

AWS = str(Path(sys.executable).with_name("aws"))


def test_the_life_of_a_user(run: Run, name: str) -> None:
    """Made, let in with a key of its own, allowed something, shut out, deleted; in an account of its own."""
    account = f"3{zlib.crc32(name.encode()):011d}"

    def aws(*arguments: str, key: str = account, secret: str = "test") -> Any:
        done = run(AWS, "--output", "json", *arguments, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
        if done.returncode:
            raise PermissionError(done.stderr)
        return json.loads(done.stdout or "{}")

    made = aws("iam", "create-user", "--user-name", "cli", "--tags", "Key=team,Value=a", "--path", "/people/")["User"]
    arn = f"arn:aws:iam::{account}:user/people/cli"
    assert made["Arn"] == arn
    key = aws("iam", "create-access-key", "--user-name", "cli")["AccessKey"]
    own = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    assert aws("sts", "get-caller-identity", **own)["Arn"] == arn
    with pytest.raises(PermissionError, match="not authorized to perform: iam:ListUsers"):
        aws("iam", "list-users", **own)
    policy = ("--policy-arn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    aws("iam", "attach-user-policy", "--user-name", "cli", *policy)
    assert [user["UserName"] for user in aws("iam", "list-users", **own)["Users"]] == ["cli"]
    status = ("iam", "update-access-key", "--user-name", "cli", "--access-key-id", own["key"], "--status")
    aws(*status, "Inactive")
    with pytest.raises(PermissionError, match="InvalidClientTokenId"):
        aws("iam", "list-users", **own)
    with pytest.raises(PermissionError, match="DeleteConflict"):
        aws("iam", "delete-user", "--user-name", "cli")
    aws("iam", "delete-access-key", "--user-name", "cli", "--access-key-id", own["key"])
    aws("iam", "detach-user-policy", "--user-name", "cli", *policy)
    aws("iam", "delete-user", "--user-name", "cli")
    with pytest.raises(PermissionError, match="NoSuchEntity"):
        aws("iam", "get-user", "--user-name", "cli")
