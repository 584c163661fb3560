"""The account: its alias, what is in it, and what it prefers.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html, API_GetAccountSummary.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import tables as identity
from gureum.identity.records import ROOT_USER
from gureum.services.iam import paging, people, tables
from gureum.services.iam.errors import EntityAlreadyExistsException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.records import Alias, Preferences
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.service import iam
from gureum.state.keys import Key

_token_versions: Final = {"v1Token": 1, "v2Token": 2}
_QUOTAS: Final[Mapping[str, int]] = {
    "UsersQuota": quotas.users.most,
    "GroupsQuota": quotas.groups.most,
    "RolesQuota": quotas.roles.most,
    "InstanceProfilesQuota": quotas.instance_profiles.most,
    "PoliciesQuota": quotas.policies.most,
    "PolicyVersionsInUseQuota": quotas.policy_versions_in_use.most,
    "VersionsPerPolicyQuota": quotas.policy_versions.most,
    "ServerCertificatesQuota": quotas.server_certificates.most,
    "GroupsPerUserQuota": quotas.groups_of_user.most,
    "AccessKeysPerUserQuota": quotas.access_keys.most,
    "SigningCertificatesPerUserQuota": quotas.signing_certificates.most,
    "AttachedPoliciesPerUserQuota": quotas.policies_of_user.most,
    "AttachedPoliciesPerGroupQuota": quotas.policies_of_group.most,
    "AttachedPoliciesPerRoleQuota": quotas.policies_of_role.most,
    "UserPolicySizeQuota": quotas.user_policy_characters_max,
    "GroupPolicySizeQuota": quotas.group_policy_characters_max,
    "RolePolicySizeQuota": quotas.role_policy_characters_max,
    "PolicySizeQuota": quotas.managed_policy_characters_max,
    "AssumeRolePolicySizeQuota": quotas.trust_policy_characters_max,
}


class ListAccountAliasesResult(More):
    AccountAliases: list[str]


class GetAccountSummaryResult(TypedDict):
    SummaryMap: dict[str, int]


@iam.operation(resource=any_resource)
def create_account_alias(ctx: Context, account_alias: str) -> None:
    """Name the account; no other one in the cloud may have the name.  A name that it had before is given up."""
    names.check_alias(account_alias)
    if tables.aliases.get(ctx.tx, (account_alias,)) is not None:
        raise EntityAlreadyExistsException(f"The account alias {account_alias} already exists.")
    for former in tables.aliases_by_account.scan(ctx.tx, (ctx.account,)):
        tables.aliases.delete(ctx.tx, former)
    tables.aliases.insert(ctx.tx, Alias(account_alias, ctx.account))


@iam.operation(resource=any_resource, readonly=True)
def list_account_aliases(
    ctx: Context, marker: str | None = None, max_items: int | None = None
) -> ListAccountAliasesResult:
    """The alias of the account, if it has one."""

    def scan(after: Key | None, limit: int) -> list[Alias]:
        return tables.aliases_by_account.scan(ctx.tx, (ctx.account,), after=after, limit=limit)

    position = tables.aliases_by_account.position
    found, following = paging.page(ctx, scan, position, "ListAccountAliases", marker, max_items)
    return {"AccountAliases": [alias.alias for alias in found], **more(following)}


@iam.operation(resource=any_resource)
def delete_account_alias(ctx: Context, account_alias: str) -> None:
    """The account has no name any more; another one may take it."""
    found = tables.aliases.get(ctx.tx, (account_alias,))
    if found is None or found.account != ctx.account:
        raise NoSuchEntityException(f"The account alias {account_alias} cannot be found.")
    tables.aliases.delete(ctx.tx, found)


@iam.operation(resource=any_resource)
def set_security_token_service_preferences(ctx: Context, global_endpoint_token_version: str) -> None:
    """Which version the tokens of STS's global endpoint have.

    On AWS those of version 1 are good in the regions only that need not be enabled.  Here all regions are alike, and so
    are tokens: the version is kept and shown (`GlobalEndpointTokenVersion`).
    """
    preferences = replace(_preferences(ctx), token_version=_token_versions[global_endpoint_token_version])
    tables.preferences.put(ctx.tx, preferences)


@iam.operation(resource=any_resource, readonly=True)
def get_account_summary(ctx: Context) -> GetAccountSummaryResult:
    """How many there are of everything, and how many there may be."""
    tx, account = ctx.tx, (ctx.account,)
    root_credentials = (ctx.account, people.ROOT_NAME)
    devices = identity.mfa_devices.scan(tx, account)
    return {
        "SummaryMap": {
            **_QUOTAS,
            "Users": identity.users.count(tx, account),
            "Groups": identity.groups.count(tx, account),
            "Roles": identity.roles.count(tx, account),
            "InstanceProfiles": identity.instance_profiles.count(tx, account),
            "Policies": identity.policies.count(tx, account),
            "ServerCertificates": identity.server_certificates.count(tx, account),
            "PolicyVersionsInUse": identity.policy_versions.count(tx, account),
            "Providers": identity.oidc_providers.count(tx, account) + identity.saml_providers.count(tx, account),
            "MFADevices": len(devices),
            "MFADevicesInUse": sum(bool(device.user) for device in devices),
            "AccountMFAEnabled": int(any(device.user == ROOT_USER for device in devices)),
            "AccountAccessKeysPresent": int(identity.access_keys_by_user.first(tx, root_credentials) is not None),
            "AccountSigningCertificatesPresent": int(tables.signing_certificates.count(tx, root_credentials) > 0),
            "AccountPasswordPresent": 0,
            "GlobalEndpointTokenVersion": _preferences(ctx).token_version,
        }
    }


def _preferences(ctx: Context) -> Preferences:
    return tables.preferences.get(ctx.tx, (ctx.account,)) or Preferences(ctx.account)
