"""Instance profiles and the role in them, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.services.iam.documents import EC2, allow, policy
from tests.services.iam.people import add_user
from tests.support.refusals import refused


def test_an_instance_profile_is_what_was_asked_for(iam: Any, account: str) -> None:
    """Create and get agree; in a listing tags are missing; the role is shown whole."""
    created = iam.create_instance_profile(InstanceProfileName="p", Path="/x/", Tags=[{"Key": "team", "Value": "a"}])[
        "InstanceProfile"
    ]
    assert created["Arn"] == f"arn:aws:iam::{account}:instance-profile/x/p"
    assert created["InstanceProfileId"].startswith("AIPA")
    assert created["Roles"] == []
    assert iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"] == created
    [listed] = iam.list_instance_profiles()["InstanceProfiles"]
    assert listed == {key: value for key, value in created.items() if key != "Tags"}
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    [role] = iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Roles"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/r"
    assert [p["Arn"] for p in iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]] == [listed["Arn"]]


def test_an_instance_profile_has_one_role(iam: Any) -> None:
    """A second one is refused, the same as well; another profile may have it too."""
    for name in ("p", "q"):
        iam.create_instance_profile(InstanceProfileName=name)
    for name in ("r", "s"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    for name in ("r", "s"):
        with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409):
            iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName=name)
    iam.add_role_to_instance_profile(InstanceProfileName="q", RoleName="r")
    first = iam.list_instance_profiles_for_role(RoleName="r", MaxItems=1)
    rest = iam.list_instance_profiles_for_role(RoleName="r", Marker=first["Marker"])
    found = first["InstanceProfiles"] + rest["InstanceProfiles"]
    assert [profile["InstanceProfileName"] for profile in found] == ["p", "q"]
    with refused("NoSuchEntity", status=404):
        iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="s")
    with refused("DeleteConflict", "must remove roles from instance profile first", 409):
        iam.delete_instance_profile(InstanceProfileName="p")
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="p")


def test_instance_profiles_are_found_by_name_and_path(iam: Any) -> None:
    """Names are unique without case; what is not there is not found."""
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    for name, path in (("a", "/x/"), ("b", "/y/"), ("c", "/x/")):
        iam.create_instance_profile(InstanceProfileName=name, Path=path)
    with refused("EntityAlreadyExists", "Instance Profile A already exists.", 409):
        iam.create_instance_profile(InstanceProfileName="A")
    below = iam.list_instance_profiles(PathPrefix="/x/", MaxItems=1)
    rest = iam.list_instance_profiles(PathPrefix="/x/", Marker=below["Marker"])
    found = below["InstanceProfiles"] + rest["InstanceProfiles"]
    assert [profile["InstanceProfileName"] for profile in found] == ["a", "c"]
    text = "Instance Profile none cannot be found."
    for operation in ("get_instance_profile", "delete_instance_profile", "list_instance_profile_tags"):
        with refused("NoSuchEntity", text, 404):
            getattr(iam, operation)(InstanceProfileName="none")
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.add_role_to_instance_profile(InstanceProfileName="a", RoleName="none")
    with refused("NoSuchEntity", "The role with name none cannot be found.", 404):
        iam.list_instance_profiles_for_role(RoleName="none")


def test_a_role_in_a_profile_is_passed_to_ec2(iam: Any, client: Callable[..., Any]) -> None:
    """Without `iam:PassRole` on that role, for that service, nobody can put it into a profile."""
    alice = client("iam", key=add_user(iam))
    iam.create_instance_profile(InstanceProfileName="p")
    for name in ("mine", "theirs"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)

    def may(service: str) -> None:
        to_service = {"StringEquals": {"iam:PassedToService": service}}
        statement = allow("iam:PassRole", resource="arn:aws:iam::*:role/mine", Condition=to_service)
        document = policy(allow("iam:AddRoleToInstanceProfile"), statement)
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)

    may("lambda.amazonaws.com")
    with refused("AccessDenied", "iam:PassRole", 403):
        alice.add_role_to_instance_profile(InstanceProfileName="p", RoleName="mine")
    may("ec2.amazonaws.com")
    with refused("AccessDenied", "iam:PassRole", 403):
        alice.add_role_to_instance_profile(InstanceProfileName="p", RoleName="theirs")
    alice.add_role_to_instance_profile(InstanceProfileName="p", RoleName="mine")


def test_tags_of_instance_profiles(iam: Any) -> None:
    """Added, removed, listed in pages."""
    iam.create_instance_profile(InstanceProfileName="p")
    assert iam.list_instance_profile_tags(InstanceProfileName="p")["Tags"] == []
    iam.tag_instance_profile(InstanceProfileName="p", Tags=[{"Key": key, "Value": "1"} for key in "abc"])
    iam.untag_instance_profile(InstanceProfileName="p", TagKeys=["b"])
    first = iam.list_instance_profile_tags(InstanceProfileName="p", MaxItems=1)
    rest = iam.list_instance_profile_tags(InstanceProfileName="p", Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "c"]
