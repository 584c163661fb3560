"""Roles, instance profiles and policies as answers show them.

Listings of roles leave out boundary, tags and last use, those of policies description and tags, as AWS documents.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html and its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from gureum.base.clock import to_datetime
from gureum.identity import pinning, records, tables
from gureum.services.iam import activity
from gureum.services.iam.catalogue import Entry, Use
from gureum.services.iam.rules import documents
from gureum.services.iam.rules import tags as tag_rules
from gureum.services.iam.rules.tags import Tag
from gureum.state.store import Transaction


class PermissionsBoundary(TypedDict):
    PermissionsBoundaryType: str
    PermissionsBoundaryArn: str


class RoleLastUsed(TypedDict, total=False):
    LastUsedDate: datetime
    Region: str


class Role(TypedDict):
    Path: str
    RoleName: str
    RoleId: str
    Arn: str
    CreateDate: datetime
    AssumeRolePolicyDocument: str
    MaxSessionDuration: int
    Description: NotRequired[str]
    PermissionsBoundary: NotRequired[PermissionsBoundary]
    Tags: NotRequired[list[Tag]]
    RoleLastUsed: NotRequired[RoleLastUsed]


class InstanceProfile(TypedDict):
    Path: str
    InstanceProfileName: str
    InstanceProfileId: str
    Arn: str
    CreateDate: datetime
    Roles: list[Role]
    Tags: NotRequired[list[Tag]]


class Policy(TypedDict):
    PolicyName: str
    PolicyId: str
    Arn: str
    Path: str
    DefaultVersionId: str
    AttachmentCount: int
    PermissionsBoundaryUsageCount: int
    IsAttachable: bool
    CreateDate: datetime
    UpdateDate: datetime
    Description: NotRequired[str]
    Tags: NotRequired[list[Tag]]


def boundary(policy_arn: str) -> PermissionsBoundary:
    """A permissions boundary; its type is always `Policy`."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn}


def listed_role(tx: Transaction, role: records.Role) -> Role:
    """A role as listings and instance profiles show it."""
    shown: Role = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": to_datetime(role.created_ms),
        "AssumeRolePolicyDocument": documents.shown(pinning.current(tx, role.trust, role.pins)[0]),
        "MaxSessionDuration": role.session_seconds_max,
    }
    if role.description:
        shown["Description"] = role.description
    return shown


def role(tx: Transaction, role: records.Role) -> Role:
    """A role with all that belongs to it but its last use."""
    shown = listed_role(tx, role)
    if role.boundary:
        shown["PermissionsBoundary"] = boundary(role.boundary)
    if role.tags:
        shown["Tags"] = tag_rules.show(role.tags)
    return shown


def last_used(tx: Transaction, role: records.Role, now_ms: int) -> RoleLastUsed:
    """When and where a role's sessions last did something, some seconds late; empty when that is not known."""
    used = activity.last(tx, role.account, role.id, now_ms)
    return {} if used is None else {"LastUsedDate": to_datetime(used.last_ms), "Region": used.region}


def listed_instance_profile(tx: Transaction, profile: records.InstanceProfile) -> InstanceProfile:
    """An instance profile with its role."""
    role = tables.roles.get(tx, (profile.account, profile.role)) if profile.role else None
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": to_datetime(profile.created_ms),
        "Roles": [] if role is None else [listed_role(tx, role)],
    }


def instance_profile(tx: Transaction, profile: records.InstanceProfile) -> InstanceProfile:
    """The same, with its tags."""
    shown = listed_instance_profile(tx, profile)
    if profile.tags:
        shown["Tags"] = tag_rules.show(profile.tags)
    return shown


def listed_policy(entry: Entry, use: Use) -> Policy:
    """A managed policy as listings show it."""
    return {
        "PolicyName": entry.name,
        "PolicyId": entry.id,
        "Arn": entry.arn,
        "Path": entry.path,
        "DefaultVersionId": entry.default_version,
        "AttachmentCount": use.attached[entry.arn],
        "PermissionsBoundaryUsageCount": use.bounding[entry.arn],
        "IsAttachable": True,
        "CreateDate": to_datetime(entry.created_ms),
        "UpdateDate": to_datetime(entry.updated_ms),
    }


def policy(entry: Entry, use: Use) -> Policy:
    """A managed policy with its description and tags."""
    shown = listed_policy(entry, use)
    if entry.description:
        shown["Description"] = entry.description
    if entry.own is not None and entry.own.tags:
        shown["Tags"] = tag_rules.show(entry.own.tags)
    return shown
