"""Whom a queue's policy names: who had the ARN when it was set, and nobody who is made anew under it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.iam.documents import allow, policy
from tests.services.iam.people import add_user
from tests.services.sts.people import add_role, session, trusting
from tests.support.refusals import refused


@pytest.fixture
def owner(client: Client, account: str) -> Any:
    """SQS as the root user of the account."""
    return client("sqs", key=(account, "test"))


@pytest.fixture
def iam(client: Client, account: str) -> Any:
    """IAM as the root user of the account."""
    return client("iam", key=(account, "test"))


@pytest.fixture
def queue(owner: Any) -> str:
    """A queue in the account."""
    url: str = owner.create_queue(QueueName="orders")["QueueUrl"]
    return url


def letting_in(account: str, *arns: str) -> str:
    """A policy of the queue for `arns`."""
    resource = f"arn:aws:sqs:us-east-1:{account}:orders"
    return policy(allow("sqs:SendMessage", resource=resource, Principal={"AWS": list(arns)}))


def named(owner: Any, queue: str) -> list[str]:
    """The principals that the queue's policy shows, in all statements."""
    shown = owner.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    found: list[str] = []
    for statement in json.loads(shown)["Statement"]:
        principals = statement["Principal"]["AWS"]
        found += principals if isinstance(principals, list) else [principals]
    return found


def delete_user(iam: Any, name: str) -> None:
    """Delete a user with its keys."""
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_a_user_made_anew_is_another_one(client: Client, iam: Any, owner: Any, queue: str, account: str) -> None:
    """It does not inherit access; the policy shows the id of who is gone, and cannot be set like that again."""
    alice = client("sqs", key=add_user(iam))
    user = iam.get_user(UserName="alice")["User"]
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, user["Arn"])})
    alice.send_message(QueueUrl=queue, MessageBody="x")
    assert named(owner, queue) == [user["Arn"]]
    delete_user(iam, "alice")
    another = client("sqs", key=add_user(iam))
    with refused("AccessDenied", "sqs:SendMessage", 403):
        another.send_message(QueueUrl=queue, MessageBody="x")
    assert named(owner, queue) == [user["UserId"]]
    with refused("InvalidAttributeValue", "Invalid value for the parameter Policy."):
        owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, user["UserId"])})
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, user["Arn"])})
    another.send_message(QueueUrl=queue, MessageBody="x")


def test_a_role_of_another_account_made_anew(
    client: Client, owner: Any, queue: str, account: str, stranger: str
) -> None:
    """The same across accounts, for sessions of roles."""
    theirs = client("iam", key=(stranger, "test"))
    guest = client("sts", key=add_user(theirs, "guest", allow("sts:AssumeRole")))

    def worker() -> Any:
        role = add_role(theirs, "worker", trusting(AWS=stranger), allow("sqs:*"))
        return session(client, "sqs", guest.assume_role(RoleArn=role, RoleSessionName="s1"))

    sqs, arn = worker(), f"arn:aws:iam::{stranger}:role/worker"
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, arn)})
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    theirs.delete_role_policy(RoleName="worker", PolicyName="own")
    theirs.delete_role(RoleName="worker")
    with refused("AccessDenied", "sqs:SendMessage", 403):
        worker().send_message(QueueUrl=queue, MessageBody="x")
    assert named(owner, queue)[0].startswith("AROA")


def test_who_is_renamed_stays_the_same(client: Client, iam: Any, owner: Any, queue: str, account: str) -> None:
    """Under the new ARN; whoever takes the old name is not let in."""
    alice = client("sqs", key=add_user(iam))
    arn = f"arn:aws:iam::{account}:user/alice"
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, arn)})
    iam.update_user(UserName="alice", NewUserName="carol")
    alice.send_message(QueueUrl=queue, MessageBody="x")
    with refused("AccessDenied", "sqs:SendMessage", 403):
        client("sqs", key=add_user(iam)).send_message(QueueUrl=queue, MessageBody="x")
    assert named(owner, queue) == [f"arn:aws:iam::{account}:user/carol"]


def test_permissions_leave_the_others_as_they_are(iam: Any, owner: Any, queue: str, account: str) -> None:
    """AddPermission and RemovePermission keep who is meant by the other statements."""
    add_user(iam)
    user = iam.get_user(UserName="alice")["User"]
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, user["Arn"])})
    delete_user(iam, "alice")
    add_user(iam)
    owner.add_permission(QueueUrl=queue, Label="own", AWSAccountIds=[account], Actions=["SendMessage"])
    assert named(owner, queue) == [user["UserId"], f"arn:aws:iam::{account}:root"]
    owner.remove_permission(QueueUrl=queue, Label="own")
    assert named(owner, queue) == [user["UserId"]]


def test_principals_have_to_exist(iam: Any, owner: Any, queue: str, account: str) -> None:
    """Users, roles and sessions of roles; accounts come into being when they are first used."""
    for name in ("user/nobody", "role/nobody"):
        attributes = {"Policy": letting_in(account, f"arn:aws:iam::{account}:{name}")}
        with refused("InvalidAttributeValue", "Invalid value for the parameter Policy."):
            owner.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
        with refused("InvalidAttributeValue", "Invalid value for the parameter Policy."):
            owner.create_queue(QueueName="another", Attributes=attributes)
    with refused("InvalidAttributeValue", "Invalid value for the parameter Policy."):
        arn = f"arn:aws:sts::{account}:assumed-role/nobody/s1"
        owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, arn)})
    owner.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": letting_in(account, "999999999999")})


def test_the_same_policy_about_another_user_is_another_one(iam: Any, owner: Any, account: str) -> None:
    """CreateQueue says that a queue is there as long as it is the same, and does not let a new user in."""
    add_user(iam)
    attributes = {"Policy": letting_in(account, f"arn:aws:iam::{account}:user/alice")}
    made = owner.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    assert owner.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"] == made
    delete_user(iam, "alice")
    add_user(iam)
    with pytest.raises(ClientError, match="different value for attribute Policy"):
        owner.create_queue(QueueName="orders", Attributes=attributes)
