"""Policies, what they are attached to, and their types.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.organizations.company import RCP, SCP, Company, allow, deny, document, refused

DENY_OUTSIDERS = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}


def names(company: Company, target: str, policy_type: str = SCP) -> list[str]:
    """The names of the policies on a target."""
    listed = company.api.list_policies_for_target(TargetId=target, Filter=policy_type)["Policies"]
    return sorted(policy["Name"] for policy in listed)


def test_a_policy_is_created_changed_and_deleted(company: Company) -> None:
    """Its name is unique among policies of its type; what is attached is not deleted."""
    company.enable()
    api, content = company.api, deny("sqs:*")
    made = api.create_policy(
        Content=content, Description="d", Name="no-sqs", Type=SCP, Tags=[{"Key": "a", "Value": "1"}]
    )
    policy = made["Policy"]
    summary = policy["PolicySummary"]
    organization = company.organization["Id"]
    arn = f"arn:aws:organizations::{company.management}:policy/{organization}/service_control_policy/{summary['Id']}"
    expected = {"Name": "no-sqs", "Description": "d", "Type": SCP, "AwsManaged": False, "Arn": arn, "Id": summary["Id"]}
    assert (summary, policy["Content"]) == (expected, content)
    assert api.describe_policy(PolicyId=summary["Id"])["Policy"] == policy
    assert api.list_tags_for_resource(ResourceId=summary["Id"])["Tags"] == [{"Key": "a", "Value": "1"}]
    with refused("DuplicatePolicyException"):
        company.policy(content, name="no-sqs")
    with refused("DuplicatePolicyException"):
        company.policy(content, name="FullAWSAccess")
    company.policy(document(DENY_OUTSIDERS), RCP, name="no-sqs")
    changed = api.update_policy(PolicyId=summary["Id"], Name="no-sns", Content=deny("sns:*"))["Policy"]
    assert changed["PolicySummary"] == {**summary, "Name": "no-sns"}
    assert changed["Content"] == deny("sns:*")
    api.attach_policy(PolicyId=summary["Id"], TargetId=company.root)
    with refused("PolicyInUseException"):
        api.delete_policy(PolicyId=summary["Id"])
    api.detach_policy(PolicyId=summary["Id"], TargetId=company.root)
    api.delete_policy(PolicyId=summary["Id"])
    for call in (api.describe_policy, api.delete_policy, api.list_targets_for_policy):
        with refused("PolicyNotFoundException"):
            call(PolicyId=summary["Id"])


def test_policies_are_listed_by_type_and_in_pages(company: Company) -> None:
    """AWS's own first."""
    for index in range(22):
        company.policy(deny("sqs:*"), name=f"policy-{index:02d}")
    pages = list(company.api.get_paginator("list_policies").paginate(Filter=SCP))
    listed = [policy["Name"] for page in pages for policy in page["Policies"]]
    assert listed == ["FullAWSAccess", *(f"policy-{index:02d}" for index in range(22))]
    one = company.api.list_policies(Filter=SCP, MaxResults=1)
    two = company.api.list_policies(Filter=SCP, MaxResults=1, NextToken=one["NextToken"])
    assert [page["Policies"][0]["Name"] for page in (one, two)] == ["FullAWSAccess", "policy-00"]
    [only] = company.api.list_policies(Filter=RCP)["Policies"]
    assert (only["Name"], only["AwsManaged"], only["Id"]) == ("RCPFullAWSAccess", True, "p-RCPFullAWSAccess")
    assert only["Arn"] == "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"


def test_awss_own_policies_do_not_change(company: Company) -> None:
    """Nor are they deleted."""
    shown = company.api.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert shown["PolicySummary"]["Name"] == "FullAWSAccess"
    with refused("InvalidInputException", reason="IMMUTABLE_POLICY"):
        company.api.update_policy(PolicyId="p-FullAWSAccess", Name="x")
    with refused("InvalidInputException", reason="IMMUTABLE_POLICY"):
        company.api.delete_policy(PolicyId="p-FullAWSAccess")


@pytest.mark.parametrize(
    ("policy_type", "content"),
    [
        (SCP, "{"),
        (SCP, "[]"),
        (SCP, "{}"),
        (SCP, document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})),
        (SCP, document({"Effect": "Deny", "Action": "*"})),
        (RCP, allow("sqs:*")),
        (RCP, document({**DENY_OUTSIDERS, "Effect": "Allow"})),
        (RCP, document({**DENY_OUTSIDERS, "Action": "*"})),
        (RCP, document({**DENY_OUTSIDERS, "Principal": {"AWS": "111122223333"}})),
    ],
)
def test_what_is_no_policy_of_its_type_is_refused(company: Company, policy_type: str, content: str) -> None:
    """Nothing is stored, and nothing changed."""
    text = "The provided policy document does not meet the requirements of the specified policy type."
    with refused("MalformedPolicyDocumentException", text):
        company.policy(content, policy_type)
    made = company.policy(deny("sqs:*") if policy_type == SCP else document(DENY_OUTSIDERS), policy_type, "good")
    with refused("MalformedPolicyDocumentException", text):
        company.api.update_policy(PolicyId=made, Content=content, Name="bad")
    assert company.api.describe_policy(PolicyId=made)["Policy"]["PolicySummary"]["Name"] == "good"


@pytest.mark.parametrize(("policy_type", "most"), [(SCP, 10_240), (RCP, 5120)])
def test_policies_have_a_size(company: Company, policy_type: str, most: int) -> None:
    """White space counts."""
    content = deny("sqs:*") if policy_type == SCP else document(DENY_OUTSIDERS)
    company.policy(content.ljust(most), policy_type)
    with refused(
        "ConstraintViolationException", "You have exceeded the maximum policy size.", "POLICY_CONTENT_LIMIT_EXCEEDED"
    ):
        company.policy(content.ljust(most + 1), policy_type)


def test_policies_are_attached_and_detached(company: Company) -> None:
    """To the root, units and accounts; ten at most, one at least, each once."""
    company.enable()
    api, unit, account = company.api, company.unit("u"), company.invite("a")
    policy = company.policy(deny("sqs:*"))
    for target in (company.root, unit, account):
        api.attach_policy(PolicyId=policy, TargetId=target)
        with refused("DuplicatePolicyAttachmentException"):
            api.attach_policy(PolicyId=policy, TargetId=target)
    targets: dict[str, Any] = {
        each["TargetId"]: each for each in api.list_targets_for_policy(PolicyId=policy)["Targets"]
    }
    assert {target: each["Type"] for target, each in targets.items()} == {
        company.root: "ROOT",
        unit: "ORGANIZATIONAL_UNIT",
        account: "ACCOUNT",
    }
    assert targets[unit]["Name"] == "u"
    assert targets[account]["Arn"].endswith(f":account/{company.organization['Id']}/{account}")
    api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    with refused(
        "ConstraintViolationException",
        "You cannot remove the last policy attached to the specified target.",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    ):
        api.detach_policy(PolicyId=policy, TargetId=unit)
    with refused("PolicyNotAttachedException"):
        api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    for index in range(9):
        company.api.attach_policy(PolicyId=company.policy(deny("sns:*"), name=str(index)), TargetId=unit)
    with refused("ConstraintViolationException", reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        api.attach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    for call in (api.attach_policy, api.detach_policy):
        with refused("TargetNotFoundException"):
            call(PolicyId=policy, TargetId="r-none")
        with refused("PolicyNotFoundException"):
            call(PolicyId="p-0000000000", TargetId=unit)
    with refused("TargetNotFoundException"):
        api.list_policies_for_target(TargetId="000000000009", Filter=SCP)


def test_awss_resource_control_policy_stays(company: Company) -> None:
    """It counts towards the five."""
    company.enable(RCP)
    for index in range(4):
        policy = company.policy(document(DENY_OUTSIDERS), RCP, name=str(index))
        company.api.attach_policy(PolicyId=policy, TargetId=company.root)
    with refused("ConstraintViolationException", reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        company.attach(company.root, document({**DENY_OUTSIDERS, "Sid": "five"}), RCP)
    with refused("InvalidInputException", reason="NON_DETACHABLE_POLICY"):
        company.api.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=company.root)


def test_a_type_is_enabled_and_disabled(company: Company) -> None:
    """Everything gets FullAWSAccess, also what comes later; disabling takes off all policies for good."""
    unit, account = company.unit("u"), company.invite("a")
    policy = company.policy(deny("sqs:*"))
    with refused("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."):
        company.api.attach_policy(PolicyId=policy, TargetId=unit)
    root = company.api.enable_policy_type(RootId=company.root, PolicyType=SCP)["Root"]
    assert root["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    with refused("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled."):
        company.enable()
    later, newcomer = company.unit("later"), company.invite("b")
    for target in (company.root, unit, account, company.management, later, newcomer):
        assert names(company, target) == ["FullAWSAccess"]
    company.api.attach_policy(PolicyId=policy, TargetId=unit)
    company.api.disable_policy_type(RootId=company.root, PolicyType=SCP)
    assert names(company, unit) == []
    with refused("PolicyTypeNotEnabledException"):
        company.api.disable_policy_type(RootId=company.root, PolicyType=SCP)
    company.enable()
    assert names(company, unit) == ["FullAWSAccess"]
    with refused("RootNotFoundException"):
        company.api.enable_policy_type(RootId="r-none", PolicyType=RCP)


def test_who_leaves_has_no_policies(company: Company) -> None:
    """What was attached to an account is not there when it comes back."""
    company.enable()
    account = company.invite("a")
    policy = company.attach(account, deny("sqs:*"))
    company.api.remove_account_from_organization(AccountId=account)
    assert company.api.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    company.invite("a")
    assert names(company, account) == ["FullAWSAccess"]
