"""Roles: who may become them, for how long, and under which boundary.

The principals of a trust policy have to exist, and are remembered by their unique ids (`identity.pinning`).  Roles that
are linked to a service are made and removed in `linked_roles`; of those, only description and tags can be changed.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html and its neighbours.
"""

from __future__ import annotations

from typing import Final, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.identity import pinning, tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Owner, Role
from gureum.services.iam import catalogue, finding, paging, views
from gureum.services.iam.conditions import boundary_asked_for, boundary_of_role
from gureum.services.iam.errors import (
    DeleteConflictException,
    InvalidInputException,
    MalformedPolicyDocumentException,
)
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import documents, names, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import all_of, iam, role_arn, tagging, tags_asked_for

_session_seconds_default: Final = 3600
_reserved_paths: Final = ("/aws-service-role/", "/aws-reserved/")


class RoleResult(TypedDict):
    Role: views.Role


class ListRolesResult(More):
    Roles: list[views.Role]


class ListRoleTagsResult(More):
    Tags: list[Tag]


class UpdateRoleResult(TypedDict):
    """Nothing."""


@iam.operation(resource=role_arn, keys=boundary_asked_for, also=tagging("iam:TagRole", role_arn))
def create_role(
    ctx: Context,
    role_name: str,
    assume_role_policy_document: str,
    path: str = names.ROOT_PATH,
    description: str = "",
    max_session_duration: int = _session_seconds_default,
    permissions_boundary: str | None = None,
    tags: list[Tag] | None = None,
) -> RoleResult:
    """A new role."""
    if path.startswith(_reserved_paths):
        raise InvalidInputException(f"Path {path} is reserved for roles that AWS services create.")
    names.check_free(tables.roles_by_folded_name.first(ctx.tx, (ctx.account, names.fold(role_name))), "Role", role_name)
    quotas.roles.check(tables.roles.count(ctx.tx, (ctx.account,)))
    if permissions_boundary is not None:
        catalogue.check_boundary(ctx.tx, ctx.account, permissions_boundary)
    role = Role(
        account=ctx.account,
        name=role_name,
        id=new_unique_id(ctx.ids, "AROA"),
        path=path,
        created_ms=ctx.now_ms,
        trust=assume_role_policy_document,
        pins=_pins(ctx, assume_role_policy_document),
        description=description,
        session_seconds_max=max_session_duration,
        tags=rules.merge({}, tags or ()),
        boundary=permissions_boundary or "",
    )
    tables.roles.insert(ctx.tx, role)
    return {"Role": views.role(ctx.tx, role)}


@iam.operation(resource=role_arn, keys=boundary_of_role, readonly=True)
def get_role(ctx: Context, role_name: str) -> RoleResult:
    """A role with its trust policy."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    return {"Role": {**views.role(ctx.tx, role), "RoleLastUsed": views.last_used(ctx.tx, role, ctx.now_ms)}}


@iam.operation(resource=all_of("role"), readonly=True)
def list_roles(
    ctx: Context, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListRolesResult:
    """Roles by name."""
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.roles.scan(ctx.tx, (ctx.account,), after=after, limit=limit),
        tables.roles.key,
        f"ListRoles/{path_prefix}",
        marker,
        max_items,
        names.below(path_prefix) if path_prefix else None,
    )
    return {"Roles": [views.listed_role(ctx.tx, role) for role in found], **more(following)}


@iam.operation(resource=role_arn, keys=boundary_of_role)
def update_role(
    ctx: Context, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> UpdateRoleResult:
    """Change the description, and for how long sessions may last; what is not given stays."""
    find = finding.role if max_session_duration is None else finding.changeable_role
    role = find(ctx.tx, ctx.account, role_name)
    changed = replace(
        role,
        description=role.description if description is None else description,
        session_seconds_max=max_session_duration or role.session_seconds_max,
    )
    tables.roles.replace(ctx.tx, role, changed)
    return {}


@iam.operation(resource=role_arn, keys=boundary_of_role)
def update_role_description(ctx: Context, role_name: str, description: str) -> RoleResult:
    """Change the description; UpdateRole does the same."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    changed = replace(role, description=description)
    tables.roles.replace(ctx.tx, role, changed)
    return {"Role": views.role(ctx.tx, changed)}


@iam.operation(resource=role_arn, keys=boundary_of_role)
def update_assume_role_policy(ctx: Context, role_name: str, policy_document: str) -> None:
    """Change who may become the role, from the next AssumeRole on."""
    role = finding.changeable_role(ctx.tx, ctx.account, role_name)
    changed = replace(role, trust=policy_document, pins=_pins(ctx, policy_document))
    tables.roles.replace(ctx.tx, role, changed)


@iam.operation(resource=role_arn, keys=boundary_of_role)
def delete_role(ctx: Context, role_name: str) -> None:
    """Remove a role that has nothing attached any more; its sessions end with it."""
    role = finding.changeable_role(ctx.tx, ctx.account, role_name)
    profile = (ctx.account, role_name)
    if tables.instance_profiles_by_role.first(ctx.tx, profile) is not None:
        raise DeleteConflictException("Cannot delete entity, must remove roles from instance profile first.")
    owner = (ctx.account, Owner.ROLE, role_name)
    if tables.attachments.scan(ctx.tx, owner, limit=1):
        raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
    if tables.inline_policies.scan(ctx.tx, owner, limit=1):
        raise DeleteConflictException("Cannot delete entity, must delete policies first.")
    tables.roles.delete(ctx.tx, role)


@iam.operation(resource=role_arn, keys=tags_asked_for)
def tag_role(ctx: Context, role_name: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    tables.roles.replace(ctx.tx, role, replace(role, tags=rules.merge(role.tags, tags)))


@iam.operation(resource=role_arn, keys=tags_asked_for)
def untag_role(ctx: Context, role_name: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    tables.roles.replace(ctx.tx, role, replace(role, tags=rules.without(role.tags, tag_keys)))


@iam.operation(resource=role_arn, readonly=True)
def list_role_tags(
    ctx: Context, role_name: str, marker: str | None = None, max_items: int | None = None
) -> ListRoleTagsResult:
    """The tags of a role, by key."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    found, following = paging.tags(ctx, role.tags, f"ListRoleTags/{role_name}", marker, max_items)
    return {"Tags": found, **more(following)}


def _pins(ctx: Context, document: str) -> dict[str, str]:
    """The ids of those whom a trust policy names.  Raises MalformedPolicyDocumentException, LimitExceededException."""
    compiled = documents.check_trust(document)
    try:
        return pinning.pin(ctx.tx, compiled)
    except pinning.NoSuchPrincipal as error:
        raise MalformedPolicyDocumentException(f'Invalid principal in policy: "AWS":"{error.name}"') from None
