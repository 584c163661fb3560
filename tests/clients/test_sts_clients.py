"""How people really assume roles: the AWS CLI, and a profile that boto3 follows by itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Run
from tests.clients.test_aws_cli import AWS
from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.services.sts.people import Client, add_role, trusting

ACCOUNT = "282828282828"


@pytest.fixture
def iam(client: Client) -> Any:
    return client("iam", key=(ACCOUNT, "test"))


def test_the_cli_assumes_a_role(run: Run, iam: Any, name: str) -> None:
    """With the options that people give it, and then as the role."""
    user, role = f"u-{name[-8:]}", f"r-{name[-8:]}"
    key = add_user(iam, user)
    every = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    arn = add_role(iam, role, trusting(*every, AWS=f"arn:aws:iam::{ACCOUNT}:user/{user}"))
    options = ["--external-id", "12345", "--duration-seconds", "900", "--tags", "Key=Team,Value=red"]
    done = run(
        *(AWS, "sts", "assume-role", "--role-arn", arn, "--role-session-name", "s1", "--output", "json"),
        *(*options, "--transitive-tag-keys", "Team", "--source-identity", user),
        AWS_ACCESS_KEY_ID=key[0],
        AWS_SECRET_ACCESS_KEY=key[1],
    )
    assert done.returncode == 0, done.stderr
    given = json.loads(done.stdout)["Credentials"]
    done = run(
        *(AWS, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"),
        AWS_ACCESS_KEY_ID=given["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=given["SecretAccessKey"],
        AWS_SESSION_TOKEN=given["SessionToken"],
    )
    assert done.stdout == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s1\n"


def test_boto3_follows_a_profile(run: Run, iam: Any, name: str, tmp_path: Path) -> None:
    """Through two roles, one assumed by the other, with an external id."""
    user, first, second = (f"{letter}-{name[-8:]}" for letter in "uab")
    key = add_user(iam, user, allow("sts:AssumeRole"))
    condition = {"StringEquals": {"sts:ExternalId": "12345"}}
    first_arn = add_role(iam, first, trusting(AWS=ACCOUNT, condition=condition))
    second_arn = add_role(iam, second, trusting(AWS=first_arn))
    file = tmp_path / "config"
    file.write_text(
        f"[profile person]\naws_access_key_id = {key[0]}\naws_secret_access_key = {key[1]}\n"
        f"[profile first]\nsource_profile = person\nrole_arn = {first_arn}\nexternal_id = 12345\n"
        f"[profile second]\nsource_profile = first\nrole_arn = {second_arn}\nrole_session_name = s2\n"
    )
    code = "import boto3; print(boto3.Session(profile_name='second').client('sts').get_caller_identity()['Arn'])"
    done = run(sys.executable, "-c", code, AWS_CONFIG_FILE=str(file), AWS_SHARED_CREDENTIALS_FILE="/nonexistent")
    assert done.stdout == f"arn:aws:sts::{ACCOUNT}:assumed-role/{second}/s2\n", done.stderr
