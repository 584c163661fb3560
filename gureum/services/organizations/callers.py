"""Which accounts may call what: the management account, its delegated administrators, all members.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html: each operation says by whom
it can be called.
"""

from __future__ import annotations

from gureum.api.context import Context
from gureum.identity.organization import Organization, is_delegate, organization_of
from gureum.services.organizations.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    PolicyTypeNotAvailableForOrganizationException,
    violates,
)


def member(ctx: Context) -> Organization:
    """The organization of the caller's account.  Raises AWSOrganizationsNotInUseException."""
    organization = organization_of(ctx.tx, ctx.account)
    if organization is None:
        raise AWSOrganizationsNotInUseException
    return organization


def management(ctx: Context) -> Organization:
    """The organization that the caller's account manages.  Raises AWSOrganizationsNotInUse, AccessDenied."""
    organization = member(ctx)
    if ctx.account != organization.management:
        raise AccessDeniedException
    return organization


def reader(ctx: Context) -> Organization:
    """The organization that the caller's account may look at: it manages it, or administers a service for it."""
    organization = member(ctx)
    if ctx.account != organization.management and not is_delegate(ctx.tx, organization.id, ctx.account):
        raise AccessDeniedException
    return organization


def all_features(organization: Organization) -> Organization:
    """`organization`, if it has all features.  Raises ConstraintViolationException."""
    if not organization.all_features:
        raise violates("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    return organization


def with_policies(organization: Organization) -> Organization:
    """`organization`, if it can have policies.  Raises PolicyTypeNotAvailableForOrganizationException."""
    if not organization.all_features:
        raise PolicyTypeNotAvailableForOrganizationException
    return organization
