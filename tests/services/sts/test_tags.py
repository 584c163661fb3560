"""Session tags, transitive tags and source identities, through chains of roles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.services.sts.people import Client, add_role, session, trusting
from tests.support.refusals import refused

ALL = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def tags(**pairs: str) -> list[dict[str, str]]:
    """As requests have them."""
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def for_tag(key: str, value: str) -> dict[str, Any]:
    """A statement that lets sessions with a tag list queues."""
    return allow("sqs:ListQueues", Condition={"StringEquals": {f"aws:PrincipalTag/{key}": value}})


def test_tags_are_the_sessions(iam: Any, client: Client, alice: Any, account: str) -> None:
    """They decide with those of the role, which they override whatever the case of the key."""
    role = add_role(
        iam, "tagged", trusting(*ALL, AWS=account), for_tag("Team", "red"), Tags=tags(Team="blue", Site="seoul")
    )
    plain = session(client, "sqs", alice.assume_role(RoleArn=role, RoleSessionName="s1"))
    with refused("AccessDenied", "sqs:ListQueues", 403):
        plain.list_queues()
    answer = alice.assume_role(RoleArn=role, RoleSessionName="s1", Tags=tags(team="red"))
    session(client, "sqs", answer).list_queues()
    assert answer["PackedPolicySize"] > 0


def test_to_tag_needs_permission_of_both_sides(iam: Any, client: Client, alice: Any, account: str) -> None:
    """`sts:TagSession` in the role's trust policy, and where that trusts an account in the caller's."""
    closed = add_role(iam, "closed", trusting(AWS=account))
    with refused("AccessDenied", f"is not authorized to perform: sts:TagSession on resource: {closed}", 403):
        alice.assume_role(RoleArn=closed, RoleSessionName="s1", Tags=tags(Team="red"))
    opened = add_role(iam, "opened", trusting(*ALL, AWS=account))
    bob = client("sts", key=add_user(iam, "bob", allow("sts:AssumeRole")))
    bob.assume_role(RoleArn=opened, RoleSessionName="s1")
    with refused("AccessDenied", "sts:TagSession", 403):
        bob.assume_role(RoleArn=opened, RoleSessionName="s1", Tags=tags(Team="red"))


@pytest.mark.parametrize(
    ("given", "transitive"),
    [({"Team": "green"}, []), ({"Team": "red", "Boss": "x"}, []), ({}, []), ({"Team": "red"}, ["Team"])],
)
def test_which_tags_may_be_passed(
    iam: Any, alice: Any, account: str, given: dict[str, str], transitive: list[str]
) -> None:
    """`aws:RequestTag`, `aws:TagKeys` and `sts:TransitiveTagKeys` are keys of the request."""
    condition = {
        "StringEquals": {"aws:RequestTag/Team": ["red", "blue"]},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Site"]},
        "Null": {"sts:TransitiveTagKeys": "true"},
    }
    role = add_role(iam, "tagged", trusting(*ALL, AWS=account, condition=condition))
    alice.assume_role(RoleArn=role, RoleSessionName="s1", Tags=tags(Team="red", Site="seoul"))
    with refused("AccessDenied", "", 403):
        alice.assume_role(RoleArn=role, RoleSessionName="s1", Tags=tags(**given), TransitiveTagKeys=transitive)


def test_bad_tags(iam: Any, alice: Any, account: str) -> None:
    """Twice, reserved, too many, and transitive without being there."""
    role = add_role(iam, "tagged", trusting(*ALL, AWS=account))
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("InvalidParameterValue", "Duplicate tag keys found.", {"Tags": tags(Team="a", team="b")}),
        ("InvalidParameterValue", "reserved", {"Tags": [{"Key": "aws:team", "Value": "a"}]}),
        ("ValidationError", "tags", {"Tags": tags(**{f"t{n}": "a" for n in range(51)})}),
        ("InvalidParameterValue", "Every transitive tag key", {"Tags": tags(Team="a"), "TransitiveTagKeys": ["Site"]}),
    ]
    for code, text, given in wrong:
        with refused(code, text):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", **given)


def test_transitive_tags_follow_through_a_chain(iam: Any, client: Client, alice: Any, account: str) -> None:
    """Into each next session, where they override the role's and stay transitive; others are left behind."""
    first = add_role(iam, "first", trusting(*ALL, AWS=account), allow("sts:*"))
    second = add_role(iam, "second", trusting(*ALL, AWS=account), allow("sts:*"), Tags=tags(Star="2"))
    third = add_role(iam, "third", trusting(*ALL, AWS=account), for_tag("Star", "1"), allow("sts:*"))
    lonely = add_role(iam, "lonely", trusting(*ALL, AWS=account), for_tag("Moon", "1"))
    answer = alice.assume_role(
        RoleArn=first, RoleSessionName="s1", Tags=tags(Star="1", Moon="1"), TransitiveTagKeys=["star"]
    )
    one = session(client, "sts", answer)
    two = session(client, "sts", one.assume_role(RoleArn=second, RoleSessionName="s2", Tags=tags(Sun="2")))
    session(client, "sqs", two.assume_role(RoleArn=third, RoleSessionName="s3")).list_queues()
    with refused("AccessDenied", "sqs:ListQueues", 403):
        session(client, "sqs", one.assume_role(RoleArn=lonely, RoleSessionName="s3")).list_queues()
    for sts in (one, two):
        with refused("InvalidParameterValue", "conflicts with a transitive tag key from the calling session"):
            sts.assume_role(RoleArn=third, RoleSessionName="s3", Tags=tags(STAR="3"))


def test_a_chain_needs_the_permission_to_tag(iam: Any, client: Client, alice: Any, account: str) -> None:
    """For inherited tags as for passed ones."""
    first = add_role(iam, "first", trusting(*ALL, AWS=account), allow("sts:*"))
    second = add_role(iam, "second", trusting(AWS=account))
    answer = alice.assume_role(RoleArn=first, RoleSessionName="s1", Tags=tags(Star="1"), TransitiveTagKeys=["Star"])
    with refused("AccessDenied", "sts:TagSession", 403):
        session(client, "sts", answer).assume_role(RoleArn=second, RoleSessionName="s2")


def test_a_source_identity_stays(iam: Any, client: Client, alice: Any, account: str) -> None:
    """It is in every request of the session and of all that follow, cannot be changed, and needs permission."""
    to_alice = allow("sqs:ListQueues", Condition={"StringEquals": {"aws:SourceIdentity": "alice@example.com"}})
    first = add_role(iam, "first", trusting(*ALL, AWS=account), allow("sts:*"))
    second = add_role(iam, "second", trusting(*ALL, AWS=account), to_alice)
    closed = add_role(iam, "closed", trusting(AWS=account))
    with refused("AccessDenied", f"sts:SetSourceIdentity on resource: {closed}", 403):
        alice.assume_role(RoleArn=closed, RoleSessionName="s1", SourceIdentity="alice@example.com")
    answer = alice.assume_role(RoleArn=first, RoleSessionName="s1", SourceIdentity="alice@example.com")
    assert answer["SourceIdentity"] == "alice@example.com"
    one = session(client, "sts", answer)
    chained = one.assume_role(RoleArn=second, RoleSessionName="s2")
    assert chained["SourceIdentity"] == "alice@example.com"
    session(client, "sqs", chained).list_queues()
    with refused("ValidationError", "The source identity is already set for this assume role session"):
        one.assume_role(RoleArn=second, RoleSessionName="s2", SourceIdentity="mallory")
    with refused("AccessDenied", "sts:SetSourceIdentity", 403):
        one.assume_role(RoleArn=closed, RoleSessionName="s2")


def test_a_role_can_ask_for_a_source_identity(iam: Any, alice: Any, account: str) -> None:
    """`sts:SourceIdentity` is a key of the request that sets it."""
    condition = {"StringLike": {"sts:SourceIdentity": "${aws:username}"}}
    role = add_role(iam, "traced", trusting(*ALL, AWS=account, condition=condition))
    alice.assume_role(RoleArn=role, RoleSessionName="s1", SourceIdentity="alice")
    for other in ({}, {"SourceIdentity": "bob"}):
        with refused("AccessDenied", "sts:AssumeRole", 403):
            alice.assume_role(RoleArn=role, RoleSessionName="s1", **other)
