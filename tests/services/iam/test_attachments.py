"""Managed policies attached to users, groups and roles, and what that lets them do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
KINDS = ("user", "group", "role")


class Owner:
    """A user, group or role, and the operations on its policies."""

    def __init__(self, iam: Any, kind: str) -> None:
        self._iam = iam
        self.name = {f"{kind.capitalize()}Name": "owner"}
        self.kind = kind
        trust = {"AssumeRolePolicyDocument": EC2} if kind == "role" else {}
        getattr(iam, f"create_{kind}")(**self.name, **trust)

    def attach(self, arn: str) -> None:
        getattr(self._iam, f"attach_{self.kind}_policy")(**self.name, PolicyArn=arn)

    def detach(self, arn: str) -> None:
        getattr(self._iam, f"detach_{self.kind}_policy")(**self.name, PolicyArn=arn)

    def attached(self, **members: Any) -> Any:
        return getattr(self._iam, f"list_attached_{self.kind}_policies")(**self.name, **members)


@pytest.fixture(params=KINDS)
def owner(request: pytest.FixtureRequest, iam: Any) -> Owner:
    """One of each kind."""
    return Owner(iam, request.param)


def test_attached_listed_and_detached(iam: Any, owner: Owner, account: str) -> None:
    """Twice is once; by path and in pages; what is not attached cannot be detached."""
    assert owner.attached()["AttachedPolicies"] == []
    own = iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    for arn in (own, own, READ):
        owner.attach(arn)
    both = [{"PolicyName": "p", "PolicyArn": own}, {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ}]
    assert owner.attached()["AttachedPolicies"] == both
    assert owner.attached(PathPrefix="/x/")["AttachedPolicies"] == both[:1]
    first = owner.attached(MaxItems=1)
    assert first["AttachedPolicies"] + owner.attached(Marker=first["Marker"])["AttachedPolicies"] == both
    assert iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    owner.detach(own)
    assert owner.attached()["AttachedPolicies"] == both[1:]
    with refused("NoSuchEntity", f"Policy {own} was not found.", 404):
        owner.detach(own)


def test_what_cannot_be_attached(iam: Any, owner: Owner, account: str) -> None:
    """Policies that do not exist, that belong to another account or to service-linked roles, and an eleventh."""
    for missing in (f"arn:aws:iam::{account}:policy/none", "arn:aws:iam::111122223333:policy/p"):
        with refused("NoSuchEntity", f"Policy {missing} does not exist or is not attachable.", 404):
            owner.attach(missing)
    with refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."):
        owner.attach("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy")
    with refused("InvalidInput", "is not valid"):
        owner.attach(f"arn:aws:iam::{account}:user/somebody")
    arns = [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=EVERYTHING)["Policy"]["Arn"] for number in range(11)
    ]
    for arn in arns[:10]:
        owner.attach(arn)
    with refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{owner.kind.capitalize()}: 10", 409):
        owner.attach(arns[10])
    owner.attach(arns[0])


def test_who_does_not_exist_has_no_policies(iam: Any) -> None:
    """Each operation says so."""
    for kind in KINDS:
        name = {f"{kind.capitalize()}Name": "nobody"}
        text = f"The {kind} with name nobody cannot be found."
        for operation in (f"attach_{kind}_policy", f"detach_{kind}_policy"):
            with refused("NoSuchEntity", text, 404):
                getattr(iam, operation)(**name, PolicyArn=READ)
        with refused("NoSuchEntity", text, 404):
            getattr(iam, f"list_attached_{kind}_policies")(**name)


def test_a_policy_counts_from_the_next_request(iam: Any, client: Callable[..., Any]) -> None:
    """Attached, changed by a version, detached; of the user and of a group of the user."""
    alice = client("iam", key=add_user(iam))
    with refused("AccessDenied", "no identity-based policy allows the iam:ListRoles action", 403):
        alice.list_roles()
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("iam:ListRoles")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    assert alice.list_roles()["Roles"] == []
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListUsers")))
    assert alice.list_roles()["Roles"] == []
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    with refused("AccessDenied", status=403):
        alice.list_roles()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert alice.list_roles()["Roles"] == []
    iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    with refused("AccessDenied", status=403):
        alice.list_roles()
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.attach_group_policy(GroupName="g", PolicyArn=ADMIN)
    assert alice.list_roles()["Roles"] == []
    [attached] = alice.list_attached_group_policies(GroupName="g")["AttachedPolicies"]
    assert attached["PolicyArn"] == ADMIN
    assert alice.list_attached_user_policies(UserName="alice")["AttachedPolicies"] == []
    iam.remove_user_from_group(GroupName="g", UserName="alice")
    with refused("AccessDenied", status=403):
        alice.list_roles()


def test_attaching_can_be_limited_to_some_policies(iam: Any, client: Callable[..., Any]) -> None:
    """`iam:PolicyARN` is the policy, the resource is who gets it."""
    condition = {"ArnEquals": {"iam:PolicyARN": READ}}
    arn = iam.create_policy(
        PolicyName="p",
        PolicyDocument=policy(allow("iam:AttachRolePolicy", resource="arn:aws:iam::*:role/x/*", Condition=condition)),
    )["Policy"]["Arn"]
    alice = client("iam", key=add_user(iam))
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.create_role(RoleName="in", Path="/x/", AssumeRolePolicyDocument=EC2)
    iam.create_role(RoleName="out", AssumeRolePolicyDocument=EC2)
    alice.attach_role_policy(RoleName="in", PolicyArn=READ)
    with refused("AccessDenied", "iam:AttachRolePolicy", 403):
        alice.attach_role_policy(RoleName="in", PolicyArn=ADMIN)
    with refused("AccessDenied", "role/out", 403):
        alice.attach_role_policy(RoleName="out", PolicyArn=READ)
    attached = iam.list_attached_role_policies(RoleName="in")["AttachedPolicies"]
    assert [found["PolicyName"] for found in attached] == ["ReadOnlyAccess"]
    assert iam.list_attached_role_policies(RoleName="out")["AttachedPolicies"] == []
