"""Who may do what with a queue: identity policies, the queue's policy, both together, across accounts."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client


@pytest.fixture
def account(name: str) -> str:
    """An account of the test's own."""
    return f"{zlib.crc32(name.encode()):012d}"


@pytest.fixture
def stranger(name: str) -> str:
    """Another one."""
    return f"{zlib.crc32(name.encode()) + 1:012d}"


@pytest.fixture
def queue(client: Client, account: str) -> str:
    """A queue in the account."""
    url: str = client("sqs", key=(account, "test")).create_queue(QueueName="orders")["QueueUrl"]
    return url


@pytest.fixture
def user(client: Client, account: str) -> Callable[..., Any]:
    """Makes a client of SQS that is a user with one inline policy: `user(statement, …)`."""

    def make(*statements: dict[str, Any], service: str = "sqs", name: str = "alice") -> Any:
        iam = client("iam", key=(account, "test"))
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return client(service, key=(key["AccessKeyId"], key["SecretAccessKey"]))

    return make


def allow(action: str | list[str], resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def denied(why: str, call: Callable[[], Any]) -> None:
    """`call` is refused, for the reason that is given."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert (error["Code"], why in error["Message"]) == ("AccessDenied", True), error


def share(client: Client, account: str, queue: str, *statements: dict[str, Any]) -> None:
    """Set the queue's policy."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    client("sqs", key=(account, "test")).set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


def test_a_user_without_policies_may_do_nothing(user: Any, queue: str, account: str) -> None:
    """All is denied that is not allowed, and AWS's words say who, what and why."""
    sqs = user()
    arn = f"arn:aws:sqs:us-east-1:{account}:orders"
    denied(
        f"User: arn:aws:iam::{account}:user/alice is not authorized to perform: sqs:SendMessage on resource: {arn} "
        "because no identity-based policy allows the sqs:SendMessage action",
        lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"),
    )


def test_least_privilege(user: Any, queue: str, account: str) -> None:
    """One action on one queue is one action on one queue."""
    sqs = user(allow("sqs:SendMessage", f"arn:aws:sqs:*:{account}:orders"))
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no identity-based policy allows", lambda: sqs.receive_message(QueueUrl=queue))
    denied("because no identity-based policy allows", lambda: sqs.delete_queue(QueueUrl=queue))


def test_an_explicit_deny_wins(user: Any, queue: str) -> None:
    """Whatever else is allowed."""
    sqs = user(allow("*"), {"Effect": "Deny", "Action": "sqs:Purge*", "Resource": "*"})
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    denied("with an explicit deny in an identity-based policy", lambda: sqs.purge_queue(QueueUrl=queue))


def test_a_change_holds_for_the_next_request(client: Client, user: Any, queue: str, account: str) -> None:
    """Policies that are detached, keys that are deactivated: nothing is remembered for too long."""
    sqs = user(allow("sqs:*"))
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    iam = client("iam", key=(account, "test"))
    iam.delete_user_policy(UserName="alice", PolicyName="p")
    denied("because no identity-based policy allows", lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    key = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Inactive")
    with pytest.raises(ClientError, match=r"InvalidClientTokenId|UnrecognizedClient"):
        sqs.send_message(QueueUrl=queue, MessageBody="x")


def test_the_queues_policy_lets_a_user_of_the_account_in(client: Client, user: Any, queue: str, account: str) -> None:
    """In one account either policy is enough, when the queue's names the user."""
    sqs = user()
    arn = f"arn:aws:sqs:us-east-1:{account}:orders"
    share(
        client, account, queue, allow("sqs:SendMessage", arn, Principal={"AWS": f"arn:aws:iam::{account}:user/alice"})
    )
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no identity-based policy allows", lambda: sqs.receive_message(QueueUrl=queue))


def test_across_accounts_both_have_to_allow(client: Client, user: Any, queue: str, account: str, stranger: str) -> None:
    """The queue's account and the caller's own."""
    theirs = client("sqs", key=(stranger, "test")).create_queue(QueueName="theirs")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{stranger}:theirs"
    sqs = user(allow("sqs:SendMessage", arn))
    denied("because no resource-based policy allows", lambda: sqs.send_message(QueueUrl=theirs, MessageBody="x"))
    client("sqs", key=(stranger, "test")).add_permission(
        QueueUrl=theirs, Label="neighbours", AWSAccountIds=[account], Actions=["SendMessage", "ReceiveMessage"]
    )
    sqs.send_message(QueueUrl=theirs, MessageBody="x")
    denied("because no identity-based policy allows", lambda: sqs.receive_message(QueueUrl=theirs))


def test_what_cannot_be_shared(client: Client, queue: str, account: str, stranger: str) -> None:
    """Administration stays in the account, whatever the policy says."""
    share(client, account, queue, allow("sqs:*", "*", Principal="*"))
    sqs = client("sqs", key=(stranger, "test"))
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no resource-based policy allows", lambda: sqs.delete_queue(QueueUrl=queue))


def test_tags_decide(client: Client, user: Any, queue: str, account: str) -> None:
    """Attribute-based access: the queue's tag has to be the user's."""
    own = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    sqs = user(allow("sqs:SendMessage", Condition=own))
    client("iam", key=(account, "test")).tag_user(UserName="alice", Tags=[{"Key": "team", "Value": "shop"}])
    denied("because no identity-based policy allows", lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))
    client("sqs", key=(account, "test")).tag_queue(QueueUrl=queue, Tags={"team": "shop"})
    sqs.send_message(QueueUrl=queue, MessageBody="x")


def test_to_create_with_tags_is_to_tag(user: Any) -> None:
    """CreateQueue with tags needs both permissions."""
    sqs = user(allow("sqs:CreateQueue"))
    denied("sqs:TagQueue", lambda: sqs.create_queue(QueueName="tagged", tags={"team": "shop"}))
    sqs.create_queue(QueueName="plain")


def test_requested_tags_decide(user: Any) -> None:
    """Which tags a request brings is known to conditions."""
    named = {"StringEquals": {"aws:RequestTag/team": "shop"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    sqs = user(allow(["sqs:CreateQueue", "sqs:TagQueue"], Condition=named))
    sqs.create_queue(QueueName="good", tags={"team": "shop"})
    denied("no identity-based policy", lambda: sqs.create_queue(QueueName="bad", tags={"team": "shop", "more": "x"}))


def test_a_move_needs_what_it_does(client: Client, user: Any, queue: str, account: str) -> None:
    """Messages are taken out and put in for whoever starts the task."""
    root = client("sqs", key=(account, "test"))
    arn = f"arn:aws:sqs:us-east-1:{account}:orders"
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    root.create_queue(QueueName="source", Attributes={"RedrivePolicy": redrive})
    taking = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    sqs = user(allow(taking))
    denied("sqs:SendMessage", lambda: sqs.start_message_move_task(SourceArn=arn))


def test_the_root_user_can_unlock(client: Client, queue: str, account: str) -> None:
    """A policy that denies everybody can still be replaced by the account's root user."""
    share(client, account, queue, {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"})
    sqs = client("sqs", key=(account, "test"))
    denied("with an explicit deny in a resource-based policy", lambda: sqs.purge_queue(QueueUrl=queue))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    sqs.purge_queue(QueueUrl=queue)
