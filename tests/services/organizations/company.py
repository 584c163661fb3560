"""An organization of a test's own, in accounts of its own: on loopback an account's number is its root key."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.clouds import Cloud

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"


def number(name: str) -> str:
    """The account number that belongs to a name."""
    return f"7{zlib.crc32(name.encode()):011d}"


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(action: str, **more: Any) -> str:
    """A policy that denies an action on everything."""
    return document({"Effect": "Deny", "Action": action, "Resource": "*", **more})


def allow(*actions: str) -> str:
    """A policy that allows actions on everything."""
    return document({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


@contextmanager
def refused(code: str, text: str = "", reason: str | None = None, status: int = 400) -> Iterator[None]:
    """The block is answered with the error `code`, whose message contains `text`, for AWS's `reason`."""
    with pytest.raises(ClientError) as caught:
        yield
    response: Any = caught.value.response
    error = response["Error"]
    assert error["Code"] == code, response
    assert text in (error.get("Message") or response.get("Message", "")), response
    assert reason in (None, response.get("Reason")), response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response


class Company:
    """An organization, its management account and its root."""

    def __init__(self, cloud: Cloud, name: str, features: str = "ALL") -> None:
        self.cloud = cloud
        self.name = name
        self.management = number(name)
        self.api = self.client("organizations", self.management)
        self.organization = self.api.create_organization(FeatureSet=features)["Organization"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]

    def client(self, service: str, account: str) -> Any:
        """A client with the root key of an account."""
        return self.cloud.client(service, key=(account, "test"))

    def create(self, name: str, **more: Any) -> str:
        """A new member account."""
        email = f"{number(self.name + name)}@example.com"
        request = self.api.create_account(AccountName=name, Email=email, **more)["CreateAccountStatus"]
        self.cloud.advance(1)
        done = self.api.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
        assert done["State"] == "SUCCEEDED", done
        created: str = done["AccountId"]
        return created

    def invite(self, name: str) -> str:
        """A member account that was there before."""
        account = number(self.name + name)
        invitation = self.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})
        self.client("organizations", account).accept_handshake(HandshakeId=invitation["Handshake"]["Id"])
        return account

    def unit(self, name: str, parent: str | None = None) -> str:
        """A unit, below the root unless said otherwise."""
        made = self.api.create_organizational_unit(ParentId=parent or self.root, Name=name)
        unit: str = made["OrganizationalUnit"]["Id"]
        return unit

    def move(self, account: str, destination: str) -> None:
        """Put an account elsewhere."""
        source = self.api.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.api.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)

    def enable(self, policy_type: str = SCP) -> None:
        """Let policies of a type count."""
        self.api.enable_policy_type(RootId=self.root, PolicyType=policy_type)

    def policy(self, content: str, policy_type: str = SCP, name: str = "") -> str:
        """A policy that is attached to nothing yet."""
        label = name or f"policy-{zlib.crc32(content.encode()):08x}"
        made = self.api.create_policy(Content=content, Description="", Name=label, Type=policy_type)
        policy: str = made["Policy"]["PolicySummary"]["Id"]
        return policy

    def attach(self, target: str, content: str, policy_type: str = SCP) -> str:
        """A policy on a target."""
        policy = self.policy(content, policy_type)
        self.api.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    def user(self, account: str, name: str = "alice") -> tuple[str, str]:
        """The key of an IAM user that may do everything in its account."""
        iam = self.client("iam", account)
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]
