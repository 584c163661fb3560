"""Who credentials and refusals are about: GetCallerIdentity, GetAccessKeyInfo, DecodeAuthorizationMessage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gureum.api.policy import Ask, Guard, Standing, decide
from gureum.api.principal import Principal
from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.identity import denials
from tests.conftest import Client
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud
from tests.support.refusals import refused


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


def test_who_one_is_cannot_be_denied(iam: Any, client: Client, account: str) -> None:
    """Not even explicitly."""
    key = add_user(iam, "bob", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    identity = client("sts", key=key).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{account}:user/bob"
    assert identity["UserId"] == iam.get_user(UserName="bob")["User"]["UserId"]


def test_the_account_of_a_key(iam: Any, client: Client, alice: Any, account: str) -> None:
    """The id tells it: for keys for ever, temporary ones, and ones that are gone; others tell nothing."""
    key_id, _ = add_user(iam, "bob")
    stranger = client("sts", key=("999988887777", "test"))
    assert stranger.get_access_key_info(AccessKeyId=key_id)["Account"] == account
    iam.delete_access_key(UserName="bob", AccessKeyId=key_id)
    assert stranger.get_access_key_info(AccessKeyId=key_id)["Account"] == account
    temporary = alice.get_session_token()["Credentials"]["AccessKeyId"]
    assert stranger.get_access_key_info(AccessKeyId=temporary)["Account"] == account
    with refused("ValidationError", "The access key ID is not valid."):
        stranger.get_access_key_info(AccessKeyId="AKIA_0000000000000")
    with refused("AccessDenied", "sts:GetAccessKeyInfo", 403):
        client("sts", key=add_user(iam, "carol")).get_access_key_info(AccessKeyId=key_id)


def denial(cloud: Cloud, account: str) -> str:
    """A message about a call of alice's, as EC2 gives it out, sealed with the cloud's own secret."""
    arn = f"arn:aws:iam::{account}:user/alice"
    ask = Ask(Principal("IAMUser", account, arn, "AIDAALICE", "alice"), "ec2:RunInstances", "*", {})
    vault = Vault((cloud.data / "root-key").read_bytes())
    return denials.encode(vault, Ids(), ask, decide(ask, Standing(), Guard(account)))


def test_a_refusal_is_decoded(cloud: Cloud, iam: Any, client: Client, alice: Any, account: str) -> None:
    """Into what was asked and what decided, for those who may see it, in the account that it is about."""
    message = denial(cloud, account)
    decoded = json.loads(alice.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert decoded["allowed"] is False
    assert decoded["context"]["action"] == "ec2:RunInstances"
    assert decoded["context"]["principal"]["arn"] == f"arn:aws:iam::{account}:user/alice"
    with refused("AccessDenied", "sts:DecodeAuthorizationMessage", 403):
        client("sts", key=add_user(iam, "bob")).decode_authorization_message(EncodedMessage=message)
    changed = message[:-4] + ("AAAA" if not message.endswith("AAAA") else "BBBB")
    stranger = client("sts", key=("999988887777", "test"))
    for sts, wrong in ((stranger, message), (alice, changed), (alice, "what is this?"), (alice, "é" * 8)):
        with refused("InvalidAuthorizationMessageException", "Message is not valid"):
            sts.decode_authorization_message(EncodedMessage=wrong)


def test_what_is_not_here_is_named(client: Client) -> None:
    """Tokens that AWS itself issues for other clouds, and the exchange of those of its partners."""
    sts = client("sts")
    with refused("NotImplemented", "sts:GetWebIdentityToken", 501):
        sts.get_web_identity_token(Audience=["https://example.com"], SigningAlgorithm="ES384")
    with refused("NotImplemented", "sts:GetDelegatedAccessToken", 501):
        sts.get_delegated_access_token(TradeInToken="token")
