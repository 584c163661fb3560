"""Managed policies and their versions, through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.support.refusals import refused

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def make(iam: Any, name: str, document: str = EVERYTHING, **members: Any) -> str:
    """A policy's ARN."""
    arn: str = iam.create_policy(PolicyName=name, PolicyDocument=document, **members)["Policy"]["Arn"]
    return arn


def names(answer: dict[str, Any]) -> list[str]:
    return [found["PolicyName"] for found in answer["Policies"]]


def test_a_policy_is_what_was_asked_for(iam: Any, account: str) -> None:
    """Create and get agree; the document is that of version v1; a listing leaves out description and tags."""
    tags = [{"Key": "team", "Value": "a"}]
    created = iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=EVERYTHING, Description="all", Tags=tags)[
        "Policy"
    ]
    arn = f"arn:aws:iam::{account}:policy/x/p"
    assert created["Arn"] == arn
    assert created["PolicyId"].startswith("ANPA")
    assert iam.get_policy(PolicyArn=arn)["Policy"] == created
    assert created["DefaultVersionId"] == "v1"
    assert (created["AttachmentCount"], created["PermissionsBoundaryUsageCount"]) == (0, 0)
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(EVERYTHING)
    assert version["IsDefaultVersion"]
    [listed] = iam.list_policies(Scope="Local")["Policies"]
    assert listed == {key: value for key, value in created.items() if key not in ("Description", "Tags")}
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert entities["PolicyGroups"] == entities["PolicyUsers"] == entities["PolicyRoles"] == []
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == tags


def test_names_of_policies_are_unique_without_case(iam: Any) -> None:
    """Under another path as well."""
    make(iam, "p")
    for name in ("p", "P"):
        with refused("EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are", 409):
            iam.create_policy(PolicyName=name, Path="/y/", PolicyDocument=EVERYTHING)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("nothing", "JSON"),
        ('{"Version":"2012-10-17","Statement":[]}', "Statement"),
        (EC2, "should not specify a principal"),
        (policy(allow("everything")), "vendor"),
        (policy(allow("sqs:*", resource="queue")), 'Resource queue must be in ARN format or "*".'),
        (policy(allow("*", Sid="a"), allow("*", Sid="a")), "must be unique"),
        ('{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', "version 2012-10-17"),
    ],
)
def test_documents_are_checked(iam: Any, document: str, text: str) -> None:
    """In policies, versions and inline policies alike; refused, nothing changes."""
    with refused("MalformedPolicyDocument", text):
        iam.create_policy(PolicyName="p", PolicyDocument=document)
    assert iam.list_policies(Scope="Local")["Policies"] == []
    arn = make(iam, "p")
    with refused("MalformedPolicyDocument", text):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    with refused("MalformedPolicyDocument", text):
        iam.put_role_policy(RoleName="r", PolicyName="i", PolicyDocument=document)
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == []


def test_policies_have_a_size(iam: Any) -> None:
    """6,144 characters without white space."""
    room = 6144 - len("".join(policy(allow("*", Sid="")).split()))
    arn = make(iam, "p", policy(allow("*", Sid="x" * room)) + "\n" * 7000)
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("*", Sid="x" * (room + 1))))
    with refused("ValidationError"):
        iam.create_policy(PolicyName="q", PolicyDocument=EVERYTHING + " " * 131072)
    with refused("ValidationError"):
        iam.create_policy(PolicyName="q", PolicyDocument=policy(allow("*", Sid="구름")).replace("\\u", "구"))


def test_five_versions(iam: Any) -> None:
    """Numbers are never used again; the default cannot be deleted; the sixth is one too many."""
    arn = make(iam, "p")
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=EVERYTHING)["PolicyVersion"]
        assert (version["VersionId"], version["IsDefaultVersion"]) == (f"v{number}", False)
    with refused("LimitExceeded", "A managed policy can have up to 5 versions.", 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=EVERYTHING)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    with refused("DeleteConflict", "Cannot delete the default version of a policy.", 409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    for operation in (iam.delete_policy_version, iam.get_policy_version, iam.set_default_policy_version):
        with refused("NoSuchEntity", f"Policy {arn} version v5 does not exist", 404):
            operation(PolicyArn=arn, VersionId="v5")
    created = iam.create_policy_version(PolicyArn=arn, PolicyDocument=EVERYTHING, SetAsDefault=True)
    assert created["PolicyVersion"]["VersionId"] == "v6"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v6"
    first = iam.list_policy_versions(PolicyArn=arn, MaxItems=2)
    rest = iam.list_policy_versions(PolicyArn=arn, Marker=first["Marker"])
    listed = first["Versions"] + rest["Versions"]
    assert [version["VersionId"] for version in listed] == ["v6", "v4", "v3", "v2", "v1"]
    assert [version["IsDefaultVersion"] for version in listed] == [True, False, False, False, False]
    for wrong in ("v0", "x", "6", "v99999999999"):
        with refused(
            "NoSuchEntity" if wrong == "v99999999999" else "ValidationError", status=404 if wrong[-1] == "9" else 400
        ):
            iam.get_policy_version(PolicyArn=arn, VersionId=wrong)


def test_what_is_in_use_keeps_a_policy(iam: Any) -> None:
    """Attached, a boundary, with more than one version; then it goes, and leaves no version behind."""
    arn = make(iam, "p")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["AttachmentCount"], found["PermissionsBoundaryUsageCount"]) == (1, 1)
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_role_permissions_boundary(RoleName="r")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=EVERYTHING)
    with refused("DeleteConflict", "This policy has more than one version.", 409):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
        iam.get_policy(PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
        iam.delete_policy(PolicyArn=arn)
    make(iam, "p")
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1


def test_policies_of_aws_can_be_looked_at(iam: Any) -> None:
    """They are the same in every account, counted in each, and nobody changes them."""
    found = iam.get_policy(PolicyArn=READ)["Policy"]
    assert found["PolicyName"] == "ReadOnlyAccess"
    assert found["Description"]
    assert found["AttachmentCount"] == 0
    version = found["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=READ, VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"]
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=READ)["Versions"]] == [version]
    assert iam.list_policy_tags(PolicyArn=READ)["Tags"] == []
    with refused("NoSuchEntity", status=404):
        iam.get_policy_version(PolicyArn=READ, VersionId="v1")
    changes: tuple[Callable[[], Any], ...] = (
        lambda: iam.delete_policy(PolicyArn=READ),
        lambda: iam.create_policy_version(PolicyArn=READ, PolicyDocument=EVERYTHING),
        lambda: iam.set_default_policy_version(PolicyArn=READ, VersionId=version),
        lambda: iam.delete_policy_version(PolicyArn=READ, VersionId=version),
        lambda: iam.tag_policy(PolicyArn=READ, Tags=[{"Key": "a", "Value": "b"}]),
        lambda: iam.untag_policy(PolicyArn=READ, TagKeys=["a"]),
    )
    for change in changes:
        with refused("AccessDenied", "outside your own account", 403):
            change()


def test_policies_are_listed(iam: Any) -> None:
    """The account's own and AWS's, below a path, in use, in pages."""
    assert names(iam.list_policies(OnlyAttached=True)) == []
    one, two = make(iam, "one", Path="/x/"), make(iam, "two")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=one)
    iam.attach_role_policy(RoleName="r", PolicyArn=two)
    iam.attach_role_policy(RoleName="r", PolicyArn=READ)
    assert names(iam.list_policies(Scope="Local")) == ["one", "two"]
    assert names(iam.list_policies(OnlyAttached=True)) == ["one", "two", "ReadOnlyAccess"]
    assert names(iam.list_policies(OnlyAttached=True, Scope="AWS")) == ["ReadOnlyAccess"]
    assert names(iam.list_policies(PolicyUsageFilter="PermissionsBoundary")) == ["one"]
    boundary = iam.list_policies(PolicyUsageFilter="PermissionsPolicy", OnlyAttached=True)
    assert names(boundary) == ["two", "ReadOnlyAccess"]
    assert names(iam.list_policies(PathPrefix="/x/")) == ["one"]
    assert "PowerUserAccess" not in names(iam.list_policies(PathPrefix="/job-function/", Scope="AWS"))
    paged = [p for page in iam.get_paginator("list_policies").paginate() for p in page["Policies"]]
    assert [p["PolicyName"] for p in paged[:2]] == ["one", "two"]
    assert {p["Arn"] for p in paged} >= {READ, "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert len({p["Arn"] for p in paged}) == len(paged) > 500
    big = iam.list_policies(Scope="AWS", MaxItems=1000)
    more = iam.list_policies(Scope="AWS", Marker=big["Marker"], MaxItems=1000)
    assert names(big) + names(more) == [p["PolicyName"] for p in paged[2:]]


def test_who_has_a_policy(iam: Any) -> None:
    """Groups, users and roles, by how they have it, below a path, in pages."""
    arn = make(iam, "p")
    iam.create_role(RoleName="r1", AssumeRolePolicyDocument=EC2, PermissionsBoundary=arn)
    iam.create_role(RoleName="r2", AssumeRolePolicyDocument=EC2, Path="/x/")
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.attach_role_policy(RoleName="r2", PolicyArn=arn)
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)

    def who(**filters: Any) -> list[str]:
        found = iam.list_entities_for_policy(PolicyArn=arn, **filters)
        return [
            *(group["GroupName"] for group in found["PolicyGroups"]),
            *(role["RoleName"] for role in found["PolicyRoles"]),
            *(user["UserName"] for user in found["PolicyUsers"]),
        ]

    assert who() == ["g", "r1", "r2", "u"]
    assert who(EntityFilter="User") == ["u"]
    assert who(EntityFilter="Group") == ["g"]
    assert who(PolicyUsageFilter="PermissionsBoundary") == ["r1", "u"]
    assert who(PolicyUsageFilter="PermissionsPolicy", EntityFilter="Role") == ["r2"]
    assert who(PathPrefix="/x/") == ["r2"]
    assert who(EntityFilter="AWSManagedPolicy") == []
    first = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=3)
    assert first["IsTruncated"]
    assert who(Marker=first["Marker"]) == ["u"]
    role = iam.get_role(RoleName="r2")["Role"]
    [found] = iam.list_entities_for_policy(PolicyArn=arn, PathPrefix="/x/")["PolicyRoles"]
    assert found == {"RoleName": "r2", "RoleId": role["RoleId"]}


def test_arns_are_checked(iam: Any, account: str) -> None:
    """What is no policy's ARN, one that does not exist, one under another path, one of another account."""
    make(iam, "p", Path="/x/")
    for wrong in ("p" * 20, f"arn:aws:iam::{account}:role/x/p", f"arn:aws:iam:us-east-1:{account}:policy/x/p"):
        with refused("InvalidInput", f"ARN {wrong} is not valid."):
            iam.get_policy(PolicyArn=wrong)
    for missing in (f"arn:aws:iam::{account}:policy/p", "arn:aws:iam::aws:policy/NoSuchAccess"):
        with refused("NoSuchEntity", f"Policy {missing} was not found.", 404):
            iam.get_policy(PolicyArn=missing)
    with refused("AccessDenied", status=403):
        iam.get_policy(PolicyArn="arn:aws:iam::111122223333:policy/p")
    with refused("ValidationError"):
        iam.get_policy(PolicyArn="p")


def test_tags_of_policies(iam: Any) -> None:
    """Added, removed, listed in pages."""
    arn = make(iam, "p")
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": key, "Value": "1"} for key in "abc"])
    iam.untag_policy(PolicyArn=arn, TagKeys=["B"])
    first = iam.list_policy_tags(PolicyArn=arn, MaxItems=1)
    second = iam.list_policy_tags(PolicyArn=arn, Marker=first["Marker"])
    assert [tag["Key"] for tag in first["Tags"] + second["Tags"]] == ["a", "c"]
    with refused("LimitExceeded", "maximum limit", 409):
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(49)])
