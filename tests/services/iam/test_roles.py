"""Roles and their trust policies, through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy, trust
from tests.services.iam.people import add_user
from tests.support.refusals import refused


def test_a_role_is_what_was_asked_for(iam: Any, account: str) -> None:
    """Create and get agree; the document comes back as it was written; listings leave out what AWS leaves out."""
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    created = iam.create_role(
        RoleName="worker",
        Path="/jobs/",
        AssumeRolePolicyDocument=EC2,
        Description="works",
        MaxSessionDuration=7200,
        PermissionsBoundary=boundary,
        Tags=[{"Key": "team", "Value": "a"}],
    )["Role"]
    found = iam.get_role(RoleName="worker")["Role"]
    assert {**created, "RoleLastUsed": {}} == found
    assert found["Arn"] == f"arn:aws:iam::{account}:role/jobs/worker"
    assert found["RoleId"].startswith("AROA")
    assert len(found["RoleId"]) == 21
    assert found["AssumeRolePolicyDocument"] == json.loads(EC2)
    assert found["MaxSessionDuration"] == 7200
    assert found["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    assert found["Tags"] == [{"Key": "team", "Value": "a"}]
    [listed] = iam.list_roles()["Roles"]
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & listed.keys()
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == []
    assert iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"] == []
    assert iam.list_instance_profiles_for_role(RoleName="worker")["InstanceProfiles"] == []


def test_documents_are_percent_encoded(iam: Any) -> None:
    """RFC 3986: a space is %20 and never a plus; boto3 undoes it, so the raw answer is looked at."""
    answers: list[bytes] = []
    iam.meta.events.register(
        "after-call.iam.CreateRole", lambda http_response, **_: answers.append(http_response.content)
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    assert b"%7B%22Version%22%3A%20%222012-10-17%22" in answers[0]


def test_names_are_unique_without_case(iam: Any) -> None:
    """`Worker` is taken once `worker` exists, but is not its name."""
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=EC2)
    for name in ("worker", "Worker"):
        with refused("EntityAlreadyExists", f"Role with name {name} already exists.", 409):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    with refused("NoSuchEntity", "The role with name Worker cannot be found.", 404):
        iam.get_role(RoleName="Worker")


def test_roles_are_listed_in_pages_and_below_a_path(iam: Any) -> None:
    """Markers go on where the page ended, and belong to their listing."""
    assert iam.list_roles()["Roles"] == []
    for name in ("a", "b", "c"):
        iam.create_role(RoleName=name, Path="/x/" if name != "b" else "/y/", AssumeRolePolicyDocument=EC2)
    first = iam.list_roles(MaxItems=2)
    assert [role["RoleName"] for role in first["Roles"]] == ["a", "b"]
    assert first["IsTruncated"]
    rest = iam.list_roles(MaxItems=2, Marker=first["Marker"])
    assert [role["RoleName"] for role in rest["Roles"]] == ["c"]
    assert not rest["IsTruncated"]
    assert "Marker" not in rest
    assert [role["RoleName"] for role in iam.list_roles(PathPrefix="/x")["Roles"]] == ["a", "c"]
    for marker in (first["Marker"] + "x", "nonsense"):
        with refused("ValidationError", "Invalid Marker"):
            iam.list_roles(Marker=marker)
    with refused("ValidationError", "Invalid Marker"):
        iam.list_roles(PathPrefix="/x", Marker=first["Marker"])


def test_description_and_duration_change(iam: Any) -> None:
    """What is not given stays; the limits are an hour and twelve."""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Description="old")
    iam.update_role(RoleName="r", MaxSessionDuration=43200)
    assert iam.get_role(RoleName="r")["Role"]["Description"] == "old"
    assert iam.update_role_description(RoleName="r", Description="new")["Role"]["MaxSessionDuration"] == 43200
    iam.update_role(RoleName="r", Description="")
    assert "Description" not in iam.get_role(RoleName="r")["Role"]
    for seconds in (3599, 43201):
        with refused("ValidationError"):
            iam.update_role(RoleName="r", MaxSessionDuration=seconds)
    with refused("NoSuchEntity", status=404):
        iam.update_role(RoleName="none", Description="x")


def test_tags_of_roles(iam: Any) -> None:
    """Added, overwritten without case, removed, in pages; the rules of tags hold at creation as well."""
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_role(RoleName="r", Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert iam.list_role_tags(RoleName="r")["Tags"] == [{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}]
    first = iam.list_role_tags(RoleName="r", MaxItems=1)
    assert iam.list_role_tags(RoleName="r", Marker=first["Marker"])["Tags"] == [{"Key": "b", "Value": ""}]
    iam.untag_role(RoleName="r", TagKeys=["a", "none"])
    assert [tag["Key"] for tag in iam.list_role_tags(RoleName="r")["Tags"]] == ["b"]
    twice = [{"Key": "x", "Value": "1"}, {"Key": "X", "Value": "2"}]
    with refused("InvalidInput", "Duplicate tag keys"):
        iam.tag_role(RoleName="r", Tags=twice)
    with refused("InvalidInput", "Duplicate tag keys"):
        iam.create_role(RoleName="s", AssumeRolePolicyDocument=EC2, Tags=twice)
    with refused("NoSuchEntity", status=404):
        iam.get_role(RoleName="s")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("{", "JSON"),
        (EVERYTHING, "Missing required field Principal"),
        (
            policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}),
            "prohibited field Resource",
        ),
        (policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*"}), "AssumeRole"),
        (trust(AWS="nobody"), 'Invalid principal in policy: "AWS":"nobody"'),
        (trust(AWS="arn:aws:iam::111122223333:user/nobody"), "Invalid principal"),
        (trust(AWS="arn:aws:iam::111122223333:role/none"), "Invalid principal"),
        (trust(AWS="arn:aws:sts::111122223333:assumed-role/none/session"), "Invalid principal"),
        (trust(AWS="AIDAAAAAAAAAAAAAAAAAA"), "Invalid principal"),
        (trust(Service="ec2"), 'Invalid principal in policy: "SERVICE":"ec2"'),
        (trust(Federated="nothing"), "Federated principals must be valid domain names or SAML metadata ARNs"),
    ],
)
def test_trust_policies_are_checked(iam: Any, document: str, text: str) -> None:
    """When a role is made and when its policy is changed; refused, nothing changes."""
    with refused("MalformedPolicyDocument", text):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
    assert iam.list_roles()["Roles"] == []
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    with refused("MalformedPolicyDocument", text):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=document)
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == json.loads(EC2)


def test_trust_policies_have_a_size(iam: Any) -> None:
    """2,048 characters without white space: with it a document may be larger."""
    base = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole", "Sid": ""}
    room = 2048 - len("".join(policy(base).split()))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy({**base, "Sid": "x" * room}) + " " * 5000)
    with refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=policy({**base, "Sid": "x" * (room + 1)}))


def test_who_is_gone_is_shown_by_id(iam: Any, account: str) -> None:
    """A role made anew under the name of a trusted one is another one."""
    iam.create_role(RoleName="friend", AssumeRolePolicyDocument=EC2)
    friend = iam.get_role(RoleName="friend")["Role"]
    document = trust(AWS=[friend["Arn"], f"arn:aws:iam::{account}:root", account])
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == json.loads(document)
    for _ in range(2):
        iam.delete_role(RoleName="friend")
        iam.create_role(RoleName="friend", AssumeRolePolicyDocument=EC2)
        [statement] = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"]["AWS"] == [friend["RoleId"], f"arn:aws:iam::{account}:root", account]
    [statement] = iam.list_roles()["Roles"][1]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"]["AWS"][0] == friend["RoleId"]


def test_roles_may_trust_each_other(iam: Any, account: str) -> None:
    """In a circle, and themselves, once they exist."""
    own = f"arn:aws:iam::{account}:role/a"
    with refused("MalformedPolicyDocument", "Invalid principal"):
        iam.create_role(RoleName="a", AssumeRolePolicyDocument=trust(AWS=own))
    iam.create_role(RoleName="a", AssumeRolePolicyDocument=EC2)
    iam.create_role(RoleName="b", AssumeRolePolicyDocument=trust(AWS=own))
    both = trust(AWS=[own, f"arn:aws:iam::{account}:role/b"])
    iam.update_assume_role_policy(RoleName="a", PolicyDocument=both)
    assert iam.get_role(RoleName="a")["Role"]["AssumeRolePolicyDocument"] == json.loads(both)
    with refused("MalformedPolicyDocument", "Invalid principal"):
        iam.update_assume_role_policy(
            RoleName="a", PolicyDocument=trust(AWS=f"arn:aws:iam::{account}:role/other/path/b")
        )


def test_what_is_attached_keeps_a_role(iam: Any) -> None:
    """Each conflict by its name, one after the other; then it is gone, and gone it cannot be deleted."""
    read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.attach_role_policy(RoleName="r", PolicyArn=read)
    iam.put_role_policy(RoleName="r", PolicyName="i", PolicyDocument=EVERYTHING)
    with refused("DeleteConflict", "must remove roles from instance profile first", 409):
        iam.delete_role(RoleName="r")
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    with refused("DeleteConflict", "must detach all policies first", 409):
        iam.delete_role(RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=read)
    with refused("DeleteConflict", "must delete policies first", 409):
        iam.delete_role(RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="i")
    iam.delete_role(RoleName="r")
    with refused("NoSuchEntity", "The role with name r cannot be found.", 404):
        iam.delete_role(RoleName="r")


def test_roles_have_rules(iam: Any) -> None:
    """Names, paths, durations and boundaries that cannot be."""
    good = {"RoleName": "r", "AssumeRolePolicyDocument": EC2}
    for change in ({"RoleName": "a b"}, {"RoleName": "x" * 65}, {"Path": "x"}, {"MaxSessionDuration": 60}):
        with refused("ValidationError"):
            iam.create_role(**{**good, **change})
    with refused("InvalidInput", "reserved"):
        iam.create_role(**good, Path="/aws-service-role/ec2.amazonaws.com/")
    with refused("NoSuchEntity", "does not exist or is not attachable", 404):
        iam.create_role(**good, PermissionsBoundary="arn:aws:iam::aws:policy/None")
    with refused("InvalidInput", "is not valid"):
        iam.create_role(**good, PermissionsBoundary="arn:aws:sqs:us-east-1:111122223333:queue")
    assert iam.list_roles()["Roles"] == []


def test_tags_decide_about_roles(iam: Any, client: Callable[..., Any]) -> None:
    """Those that a request brings, for which it needs the permission to tag as well, and those of the role."""
    mine = {"Key": "team", "Value": "a"}
    with_tag = {"StringEquals": {"aws:RequestTag/team": "a"}, "ForAllValues:StringEquals": {"aws:TagKeys": "team"}}
    create = allow("iam:CreateRole", Condition=with_tag)
    delete = allow("iam:DeleteRole", Condition={"StringEquals": {"iam:ResourceTag/team": "a"}})
    alice = client("iam", key=add_user(iam, "alice", create, delete))
    with refused("AccessDenied", "iam:TagRole", 403):
        alice.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Tags=[mine])
    iam.put_user_policy(UserName="alice", PolicyName="tags", PolicyDocument=policy(allow("iam:TagRole")))
    for tags in ([], [{"Key": "team", "Value": "b"}], [mine, {"Key": "other", "Value": "x"}]):
        with refused("AccessDenied", "iam:CreateRole", 403):
            alice.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Tags=tags)
    alice.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Tags=[mine])
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=EC2, Tags=[{"Key": "team", "Value": "b"}])
    with refused("AccessDenied", "iam:DeleteRole", 403):
        alice.delete_role(RoleName="theirs")
    alice.delete_role(RoleName="r")
