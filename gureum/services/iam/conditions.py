"""The condition keys of IAM's own operations.

`iam:PermissionsBoundary` is the boundary that the user or role has, or gets by the request; `iam:PolicyARN` the policy
that is attached or detached.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.policy.model import KeyValue
from gureum.identity import tables
from gureum.services.iam.service import tags_asked_for

_boundary: Final = "iam:permissionsboundary"


def boundary_of_user(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The boundary of the user of `UserName`."""
    user = tables.users.get(ctx.tx, (ctx.account, values["UserName"]))
    return {} if user is None or not user.boundary else {_boundary: user.boundary}


def boundary_of_role(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The boundary of the role of `RoleName`."""
    role = tables.roles.get(ctx.tx, (ctx.account, values["RoleName"]))
    return {} if role is None or not role.boundary else {_boundary: role.boundary}


def boundary_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The boundary that a request sets, and the tags that it brings."""
    asked = tags_asked_for(ctx, values)
    boundary = values.get("PermissionsBoundary")
    return {**asked, _boundary: boundary} if boundary else asked


def policy_of_user(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The policy that is attached or detached, and the boundary of the user."""
    return {**boundary_of_user(ctx, values), **policy_of_group(ctx, values)}


def policy_of_role(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The policy that is attached or detached, and the boundary of the role."""
    return {**boundary_of_role(ctx, values), **policy_of_group(ctx, values)}


def policy_of_group(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The policy that is attached or detached."""
    return {"iam:policyarn": values["PolicyArn"]}


def linked_service(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The service that a service-linked role is for."""
    return {"iam:awsservicename": values["AWSServiceName"]}
