"""The snapshot of everything that says who may do what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.support.refusals import refused

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@pytest.fixture
def own(iam: Any) -> str:
    """A user, a group, a role and a managed policy of two versions, all with policies; the policy's ARN."""
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=EVERYTHING, Description="all")["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("sqs:*")))
    iam.create_user(UserName="alice", Path="/a/", PermissionsBoundary=VIEW, Tags=[{"Key": "team", "Value": "blue"}])
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=EVERYTHING)
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.put_group_policy(GroupName="g", PolicyName="inline", PolicyDocument=EVERYTHING)
    iam.attach_group_policy(GroupName="g", PolicyArn=READ)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=EVERYTHING)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="r")
    return arn


def test_users_groups_and_roles_with_their_policies(iam: Any, own: str) -> None:
    """Documents are there in full, managed policies by name."""
    details = iam.get_account_authorization_details()
    alice, bob = details["UserDetailList"]
    inline = [{"PolicyName": "inline", "PolicyDocument": json.loads(EVERYTHING)}]
    attached = [{"PolicyName": "own", "PolicyArn": own}]
    user = iam.get_user(UserName="alice")["User"]
    assert alice == {
        **{name: user[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate", "Tags")},
        "PermissionsBoundary": user["PermissionsBoundary"],
        "UserPolicyList": inline,
        "GroupList": ["g"],
        "AttachedManagedPolicies": attached,
    }
    assert (bob["UserName"], bob["GroupList"], bob["UserPolicyList"], bob["Tags"]) == ("bob", [], [], [])
    [group] = details["GroupDetailList"]
    assert (group["GroupName"], group["GroupPolicyList"]) == ("g", inline)
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ}]
    [role] = details["RoleDetailList"]
    assert (role["RoleName"], role["RolePolicyList"], role["AttachedManagedPolicies"]) == ("r", inline, attached)
    assert role["AssumeRolePolicyDocument"] == json.loads(EC2)
    assert [profile["InstanceProfileName"] for profile in role["InstanceProfileList"]] == ["profile"]


def test_managed_policies_with_their_versions(iam: Any, own: str) -> None:
    """The account's own with all versions, the newest first, and those of AWS that it uses, if only as a boundary."""
    local, read, view = iam.get_account_authorization_details()["Policies"]
    assert (local["Arn"], local["AttachmentCount"], local["Description"]) == (own, 2, "all")
    versions = [(version["VersionId"], version["IsDefaultVersion"]) for version in local["PolicyVersionList"]]
    assert versions == [("v2", False), ("v1", True)]
    documents = [version["Document"] for version in local["PolicyVersionList"]]
    assert documents == [json.loads(policy(allow("sqs:*"))), json.loads(EVERYTHING)]
    assert (read["Arn"], read["AttachmentCount"]) == (READ, 1)
    [version] = read["PolicyVersionList"]
    assert version["VersionId"] == read["DefaultVersionId"]
    assert version["Document"]["Version"] == "2012-10-17"
    assert (view["Arn"], view["PermissionsBoundaryUsageCount"]) == (VIEW, 1)


def test_documents_are_percent_encoded(iam: Any, own: str) -> None:
    """RFC 3986, as for the operations that show one: boto3 has decoded them above."""
    encoded: list[bytes] = []
    iam.meta.events.register("before-parse.iam", lambda response_dict, **_: encoded.append(response_dict["body"]))
    iam.get_account_authorization_details(Filter=["Group"])
    text = encoded[0].decode().split("<PolicyDocument>")[1].split("<")[0]
    assert text.startswith("%7B%22Version%22%3A")
    assert json.loads(unquote(text)) == json.loads(EVERYTHING)


@pytest.mark.parametrize(
    ("filters", "counts"),
    [
        (["User"], (2, 0, 0, 0)),
        (["Group", "Role"], (0, 1, 1, 0)),
        (["LocalManagedPolicy"], (0, 0, 0, 1)),
        (["AWSManagedPolicy"], (0, 0, 0, 2)),
        (["AWSManagedPolicy", "LocalManagedPolicy", "User", "User"], (2, 0, 0, 3)),
    ],
)
@pytest.mark.usefixtures("own")
def test_filters(iam: Any, filters: list[str], counts: tuple[int, ...]) -> None:
    """Only what is asked for."""
    details = iam.get_account_authorization_details(Filter=filters)
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert tuple(len(details[name]) for name in lists) == counts


@pytest.mark.usefixtures("own")
def test_pages_go_through_all_kinds(iam: Any) -> None:
    """Whatever the size of a page, everything is in one of them and once; a marker belongs to its filter."""
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    names = []
    for page in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}):
        rows = [row for name in lists for row in page[name]]
        assert len(rows) <= 2
        names += [row["Arn"].rpartition("/")[2] for row in rows]
    assert names == ["alice", "bob", "g", "r", "own", "ReadOnlyAccess", "ViewOnlyAccess"]
    marker = iam.get_account_authorization_details(MaxItems=1)["Marker"]
    with refused("ValidationError"):
        iam.get_account_authorization_details(Filter=["User"], Marker=marker)
    with refused("ValidationError"):
        iam.get_account_authorization_details(Filter=["Everything"])
