"""What roles, their trust policies and their boundaries do to those who assume them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.services.iam.documents import EVERYTHING, allow, policy, trust
from tests.services.iam.people import add_user
from tests.services.sts.people import Client, session
from tests.support.clouds import running
from tests.support.refusals import refused

READ = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def assume(client: Client, key: tuple[str, str], role_arn: str) -> Any:
    """IAM as a session of a role."""
    return session(client, "iam", client("sts", key=key).assume_role(RoleArn=role_arn, RoleSessionName="work"))


def test_who_is_trusted_is_a_person_and_no_name(iam: Any, client: Client) -> None:
    """Renamed, she is still trusted, and the policy shows it; another one of her old name is not."""
    key = add_user(iam)
    alice = iam.get_user(UserName="alice")["User"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=alice["Arn"]))["Role"]["Arn"]
    assume(client, key, role)
    iam.update_user(UserName="alice", NewUserName="alicia")
    assume(client, key, role)
    [statement] = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": iam.get_user(UserName="alicia")["User"]["Arn"]}
    other = add_user(iam)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)
    with refused("AccessDenied", "sts:AssumeRole", 403):
        assume(client, other, role)
    iam.delete_access_key(UserName="alicia", AccessKeyId=key[0])
    iam.delete_user(UserName="alicia")
    [statement] = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": alice["UserId"]}
    with refused("MalformedPolicyDocument", "Invalid principal"):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(AWS=alice["UserId"]))
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(AWS=alice["Arn"]))
    assume(client, other, role)


def test_people_of_other_accounts_are_trusted_as_well(iam: Any, client: Client, account: str) -> None:
    """Their own account has to allow it too; gone there, they are shown by id here."""
    theirs = client("iam", key=(f"2{account[1:]}", "test"))
    key = add_user(theirs, "bob")
    bob = theirs.get_user(UserName="bob")["User"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=bob["Arn"]))["Role"]["Arn"]
    with refused("AccessDenied", "no identity-based policy allows the sts:AssumeRole action", 403):
        assume(client, key, role)
    theirs.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
    assume(client, key, role)
    theirs.delete_user_policy(UserName="bob", PolicyName="p")
    theirs.delete_access_key(UserName="bob", AccessKeyId=key[0])
    theirs.delete_user(UserName="bob")
    [statement] = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": bob["UserId"]}
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{bob["Arn"]}"'):
        iam.create_role(RoleName="s", AssumeRolePolicyDocument=trust(AWS=bob["Arn"]))


def test_a_session_has_what_its_role_has_now(iam: Any, client: Client, account: str) -> None:
    """Attached, limited by a boundary, detached: from the session's next request on; without the role it is over."""
    key = add_user(iam)
    document = trust(AWS=f"arn:aws:iam::{account}:user/alice")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    worker = assume(client, key, role)
    with refused("AccessDenied", "assumed-role/r/work is not authorized to perform: iam:ListRoles", 403):
        worker.list_roles()
    iam.attach_role_policy(RoleName="r", PolicyArn=READ)
    assert len(worker.list_roles()["Roles"]) == 1
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("iam:ListUsers")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=limit)
    assert len(worker.list_users()["Users"]) == 1
    with refused("AccessDenied", "because no permissions boundary allows the iam:ListRoles action", 403):
        worker.list_roles()
    iam.delete_role_permissions_boundary(RoleName="r")
    assert len(worker.list_roles()["Roles"]) == 1
    iam.detach_role_policy(RoleName="r", PolicyArn=READ)
    with refused("AccessDenied", status=403):
        worker.list_roles()
    iam.delete_role(RoleName="r")
    with refused("InvalidClientTokenId", status=403):
        worker.list_roles()


def test_when_a_role_was_last_used(tmp_path: Path) -> None:
    """By a request of a session; before, nothing is known."""
    with running(tmp_path / "cloud") as cloud:
        iam = cloud.client("iam")
        key = add_user(iam)
        arn = iam.get_user(UserName="alice")["User"]["Arn"]
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=arn))["Role"]
        cloud.advance(60)
        assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
        assume(cloud.client, key, role["Arn"]).create_user(UserName="bob")
        cloud.advance(60)
        used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
        assert used["Region"] == "us-east-1"
        assert used["LastUsedDate"] > role["CreateDate"]
