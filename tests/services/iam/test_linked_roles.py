"""Service-linked roles, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gureum.api.policy import Kind, compile_policy
from gureum.identity import managed
from gureum.services.iam.rules import linked_services
from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused

SCALING = "autoscaling.amazonaws.com"
POLICY = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"


def test_a_service_has_a_role(iam: Any, account: str) -> None:
    """With its name, path, trust and policy; the second one is refused."""
    role = iam.create_service_linked_role(AWSServiceName=SCALING)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/aws-service-role/{SCALING}/AWSServiceRoleForAutoScaling"
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": SCALING}, "Action": "sts:AssumeRole"}
    ]
    assert role["Description"].startswith("Default Service-Linked Role")
    found = iam.get_role(RoleName=role["RoleName"])["Role"]
    assert found == {**role, "RoleLastUsed": {}}
    attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert attached == [{"PolicyName": "AutoScalingServiceRolePolicy", "PolicyArn": POLICY}]
    text = (
        "Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try a different suffix."
    )
    with refused("InvalidInput", text):
        iam.create_service_linked_role(AWSServiceName=SCALING)
    other = iam.create_service_linked_role(AWSServiceName=SCALING, CustomSuffix="mine", Description="second")["Role"]
    assert (other["RoleName"], other["Description"]) == ("AWSServiceRoleForAutoScaling_mine", "second")
    assert iam.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 2


def test_which_services_have_one(iam: Any) -> None:
    """Not every service allows for suffixes; one that has no role here is named."""
    with refused("InvalidInput", "Custom suffix is not allowed for rds.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com", CustomSuffix="x")
    for name in ("none.amazonaws.com", "RDS.amazonaws.com"):
        with refused("NotImplemented", name, 501):
            iam.create_service_linked_role(AWSServiceName=name)
    assert iam.list_roles()["Roles"] == []


def test_nobody_changes_the_role_of_a_service(iam: Any) -> None:
    """But for its description and its tags."""
    name = iam.create_service_linked_role(AWSServiceName=SCALING)["Role"]["RoleName"]
    read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_instance_profile(InstanceProfileName="p")
    changes: tuple[Callable[[], Any], ...] = (
        lambda: iam.delete_role(RoleName=name),
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=EC2),
        lambda: iam.update_role(RoleName=name, MaxSessionDuration=7200),
        lambda: iam.attach_role_policy(RoleName=name, PolicyArn=read),
        lambda: iam.detach_role_policy(RoleName=name, PolicyArn=POLICY),
        lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=EVERYTHING),
        lambda: iam.delete_role_policy(RoleName=name, PolicyName="p"),
        lambda: iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=read),
        lambda: iam.delete_role_permissions_boundary(RoleName=name),
        lambda: iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName=name),
    )
    for change in changes:
        with refused("UnmodifiableEntity", f"the protected role '{name}'"):
            change()
    iam.update_role(RoleName=name, Description="ours")
    iam.update_role_description(RoleName=name, Description="mine")
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "b"}])
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("mine", 3600)


def test_a_linked_role_is_deleted_by_a_task(iam: Any) -> None:
    """Which can be asked for; afterwards the role can be made again."""
    name = iam.create_service_linked_role(AWSServiceName=SCALING)["Role"]["RoleName"]
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{SCALING}/{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert iam.list_roles()["Roles"] == []
    assert iam.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 0
    with refused("NoSuchEntity", f"The role with name {name} cannot be found.", 404):
        iam.delete_service_linked_role(RoleName=name)
    with refused("NoSuchEntity", "cannot be found", 404):
        iam.get_service_linked_role_deletion_status(DeletionTaskId=task[:-1])
    with refused("InvalidInput", "is not valid"):
        iam.get_service_linked_role_deletion_status(DeletionTaskId="task")
    iam.create_service_linked_role(AWSServiceName=SCALING)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    with refused("InvalidInput", "Role r is not a service-linked role."):
        iam.delete_service_linked_role(RoleName="r")


def test_the_services_can_be_limited(iam: Any, client: Callable[..., Any]) -> None:
    """`iam:AWSServiceName` is the service's principal."""
    alice = client("iam", key=add_user(iam))
    statement = allow("iam:CreateServiceLinkedRole", Condition={"StringEquals": {"iam:AWSServiceName": SCALING}})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(statement))
    alice.create_service_linked_role(AWSServiceName=SCALING)
    with refused("AccessDenied", "iam:CreateServiceLinkedRole", 403):
        alice.create_service_linked_role(AWSServiceName="rds.amazonaws.com")


@pytest.mark.parametrize("service", linked_services.every(), ids=lambda service: service.principal)
def test_every_role_has_its_policy(service: linked_services.LinkedService) -> None:
    """A role whose policy did not exist could do nothing; its trust policy is one."""
    assert managed.find(service.policy_arn) is not None
    compile_policy(service.trust, Kind.TRUST)
