"""The service object of IAM, and what its operations act on.

Names are looked up to get at paths, which are part of ARNs: `user/division/alice`.  What does not exist has the ARN
that it would have without a path, so that the answer to somebody who may not ask does not tell whether it exists.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.guards import Also, Need, ResourcePolicy, request_tags, tag_keys
from gureum.api.policy.model import KeyValue, Kind
from gureum.api.service import Resource, Service
from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.identity import pinning, root_access, tables
from gureum.services.iam.errors import InvalidInputException, wording
from gureum.services.iam.rules.names import ROOT_PATH

_assume: Final = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession")
_trusted: Final = frozenset({*_assume, "sts:SetSourceIdentity", "sts:SetContext"})


_of_ones_own_password: Final = ("iam:ChangePassword", "iam:GetAccountPasswordPolicy")


def guardian(ctx: Context, action: str, arn: str) -> ResourcePolicy | None:
    """The trust policy of a role, for the actions that it is about; or what lets users change their own passwords."""
    if action in _trusted:
        return _trust_policy(ctx, arn)
    if action == "sts:AssumeRoot":
        return _root_access(ctx, arn)
    if action in _of_ones_own_password:
        return _own_password_policy(ctx, action, arn)
    return None


def _root_access(ctx: Context, arn: str) -> ResourcePolicy | None:
    """Who may act as the root user of a member account."""
    parsed = arns.parse(arn)
    if parsed is None or parsed.resource != "root":
        return None
    return ResourcePolicy(root_access.trust(ctx.tx, parsed.account, ctx.account), required=True)


def _own_password_policy(ctx: Context, action: str, arn: str) -> ResourcePolicy | None:
    """`AllowUsersToChangePassword` is a permission of each user of the account for itself; denials still win."""
    policy = tables.password_policies.get(ctx.tx, (ctx.account,))
    if policy is None or not policy.users_may_change or ctx.principal.type != "IAMUser":
        return None
    if arn not in (ctx.principal.arn, password_policy_arn(ctx, {})):
        return None
    # By the unique id, because the path in an ARN may hold quotation marks and wildcards.
    return ResourcePolicy(
        f'{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ctx.principal.unique_id}"}},'
        f'"Action":"{action}","Resource":"*"}}}}'
    )


def _trust_policy(ctx: Context, arn: str) -> ResourcePolicy | None:
    parsed = arns.parse(arn)
    kind, _, rest = ("", "", "") if parsed is None else parsed.resource.partition("/")
    if parsed is None or kind != "role":
        return None
    role = tables.roles.get(ctx.tx, (parsed.account, rest.rpartition("/")[2]))
    if role is None or role.arn != arn:
        return ResourcePolicy(_trusts_nobody, required=True, kind=Kind.TRUST)
    text, pins = pinning.current(ctx.tx, role.trust, role.pins)
    return ResourcePolicy(text, pins, required=True, kind=Kind.TRUST)


_trusts_nobody: Final = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole",'
    '"Condition":{"Null":{"aws:CurrentTime":"true"}}}}'
)


def tags_of(ctx: Context, arn: str) -> Mapping[str, str]:
    """The tags of a user, role, policy, instance profile, provider or device."""
    parsed = arns.parse(arn)
    kind, _, rest = ("", "", "") if parsed is None else parsed.resource.partition("/")
    assert parsed is not None, "asked about ARNs only"
    name = rest.rpartition("/")[2]
    table: Any = _TAGGED.get(kind)
    found = None if table is None else table.get(ctx.tx, (parsed.account, arn if kind == "mfa" else name))
    if kind == "oidc-provider":
        found = tables.oidc_providers.get(ctx.tx, (parsed.account, rest))
    return {} if found is None else found.tags


_TAGGED: Final[Mapping[str, Any]] = {
    "user": tables.users,
    "role": tables.roles,
    "policy": tables.policies,
    "instance-profile": tables.instance_profiles,
    "saml-provider": tables.saml_providers,
    "server-certificate": tables.server_certificates,
    "mfa": tables.mfa_devices,
}

iam = Service("iam", wording=wording, guardian=guardian, tags=tags_of)


def global_arn(ctx: Context, resource: str) -> str:
    """`arn:aws:iam::123456789012:RESOURCE`."""
    return f"arn:{PARTITION}:iam::{ctx.account}:{resource}"


def all_of(kind: str) -> Resource:
    """What lists act on: everything of a kind below `PathPrefix`.

    AWS's reference lists these actions without resource types, yet its refusals name `user/`, `role/team/`, and
    policies for such ARNs decide.
    """

    def below_path(ctx: Context, values: Mapping[str, Any]) -> str:
        return global_arn(ctx, f"{kind}{values.get('PathPrefix') or ROOT_PATH}")

    return below_path


def user_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The user of `UserName`; the caller's own when none is named."""
    name = values.get("UserName")
    if name is None:
        return ctx.principal.arn
    found = tables.users.get(ctx.tx, (ctx.account, name))
    return global_arn(ctx, f"user{_path(values)}{name}") if found is None else found.arn


def group_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The group of `GroupName`."""
    found = tables.groups.get(ctx.tx, (ctx.account, values["GroupName"]))
    return global_arn(ctx, f"group{_path(values)}{values['GroupName']}") if found is None else found.arn


def password_policy_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The password policy of the account.  AWS has no ARN for it; this one is matched by `*` only."""
    return global_arn(ctx, "account-password-policy")


def mfa_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The MFA device of `SerialNumber`, which for a virtual one is its ARN."""
    serial: str = values["SerialNumber"]
    return serial if arns.parse(serial) is not None else global_arn(ctx, f"mfa/{serial}")


def new_mfa_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The virtual MFA device that will have `VirtualMFADeviceName` and `Path`."""
    return global_arn(ctx, f"mfa{_path(values)}{values['VirtualMFADeviceName']}")


def role_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The role of `RoleName`."""
    found = tables.roles.get(ctx.tx, (ctx.account, values["RoleName"]))
    return global_arn(ctx, f"role{_path(values)}{values['RoleName']}") if found is None else found.arn


def instance_profile_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The instance profile of `InstanceProfileName`."""
    name = values["InstanceProfileName"]
    found = tables.instance_profiles.get(ctx.tx, (ctx.account, name))
    return global_arn(ctx, f"instance-profile{_path(values)}{name}") if found is None else found.arn


def server_certificate_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The certificate of `ServerCertificateName`."""
    name = values["ServerCertificateName"]
    found = tables.server_certificates.get(ctx.tx, (ctx.account, name))
    return global_arn(ctx, f"server-certificate{_path(values)}{name}") if found is None else found.arn


def policy_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The managed policy of `PolicyArn`.  Raises InvalidInputException when that is no policy's ARN."""
    return checked_arn(values["PolicyArn"], "policy")


def checked_arn(arn: str, kind: str) -> str:
    """`arn`, when it is one of a `kind` of resource of IAM.  Raises InvalidInputException."""
    parsed = arns.parse(arn)
    right = parsed is not None and (parsed.partition, parsed.service, parsed.region) == (PARTITION, "iam", "")
    if parsed is None or not right or not parsed.resource.startswith(f"{kind}/"):
        raise InvalidInputException(f"ARN {arn} is not valid.")
    return arn


def new_policy_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The managed policy that will have `PolicyName` and `Path`."""
    return global_arn(ctx, f"policy{_path(values)}{values['PolicyName']}")


def _path(values: Mapping[str, Any]) -> str:
    path: str = values.get("Path") or ROOT_PATH
    return path


def tags_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request that brings `Tags` or names `TagKeys`."""
    tags = values.get("Tags") or ()
    return request_tags((tag["Key"], tag["Value"]) for tag in tags) or tag_keys(values.get("TagKeys") or ())


def tagging(action: str, resource: Resource) -> Also:
    """To create something with tags needs the permission to tag it: `action` on `resource`, a single ARN."""

    def needs(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
        if not values.get("Tags"):
            return []
        arn = resource(ctx, values)
        assert isinstance(arn, str), "one thing is created at a time"
        return [Need(action, arn)]

    return needs
