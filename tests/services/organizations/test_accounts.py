"""Accounts: created, closed, removed and let go.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html and its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.organizations.company import Company, number, refused
from tests.support.clouds import Cloud, running


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose clock may go months ahead."""
    with running(tmp_path_factory.mktemp("later")) as started:
        yield started


def test_an_account_is_created(company: Company) -> None:
    """It is in the root with its tags, and has the roles by which the management account and services get in."""
    email = f"{number(company.name)}@example.com"
    asked = company.api.create_account(AccountName="Sales", Email=email, Tags=[{"Key": "a", "Value": "1"}])
    request = asked["CreateAccountStatus"]
    assert (request["AccountName"], request["State"]) == ("Sales", "IN_PROGRESS")
    company.cloud.advance(1)
    done = company.api.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
    assert done["State"] == "SUCCEEDED"
    assert done["CompletedTimestamp"] >= done["RequestedTimestamp"]
    account = company.api.describe_account(AccountId=done["AccountId"])["Account"]
    assert (account["Name"], account["Email"], account["JoinedMethod"]) == ("Sales", email, "CREATED")
    assert (account["Status"], account["State"]) == ("ACTIVE", "ACTIVE")
    assert company.api.list_parents(ChildId=account["Id"])["Parents"][0]["Id"] == company.root
    assert company.api.list_tags_for_resource(ResourceId=account["Id"])["Tags"] == [{"Key": "a", "Value": "1"}]
    iam = company.client("iam", account["Id"])
    role = iam.get_role(RoleName="OrganizationAccountAccessRole")["Role"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{company.management}:root"}
    [attached] = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert attached["PolicyName"] == "AdministratorAccess"
    linked = iam.get_role(RoleName="AWSServiceRoleForOrganizations")["Role"]
    assert linked["Path"] == "/aws-service-role/organizations.amazonaws.com/"


def test_the_management_account_gets_into_what_it_created(company: Company) -> None:
    """By a role of the name that it chose."""
    account = company.create("a", RoleName="WayIn", IamUserAccessToBilling="DENY")
    alice = company.cloud.client("sts", key=company.user(company.management))
    arn = f"arn:aws:iam::{account}:role/WayIn"
    key = alice.assume_role(RoleArn=arn, RoleSessionName="way-in")["Credentials"]
    session = (key["AccessKeyId"], key["SecretAccessKey"])
    inside = company.cloud.client("iam", key=session, token=key["SessionToken"])
    inside.create_user(UserName="made-from-outside")
    with refused("InvalidInputException", reason="INVALID_ROLE_NAME"):
        company.api.create_account(AccountName="x", Email="x@example.com", RoleName="AWSServiceRoleForX")


def test_creation_can_fail(company: Company) -> None:
    """An address that another account has, or none: the status says so."""
    email = f"{number(company.name)}@example.com"
    for address, failure in (
        (email, None),
        (email.upper(), "EMAIL_ALREADY_EXISTS"),
        ("a(b)@example.com", "INVALID_EMAIL"),
    ):
        company.api.create_account(AccountName="x", Email=address)
        company.cloud.advance(1)
        last = company.api.list_create_account_status()["CreateAccountStatuses"][-1]
        assert last.get("FailureReason") == failure
    failed = company.api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [each["FailureReason"] for each in failed] == ["EMAIL_ALREADY_EXISTS", "INVALID_EMAIL"]
    assert company.api.list_create_account_status(States=["IN_PROGRESS"])["CreateAccountStatuses"] == []
    assert len(company.api.list_accounts()["Accounts"]) == 2
    with refused("CreateAccountStatusNotFoundException"):
        company.api.describe_create_account_status(CreateAccountRequestId="car-00000000")


def test_accounts_leave(company: Company) -> None:
    """By themselves or removed; the management account never."""
    one, two = company.invite("one"), company.invite("two")
    company.api.remove_account_from_organization(AccountId=one)
    company.client("organizations", two).leave_organization()
    assert [each["Id"] for each in company.api.list_accounts()["Accounts"]] == [company.management]
    with refused("MasterCannotLeaveOrganizationException"):
        company.api.leave_organization()
    with refused("MasterCannotLeaveOrganizationException"):
        company.api.remove_account_from_organization(AccountId=company.management)
    with refused("AccountNotFoundException"):
        company.api.remove_account_from_organization(AccountId=one)


def test_a_delegated_administrator_does_not_leave(company: Company) -> None:
    """It has to be deregistered first."""
    account = company.invite("a")
    company.api.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    company.api.register_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    with refused("ConstraintViolationException", reason="CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"):
        company.api.remove_account_from_organization(AccountId=account)


def test_a_created_account_stays_four_days(later: Cloud, name: str) -> None:
    """Then it can leave; an invited one can at once."""
    company = Company(later, name)
    account = company.create("a")
    member = company.client("organizations", account)
    for call in (member.leave_organization, lambda: company.api.remove_account_from_organization(AccountId=account)):
        with refused("ConstraintViolationException", reason="WAIT_PERIOD_ACTIVE"):
            call()
    later.advance(4 * 86400)
    member.leave_organization()
    with refused("AWSOrganizationsNotInUseException"):
        member.describe_organization()


def test_a_closed_account_can_do_nothing(later: Cloud, name: str) -> None:
    """Neither its root user nor its users; after ninety days it is gone from its organization."""
    company = Company(later, name)
    account = company.invite("a")
    keys = [(account, "test"), company.user(account)]
    for key in keys:
        later.client("sqs", key=key).list_queues()
    company.api.close_account(AccountId=account)
    later.advance(1)
    for key in keys:
        for call in (later.client("sqs", key=key).list_queues, later.client("sts", key=key).get_caller_identity):
            with pytest.raises(company.api.exceptions.ClientError) as caught:
                call()
            error = caught.value.response["Error"]
            assert error["Message"] == "The security token included in the request is invalid."
    shown = company.api.describe_account(AccountId=account)["Account"]
    assert (shown["Status"], shown["State"]) == ("SUSPENDED", "CLOSED")
    with refused("AccountAlreadyClosedException"):
        company.api.close_account(AccountId=account)
    company.api.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    with refused("ConstraintViolationException", reason="CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"):
        company.api.register_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    later.advance(90 * 86400)
    with refused("AccountNotFoundException"):
        company.api.describe_account(AccountId=account)


def test_the_management_account_is_not_closed(company: Company) -> None:
    """Nor accounts of others."""
    with refused("ConstraintViolationException", reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT"):
        company.api.close_account(AccountId=company.management)
    with refused("AccountNotFoundException"):
        company.api.close_account(AccountId="000000000000")


def test_the_names_of_accounts_are_not_in_the_record(company: Company) -> None:
    """The model calls names and addresses sensitive."""
    company.create("a")
    [call] = company.cloud.call("ListCalls", AccountId=company.management, EventName="CreateAccount")["Calls"]
    parameters: dict[str, Any] = json.loads(call["RequestParameters"])
    assert "example.com" not in json.dumps(parameters)


def test_a_linked_role_needs_permission(cloud: Cloud, name: str) -> None:
    """Whoever creates an organization also creates its linked role, in his own name."""
    account = number(name)
    iam = cloud.client("iam", key=(account, "test"))
    iam.create_user(UserName="dave")
    statement = {"Effect": "Allow", "Action": "organizations:CreateOrganization", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="dave", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="dave")["AccessKey"]
    dave = cloud.client("organizations", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    reason = "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE"
    with refused("AccessDeniedForDependencyException", reason=reason):
        dave.create_organization()
    dave.create_organization(FeatureSet="CONSOLIDATED_BILLING")
