"""Groups and memberships through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.services.iam.documents import EVERYTHING, allow
from tests.services.iam.people import add_user
from tests.support.refusals import refused

Client = Callable[..., Any]


def test_a_group_is_what_was_asked_for(iam: Any, account: str) -> None:
    """And may be renamed and moved; its id stays."""
    created = iam.create_group(GroupName="Admins", Path="/x/")["Group"]
    assert created["Arn"] == f"arn:aws:iam::{account}:group/x/Admins"
    assert created["GroupId"].startswith("AGPA")
    assert iam.get_group(GroupName="Admins")["Group"] == created
    with refused("EntityAlreadyExists", "Group with name ADMINS already exists.", 409):
        iam.create_group(GroupName="ADMINS")
    iam.create_group(GroupName="other")
    with refused("EntityAlreadyExists", "", 409):
        iam.update_group(GroupName="other", NewGroupName="admins")
    iam.update_group(GroupName="Admins", NewGroupName="admins", NewPath="/y/")
    moved = iam.get_group(GroupName="admins")["Group"]
    assert (moved["GroupId"], moved["Arn"]) == (created["GroupId"], f"arn:aws:iam::{account}:group/y/admins")
    assert [group["GroupName"] for group in iam.list_groups(PathPrefix="/y/")["Groups"]] == ["admins"]
    with refused("NoSuchEntity", "The group with name Admins cannot be found.", 404):
        iam.get_group(GroupName="Admins")


def test_members_have_the_groups_permissions_at_once(client: Client, iam: Any) -> None:
    """With the next request they come and go, whatever the group is called by then."""
    me = client("iam", key=add_user(iam, "u"))
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=EVERYTHING)
    with refused("AccessDenied", "", 403):
        me.list_users()
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.add_user_to_group(GroupName="g", UserName="u")
    me.list_users()
    iam.update_group(GroupName="g", NewGroupName="h")
    assert [group["GroupName"] for group in me.list_groups_for_user(UserName="u")["Groups"]] == ["h"]
    iam.remove_user_from_group(GroupName="h", UserName="u")
    iam.remove_user_from_group(GroupName="h", UserName="u")
    with refused("AccessDenied", "", 403):
        me.list_users()


def test_members_and_groups_are_listed_in_pages(iam: Any) -> None:
    """By name, both ways."""
    for number in range(3):
        iam.create_group(GroupName=f"g{number}")
        iam.create_user(UserName=f"u{number}")
        iam.add_user_to_group(GroupName="g0", UserName=f"u{number}")
        iam.add_user_to_group(GroupName=f"g{number}", UserName="u0")
    config = {"PageSize": 2}
    members = iam.get_paginator("get_group").paginate(GroupName="g0", PaginationConfig=config)
    assert [user["UserName"] for page in members for user in page["Users"]] == ["u0", "u1", "u2"]
    groups = iam.get_paginator("list_groups_for_user").paginate(UserName="u0", PaginationConfig=config)
    assert [group["GroupName"] for page in groups for group in page["Groups"]] == ["g0", "g1", "g2"]
    every = iam.get_paginator("list_groups").paginate(PaginationConfig=config)
    assert [group["GroupName"] for page in every for group in page["Groups"]] == ["g0", "g1", "g2"]


def test_a_user_is_in_ten_groups_at_most(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    iam.create_user(UserName="u")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10", 409):
        iam.add_user_to_group(GroupName="g10", UserName="u")
    iam.add_user_to_group(GroupName="g0", UserName="u")


def test_a_group_is_deleted_when_it_is_empty(iam: Any) -> None:
    """Of users and of policies."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=EVERYTHING)
    with refused("DeleteConflict", "must remove users from group first", 409):
        iam.delete_group(GroupName="g")
    iam.remove_user_from_group(GroupName="g", UserName="u")
    with refused("DeleteConflict", "must detach all policies first", 409):
        iam.delete_group(GroupName="g")
    iam.detach_group_policy(GroupName="g", PolicyArn=arn)
    with refused("DeleteConflict", "must delete policies first", 409):
        iam.delete_group(GroupName="g")
    iam.delete_group_policy(GroupName="g", PolicyName="p")
    iam.delete_group(GroupName="g")
    for call in (iam.delete_group, iam.get_group):
        with refused("NoSuchEntity", "", 404):
            call(GroupName="g")


def test_what_does_not_exist(iam: Any) -> None:
    """Neither the user nor the group, each by its name."""
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u")
    for operation in (iam.add_user_to_group, iam.remove_user_from_group):
        with refused("NoSuchEntity", "The group with name none cannot be found.", 404):
            operation(GroupName="none", UserName="u")
        with refused("NoSuchEntity", "The user with name none cannot be found.", 404):
            operation(GroupName="g", UserName="none")


def test_a_rename_needs_permission_for_both_names(client: Client, iam: Any, account: str) -> None:
    """Else somebody who may rename a few could take any name."""
    me = client("iam", key=add_user(iam, "u", allow("iam:UpdateGroup", resource=f"arn:aws:iam::{account}:group/a/*")))
    iam.create_group(GroupName="g", Path="/a/")
    with refused("AccessDenied", "group/b/g", 403):
        me.update_group(GroupName="g", NewPath="/b/")
    me.update_group(GroupName="g", NewGroupName="h")
