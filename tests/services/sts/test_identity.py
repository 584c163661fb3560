"""GetCallerIdentity, the one operation of STS so far."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Client
from tests.support.clouds import Cloud


def test_the_root_user(client: Client) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    identity = client("sts").get_caller_identity()
    assert identity["Account"] == identity["UserId"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:root"


@pytest.mark.parametrize("region", ["us-east-1", "ap-northeast-2", "eu-central-1"])
def test_it_is_the_same_in_every_region(client: Client, region: str) -> None:
    """Who calls does not depend on where."""
    response = client("sts", region=region).get_caller_identity()
    assert response["Account"] == "000000000000"
    assert response["ResponseMetadata"]["RequestId"] == response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


def test_with_the_key_of_the_clouds_own(cloud: Cloud) -> None:
    """Made at the first start, and secret."""
    made = json.loads((cloud.data / "root-credentials.json").read_text())
    key = (made["access_key_id"], made["secret_access_key"])
    assert cloud.client("sts", key=key).get_caller_identity()["Account"] == made["account"]
