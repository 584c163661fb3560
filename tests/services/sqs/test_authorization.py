"""Who may do what with a queue: identity policies, its own, sessions, across accounts, and under which conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gureum.base.clock import host_ms, to_datetime
from tests.conftest import Client
from tests.services.iam.documents import policy
from tests.services.sts.people import add_role, session, trusting
from tests.services.sts.test_users import Phone
from tests.support.clients import make_client
from tests.support.clouds import Cloud, running


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


def test_a_session_policy_restricts_a_role(client: Client, user: Any, queue: str, account: str) -> None:
    """What the role may do and the session's policy allows; that the queue's names the role does not change that."""
    iam = client("iam", key=(account, "test"))
    alice = user(allow("sts:AssumeRole"), service="sts")
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    options = {"RoleArn": role, "RoleSessionName": "s1"}
    whole = session(client, "sqs", alice.assume_role(**options))
    whole.receive_message(QueueUrl=queue)
    part = session(client, "sqs", alice.assume_role(**options, Policy=policy(allow(["sqs:SendMessage"]))))
    part.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no session policy allows", lambda: part.receive_message(QueueUrl=queue))
    arn = f"arn:aws:sqs:us-east-1:{account}:orders"
    share(client, account, queue, allow("sqs:ReceiveMessage", arn, Principal={"AWS": role}))
    denied("because no session policy allows", lambda: part.receive_message(QueueUrl=queue))
    own = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/s1"
    share(client, account, queue, allow("sqs:ReceiveMessage", arn, Principal={"AWS": own}))
    part.receive_message(QueueUrl=queue)


def test_a_federated_user_may_what_both_allow(client: Client, user: Any, queue: str, account: str) -> None:
    """The user's policies and the one it was opened with; or the queue's, when it names the federated user."""
    bob = user(allow(["sts:GetFederationToken", "sqs:SendMessage", "sqs:PurgeQueue"]), service="sts", name="bob")
    answer = bob.get_federation_token(Name="carol", Policy=policy(allow(["sqs:SendMessage", "sqs:ReceiveMessage"])))
    carol = session(client, "sqs", answer)
    carol.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no session policy allows", lambda: carol.purge_queue(QueueUrl=queue))
    denied("because no identity-based policy allows", lambda: carol.receive_message(QueueUrl=queue))
    arn, who = f"arn:aws:sqs:us-east-1:{account}:orders", f"arn:aws:sts::{account}:federated-user/carol"
    share(client, account, queue, allow("sqs:ReceiveMessage", arn, Principal={"AWS": who}))
    carol.receive_message(QueueUrl=queue)


def test_where_a_request_comes_from(user: Any, queue: str) -> None:
    """aws:SourceIp is the client's address."""
    near = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}}
    far = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    sqs = user(allow("sqs:SendMessage", Condition=near), allow("sqs:ReceiveMessage", Condition=far))
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    denied("because no identity-based policy allows", lambda: sqs.receive_message(QueueUrl=queue))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud that serves TLS."""
    with running(tmp_path / "data", tls=True) as started:
        yield started


ONLY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_in_the_open_is_not_over_tls(client: Client, queue: str, account: str) -> None:
    """A queue that wants TLS can be had by nobody else."""
    share(client, account, queue, ONLY_TLS)
    sqs = client("sqs", key=(account, "test"))
    with_deny = "with an explicit deny in a resource-based policy"
    denied(with_deny, lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))


def test_over_tls_is_over_tls(secure: Cloud, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same queue takes it; one that wants none does not."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(secure.data / "ca" / "ca.pem"))
    sqs = make_client("sqs", f"https://localhost:{secure.port}", key=(account, "test"))
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(ONLY_TLS)})
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    never = {**ONLY_TLS, "Action": "sqs:SendMessage", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(never)})
    with_deny = "with an explicit deny in a resource-based policy"
    denied(with_deny, lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))


def test_a_permission_ends_in_time(cloud: Cloud, user: Any, queue: str) -> None:
    """aws:CurrentTime is the cloud's, which can be put forward."""
    now_ms = host_ms() + cloud.call("GetClock")["OffsetSeconds"] * 1000
    end = to_datetime(int(now_ms) + 3600_000).strftime("%Y-%m-%dT%H:%M:%SZ")
    sqs = user(allow("sqs:SendMessage", Condition={"DateLessThan": {"aws:CurrentTime": end}}))
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    cloud.advance(3600)
    denied("because no identity-based policy allows", lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))


def test_a_second_factor_can_be_asked_for(client: Client, user: Any, queue: str, account: str) -> None:
    """Only the session that was opened with a code has it: not one without, and no access key."""
    asking = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    sts = user(allow("sqs:PurgeQueue", Condition=asking), service="sts")
    iam = client("iam", key=(account, "test"))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    phone = Phone(iam, "alice")
    lasting = client("sqs", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    without = session(client, "sqs", sts.get_session_token())
    denied("because no identity-based policy allows", lambda: lasting.purge_queue(QueueUrl=queue))
    denied("because no identity-based policy allows", lambda: without.purge_queue(QueueUrl=queue))
    session(client, "sqs", sts.get_session_token(**phone.show())).purge_queue(QueueUrl=queue)
