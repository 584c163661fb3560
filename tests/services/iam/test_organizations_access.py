"""Reports of which services the accounts of an organization last accessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud
from tests.support.refusals import refused

Client = Callable[..., Any]


class Company:
    """An organization with a unit and an account in it, which may use queues and files only."""

    def __init__(self, client: Client, account: str) -> None:
        self.client = client
        self.account, self.member = account, f"2{account[1:]}"
        self.api = client("organizations", key=(account, "test"))
        self.id = self.api.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]
        handshake = self.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": self.member})["Handshake"]
        client("organizations", key=(self.member, "test")).accept_handshake(HandshakeId=handshake["Id"])
        self.unit = self.api.create_organizational_unit(ParentId=self.root, Name="u")["OrganizationalUnit"]["Id"]
        self.api.move_account(AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit)
        self.path = f"{self.id}/{self.root}"

    def restrict(self) -> str:
        """Let the unit use queues and files only; the id of the policy."""
        self.api.enable_policy_type(RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")
        control: str = self.api.create_policy(
            Name="few", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(allow("sqs:*", "s3:*"))
        )["Policy"]["PolicySummary"]["Id"]
        self.api.attach_policy(PolicyId=control, TargetId=self.unit)
        self.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=self.unit)
        return control


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """These tests put the clock forward."""
    return restless_cloud


@pytest.fixture
def company(client: Client, account: str) -> Company:
    return Company(client, account)


def report(iam: Any, cloud: Cloud, path: str, policy_id: str | None = None, **members: Any) -> dict[str, Any]:
    """A report about a path that is done, of everything that was done before."""
    cloud.advance(1)
    about = {"OrganizationsPolicyId": policy_id} if policy_id else {}
    job = iam.generate_organizations_access_report(EntityPath=path, **about)["JobId"]
    cloud.advance(1)
    found: dict[str, Any] = iam.get_organizations_access_report(JobId=job, **members)
    assert found["JobStatus"] == "COMPLETED"
    return found


def test_what_a_unit_may_and_does(iam: Any, cloud: Cloud, company: Company, name: str) -> None:
    """Its policies say what is listed; the last use in its accounts stands beside it."""
    control = company.restrict()
    company.client("sqs", key=(company.member, "test"), region="eu-west-1").create_queue(QueueName=name[:80])
    unit = f"{company.path}/{company.unit}"
    for path, policy_id in ((unit, None), (f"{unit}/{company.member}", None), (company.path, control)):
        found = report(iam, cloud, path, policy_id)
        assert (found["NumberOfServicesAccessible"], found["NumberOfServicesNotAccessed"]) == (2, 1)
        first, second = found["AccessDetails"]
        assert first == {
            "ServiceName": "Amazon S3",
            "ServiceNamespace": "s3",
            "TotalAuthenticatedEntities": 0,
        }
        assert (second["ServiceNamespace"], second["Region"]) == ("sqs", "eu-west-1")
        assert (second["EntityPath"], second["TotalAuthenticatedEntities"]) == (f"{unit}/{company.member}", 1)
    newest = report(iam, cloud, unit, SortKey="LAST_AUTHENTICATED_TIME_DESCENDING", MaxItems=1)
    assert [each["ServiceNamespace"] for each in newest["AccessDetails"]] == ["sqs"]
    assert newest["IsTruncated"] is True


def test_the_management_account_is_in_its_own_report_only(iam: Any, cloud: Cloud, company: Company) -> None:
    """No policy restricts it: all services are listed, and what it did."""
    company.restrict()
    iam.create_group(GroupName="g")
    own = report(iam, cloud, f"{company.path}/{company.account}", MaxItems=1000)
    assert own["NumberOfServicesAccessible"] > 400
    used = {each["ServiceNamespace"] for each in own["AccessDetails"] if each["TotalAuthenticatedEntities"]}
    assert used == {"iam", "organizations"}
    root = report(iam, cloud, company.path, MaxItems=1000)
    used = {each["ServiceNamespace"] for each in root["AccessDetails"] if each["TotalAuthenticatedEntities"]}
    assert used == {"iam", "organizations"}  # the member has accepted its invitation, which makes a role


def test_what_no_report_can_be_about(iam: Any, company: Company) -> None:
    """Ways that lead nowhere, policies and jobs that do not exist, organizations without policies."""
    good = f"{company.path}/{company.unit}"
    with refused("InvalidInput", "not enabled"):
        iam.generate_organizations_access_report(EntityPath=good)
    company.restrict()
    other = f"{company.path}/{company.member}"
    for path in (other, f"{good}/{company.account}", f"{good}/{company.member}/{company.unit}", f"o-{'x' * 10}/r-abcd"):
        with refused("InvalidInput", "Invalid entity path"):
            iam.generate_organizations_access_report(EntityPath=path)
    with refused("NoSuchEntity", status=404):
        iam.generate_organizations_access_report(EntityPath=good, OrganizationsPolicyId="p-12345678")
    with refused("NoSuchEntity", status=404):
        iam.get_organizations_access_report(JobId="0" * 36)


def test_reports_are_for_the_management_account(client: Client, cloud: Cloud, iam: Any, company: Company) -> None:
    """Others cannot ask for one, and do not find one; users need the permission for the path and the policy."""
    member = client("iam", key=(company.member, "test"))
    with refused("AccessDenied", "Only the management account", 403):
        member.generate_organizations_access_report(EntityPath=company.path)
    control = company.restrict()
    alice = client("iam", key=add_user(iam))
    condition = {"StringEquals": {"iam:OrganizationsPolicyId": control}}
    may = allow("iam:GenerateOrganizationsAccessReport", Condition=condition)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(may))
    with refused("AccessDenied", f"access-report/{company.path}", 403):
        alice.generate_organizations_access_report(EntityPath=company.path)
    job = alice.generate_organizations_access_report(EntityPath=company.path, OrganizationsPolicyId=control)["JobId"]
    cloud.advance(1)
    assert iam.get_organizations_access_report(JobId=job)["JobStatus"] == "COMPLETED"
    with refused("NoSuchEntity", status=404):
        client("iam", key=("999988887777", "test")).get_organizations_access_report(JobId=job)
