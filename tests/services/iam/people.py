"""Users for tests."""

from __future__ import annotations

from typing import Any

from tests.services.iam.documents import policy


def key_of(iam: Any, user: str) -> tuple[str, str]:
    """A new access key of a user."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def add_user(iam: Any, name: str = "alice", *statements: dict[str, Any]) -> tuple[str, str]:
    """A new user, with a policy of these statements if there are any; its access key."""
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return key_of(iam, name)
