"""Users through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EVERYTHING, allow, policy, trust
from tests.services.iam.people import add_user, key_of
from tests.support.refusals import refused

Client = Callable[..., Any]


def test_a_user_is_what_was_asked_for(iam: Any, account: str) -> None:
    """Create and get agree; listings leave out tags and boundary."""
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    created = iam.create_user(
        UserName="alice", Path="/a/b/", PermissionsBoundary=boundary, Tags=[{"Key": "team", "Value": "x"}]
    )["User"]
    assert iam.get_user(UserName="alice")["User"] == created
    assert created["Arn"] == f"arn:aws:iam::{account}:user/a/b/alice"
    assert created["UserId"].startswith("AIDA")
    assert len(created["UserId"]) == 21
    assert created["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    assert created["Tags"] == [{"Key": "team", "Value": "x"}]
    [listed] = iam.list_users()["Users"]
    assert listed.keys() == {"Path", "UserName", "UserId", "Arn", "CreateDate"}


def test_names_that_differ_in_case_only_are_the_same(iam: Any) -> None:
    """For making and renaming; to find something its name has to be as it was written."""
    iam.create_user(UserName="Alice")
    iam.create_user(UserName="bob")
    with refused("EntityAlreadyExists", "User with name alice already exists.", 409):
        iam.create_user(UserName="alice")
    with refused("EntityAlreadyExists", "ALICE", 409):
        iam.update_user(UserName="bob", NewUserName="ALICE")
    with refused("NoSuchEntity", "The user with name alice cannot be found.", 404):
        iam.get_user(UserName="alice")
    iam.update_user(UserName="Alice", NewUserName="alice")
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"


@pytest.mark.parametrize(
    "wrong",
    [
        {"UserName": "with space"},
        {"UserName": "x" * 65},
        {"UserName": ""},
        {"UserName": "한국"},
        {"UserName": "x", "Path": "no-slash"},
        {"UserName": "x", "Path": "/open"},
        {"UserName": "x", "Path": f"/{'p' * 511}/"},
        {"UserName": "x", "Tags": [{"Key": "a*", "Value": ""}]},
        {"UserName": "x", "Tags": [{"Key": "k" * 129, "Value": ""}]},
        {"UserName": "x", "Tags": [{"Key": "k", "Value": "v" * 257}]},
        {"UserName": "x", "Tags": [{"Key": f"k{number}", "Value": ""} for number in range(51)]},
    ],
)
def test_malformed_names_paths_and_tags(iam: Any, wrong: dict[str, Any]) -> None:
    """What the model says about them is checked."""
    with refused("ValidationError"):
        iam.create_user(**wrong)


def test_names_have_words_of_their_own(iam: Any, account: str) -> None:
    """Many pass an ARN where a name belongs, and are told what a name may hold; other constraints are as everywhere."""
    words = "is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
    with refused("ValidationError", f"The specified value for userName {words}", 400):
        iam.get_user(UserName=f"arn:aws:iam::{account}:user/alice")
    with refused("ValidationError", f"The specified value for policyName {words}", 400):
        iam.put_user_policy(UserName="alice", PolicyName="s3 access", PolicyDocument=EVERYTHING)
    with refused("ValidationError", "Member must have length less than or equal to 64", 400):
        iam.create_user(UserName="x" * 65)


def test_a_boundary_has_to_exist(iam: Any, account: str) -> None:
    """As a managed policy of the account or of AWS."""
    for arn in (f"arn:aws:iam::{account}:policy/none", "arn:aws:iam::aws:policy/NoSuchPolicy"):
        with refused("NoSuchEntity", "does not exist or is not attachable", 404):
            iam.create_user(UserName="x", PermissionsBoundary=arn)
    with refused("InvalidInput", "is not valid"):
        iam.create_user(UserName="x", PermissionsBoundary="x" * 20)
    assert iam.list_users()["Users"] == []


def test_users_are_listed_in_pages_below_a_path(iam: Any) -> None:
    """By name; a marker is good for the same listing only."""
    for number in range(5):
        iam.create_user(UserName=f"u{number}", Path="/even/" if number % 2 == 0 else "/odd/")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == [f"u{number}" for number in range(5)]
    first = iam.list_users(PathPrefix="/even/", MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["u0", "u2"]
    assert first["IsTruncated"]
    last = iam.list_users(PathPrefix="/even/", MaxItems=2, Marker=first["Marker"])
    assert ([user["UserName"] for user in last["Users"]], last["IsTruncated"]) == (["u4"], False)
    with refused("ValidationError", "Invalid Marker"):
        iam.list_users(PathPrefix="/odd/", Marker=first["Marker"])
    with refused("ValidationError"):
        iam.list_users(MaxItems=1001)


def test_get_user_without_a_name_is_about_the_caller(client: Client, iam: Any, account: str) -> None:
    """The root user has the account's number as its id, and the account's alias as its name."""
    root = iam.get_user()["User"]
    assert (root["Arn"], root["UserId"]) == (f"arn:aws:iam::{account}:root", account)
    assert "UserName" not in root
    iam.create_account_alias(AccountAlias=f"alias-{account}")
    assert iam.get_user()["User"]["UserName"] == f"alias-{account}"
    key = add_user(iam, "alice", allow("iam:GetUser", resource=f"arn:aws:iam::{account}:user/${{aws:username}}"))
    assert client("iam", key=key).get_user()["User"]["UserName"] == "alice"


def test_sessions_of_roles_have_to_name_a_user(client: Client, iam: Any, account: str) -> None:
    """They are no users, so there is none that they could mean."""
    key = add_user(iam, "alice", allow("sts:AssumeRole"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{account}:root"))
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
    arn = f"arn:aws:iam::{account}:role/r"
    made = client("sts", key=key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    session = client("iam", key=(made["AccessKeyId"], made["SecretAccessKey"]), token=made["SessionToken"])
    for call in (session.get_user, session.list_access_keys, session.list_mfa_devices, session.get_login_profile):
        with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
            call()
    assert session.get_user(UserName="alice")["User"]["UserName"] == "alice"


def test_a_renamed_user_keeps_everything(client: Client, iam: Any, account: str) -> None:
    """Memberships, policies, tags, password, keys; the very next request with its key works, as the new one."""
    key = add_user(iam, "old", allow("iam:GetUser", resource=f"arn:aws:iam::{account}:user/new-home/new"))
    iam.attach_user_policy(UserName="old", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="old")
    iam.create_login_profile(UserName="old", Password="Secret-1-2-3")
    iam.tag_user(UserName="old", Tags=[{"Key": "a", "Value": "b"}])
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]["SerialNumber"]
    me = client("iam", key=key)
    before = iam.get_user(UserName="old")["User"]
    assert client("sts", key=key).get_caller_identity()["Arn"].endswith("user/old")

    iam.update_user(UserName="old", NewUserName="new", NewPath="/new-home/")
    after = me.get_user()["User"]
    assert after["Arn"] == f"arn:aws:iam::{account}:user/new-home/new"
    assert (after["UserId"], after["Tags"]) == (before["UserId"], before["Tags"])
    assert client("sts", key=key).get_caller_identity()["Arn"] == after["Arn"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="new")["Groups"]] == ["g"]
    assert [user["UserName"] for user in iam.get_group(GroupName="g")["Users"]] == ["new"]
    assert iam.list_user_policies(UserName="new")["PolicyNames"] == ["own"]
    assert len(iam.list_attached_user_policies(UserName="new")["AttachedPolicies"]) == 1
    assert iam.list_access_keys(UserName="new")["AccessKeyMetadata"][0]["UserName"] == "new"
    assert iam.get_login_profile(UserName="new")["LoginProfile"]["UserName"] == "new"
    assert iam.get_mfa_device(SerialNumber=device)["SerialNumber"] == device
    with refused("NoSuchEntity", "old", 404):
        iam.get_user(UserName="old")
    iam.create_user(UserName="old")
    assert iam.list_access_keys(UserName="old")["AccessKeyMetadata"] == []


def test_a_rename_needs_permission_for_both_names(client: Client, iam: Any, account: str) -> None:
    """Else somebody who may rename a few could take any name."""
    own = allow("iam:UpdateUser", resource=f"arn:aws:iam::{account}:user/team/*")
    me = client("iam", key=add_user(iam, "boss", own))
    iam.create_user(UserName="a", Path="/team/")
    with refused("AccessDenied", "user/other/a", 403):
        me.update_user(UserName="a", NewPath="/other/")
    me.update_user(UserName="a", NewUserName="b")
    assert iam.get_user(UserName="b")["User"]["Path"] == "/team/"


def test_deleting_a_user_needs_everything_of_it_to_be_gone(iam: Any) -> None:
    """One refusal after the other, in AWS's words, until nothing is left."""
    key = add_user(iam, "u", allow("*"))[0]
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.create_login_profile(UserName="u", Password="Secret-1-2-3")
    credential = iam.create_service_specific_credential(UserName="u", ServiceName="codecommit.amazonaws.com")
    identifier = credential["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]

    def conflict(text: str) -> None:
        with refused("DeleteConflict", f"Cannot delete entity, must {text} first.", 409):
            iam.delete_user(UserName="u")

    conflict("detach all policies")
    iam.detach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    conflict("delete policies")
    iam.delete_user_policy(UserName="u", PolicyName="own")
    conflict("remove users from group")
    iam.remove_user_from_group(GroupName="g", UserName="u")
    conflict("delete login profile")
    iam.delete_login_profile(UserName="u")
    conflict("delete access keys")
    iam.delete_access_key(UserName="u", AccessKeyId=key)
    conflict("remove referenced objects")
    iam.delete_service_specific_credential(UserName="u", ServiceSpecificCredentialId=identifier)
    iam.delete_user(UserName="u")
    with refused("NoSuchEntity", "The user with name u cannot be found.", 404):
        iam.delete_user(UserName="u")


def test_tags_are_added_overwritten_and_removed(iam: Any) -> None:
    """Keys keep their case and are the same in any; the last spelling wins."""
    iam.create_user(UserName="u")
    iam.tag_user(UserName="u", Tags=[{"Key": "Team", "Value": "a"}, {"Key": "팀", "Value": ""}])
    iam.tag_user(UserName="u", Tags=[{"Key": "team", "Value": "b"}])
    tags = iam.list_user_tags(UserName="u")
    assert (tags["Tags"], tags["IsTruncated"]) == ([{"Key": "team", "Value": "b"}, {"Key": "팀", "Value": ""}], False)
    iam.untag_user(UserName="u", TagKeys=["TEAM", "none"])
    assert iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "팀", "Value": ""}]
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        iam.tag_user(UserName="u", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    with refused("InvalidInput", "reserved"):
        iam.tag_user(UserName="u", Tags=[{"Key": "AWS:x", "Value": ""}])
    with refused("NoSuchEntity", "", 404):
        iam.tag_user(UserName="none", Tags=[{"Key": "a", "Value": ""}])


def test_fifty_tags_and_their_pages(iam: Any) -> None:
    """The quota counts what there is together with what comes."""
    tags = [{"Key": f"k{number:02}", "Value": str(number)} for number in range(50)]
    iam.create_user(UserName="u", Tags=tags)
    with refused("LimitExceeded", "The number of tags has reached the maximum limit.", 409):
        iam.tag_user(UserName="u", Tags=[{"Key": "one-more", "Value": ""}])
    iam.tag_user(UserName="u", Tags=[{"Key": "K00", "Value": "same"}])
    first = iam.list_user_tags(UserName="u", MaxItems=49)
    last = iam.list_user_tags(UserName="u", Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + last["Tags"]] == ["K00", *(tag["Key"] for tag in tags[1:])]


def test_to_create_with_tags_needs_permission_to_tag(client: Client, iam: Any) -> None:
    """And aws:RequestTag and aws:TagKeys restrict which."""
    condition = {"StringEquals": {"aws:RequestTag/team": "a"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    creator = client("iam", key=add_user(iam, "creator", allow("iam:CreateUser")))
    tagger = client(
        "iam", key=add_user(iam, "tagger", allow("iam:CreateUser"), allow("iam:TagUser", Condition=condition))
    )
    creator.create_user(UserName="a")
    with refused("AccessDenied", "iam:TagUser", 403):
        creator.create_user(UserName="b", Tags=[{"Key": "team", "Value": "a"}])
    with refused("AccessDenied", "iam:TagUser", 403):
        tagger.create_user(UserName="b", Tags=[{"Key": "team", "Value": "b"}])
    tagger.create_user(UserName="b", Tags=[{"Key": "team", "Value": "a"}])


def test_boundaries_can_be_demanded(client: Client, iam: Any) -> None:
    """Delegated administration: who may create users only with a boundary."""
    arn = iam.create_policy(PolicyName="edge", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    demand = allow("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": arn}})
    me = client("iam", key=add_user(iam, "delegate", demand))
    with refused("AccessDenied", "", 403):
        me.create_user(UserName="a")
    me.create_user(UserName="a", PermissionsBoundary=arn)
    iam.put_user_policy(UserName="a", PolicyName="all", PolicyDocument=EVERYTHING)
    bounded = key_of(iam, "a")
    client("sqs", key=bounded).list_queues()
    with refused("AccessDenied", "no permissions boundary allows", 403):
        client("iam", key=bounded).list_users()


def test_one_account_does_not_see_another_ones_users(client: Client, iam: Any, account: str) -> None:
    """Names are an account's own."""
    other = client("iam", key=(f"2{account[1:]}", "test"))
    iam.create_user(UserName="alice")
    other.create_user(UserName="alice")
    iam.delete_user(UserName="alice")
    assert other.get_user(UserName="alice")["User"]["Arn"].startswith(f"arn:aws:iam::2{account[1:]}")
    assert iam.list_users()["Users"] == []


@pytest.mark.parametrize(
    ("operation", "listed"),
    [
        ("list_users", "user/"),
        ("list_groups", "group/"),
        ("list_roles", "role/"),
        ("list_instance_profiles", "instance-profile/"),
        ("list_server_certificates", "server-certificate/"),
        ("list_virtual_mfa_devices", "mfa/"),
    ],
)
def test_what_lists_act_on(iam: Any, client: Client, account: str, operation: str, listed: str) -> None:
    """AWS names all of a kind in its refusals, and lets policies name it."""
    action = f"iam:{''.join(part.title() for part in operation.split('_'))}".replace("Mfa", "MFA")
    arn = f"arn:aws:iam::{account}:{listed}"
    with refused("AccessDenied", f"{action} on resource: {arn} because", 403):
        getattr(client("iam", key=add_user(iam, "nobody")), operation)()
    lister = {"Effect": "Allow", "Action": action, "Resource": f"{arn}*"}
    getattr(client("iam", key=add_user(iam, "lister", lister)), operation)()


def test_lists_below_a_path_are_allowed_by_the_path(iam: Any, client: Client, account: str) -> None:
    """Who may list one team's users may not list everybody."""
    team = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": f"arn:aws:iam::{account}:user/team/*"}
    lead = client("iam", key=add_user(iam, "lead", team))
    assert lead.list_users(PathPrefix="/team/")["Users"] == []
    with refused("AccessDenied", f"iam:ListUsers on resource: arn:aws:iam::{account}:user/ because", 403):
        lead.list_users()
