"""Inline policies of users, groups and roles, and what they let somebody do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused

QUOTAS = {"user": 2048, "group": 5120, "role": 10240}


class Owner:
    """A user, group or role, and the operations on its inline policies."""

    def __init__(self, iam: Any, kind: str) -> None:
        self._iam = iam
        self.name = {f"{kind.capitalize()}Name": "owner"}
        self.kind = kind
        trust = {"AssumeRolePolicyDocument": EC2} if kind == "role" else {}
        getattr(iam, f"create_{kind}")(**self.name, **trust)

    def put(self, policy_name: str, document: str = EVERYTHING) -> None:
        put = getattr(self._iam, f"put_{self.kind}_policy")
        put(**self.name, PolicyName=policy_name, PolicyDocument=document)

    def get(self, policy_name: str) -> Any:
        return getattr(self._iam, f"get_{self.kind}_policy")(**self.name, PolicyName=policy_name)

    def delete(self, policy_name: str) -> None:
        getattr(self._iam, f"delete_{self.kind}_policy")(**self.name, PolicyName=policy_name)

    def listed(self, **members: Any) -> Any:
        return getattr(self._iam, f"list_{self.kind}_policies")(**self.name, **members)


@pytest.fixture(params=list(QUOTAS))
def owner(request: pytest.FixtureRequest, iam: Any) -> Owner:
    """One of each kind."""
    return Owner(iam, request.param)


def test_put_got_listed_and_deleted(owner: Owner) -> None:
    """Put again replaces; names are as they were written, and differ by case."""
    assert owner.listed()["PolicyNames"] == []
    for name in ("b", "a", "B"):
        owner.put(name)
    owner.put("a", EC2.replace('"Principal": {"Service": "ec2.amazonaws.com"}', '"Resource": "*"'))
    found = owner.get("a")
    assert found["PolicyName"] == "a"
    assert found.items() >= owner.name.items()
    assert found["PolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    assert owner.get("b")["PolicyDocument"] == json.loads(EVERYTHING)
    first = owner.listed(MaxItems=2)
    assert first["PolicyNames"] + owner.listed(Marker=first["Marker"])["PolicyNames"] == ["B", "a", "b"]
    owner.delete("a")
    for operation in (owner.get, owner.delete):
        with refused("NoSuchEntity", f"The {owner.kind} policy with name a cannot be found.", 404):
            operation("a")
    with refused("ValidationError"):
        owner.put("a/b")


def test_all_together_have_a_size(owner: Owner) -> None:
    """Without white space; the one that is replaced does not count."""
    most = QUOTAS[owner.kind]
    half = most // 2

    def sized(characters: int) -> str:
        return policy(allow("*", Sid="x" * (characters - len("".join(policy(allow("*", Sid="")).split()))))) + " " * 999

    owner.put("a", sized(half))
    owner.put("b", sized(most - half))
    text = f"Maximum policy size of {most} bytes exceeded for {owner.kind} owner"
    with refused("LimitExceeded", text, 409):
        owner.put("c")
    with refused("LimitExceeded", text, 409):
        owner.put("a", sized(half + 1))
    owner.put("a", sized(half))
    assert owner.listed()["PolicyNames"] == ["a", "b"]


def test_who_does_not_exist_has_no_inline_policies(iam: Any) -> None:
    """Each operation says so."""
    for kind in QUOTAS:
        name = {f"{kind.capitalize()}Name": "nobody"}
        text = f"The {kind} with name nobody cannot be found."
        with refused("NoSuchEntity", text, 404):
            getattr(iam, f"put_{kind}_policy")(**name, PolicyName="p", PolicyDocument=EVERYTHING)
        for operation in (f"get_{kind}_policy", f"delete_{kind}_policy"):
            with refused("NoSuchEntity", text, 404):
                getattr(iam, operation)(**name, PolicyName="p")
        with refused("NoSuchEntity", text, 404):
            getattr(iam, f"list_{kind}_policies")(**name)


def test_an_inline_policy_counts_from_the_next_request(iam: Any, client: Callable[..., Any]) -> None:
    """Put, replaced by a denial, deleted."""
    alice = client("iam", key=add_user(iam))
    with refused("AccessDenied", status=403):
        alice.list_roles()
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)
    assert alice.list_roles()["Roles"] == []
    assert alice.get_user_policy(UserName="alice", PolicyName="p")["UserName"] == "alice"
    denied = {**allow("iam:ListRoles"), "Effect": "Deny"}
    iam.put_user_policy(UserName="alice", PolicyName="q", PolicyDocument=policy(denied))
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", 403):
        alice.list_roles()
    iam.delete_user_policy(UserName="alice", PolicyName="q")
    assert alice.list_roles()["Roles"] == []
    iam.delete_user_policy(UserName="alice", PolicyName="p")
    with refused("AccessDenied", status=403):
        alice.list_roles()


def test_policies_of_a_group_count_for_its_users(iam: Any, client: Callable[..., Any]) -> None:
    """As long as the group has them and they are in it; they are not the users' own."""
    alice = client("iam", key=add_user(iam))
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=policy(allow("iam:ListGroupPolicies")))
    assert alice.list_group_policies(GroupName="g")["PolicyNames"] == ["p"]
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == []
    with refused("AccessDenied", "iam:GetGroupPolicy", 403):
        alice.get_group_policy(GroupName="g", PolicyName="p")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=policy(allow("iam:GetGroupPolicy")))
    found = alice.get_group_policy(GroupName="g", PolicyName="p")["PolicyDocument"]
    assert found["Statement"][0]["Action"] == ["iam:GetGroupPolicy"]
    iam.delete_group_policy(GroupName="g", PolicyName="p")
    with refused("AccessDenied", status=403):
        alice.get_group_policy(GroupName="g", PolicyName="p")


def test_policies_are_percent_encoded(iam: Any) -> None:
    """RFC 3986, as all documents: boto3 undoes it, so the raw answer is looked at."""
    answers: list[bytes] = []
    iam.meta.events.register(
        "after-call.iam.GetRolePolicy", lambda http_response, **_: answers.append(http_response.content)
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
    assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == json.loads(EVERYTHING)
    assert b"%22Action%22%3A%20%5B%22%2A%22%5D" in answers[0]
