"""AssumeRoot: administrators of an organization as the root users of its members."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.iam.documents import EVERYTHING, allow
from tests.services.iam.people import add_user
from tests.services.organizations.company import Company, number
from tests.services.sts.people import lasts, session
from tests.support.clouds import Cloud
from tests.support.refusals import refused

IAM = "iam.amazonaws.com"
AUDIT, UNLOCK = ("IAMAuditRootUserCredentials", "SQSUnlockQueuePolicy")


def task(name: str) -> dict[str, str]:
    """A task policy as requests name it."""
    return {"arn": f"arn:aws:iam::aws:policy/root-task/{name}"}


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """To make an organization puts the clock forward."""
    return restless_cloud


@pytest.fixture
def company(cloud: Cloud, name: str) -> Company:
    """An organization with central root access."""
    made = Company(cloud, name)
    made.api.enable_aws_service_access(ServicePrincipal=IAM)
    enabled = made.client("iam", made.management).enable_organizations_root_sessions()
    assert enabled["EnabledFeatures"] == ["RootSessions"]
    return made


@pytest.fixture
def admin(cloud: Cloud, company: Company) -> Any:
    """STS as an administrator in the management account."""
    return cloud.client("sts", key=company.user(company.management), parameter_validation=False)


def test_a_task_in_a_member(cloud: Cloud, company: Company, admin: Any) -> None:
    """The session is the member's root user, for a quarter of an hour, and does the task and nothing else."""
    member = company.invite("shop")
    answer = admin.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    assert lasts(answer, company.cloud, minutes=15)
    iam = session(cloud.client, "iam", answer)
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{member}:root"
    iam.get_account_summary()
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", 403):
        iam.list_users()
    with refused("AccessDenied", "sqs:ListQueues", 403):
        session(cloud.client, "sqs", answer).list_queues()
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403):
        session(cloud.client, "sts", answer).get_session_token()


def test_a_queue_that_nobody_may_open_any_more(cloud: Cloud, company: Company, admin: Any) -> None:
    """Its policy denies everybody; the task takes it away."""
    member = company.invite("shop")
    queues = cloud.client("sqs", key=company.user(member))
    url = queues.create_queue(QueueName="locked")["QueueUrl"]
    closed = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [closed]})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    with refused("AccessDenied", "with an explicit deny in a resource-based policy", 403):
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    answer = admin.assume_root(TargetPrincipal=f"arn:aws:iam::{member}:root", TaskPolicyArn=task(UNLOCK))
    session(cloud.client, "sqs", answer).set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    queues.get_queue_attributes(QueueUrl=url)


def test_who_may(cloud: Cloud, company: Company, admin: Any) -> None:
    """Administrators, with a permission, of members; not the root user, and not the account itself."""
    member = company.invite("shop")
    denied = f"sts:AssumeRoot on resource: arn:aws:iam::{member}:root"
    management = company.client("iam", company.management)
    powerless = cloud.client("sts", key=add_user(management, "bob"))
    shopkeeper = cloud.client("sts", key=company.user(member))
    for sts in (powerless, shopkeeper):
        with refused("AccessDenied", denied, 403):
            sts.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    with refused("AccessDenied", "may not be called by root accounts", 403):
        company.client("sts", company.management).assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    for target in (company.management, number("somebody else")):
        with refused("AccessDenied", "sts:AssumeRoot", 403):
            admin.assume_root(TargetPrincipal=target, TaskPolicyArn=task(AUDIT))
    only = allow("sts:AssumeRoot", Condition={"ArnLike": {"sts:TaskPolicyArn": task(AUDIT)["arn"]}})
    auditor = cloud.client("sts", key=add_user(management, "carol", only))
    auditor.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    with refused("AccessDenied", denied, 403):
        auditor.assume_root(TargetPrincipal=member, TaskPolicyArn=task(UNLOCK))


def test_delegates_may(cloud: Cloud, company: Company) -> None:
    """A member account that IAM is delegated to, as long as it is."""
    shop, security = company.invite("shop"), company.invite("security")
    sts = cloud.client("sts", key=company.user(security))
    company.api.register_delegated_administrator(AccountId=security, ServicePrincipal=IAM)
    sts.assume_root(TargetPrincipal=shop, TaskPolicyArn=task(AUDIT))
    assert company.client("iam", security).list_organizations_features()["EnabledFeatures"] == ["RootSessions"]
    company.api.deregister_delegated_administrator(AccountId=security, ServicePrincipal=IAM)
    with refused("AccessDenied", "sts:AssumeRoot", 403):
        sts.assume_root(TargetPrincipal=shop, TaskPolicyArn=task(AUDIT))
    with refused("AccountNotManagementOrDelegatedAdministratorException"):
        company.client("iam", security).list_organizations_features()


def test_the_feature_can_be_off(cloud: Cloud, company: Company, admin: Any) -> None:
    """Then nobody may; and it can be on only where IAM is trusted."""
    member = company.invite("shop")
    iam = company.client("iam", company.management)
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == []
    with refused("AccessDenied", "sts:AssumeRoot", 403):
        admin.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    company.api.disable_aws_service_access(ServicePrincipal=IAM)
    with refused("ServiceAccessNotEnabledException"):
        iam.enable_organizations_root_sessions()
    with refused("OrganizationNotFoundException"):
        company.client("iam", number("nowhere at all")).list_organizations_features()


def test_bad_requests(company: Company, admin: Any) -> None:
    """What is no account, no task, and too long."""
    member = company.invite("shop")
    for target in ("12345678901x", f"arn:aws:iam::{member}:user/alice", "arn:aws:iam::1:root"):
        with refused("ValidationError", f"{target} is invalid"):
            admin.assume_root(TargetPrincipal=target, TaskPolicyArn=task(AUDIT))
    for policy in ({"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}, task("Everything")):
        with refused("ValidationError", "is not a task policy"):
            admin.assume_root(TargetPrincipal=member, TaskPolicyArn=policy)
    with refused("ValidationError", "durationSeconds"):
        admin.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT), DurationSeconds=901)


def test_service_control_policies_hold_for_the_session(cloud: Cloud, company: Company, admin: Any) -> None:
    """It is a root user of a member account like any other."""
    member = company.invite("shop")
    company.enable()
    company.attach(member, EVERYTHING.replace('"Allow"', '"Deny"').replace('["*"]', '["iam:GetAccountSummary"]'))
    answer = admin.assume_root(TargetPrincipal=member, TaskPolicyArn=task(AUDIT))
    with refused("AccessDenied", "in a service control policy", 403):
        session(cloud.client, "iam", answer).get_account_summary()
