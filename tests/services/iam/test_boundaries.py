"""Permissions boundaries of users and roles, and what they keep somebody from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_boundaries_are_set_changed_and_taken_away(iam: Any) -> None:
    """Of users and roles, with the policies of AWS and the account's own; counted as long as they are there."""
    own = iam.create_policy(PolicyName="p", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.create_user(UserName="u")
    for arn in (READ, own):
        shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
        iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)
        assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"] == shown
        assert iam.get_user(UserName="u")["User"]["PermissionsBoundary"] == shown
        assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 2
    assert iam.get_policy(PolicyArn=READ)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    for _ in range(2):
        iam.delete_role_permissions_boundary(RoleName="r")
        iam.delete_user_permissions_boundary(UserName="u")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"]
    assert iam.get_policy(PolicyArn=own)["Policy"]["PermissionsBoundaryUsageCount"] == 0


def test_what_cannot_be_a_boundary(iam: Any, account: str) -> None:
    """Policies that do not exist, those of service-linked roles, other ARNs; and nobody's boundary."""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.create_user(UserName="u")
    missing = f"arn:aws:iam::{account}:policy/none"
    for arn, code, status in (
        (missing, "NoSuchEntity", 404),
        ("arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy", "PolicyNotAttachable", 400),
        (f"arn:aws:iam::{account}:role/r", "InvalidInput", 400),
    ):
        with refused(code, status=status):
            iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
        with refused(code, status=status):
            iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.put_role_permissions_boundary(RoleName="none", PermissionsBoundary=READ)
    with refused("NoSuchEntity", "The user with name none cannot be found.", 404):
        iam.delete_user_permissions_boundary(UserName="none")


def test_a_boundary_limits_from_the_next_request(iam: Any, client: Callable[..., Any]) -> None:
    """It allows nothing itself, and takes away what it does not allow."""
    alice = client("iam", key=add_user(iam))
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("iam:ListRoles")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
    with refused("AccessDenied", status=403):
        alice.list_roles()
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=EVERYTHING)
    assert alice.list_roles()["Roles"] == []
    with refused("AccessDenied", "permissions boundary", 403):
        alice.list_users()
    iam.delete_user_permissions_boundary(UserName="alice")
    assert len(alice.list_users()["Users"]) == 1


def test_delegation_by_boundary(iam: Any, client: Callable[..., Any], account: str) -> None:
    """`iam:PermissionsBoundary`: who may make roles only with a boundary can neither leave it out nor take it away."""
    arn = f"arn:aws:iam::{account}:policy/limit"
    iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("iam:Get*")))
    with_boundary = {"StringEquals": {"iam:PermissionsBoundary": arn}}
    actions = ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary")
    alice = client("iam", key=add_user(iam))
    iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=policy(allow(*actions, Condition=with_boundary))
    )
    for boundary in ({}, {"PermissionsBoundary": READ}):
        with refused("AccessDenied", "iam:CreateRole", 403):
            alice.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, **boundary)
    alice.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=arn)
    alice.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=EVERYTHING)
    alice.attach_role_policy(RoleName="r", PolicyArn=READ)
    alice.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
    with refused("AccessDenied", status=403):
        alice.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=READ)
    with refused("AccessDenied", status=403):
        alice.delete_role_permissions_boundary(RoleName="r")
    iam.delete_role_permissions_boundary(RoleName="r")
    with refused("AccessDenied", status=403):
        alice.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=EVERYTHING)
