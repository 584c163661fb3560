"""What who was denied is told: a sentence, and where a service does so an encoded message with the whole decision.

The service is the test's own, over two operations of EC2's real model: the first of AWS's that encodes its denials.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from botocore.exceptions import ClientError

from gureum.api.context import Context
from gureum.api.service import Service, any_resource
from gureum.services.iam import iam
from gureum.services.sts import sts
from tests.support.inprocess import ACCOUNT, House, serving


class Regions(TypedDict):
    Regions: list[dict[str, str]]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """EC2 as far as this test needs it."""
    ec2 = Service("ec2")

    @ec2.operation(resource=any_resource, readonly=True)
    def describe_regions(ctx: Context) -> Regions:
        """None."""
        return {"Regions": []}

    with serving(iam, sts, ec2) as started:
        yield started


def test_ec2_encodes_its_denials(house: House) -> None:
    """UnauthorizedOperation with a message that DecodeAuthorizationMessage opens, for those who may."""
    admin = house.client("iam")
    admin.create_user(UserName="alice")
    statement: dict[str, Any] = {"Sid": "No", "Effect": "Deny", "Action": "ec2:Describe*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    admin.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    key = admin.create_access_key(UserName="alice")["AccessKey"]
    with pytest.raises(ClientError) as caught:
        house.client("ec2", key=(key["AccessKeyId"], key["SecretAccessKey"])).describe_regions()
    error = caught.value.response["Error"]
    assert (error["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (
        "UnauthorizedOperation",
        403,
    )
    assert (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: ec2:DescribeRegions" in error["Message"]
    )
    encoded = re.search("Encoded authorization failure message: (.+)", error["Message"])
    assert encoded is not None
    decoded = json.loads(house.client("sts").decode_authorization_message(EncodedMessage=encoded[1])["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, True)
    assert decoded["matchedStatements"]["items"][0]["statementId"] == "No"
    assert decoded["context"]["action"] == "ec2:DescribeRegions"
