"""Everything that says who may do what in an account, in one listing: users, groups, roles, then managed policies.

Of AWS's policies those that are used in the account are listed.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.identity import managed, records, tables
from gureum.identity.records import Owner
from gureum.services.iam import catalogue, holdings, paging, people, views
from gureum.services.iam.catalogue import Entry, Use
from gureum.services.iam.holdings import Holding
from gureum.services.iam.operations.attachments import AttachedPolicy
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import documents
from gureum.services.iam.rules.tags import Tag, show
from gureum.services.iam.service import iam
from gureum.state.keys import Key

_KINDS: Final = {"User": 0, "Group": 1, "Role": 2, "LocalManagedPolicy": 3, "AWSManagedPolicy": 4}
"""In the order in which they are listed."""

Listed = records.User | records.Group | records.Role | Entry
Row = tuple[int, Listed]
"""A kind, and one of it."""


class PolicyDetail(TypedDict):
    PolicyName: str
    PolicyDocument: str


class UserDetail(TypedDict):
    Path: str
    UserName: str
    UserId: str
    Arn: str
    CreateDate: datetime
    UserPolicyList: list[PolicyDetail]
    GroupList: list[str]
    AttachedManagedPolicies: list[AttachedPolicy]
    PermissionsBoundary: NotRequired[views.PermissionsBoundary]
    Tags: list[Tag]


class GroupDetail(people.Group):
    GroupPolicyList: list[PolicyDetail]
    AttachedManagedPolicies: list[AttachedPolicy]


class RoleDetail(TypedDict):
    Path: str
    RoleName: str
    RoleId: str
    Arn: str
    CreateDate: datetime
    AssumeRolePolicyDocument: str
    InstanceProfileList: list[views.InstanceProfile]
    RolePolicyList: list[PolicyDetail]
    AttachedManagedPolicies: list[AttachedPolicy]
    PermissionsBoundary: NotRequired[views.PermissionsBoundary]
    Tags: list[Tag]
    RoleLastUsed: views.RoleLastUsed


class PolicyVersion(TypedDict):
    Document: str
    VersionId: str
    IsDefaultVersion: bool
    CreateDate: datetime


class ManagedPolicyDetail(TypedDict):
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
    PolicyVersionList: list[PolicyVersion]
    Description: NotRequired[str]


class GetAccountAuthorizationDetailsResult(More):
    UserDetailList: list[UserDetail]
    GroupDetailList: list[GroupDetail]
    RoleDetailList: list[RoleDetail]
    Policies: list[ManagedPolicyDetail]


@iam.operation(resource=any_resource, readonly=True)
def get_account_authorization_details(
    ctx: Context, filter_: list[str] | None = None, max_items: int | None = None, marker: str | None = None
) -> GetAccountAuthorizationDetailsResult:
    """All users, groups, roles and managed policies with their documents and how they belong together."""
    kinds = sorted({_KINDS[name] for name in filter_ or _KINDS})
    use = catalogue.use(ctx.tx, ctx.account)

    def scan(after: Key | None, limit: int) -> list[Row]:
        found: list[Row] = []
        for kind in kinds:
            if after is not None and (kind,) < after[:1]:
                continue
            behind = str(after[1]) if after is not None and kind == after[0] else None
            found += [(kind, each) for each in _rows(ctx, kind, use, behind, limit - len(found))]
            if len(found) >= limit:
                break
        return found

    scope = f"GetAccountAuthorizationDetails/{kinds}"
    found, following = paging.page(ctx, scan, _position, scope, marker, max_items)
    rows = [row for _, row in found]
    return {
        "UserDetailList": [_user(ctx, row) for row in rows if isinstance(row, records.User)],
        "GroupDetailList": [_group(ctx, row) for row in rows if isinstance(row, records.Group)],
        "RoleDetailList": [_role(ctx, row) for row in rows if isinstance(row, records.Role)],
        "Policies": [_policy(ctx, row, use) for row in rows if isinstance(row, Entry)],
        **more(following),
    }


def _position(row: Row) -> Key:
    return row[0], row[1].name


def _rows(ctx: Context, kind: int, use: Use, behind: str | None, limit: int) -> Sequence[Listed]:
    """Those of a kind behind a name, by name."""
    prefix, after = (ctx.account,), None if behind is None else (ctx.account, behind)
    match kind:
        case 0:
            return tables.users.scan(ctx.tx, prefix, after=after, limit=limit)
        case 1:
            return tables.groups.scan(ctx.tx, prefix, after=after, limit=limit)
        case 2:
            return tables.roles.scan(ctx.tx, prefix, after=after, limit=limit)
        case 3:
            return [catalogue.own(policy) for policy in tables.policies.scan(ctx.tx, prefix, after=after, limit=limit)]
    used = map(managed.find, {*use.attached, *use.bounding})
    policies = sorted((policy for policy in used if policy is not None), key=lambda policy: policy.name)
    return [catalogue.of_aws(policy) for policy in policies if policy.name > (behind or "")][:limit]


def _documents(held: list[Holding]) -> list[PolicyDetail]:
    return [{"PolicyName": p.name, "PolicyDocument": documents.shown(p.document)} for p in held if p.inline]


def _attached(held: list[Holding]) -> list[AttachedPolicy]:
    return [{"PolicyName": policy.name, "PolicyArn": policy.arn} for policy in held if not policy.inline]


def _user(ctx: Context, user: records.User) -> UserDetail:
    held = holdings.held(ctx.tx, user.account, Owner.USER, user.name)
    shown: UserDetail = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": to_datetime(user.created_ms),
        "UserPolicyList": _documents(held),
        "GroupList": [membership.group for membership in tables.memberships.scan(ctx.tx, (user.account, user.name))],
        "AttachedManagedPolicies": _attached(held),
        "Tags": show(user.tags),
    }
    if user.boundary:
        shown["PermissionsBoundary"] = views.boundary(user.boundary)
    return shown


def _group(ctx: Context, group: records.Group) -> GroupDetail:
    held = holdings.held(ctx.tx, group.account, Owner.GROUP, group.name)
    return {**people.group(group), "GroupPolicyList": _documents(held), "AttachedManagedPolicies": _attached(held)}


def _role(ctx: Context, role: records.Role) -> RoleDetail:
    held = holdings.held(ctx.tx, role.account, Owner.ROLE, role.name)
    profiles = tables.instance_profiles_by_role.scan(ctx.tx, (role.account, role.name))
    listed = views.listed_role(ctx.tx, role)
    shown: RoleDetail = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": listed["CreateDate"],
        "AssumeRolePolicyDocument": listed["AssumeRolePolicyDocument"],
        "InstanceProfileList": [views.listed_instance_profile(ctx.tx, profile) for profile in profiles],
        "RolePolicyList": _documents(held),
        "AttachedManagedPolicies": _attached(held),
        "Tags": show(role.tags),
        "RoleLastUsed": views.last_used(ctx.tx, role, ctx.now_ms),
    }
    if role.boundary:
        shown["PermissionsBoundary"] = views.boundary(role.boundary)
    return shown


def _policy(ctx: Context, entry: Entry, use: Use) -> ManagedPolicyDetail:
    listed = views.listed_policy(entry, use)
    shown: ManagedPolicyDetail = {
        "PolicyName": listed["PolicyName"],
        "PolicyId": listed["PolicyId"],
        "Arn": listed["Arn"],
        "Path": listed["Path"],
        "DefaultVersionId": listed["DefaultVersionId"],
        "AttachmentCount": listed["AttachmentCount"],
        "PermissionsBoundaryUsageCount": listed["PermissionsBoundaryUsageCount"],
        "IsAttachable": listed["IsAttachable"],
        "CreateDate": listed["CreateDate"],
        "UpdateDate": listed["UpdateDate"],
        "PolicyVersionList": _versions(ctx, entry),
    }
    if entry.description:
        shown["Description"] = entry.description
    return shown


def _versions(ctx: Context, entry: Entry) -> list[PolicyVersion]:
    """The versions of a policy, the newest first; of AWS's the one that is known."""
    if entry.own is None:
        found = managed.find(entry.arn)
        assert found is not None, entry.arn
        return [_version(found.document, found.default_version, found.updated_ms, default=True)]
    policy = entry.own
    return [
        _version(each.document, f"v{each.number}", each.created_ms, default=each.number == policy.default_version)
        for each in tables.policy_versions.scan(ctx.tx, (policy.account, policy.name), reverse=True)
    ]


def _version(document: str, name: str, created_ms: int, *, default: bool) -> PolicyVersion:
    return {
        "Document": documents.shown(document),
        "VersionId": name,
        "IsDefaultVersion": default,
        "CreateDate": to_datetime(created_ms),
    }
