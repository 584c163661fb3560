"""How many there may be: IAM's default quotas, under the names that its refusals give them.

    quotas.users.check(tables.users.count(ctx.tx, (ctx.account,)))

Those that AWS raises on request stay at their defaults.  Sizes of documents are counted without whitespace.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from typing import Final

import msgspec

from gureum.services.iam.errors import over_quota


class Quota(msgspec.Struct, frozen=True):
    """At most `most` of what `name` says."""

    name: str
    most: int

    def check(self, have: int, adding: int = 1) -> None:
        """Raise LimitExceeded unless there is room for `adding` more beside `have`."""
        if have + adding > self.most:
            raise over_quota(self.name, self.most)


# of an account
users: Final = Quota("UsersPerAccount", 5000)
groups: Final = Quota("GroupsPerAccount", 300)
roles: Final = Quota("RolesPerAccount", 1000)
instance_profiles: Final = Quota("InstanceProfilesPerAccount", 1000)
policies: Final = Quota("PoliciesPerAccount", 1500)
server_certificates: Final = Quota("ServerCertificatesPerAccount", 20)
virtual_mfa_devices: Final = Quota("VirtualMFADevicesPerAccount", 5000)
oidc_providers: Final = Quota("OpenIdConnectProvidersPerAccount", 100)
saml_providers: Final = Quota("SAMLProvidersPerAccount", 100)
policy_versions_in_use: Final = Quota("PolicyVersionsInUsePerAccount", 10_000)

# of a user, group, role or policy
groups_of_user: Final = Quota("GroupsPerUser", 10)
access_keys: Final = Quota("AccessKeysPerUser", 2)
signing_certificates: Final = Quota("SigningCertificatesPerUser", 2)
ssh_public_keys: Final = Quota("SSHPublicKeysPerUser", 5)
mfa_devices: Final = Quota("MFADevicesPerUser", 8)
service_credentials: Final = Quota("ServiceSpecificCredentialsPerUser", 2)
"""For each service."""
policies_of_user: Final = Quota("PoliciesPerUser", 10)
policies_of_group: Final = Quota("PoliciesPerGroup", 10)
policies_of_role: Final = Quota("PoliciesPerRole", 10)
roles_of_instance_profile: Final = Quota("InstanceSessionsPerInstanceProfile", 1)
policy_versions: Final = Quota("VersionsPerPolicy", 5)
client_ids_of_oidc_provider: Final = Quota("ClientIdsPerOpenIdConnectProvider", 100)
thumbprints_of_oidc_provider: Final = Quota("ThumbprintsPerOpenIdConnectProvider", 5)
keys_of_saml_provider: Final = Quota("KeysPerSAMLProvider", 10)

# characters, whitespace not counted
user_policy_characters_max: Final = 2048
group_policy_characters_max: Final = 5120
role_policy_characters_max: Final = 10_240
managed_policy_characters_max: Final = 6144
trust_policy_characters_max: Final = 2048

tags_max: Final = 50
