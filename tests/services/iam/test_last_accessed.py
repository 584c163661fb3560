"""What was last used: access keys, and services and actions in reports; who grants them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING, allow, policy
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud, running
from tests.support.refusals import refused

Client = Callable[..., Any]
DAY = 24 * 60 * 60


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """These tests put the clock forward."""
    return restless_cloud


def settled(cloud: Cloud) -> None:
    """Let the passes do what they have to."""
    cloud.advance(1)


def job(iam: Any, cloud: Cloud, arn: str, granularity: str = "SERVICE_LEVEL") -> str:
    """A report about `arn` that is done, of everything that was done before."""
    settled(cloud)
    job_id: str = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    settled(cloud)
    assert iam.get_service_last_accessed_details(JobId=job_id)["JobStatus"] == "COMPLETED"
    return job_id


def services(iam: Any, job_id: str) -> dict[str, Any]:
    """What a report says, by namespace."""
    found = iam.get_service_last_accessed_details(JobId=job_id, MaxItems=1000)["ServicesLastAccessed"]
    return {service["ServiceNamespace"]: service for service in found}


def test_the_last_use_of_an_access_key(iam: Any, client: Client, cloud: Cloud, name: str) -> None:
    """Nothing at first; then when, where and for which service, also for what was denied."""
    key = add_user(iam)
    unused = iam.get_access_key_last_used(AccessKeyId=key[0])
    assert unused["UserName"] == "alice"
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    with refused("AccessDenied", status=403):
        client("sqs", key=key, region="eu-west-1").create_queue(QueueName=name[:80])
    with refused("AccessDenied", status=403):
        client("iam", key=key).create_group(GroupName="g")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sqs:*")))
    client("sqs", key=key, region="eu-west-1").create_queue(QueueName=name[:80])
    settled(cloud)
    used = iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sqs", "eu-west-1")
    created = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["CreateDate"]
    assert created <= used["LastUsedDate"] < created + timedelta(minutes=1)


def test_access_keys_of_others_are_not_told(iam: Any, client: Client) -> None:
    """They are answered like those that do not exist; users need the permission for the user whose key it is."""
    key_id, secret = add_user(iam)
    other = client("iam", key=("999988887777", "test"))
    for unknown in (key_id, "AKIAIOSFODNN7EXAMPLE"):
        with refused("AccessDenied", f"on resource: access key {unknown}", 403):
            other.get_access_key_last_used(AccessKeyId=unknown)
    alice = client("iam", key=(key_id, secret))
    with refused("AccessDenied", "user/alice", 403):
        alice.get_access_key_last_used(AccessKeyId=key_id)
    arn = iam.get_user(UserName="alice")["User"]["Arn"]
    own = policy(allow("iam:GetAccessKeyLastUsed", resource=arn))
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=own)
    assert alice.get_access_key_last_used(AccessKeyId=key_id)["UserName"] == "alice"


def test_a_report_about_a_user(iam: Any, client: Client, cloud: Cloud, name: str) -> None:
    """All services that its policies give access to, in order, and details of those that it used."""
    key = add_user(iam)
    arn = iam.get_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sqs:*", "s3:GetObject", "iam:Get*"))
    )
    client("sqs", key=key, region="eu-west-1").create_queue(QueueName=name[:80])
    found = services(iam, job(iam, cloud, arn))
    assert list(found) == ["iam", "s3", "sqs"]
    assert found["s3"] == {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0}
    sqs = found["sqs"]
    assert (sqs["LastAuthenticatedEntity"], sqs["LastAuthenticatedRegion"]) == (arn, "eu-west-1")
    assert (sqs["ServiceName"], sqs["TotalAuthenticatedEntities"]) == ("Amazon SQS", 1)
    assert "TrackedActionsLastAccessed" not in sqs
    actions = services(iam, job(iam, cloud, arn, "ACTION_LEVEL"))
    assert "TrackedActionsLastAccessed" not in actions["s3"]
    tracked = {action["ActionName"]: action for action in actions["sqs"]["TrackedActionsLastAccessed"]}
    assert tracked["CreateQueue"]["LastAccessedEntity"] == arn
    assert tracked["CreateQueue"]["LastAccessedRegion"] == "eu-west-1"
    assert tracked["CreateQueue"]["LastAccessedTime"] == sqs["LastAuthenticated"]
    assert tracked["DeleteQueue"] == {"ActionName": "DeleteQueue"}


def test_reports_about_groups_and_policies(iam: Any, client: Client, cloud: Cloud, name: str) -> None:
    """They are about their members and holders; who has not used a service comes last, without a time."""
    key = add_user(iam)
    iam.create_user(UserName="bob")
    group = iam.create_group(GroupName="g")["Group"]["Arn"]
    shared = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="g", PolicyArn=shared)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.attach_role_policy(RoleName="r", PolicyArn=shared)
    for user in ("alice", "bob"):
        iam.add_user_to_group(GroupName="g", UserName=user)
    client("sqs", key=key).create_queue(QueueName=name[:80])
    arn = iam.get_user(UserName="alice")["User"]["Arn"]
    for about, others in ((group, {"bob"}), (shared, {"bob", "r"})):
        job_id = job(iam, cloud, about)
        found = services(iam, job_id)
        assert list(found) == ["sqs"]
        assert (found["sqs"]["LastAuthenticatedEntity"], found["sqs"]["TotalAuthenticatedEntities"]) == (arn, 1)
        details = iam.get_service_last_accessed_details_with_entities(JobId=job_id, ServiceNamespace="sqs")
        first, *rest = details["EntityDetailsList"]
        assert details["JobStatus"] == "COMPLETED"
        assert first["EntityInfo"]["Name"] == "alice"
        assert first["EntityInfo"]["Type"] == "USER"
        assert first["LastAuthenticated"] == found["sqs"]["LastAuthenticated"]
        assert {each["EntityInfo"]["Name"] for each in rest} == others
        assert not any("LastAuthenticated" in each for each in rest)
        one = iam.get_service_last_accessed_details_with_entities(JobId=job_id, ServiceNamespace="s3")
        assert one["EntityDetailsList"] == []
        page = iam.get_service_last_accessed_details_with_entities(JobId=job_id, ServiceNamespace="sqs", MaxItems=1)
        assert page["EntityDetailsList"] == [first]
        following = iam.get_service_last_accessed_details_with_entities(
            JobId=job_id, ServiceNamespace="sqs", Marker=page["Marker"]
        )
        assert following["EntityDetailsList"] == rest


def test_a_report_of_an_administrator_comes_in_pages(iam: Any, cloud: Cloud) -> None:
    """AWS's policies are in every account; that of administrators gives access to every service."""
    job_id = job(iam, cloud, "arn:aws:iam::aws:policy/AdministratorAccess")
    names: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = iam.get_service_last_accessed_details(JobId=job_id, MaxItems=200, **marker)
        names += [service["ServiceNamespace"] for service in page["ServicesLastAccessed"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert len(names) > 400
    assert names == sorted(set(names))


def test_a_report_is_for_who_asked_for_it(iam: Any, client: Client, cloud: Cloud) -> None:
    """Others in the account do not find it, whatever they may do."""
    alice = client("iam", key=add_user(iam))
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)
    arn = iam.get_user(UserName="alice")["User"]["Arn"]
    job_id = job(iam, cloud, arn)
    for _ in range(2):
        with refused("NoSuchEntity", status=404):
            alice.get_service_last_accessed_details(JobId=job_id)
        with refused("NoSuchEntity", status=404):
            alice.get_service_last_accessed_details_with_entities(JobId=job_id, ServiceNamespace="sqs")
        job_id = "00000000-0000-0000-0000-000000000000"


def test_what_no_report_can_be_about(iam: Any, account: str, cloud: Cloud) -> None:
    """Users and policies that do not exist, other ARNs, services that do not exist."""
    for arn in (f"arn:aws:iam::{account}:user/none", f"arn:aws:iam::{account}:policy/none"):
        with refused("NoSuchEntity", status=404):
            iam.generate_service_last_accessed_details(Arn=arn)
    for arn in (f"arn:aws:iam::{account}:root", f"arn:aws:sts::{account}:assumed-role/r/s", "x" * 20):
        with refused("InvalidInput"):
            iam.generate_service_last_accessed_details(Arn=arn)
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    with refused("InvalidInput", "nosuch"):
        iam.get_service_last_accessed_details_with_entities(JobId=job(iam, cloud, arn), ServiceNamespace="nosuch")


def test_last_use_is_kept_for_400_days_and_reports_for_one(tmp_path: Any) -> None:
    """By the clock."""
    with running(tmp_path / "cloud") as cloud:
        iam = cloud.client("iam", key=("111122223333", "test"))
        key = add_user(iam)
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sqs:*")))
        cloud.client("sqs", key=key).create_queue(QueueName="q")
        arn = iam.get_user(UserName="alice")["User"]["Arn"]
        job_id = job(iam, cloud, arn)
        cloud.advance(399 * DAY)
        with refused("NoSuchEntity", status=404):
            iam.get_service_last_accessed_details(JobId=job_id)
        assert services(iam, job(iam, cloud, arn))["sqs"]["TotalAuthenticatedEntities"] == 1
        assert iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]["ServiceName"] == "sqs"
        cloud.advance(DAY)
        assert services(iam, job(iam, cloud, arn))["sqs"]["TotalAuthenticatedEntities"] == 0
        assert iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]["ServiceName"] == "N/A"


def test_policies_that_grant_a_service(iam: Any) -> None:
    """Those of a user, with those of its groups; inline ones by whose they are.  Boundaries grant nothing."""
    arn = iam.create_user(UserName="alice", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")["User"][
        "Arn"
    ]
    group = iam.create_group(GroupName="g")["Group"]["Arn"]
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="queues", PolicyDocument=policy(allow("sqs:SendMessage")))
    iam.put_user_policy(UserName="alice", PolicyName="files", PolicyDocument=policy(allow("s3:GetObject")))
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    asked = {"ServiceNamespaces": ["sqs", "s3", "ec2"]}
    listed = iam.list_policies_granting_service_access(Arn=arn, **asked)
    found = {each["ServiceNamespace"]: each["Policies"] for each in listed["PoliciesGrantingServiceAccess"]}
    inline = {"PolicyName": "queues", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "g"}
    managed = {
        "PolicyName": "AmazonSQSFullAccess",
        "PolicyType": "MANAGED",
        "PolicyArn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess",
    }
    files = {"PolicyName": "files", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "alice"}
    assert found == {"sqs": [managed, inline], "s3": [files], "ec2": []}
    listed = iam.list_policies_granting_service_access(Arn=group, **asked)
    found = {each["ServiceNamespace"]: each["Policies"] for each in listed["PoliciesGrantingServiceAccess"]}
    assert found == {"sqs": [inline], "s3": [], "ec2": []}
    with refused("InvalidInput", "nosuch"):
        iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["nosuch"])
    with refused("InvalidInput", "does not clearly define"):
        iam.list_policies_granting_service_access(Arn=managed["PolicyArn"], ServiceNamespaces=["s3"])


def test_the_last_use_of_a_role(iam: Any, client: Client, cloud: Cloud, account: str, name: str) -> None:
    """GetRole and the account's details tell when a session of the role last did something."""
    trusting = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(trusting))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=EVERYTHING)
    key = add_user(iam)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=EVERYTHING)
    given = client("sts", key=key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    settled(cloud)
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}
    session = {"key": (given["AccessKeyId"], given["SecretAccessKey"]), "token": given["SessionToken"]}
    client("sqs", **session, region="eu-west-1").create_queue(QueueName=name[:80])
    settled(cloud)
    used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1"
    [role] = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert role["RoleLastUsed"] == used
    found = services(iam, job(iam, cloud, arn))
    assert (found["sqs"]["LastAuthenticatedEntity"], found["sqs"]["LastAuthenticated"]) == (arn, used["LastUsedDate"])
