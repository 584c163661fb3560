"""Central root access of an organization: whether administrators may act as the root users of its members.

Only root sessions (`sts:AssumeRoot`); the management of root credentials is not supported.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOrganizationsRootSessions.html and its neighbours.
"""

from __future__ import annotations

from typing import TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization, root_access
from gureum.identity.organization import Organization
from gureum.services.iam.errors import (
    AccountNotManagementOrDelegatedAdministratorException,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
    ServiceAccessNotEnabledException,
)
from gureum.services.iam.service import iam


class FeaturesResult(TypedDict):
    """What is enabled in an organization."""

    OrganizationId: str
    EnabledFeatures: list[str]


@iam.operation(resource=any_resource)
def enable_organizations_root_sessions(ctx: Context) -> FeaturesResult:
    """Let administrators act as the root users of members."""
    return _set(ctx, (root_access.ROOT_SESSIONS,))


@iam.operation(resource=any_resource)
def disable_organizations_root_sessions(ctx: Context) -> FeaturesResult:
    """Let nobody act as the root users of members any more."""
    return _set(ctx, ())


@iam.operation(resource=any_resource, readonly=True)
def list_organizations_features(ctx: Context) -> FeaturesResult:
    """What is enabled."""
    return _show(_administered(ctx))


def _set(ctx: Context, features: tuple[str, ...]) -> FeaturesResult:
    found = _administered(ctx)
    changed = replace(found, root_access=features)
    if changed != found:
        organization.organizations.replace(ctx.tx, found, changed)
    return _show(changed)


def _administered(ctx: Context) -> Organization:
    """The organization whose root users the caller's account administers."""
    found = organization.organization_of(ctx.tx, ctx.account)
    if found is None:
        raise OrganizationNotFoundException
    if not found.all_features:
        raise OrganizationNotInAllFeaturesModeException
    if organization.trusted_services.get(ctx.tx, (found.id, root_access.IAM)) is None:
        raise ServiceAccessNotEnabledException
    if not root_access.administers(ctx.tx, found, ctx.account):
        raise AccountNotManagementOrDelegatedAdministratorException
    return found


def _show(found: Organization) -> FeaturesResult:
    return {"OrganizationId": found.id, "EnabledFeatures": list(found.root_access)}
