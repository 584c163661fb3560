"""Permissions boundaries: the most that the policies of a user or role can allow.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.identity import tables
from gureum.services.iam import catalogue, finding
from gureum.services.iam.conditions import boundary_asked_for, boundary_of_role, boundary_of_user
from gureum.services.iam.service import iam, role_arn, user_arn


@iam.operation(resource=user_arn, keys=boundary_asked_for)
def put_user_permissions_boundary(ctx: Context, user_name: str, permissions_boundary: str) -> None:
    """Limit a user, from the next request on."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    catalogue.check_boundary(ctx.tx, ctx.account, permissions_boundary)
    tables.users.replace(ctx.tx, user, replace(user, boundary=permissions_boundary))


@iam.operation(resource=user_arn, keys=boundary_of_user)
def delete_user_permissions_boundary(ctx: Context, user_name: str) -> None:
    """Take the limit from a user; one who has none stays as he is."""
    user = finding.user(ctx.tx, ctx.account, user_name)
    tables.users.replace(ctx.tx, user, replace(user, boundary=""))


@iam.operation(resource=role_arn, keys=boundary_asked_for)
def put_role_permissions_boundary(ctx: Context, role_name: str, permissions_boundary: str) -> None:
    """Limit a role, from the next request of its sessions on."""
    role = finding.changeable_role(ctx.tx, ctx.account, role_name)
    catalogue.check_boundary(ctx.tx, ctx.account, permissions_boundary)
    tables.roles.replace(ctx.tx, role, replace(role, boundary=permissions_boundary))


@iam.operation(resource=role_arn, keys=boundary_of_role)
def delete_role_permissions_boundary(ctx: Context, role_name: str) -> None:
    """Take the limit from a role; one that has none stays as it is."""
    role = finding.changeable_role(ctx.tx, ctx.account, role_name)
    tables.roles.replace(ctx.tx, role, replace(role, boundary=""))
