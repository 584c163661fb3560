"""The stock AWS CLI, for the whole life of a user, and of a role with its sessions."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Run

AWS = str(Path(sys.executable).with_name("aws"))


Aws = Callable[..., Any]


@pytest.fixture
def account(name: str) -> str:
    """An account of the test's own."""
    return f"3{zlib.crc32(name.encode()):011d}"


@pytest.fixture
def aws(run: Run, account: str) -> Aws:
    """Runs the CLI as the root user, or with the credentials that it is given."""

    def call(*arguments: str, key: str = account, secret: str = "test", token: str = "") -> Any:
        session = {"AWS_SESSION_TOKEN": token} if token else {}
        own = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, **session}
        done = run(AWS, "--output", "json", *arguments, **own)
        if done.returncode:
            raise PermissionError(done.stderr)
        return json.loads(done.stdout or "{}")

    return call


def test_the_life_of_a_user(aws: Aws, account: str) -> None:
    """Made, let in with a key of its own, allowed something, shut out, deleted; in an account of its own."""
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


def test_the_life_of_a_role(aws: Aws, account: str) -> None:
    """Made with a boundary, trusted, assumed, narrowed by a session policy, changed while it is used, deleted."""

    def document(effect: str, action: str, **more: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, **more}})

    user = aws("iam", "create-user", "--user-name", "deployer")["User"]["Arn"]
    key = aws("iam", "create-access-key", "--user-name", "deployer")["AccessKey"]
    own = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    trust = document("Allow", "sts:AssumeRole", Principal={"AWS": user})
    limit = ("--policy-document", document("Allow", "iam:Get*", Resource="*"))
    boundary = aws("iam", "create-policy", "--policy-name", "limit", *limit)["Policy"]["Arn"]
    named = ("--role-name", "deploy")
    role = aws("iam", "create-role", *named, "--assume-role-policy-document", trust, "--permissions-boundary", boundary)
    arn = role["Role"]["Arn"]
    aws(
        "iam",
        "put-role-policy",
        *named,
        "--policy-name",
        "all",
        "--policy-document",
        document("Allow", "*", Resource="*"),
    )
    assume = ("sts", "assume-role", "--role-arn", arn, "--role-session-name", "ci")

    def session(*more: str) -> dict[str, str]:
        given = aws(*assume, *more, **own)["Credentials"]
        return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}

    whole, narrow = session(), session("--policy", document("Allow", "iam:GetRole", Resource=arn))
    assert aws("sts", "get-caller-identity", **whole)["Arn"] == f"arn:aws:sts::{account}:assumed-role/deploy/ci"
    assert aws("iam", "get-role", *named, **narrow)["Role"]["Arn"] == arn
    with pytest.raises(PermissionError, match="because no session policy allows the iam:GetUser action"):
        aws("iam", "get-user", "--user-name", "deployer", **narrow)
    with pytest.raises(PermissionError, match="because no permissions boundary allows the iam:ListRoles action"):
        aws("iam", "list-roles", **whole)
    aws("iam", "delete-role-permissions-boundary", *named)
    assert [found["RoleName"] for found in aws("iam", "list-roles", **whole)["Roles"]] == ["deploy"]
    nobody = document("Deny", "sts:AssumeRole", Principal={"AWS": "*"})
    aws("iam", "update-assume-role-policy", *named, "--policy-document", nobody)
    with pytest.raises(PermissionError, match="AccessDenied"):
        aws(*assume, **own)
    with pytest.raises(PermissionError, match="DeleteConflict"):
        aws("iam", "delete-role", *named)
    aws("iam", "delete-role-policy", *named, "--policy-name", "all")
    aws("iam", "delete-role", *named)
    with pytest.raises(PermissionError, match="InvalidClientTokenId"):
        aws("sts", "get-caller-identity", **whole)
