"""Accounts of the cloud: made with a root key, drawn or chosen."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gureum.cli.client import CloudError
from tests.support.clouds import Cloud, running


def number(name: str) -> str:
    return f"6{zlib.crc32(name.encode()):011d}"


def identity(cloud: Cloud, key: dict[str, Any]) -> dict[str, Any]:
    """Who the key is."""
    sts = cloud.client("sts", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    found: dict[str, Any] = sts.get_caller_identity()
    return found


def pages(cloud: Cloud, size: int) -> Iterator[list[dict[str, Any]]]:
    """All accounts, in pages of that size."""
    token: dict[str, str] = {}
    while True:
        page = cloud.call("ListAccounts", MaxResults=size, **token)
        yield page["Accounts"]
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def test_an_account_comes_with_its_root_key(cloud: Cloud, name: str) -> None:
    """Number, id and secret are drawn, and the key works at once."""
    made = cloud.call("CreateAccount", Name=name, Email=f"{number(name)}@example.com")
    account = made["Account"]
    assert (account["Name"], account["Suspended"]) == (name, False)
    assert len(account["AccountId"]) == 12
    assert made["AccessKey"]["AccessKeyId"].startswith("AKIA")
    assert identity(cloud, made["AccessKey"])["Arn"] == f"arn:aws:iam::{account['AccountId']}:root"
    assert account in [each for page in pages(cloud, 1000) for each in page]


def test_number_and_key_can_be_chosen(cloud: Cloud, name: str) -> None:
    """For suites that carry some.  What is taken is refused, and nothing of it made."""
    account, key = number(name), {"AccessKeyId": f"AKIA{number(name)}", "SecretAccessKey": "chosen-secret/+="}
    cloud.call("CreateAccount", AccountId=account, **key)
    assert identity(cloud, key)["Account"] == account
    with pytest.raises(CloudError, match=f"The account {account} exists."):
        cloud.call("CreateAccount", AccountId=account)
    other = number(f"{name} other")
    with pytest.raises(CloudError, match=r"The access key \w+ exists\."):
        cloud.call("CreateAccount", AccountId=other, **key)
    assert cloud.call("CreateAccount", AccountId=other)["Account"]["Name"] == other


def test_two_accounts_do_not_share_an_address(cloud: Cloud, name: str) -> None:
    """Organizations find accounts by it."""
    email = f"{number(name)}@example.com"
    cloud.call("CreateAccount", Email=email)
    with pytest.raises(CloudError, match="email address"):
        cloud.call("CreateAccount", Email=email.upper())


@pytest.mark.parametrize(
    "members",
    [
        {"AccountId": "12345"},
        {"AccessKeyId": "too-short"},
        {"AccessKeyId": "x" * 129},
        {"AccessKeyId": "with space in it "},
        {"SecretAccessKey": "short"},
        {"SecretAccessKey": "with a space"},
        {"Name": ""},
    ],
)
def test_what_cannot_be_is_refused(cloud: Cloud, members: dict[str, str]) -> None:
    """Keys that no client could send, and numbers that are none."""
    with pytest.raises(CloudError) as caught:
        cloud.call("CreateAccount", **members)
    assert caught.value.code == "ValidationException"


def test_accounts_come_in_pages(tmp_path: Path) -> None:
    """By number, the cloud's own among them."""
    with running(tmp_path / "cloud") as cloud:
        for index in range(3):
            cloud.call("CreateAccount", AccountId=f"60000000000{index}")
        found = [[each["AccountId"] for each in page] for page in pages(cloud, 3)]
        assert found == [["000000000000", "600000000000", "600000000001"], ["600000000002"]]
        with pytest.raises(CloudError, match="NextToken"):
            cloud.call("ListAccounts", NextToken="x")


def test_secrets_are_not_in_the_record(cloud: Cloud, name: str) -> None:
    """Neither a chosen one nor one that was drawn."""
    chosen = f"chosen-{number(name)}"
    drawn = cloud.call("CreateAccount")["AccessKey"]["SecretAccessKey"]
    cloud.call("CreateAccount", SecretAccessKey=chosen)
    calls = json.dumps(cloud.call("ListCalls", EventName="CreateAccount", MaxResults=1000))
    assert calls.count("AccessKeyId") > 0
    assert chosen not in calls
    assert drawn not in calls
