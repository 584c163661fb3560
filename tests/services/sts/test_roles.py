"""AssumeRole: who may, for how long, and what the session can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy
from tests.services.iam.people import add_user
from tests.services.sts.people import Client, add_role, lasts, session, trusting
from tests.support.clouds import running
from tests.support.refusals import refused

ASSUME = allow("sts:*")


def test_a_session_is_the_role(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Who it is, when it ends, and that the role's policies apply to it and nothing else."""
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:ListQueues"), Path="/jobs/")
    answer = alice.assume_role(RoleArn=role, RoleSessionName="build-7")
    role_id = iam.get_role(RoleName="worker")["Role"]["RoleId"]
    arn = f"arn:aws:sts::{account}:assumed-role/worker/build-7"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role_id}:build-7", "Arn": arn}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert lasts(answer, hours=1)
    assert "PackedPolicySize" not in answer
    assert session(client, "sts", answer).get_caller_identity()["Arn"] == arn
    session(client, "sqs", answer).list_queues()
    with refused("AccessDenied", f"User: {arn} is not authorized to perform: iam:ListUsers", 403):
        session(client, "iam", answer).list_users()


def test_who_is_not_trusted_is_refused(iam: Any, client: Client, account: str) -> None:
    """A role that trusts an account leaves it to the account's policies; one that does not exist trusts nobody."""
    role = add_role(iam, "worker", trusting(AWS=account))
    user = f"arn:aws:iam::{account}:user/bob"
    bob = client("sts", key=add_user(iam, "bob"))
    denied = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}"
    with refused("AccessDenied", denied, 403):
        bob.assume_role(RoleArn=role, RoleSessionName="s1")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(ASSUME))
    bob.assume_role(RoleArn=role, RoleSessionName="s1")
    for missing in (role + "x", role.replace(account, "999988887777")):
        with refused("AccessDenied", f"sts:AssumeRole on resource: {missing}", 403):
            bob.assume_role(RoleArn=missing, RoleSessionName="s1")


def test_a_named_user_needs_no_policy_of_his_own(iam: Any, client: Client, account: str) -> None:
    """In the same account the trust policy is enough."""
    key = add_user(iam, "bob")
    role = add_role(iam, "worker", trusting(AWS=f"arn:aws:iam::{account}:user/bob"))
    client("sts", key=key).assume_role(RoleArn=role, RoleSessionName="s1")


def test_the_root_user_assumes_no_roles(iam: Any, client: Client, account: str) -> None:
    """Not even when it is trusted."""
    role = add_role(iam, "worker", trusting(AWS=account))
    with refused("AccessDenied", "Roles may not be assumed by root accounts.", 403):
        client("sts", key=(account, "test")).assume_role(RoleArn=role, RoleSessionName="s1")


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("not-an-arn-but-long-enough", "not-an-arn-but-long-enough is invalid"),
        ("arn:aws:iam::111122223333:user/alice", "Request ARN is invalid"),
        ("arn:aws:sts::111122223333:assumed-role/a/b", "Request ARN is invalid"),
        ("arn:aws:iam::1111:role/worker", "Request ARN is invalid"),
        ("arn:aws-cn:iam::111122223333:role/worker", "Request ARN is invalid"),
    ],
)
def test_what_is_no_role(alice: Any, arn: str, text: str) -> None:
    """Refused before anybody is asked."""
    with refused("ValidationError", text):
        alice.assume_role(RoleArn=arn, RoleSessionName="s1")


def test_an_external_id_stops_the_confused_deputy(iam: Any, alice: Any, account: str) -> None:
    """The one that the role asks for, no other one, and not none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    condition = {"StringEquals": {"sts:ExternalId": "12345"}}
    role = add_role(iam, "partner", trusting(AWS=account, condition=condition))
    alice.assume_role(RoleArn=role, RoleSessionName="s1", ExternalId="12345")
    for other in ({}, {"ExternalId": "54321"}):
        with refused("AccessDenied", "sts:AssumeRole", 403):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", **other)


def test_the_session_name_is_a_condition_key(iam: Any, alice: Any, account: str) -> None:
    """A role can ask for the user's name."""
    condition = {"StringLike": {"sts:RoleSessionName": "${aws:username}"}}
    role = add_role(iam, "named", trusting(AWS=account, condition=condition))
    alice.assume_role(RoleArn=role, RoleSessionName="alice")
    with refused("AccessDenied", "sts:AssumeRole", 403):
        alice.assume_role(RoleArn=role, RoleSessionName="bob")


def test_durations(iam: Any, alice: Any, account: str) -> None:
    """From fifteen minutes to what the role allows."""
    role = add_role(iam, "short", trusting(AWS=account), MaxSessionDuration=7200)
    for seconds in (900, 7200):
        answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", DurationSeconds=seconds)
        assert lasts(answer, seconds=seconds)
    with refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."):
        alice.assume_role(RoleArn=role, RoleSessionName="s1", DurationSeconds=7201)
    for seconds in (899, 43201):
        with refused("ValidationError", "durationSeconds"):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", DurationSeconds=seconds)


def test_a_chain_lasts_an_hour(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Whatever the second role allows."""
    first = add_role(iam, "first", trusting(AWS=account), ASSUME)
    second = add_role(iam, "second", trusting(AWS=first), MaxSessionDuration=43200)
    chained = session(client, "sts", alice.assume_role(RoleArn=first, RoleSessionName="s1"))
    answer = chained.assume_role(RoleArn=second, RoleSessionName="s2", DurationSeconds=3600)
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/second/s2")
    text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    with refused("ValidationError", text):
        chained.assume_role(RoleArn=second, RoleSessionName="s2", DurationSeconds=3601)
    with refused("AccessDenied", "sts:AssumeRole", 403):
        alice.assume_role(RoleArn=second, RoleSessionName="s2")


def test_a_users_temporary_credentials_are_no_chain(iam: Any, client: Client, alice: Any, account: str) -> None:
    """A chain is a role that opens a role; what GetSessionToken gives is still the user."""
    role = add_role(iam, "long", trusting(AWS=account), MaxSessionDuration=43200)
    token = session(client, "sts", alice.get_session_token())
    for user in (alice, token):
        answer = user.assume_role(RoleArn=role, RoleSessionName="s1", DurationSeconds=43200)
        assert lasts(answer, hours=12)


def test_session_policies_restrict(iam: Any, client: Client, alice: Any, account: str) -> None:
    """What both the role and the session's policies allow; inline and managed ones together."""
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:*", "sts:GetAccessKeyInfo"))
    managed = iam.create_policy(PolicyName="lister", PolicyDocument=policy(allow("sqs:ListQueues", "iam:ListUsers")))
    given: dict[str, dict[str, Any]] = {
        "inline": {"Policy": policy(allow("sqs:ListQueues"))},
        "managed": {"PolicyArns": [{"arn": managed["Policy"]["Arn"]}]},
        "both": {
            "Policy": policy(allow("sts:GetAccessKeyInfo")),
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}],
        },
    }
    for policies in given.values():
        answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", **policies)
        assert 0 < answer["PackedPolicySize"] < 20
        queues = session(client, "sqs", answer)
        queues.list_queues()
        with refused("AccessDenied", "because no session policy allows the sqs:CreateQueue action", 403):
            queues.create_queue(QueueName="q")
        with refused("AccessDenied", "because no identity-based policy allows", 403):
            session(client, "iam", answer).list_users()


def test_bad_session_policies(iam: Any, alice: Any, account: str) -> None:
    """Each with AWS's error; none opens a session."""
    role = add_role(iam, "worker", trusting(AWS=account))
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("MalformedPolicyDocument", "", {"Policy": "{"}),
        ("MalformedPolicyDocument", "", {"Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'}),
        ("ValidationError", "'policy' failed", {"Policy": policy(allow(*(f"sqs:Action{n}" for n in range(200))))}),
        ("ValidationError", "is not valid", {"PolicyArns": [{"arn": "arn:aws:iam::aws:user/Administrator"}]}),
        ("ValidationError", "does not exist", {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]}),
        ("ValidationError", "is not in the account", {"PolicyArns": [{"arn": "arn:aws:iam::999988887777:policy/p"}]}),
        (
            "ValidationError",
            "'policyArns' failed",
            {"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/{n}"} for n in range(11)]},
        ),
    ]
    for code, text, policies in wrong:
        with refused(code, text):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", **policies)


def test_the_packed_size_has_a_limit(iam: Any, alice: Any, account: str) -> None:
    """What compresses badly does not fit, though each value is short enough."""
    role = add_role(iam, "worker", trusting("sts:AssumeRole", "sts:TagSession", AWS=account))
    tags = [{"Key": f"{n}", "Value": "".join(chr(0x4E00 + n * 100 + c) for c in range(100))} for n in range(50)]
    with refused("PackedPolicyTooLarge", "Packed size of session tags consumes "):
        alice.assume_role(RoleArn=role, RoleSessionName="s1", Tags=tags)
    answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", Tags=tags[:5])
    assert 25 < answer["PackedPolicySize"] <= 100


def test_what_is_not_supported_is_named(iam: Any, alice: Any, account: str) -> None:
    """Contexts of other identity providers, and sizes of tokens."""
    role = add_role(iam, "worker", trusting(AWS=account))
    contexts = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "abcd"}]
    members: dict[str, Any] = {"ProvidedContexts": contexts, "MinimumSessionTokenSize": 1024}
    for member, value in members.items():
        with refused("NotImplemented", member, 501):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", **{member: value})


def test_a_session_ends_with_its_role(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Also when another one of the same name is there."""
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    answer = alice.assume_role(RoleArn=role, RoleSessionName="s1")
    queues = session(client, "sqs", answer)
    queues.list_queues()
    iam.delete_role_policy(RoleName="worker", PolicyName="own")
    with refused("AccessDenied", "sqs:ListQueues", 403):
        queues.list_queues()
    iam.delete_role(RoleName="worker")
    add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    with refused("InvalidClientTokenId", "", 403):
        queues.list_queues()


def test_tampered_and_foreign_tokens_are_worth_nothing(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Nor is a token with the key of another session."""
    role = add_role(iam, "worker", trusting(AWS=account), allow("sqs:*"))
    one, two = (alice.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"] for name in ("s1", "s2"))
    token = one["SessionToken"]
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for other in (changed, two["SessionToken"], "AAAA", "é"):
        key = (one["AccessKeyId"], one["SecretAccessKey"])
        with refused("InvalidClientTokenId", "", 403):
            client("sts", key=key, token=other.encode("ascii", "ignore").decode() or "x").get_caller_identity()


def test_sessions_expire_on_the_clock(tmp_path: Path) -> None:
    """Put it forward, and they are over."""
    with running(tmp_path / "cloud") as cloud:
        iam = cloud.client("iam")
        alice = cloud.client("sts", key=add_user(iam, "alice", ASSUME))
        role = add_role(iam, "worker", trusting(AWS="000000000000"))
        answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", DurationSeconds=900)
        identity = session(cloud.client, "sts", answer)
        cloud.advance(890)
        identity.get_caller_identity()
        cloud.advance(11)
        with refused("ExpiredToken", "The security token included in the request is expired", 403):
            identity.get_caller_identity()
        calls = cloud.call("ListCalls", Operation="AssumeRole")["Calls"]
        assert answer["Credentials"]["SessionToken"] not in json.dumps(calls, default=str)
        assert answer["Credentials"]["SecretAccessKey"] not in json.dumps(calls, default=str)
