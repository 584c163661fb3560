"""Sessions: what all operations that give out temporary credentials do in the same way.

Session policies are checked here and applied with every request (`identity.standing`).  Managed ones are named by their
ARNs and looked up when they are needed, so a session follows what they say now.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NotRequired, TypedDict

import msgspec

from gureum.api.context import Context
from gureum.api.policy import Kind, MalformedPolicy, compile_policy
from gureum.api.principal import AccessKey, Principal, Session
from gureum.base import arn as arns
from gureum.base.clock import to_datetime
from gureum.base.topology import PARTITION
from gureum.identity import credentials, tables
from gureum.identity.records import Role
from gureum.identity.standing import managed_document
from gureum.services.sts.errors import MalformedPolicyDocumentException, ValidationError, too_long
from gureum.services.sts.rules import limits, packing
from gureum.services.sts.rules.tags import SessionTags
from gureum.services.sts.service import parse_iam_arn

_aws: Final = "aws"


class PolicyDescriptor(TypedDict, total=False):
    """A managed policy as requests name it."""

    arn: str


class Credentials(TypedDict):
    """Temporary credentials."""

    AccessKeyId: str
    SecretAccessKey: str
    SessionToken: str
    Expiration: datetime


class AssumedRoleUser(TypedDict):
    """Who a session of a role is."""

    AssumedRoleId: str
    Arn: str


class Assumed(TypedDict):
    """What all ways to assume a role answer."""

    Credentials: Credentials
    AssumedRoleUser: AssumedRoleUser
    PackedPolicySize: NotRequired[int]
    SourceIdentity: NotRequired[str]


class Scope(msgspec.Struct, frozen=True):
    """What limits a session, and how much of the room for it that takes, in percent."""

    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    packed_percent: int | None = None


def scope(
    ctx: Context, account: str, policy: str | None, descriptors: list[PolicyDescriptor] | None, tags: SessionTags
) -> Scope:
    """Session policies for a session in `account`.  Raises MalformedPolicyDocument, PackedPolicyTooLarge, …"""
    named = tuple(descriptor["arn"] for descriptor in descriptors or () if "arn" in descriptor)
    if len(named) > limits.policy_arns_max:
        raise too_long("policyArns", limits.policy_arns_max)
    for arn in named:
        _check_managed(ctx, account, arn)
    if policy is not None:
        if len(policy) > limits.policy_characters_max:
            raise too_long("policy", limits.policy_characters_max)
        try:
            compile_policy(policy, Kind.SESSION)
        except MalformedPolicy as error:
            raise MalformedPolicyDocumentException(str(error)) from error
    return Scope(policy, named, packing.percentage(policy, named, tags.tags))


def find_role(ctx: Context, arn: str) -> Role:
    """The role of an ARN, which the caller was just allowed to assume."""
    parsed = parse_iam_arn(arn, "role")
    role = tables.roles.get(ctx.tx, (parsed.account, parsed.resource.rpartition("/")[2]))
    assert role is not None, f"{arn} does not exist and was trusted"
    assert role.arn == arn, f"{arn} was trusted and is {role.arn}"
    return role


def role_principal(role: Role, name: str) -> Principal:
    """A session `name` of `role`."""
    return Principal(
        type="AssumedRole",
        account=role.account,
        arn=f"arn:{PARTITION}:sts::{role.account}:assumed-role/{role.name}/{name}",
        id=f"{role.id}:{name}",
        name=role.name,
        issuer=role.arn,
    )


def assume(ctx: Context, role: Role, name: str, session: Session, packed_percent: int | None) -> Assumed:
    """Open a session of `role`."""
    key = credentials.issue(ctx.vault, ctx.ids, role_principal(role, name), session)
    answer: Assumed = {
        "Credentials": show(key),
        "AssumedRoleUser": {"AssumedRoleId": key.principal.id, "Arn": key.principal.arn},
    }
    if packed_percent is not None:
        answer["PackedPolicySize"] = packed_percent
    if session.source_identity:
        answer["SourceIdentity"] = session.source_identity
    return answer


def show(key: AccessKey) -> Credentials:
    """Temporary credentials as they are handed out."""
    assert key.session is not None, "issued just now"
    assert key.session_token is not None, "issued just now"
    return {
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "SessionToken": key.session_token,
        "Expiration": to_datetime(key.session.expires_ms // 1000 * 1000),
    }


def _check_managed(ctx: Context, account: str, arn: str) -> None:
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("policy/"):
        raise ValidationError(f"ARN {arn} is not valid.")
    if parsed.account not in (account, _aws):
        raise ValidationError(f"The policy {arn} is not in the account {account}.")
    if managed_document(ctx.tx, arn) is None:
        raise ValidationError(f"Policy {arn} does not exist or is not attachable.")
