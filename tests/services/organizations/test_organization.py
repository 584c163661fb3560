"""The organization itself, who may call what, and all features.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.services.organizations.company import SCP, Company, deny, number, refused
from tests.support.clouds import Cloud


def test_an_organization_is_created_described_and_deleted(company: Company) -> None:
    """Whoever creates it manages it; afterwards the account stands alone again."""
    shown = company.api.describe_organization()["Organization"]
    assert shown == company.organization
    account = company.management
    assert shown["Arn"] == f"arn:aws:organizations::{account}:organization/{shown['Id']}"
    assert (shown["FeatureSet"], shown["MasterAccountId"]) == ("ALL", account)
    assert shown["MasterAccountArn"] == f"arn:aws:organizations::{account}:account/{shown['Id']}/{account}"
    [root] = company.api.list_roots()["Roots"]
    assert root["Arn"] == f"arn:aws:organizations::{account}:root/{shown['Id']}/{root['Id']}"
    assert (root["Name"], root["PolicyTypes"]) == ("Root", [])
    with refused("AlreadyInOrganizationException", "already a member"):
        company.api.create_organization()
    company.unit("left")
    company.enable()
    company.policy(deny("sqs:*"))
    company.api.delete_organization()
    with refused("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."):
        company.api.describe_organization()
    assert company.api.create_organization()["Organization"]["Id"] != shown["Id"]


def test_an_organization_with_members_is_not_deleted(company: Company) -> None:
    """All member accounts have to go first."""
    company.invite("a")
    with refused("OrganizationNotEmptyException", "remove all member accounts"):
        company.api.delete_organization()


def test_members_look_at_their_organization_and_nothing_else(company: Company) -> None:
    """DescribeOrganization is for all; the tree is for the management account and delegated administrators."""
    member = company.client("organizations", company.invite("a"))
    assert member.describe_organization()["Organization"] == company.organization
    for call in (
        member.list_accounts,
        member.list_roots,
        lambda: member.describe_account(AccountId=company.management),
        lambda: member.create_organizational_unit(ParentId=company.root, Name="x"),
        lambda: member.enable_policy_type(RootId=company.root, PolicyType=SCP),
        member.delete_organization,
    ):
        with refused("AccessDeniedException", "You don't have permissions to access this resource."):
            call()


def test_a_delegated_administrator_reads_and_does_not_write(company: Company) -> None:
    """Registration grants read-only access to the organization, for its root user and users with permission alike."""
    account = company.invite("a")
    company.api.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    company.api.register_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    member = company.client("organizations", account)
    assert len(member.list_accounts()["Accounts"]) == 2
    alice = company.cloud.client("organizations", key=company.user(account))
    assert alice.describe_account(AccountId=company.management)["Account"]["Id"] == company.management
    with refused("AccessDeniedException", "You don't have permissions"):
        member.create_organizational_unit(ParentId=company.root, Name="x")
    company.api.deregister_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    with refused("AccessDeniedException", "You don't have permissions"):
        member.list_accounts()


def test_users_need_permission_for_what_the_account_may(company: Company) -> None:
    """A user without policies is told what is missing, also about what belongs to the management account."""
    account = company.invite("a")
    iam = company.client("iam", account)
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = company.cloud.client("organizations", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    with refused("AccessDeniedException", "not authorized to perform: organizations:DescribeOrganization"):
        bob.describe_organization()
    with refused("AccessDeniedException", "because no identity-based policy allows"):
        bob.describe_account(AccountId=account)


@pytest.mark.parametrize("call", ["list_roots", "list_accounts", "describe_organization", "leave_organization"])
def test_without_an_organization_there_is_nothing(cloud: Cloud, name: str, call: str) -> None:
    """The error says that the account is in none."""
    api = cloud.client("organizations", key=(number(name), "test"))
    with refused("AWSOrganizationsNotInUseException"):
        getattr(api, call)()


def test_consolidated_billing_has_no_policies(found: Callable[..., Company]) -> None:
    """Nor service access, nor closing of accounts."""
    company = found("billing", features="CONSOLIDATED_BILLING")
    assert company.organization["FeatureSet"] == "CONSOLIDATED_BILLING"
    account = company.invite("a")
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        company.policy(deny("sqs:*"))
    with refused("PolicyTypeNotAvailableForOrganizationException"):
        company.enable()
    with refused("ConstraintViolationException", reason="ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"):
        company.api.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    with refused("ConstraintViolationException", reason="ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"):
        company.api.close_account(AccountId=account)


def test_all_features_need_the_consent_of_the_invited(found: Callable[..., Company]) -> None:
    """Each invited account approves, created ones are not asked, and the management account finishes it."""
    company = found("billing", features="CONSOLIDATED_BILLING")
    accounts = [company.invite("a"), company.invite("b")]
    company.create("c")
    asked = company.api.enable_all_features()["Handshake"]
    assert (asked["Action"], asked["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    assert asked["Parties"] == [{"Id": company.organization["Id"], "Type": "ORGANIZATION"}]
    with refused(
        "HandshakeConstraintViolationException", reason="ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    ):
        company.api.enable_all_features()
    with refused("HandshakeConstraintViolationException", reason="INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"):
        company.invite("d")
    children = company.api.list_handshakes_for_organization(Filter={"ParentHandshakeId": asked["Id"]})["Handshakes"]
    assert {child["Parties"][1]["Id"] for child in children} == set(accounts)
    for account in accounts:
        with refused("InvalidHandshakeTransitionException"):
            company.api.accept_handshake(HandshakeId=asked["Id"])
        member = company.client("organizations", account)
        [mine] = member.list_handshakes_for_account(Filter={"ActionType": "APPROVE_ALL_FEATURES"})["Handshakes"]
        assert {"Type": "PARENT_HANDSHAKE", "Value": asked["Id"]} in mine["Resources"]
        assert member.accept_handshake(HandshakeId=mine["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert company.api.describe_handshake(HandshakeId=asked["Id"])["Handshake"]["State"] == "OPEN"
    company.api.accept_handshake(HandshakeId=asked["Id"])
    assert company.api.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    company.enable()
    with refused("HandshakeConstraintViolationException", reason="ORGANIZATION_ALREADY_HAS_ALL_FEATURES"):
        company.api.enable_all_features()


def test_who_leaves_need_not_consent(found: Callable[..., Company]) -> None:
    """The request opens when the last account that has not answered is gone, and can be canceled before."""
    company = found("billing", features="CONSOLIDATED_BILLING")
    account = company.invite("a")
    first = company.api.enable_all_features()["Handshake"]["Id"]
    assert company.api.cancel_handshake(HandshakeId=first)["Handshake"]["State"] == "CANCELED"
    received = company.client("organizations", account).list_handshakes_for_account()["Handshakes"]
    assert [each["State"] for each in received if each["Action"] == "APPROVE_ALL_FEATURES"] == ["CANCELED"]
    second = company.api.enable_all_features()["Handshake"]["Id"]
    company.api.remove_account_from_organization(AccountId=account)
    [left] = company.api.list_handshakes_for_organization(Filter={"ParentHandshakeId": second})["Handshakes"]
    assert left["State"] == "CANCELED"
    assert company.api.accept_handshake(HandshakeId=second)["Handshake"]["State"] == "ACCEPTED"


def test_who_comes_later_is_asked_as_well(found: Callable[..., Company]) -> None:
    """An invitation that was sent before can be accepted meanwhile."""
    company = found("billing", features="CONSOLIDATED_BILLING")
    company.invite("a")
    late = number(f"{company.name} late")
    invited = company.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": late})["Handshake"]["Id"]
    asked = company.api.enable_all_features()["Handshake"]["Id"]
    guest = company.client("organizations", late)
    guest.accept_handshake(HandshakeId=invited)
    [mine] = guest.list_handshakes_for_account(Filter={"ParentHandshakeId": asked})["Handshakes"]
    assert guest.decline_handshake(HandshakeId=mine["Id"])["Handshake"]["State"] == "DECLINED"
    assert company.api.describe_handshake(HandshakeId=asked)["Handshake"]["State"] == "REQUESTED"
    with refused("InvalidHandshakeTransitionException"):
        company.api.decline_handshake(HandshakeId=asked)


def test_what_is_not_supported_is_named(company: Company) -> None:
    """Policies that decide nothing about requests, resource policies, and what belongs to billing."""
    for call, name in (
        (lambda: company.policy("{}", "TAG_POLICY"), "TAG_POLICY"),
        (lambda: company.api.list_policies(Filter="BACKUP_POLICY"), "BACKUP_POLICY"),
        (lambda: company.enable("CHATBOT_POLICY"), "CHATBOT_POLICY"),
        (lambda: company.api.put_resource_policy(Content="{}"), "PutResourcePolicy"),
        (lambda: company.api.describe_effective_policy(PolicyType="TAG_POLICY"), "DescribeEffectivePolicy"),
    ):
        with pytest.raises(company.api.exceptions.ClientError) as caught:
            call()
        assert name in caught.value.response["Error"]["Message"]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_values_that_break_the_model_are_invalid_input(company: Company) -> None:
    """AWS answers with an error of the service, not with the framework's."""
    with refused("InvalidInputException", "You provided a value that does not match the required pattern."):
        company.api.describe_organizational_unit(OrganizationalUnitId="x")
    with refused("InvalidInputException", "You specified an invalid value."):
        company.api.create_organization(FeatureSet="SOME")
