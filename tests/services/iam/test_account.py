"""Account aliases, preferences and the summary, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import EC2, EVERYTHING
from tests.support.refusals import refused

Client = Callable[..., Any]


def test_an_alias_is_one_accounts_in_the_whole_cloud(client: Client, iam: Any, account: str) -> None:
    """An account has one: another one takes its place, and the first is free again."""
    other = client("iam", key=(f"2{account[1:]}", "test"))
    first, second = f"first-{account}", f"second-{account}"
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias=first)
    for somebody in (iam, other):
        with refused("EntityAlreadyExists", f"The account alias {first} already exists.", 409):
            somebody.create_account_alias(AccountAlias=first)
    with refused("NoSuchEntity", "", 404):
        other.delete_account_alias(AccountAlias=first)
    iam.create_account_alias(AccountAlias=second)
    assert iam.list_account_aliases()["AccountAliases"] == [second]
    other.create_account_alias(AccountAlias=first)
    iam.delete_account_alias(AccountAlias=second)
    assert iam.list_account_aliases()["AccountAliases"] == []
    with refused("NoSuchEntity", second, 404):
        iam.delete_account_alias(AccountAlias=second)


@pytest.mark.parametrize("alias", ["ab", "a" * 64, "Upper", "-a-b", "a-b-", "a--b", "a_b", "123456789012"])
def test_malformed_aliases(iam: Any, alias: str) -> None:
    """They are parts of host names, and no account numbers."""
    with refused("ValidationError"):
        iam.create_account_alias(AccountAlias=alias)


def test_the_summary_counts_and_tells_quotas(iam: Any) -> None:
    """Every key that the API names."""
    empty = iam.get_account_summary()["SummaryMap"]
    assert {empty[key] for key in ("Users", "Groups", "Roles", "Policies", "MFADevices", "Providers")} == {0}
    quotas = {
        "UsersQuota": 5000,
        "GroupsQuota": 300,
        "RolesQuota": 1000,
        "PoliciesQuota": 1500,
        "PolicySizeQuota": 6144,
    }
    assert quotas.items() <= empty.items()
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.create_instance_profile(InstanceProfileName="p")
    iam.create_policy(PolicyName="p", PolicyDocument=EVERYTHING)
    full = iam.get_account_summary()["SummaryMap"]
    counted = ("Users", "Groups", "Roles", "InstanceProfiles", "Policies", "PolicyVersionsInUse")
    assert {full[key] for key in counted} == {1}
    keys = iam.meta.service_model.shape_for("summaryKeyType").enum
    assert set(full) == set(keys)


def test_the_version_of_tokens_is_kept(iam: Any) -> None:
    """And shown where AWS shows it."""
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
    with refused("ValidationError"):
        iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v3Token")
