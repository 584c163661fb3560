"""The organization itself: create, describe and delete it.

AWS's reference says that service control policies are enabled in the root of a new organization that has all features.
They are not: its own clients enable them, and would fail if they were.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html and its neighbours.
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity.organization import Organization, organization_of
from gureum.services.organizations import callers, membership, roles, tables, tree
from gureum.services.organizations.errors import AlreadyInOrganizationException, OrganizationNotEmptyException
from gureum.services.organizations.records import RequestState
from gureum.services.organizations.rules import handshakes, names
from gureum.services.organizations.rules.handshakes import Event
from gureum.services.organizations.service import organizations
from gureum.services.organizations.views import OrganizationView, show_organization
from gureum.state.store import Transaction

_id_characters = 10
_root_id_characters = 4


class OrganizationResult(TypedDict):
    Organization: OrganizationView


@organizations.operation(resource=any_resource)
def create_organization(ctx: Context, feature_set: str = "ALL") -> OrganizationResult:
    """An organization that the caller's account manages."""
    if organization_of(ctx.tx, ctx.account) is not None:
        raise AlreadyInOrganizationException
    organization = Organization(
        id=names.new_id(ctx.ids, "o", _id_characters),
        management=ctx.account,
        root=names.new_id(ctx.ids, "r", _root_id_characters),
        created_ms=ctx.now_ms,
        all_features=feature_set == "ALL",
    )
    directory.organizations.insert(ctx.tx, organization)
    membership.join(ctx.tx, organization, ctx.account, membership.INVITED, ctx.now_ms, {})
    if organization.all_features:
        roles.ensure_linked_role(ctx)
    return {"Organization": show_organization(ctx.tx, organization)}


@organizations.operation(resource=any_resource, readonly=True)
def describe_organization(ctx: Context) -> OrganizationResult:
    """The organization that the caller's account is in."""
    return {"Organization": show_organization(ctx.tx, callers.member(ctx))}


@organizations.operation(resource=any_resource)
def delete_organization(ctx: Context) -> None:
    """Delete an organization without other accounts, with its units and policies; nobody can join it any more."""
    organization = callers.management(ctx)
    members = directory.members_by_organization.scan(ctx.tx, (organization.id,), limit=2)
    if len(members) > 1 or _creates_accounts(ctx.tx, organization):
        raise OrganizationNotEmptyException
    for entity in list(tree.entities(ctx.tx, organization)):
        tree.detach_all(ctx.tx, organization, entity)
    for member in members:
        membership.remove(ctx.tx, organization, member, ctx.now_ms)
    for unit in directory.units.scan(ctx.tx, (organization.id,)):
        directory.units.delete(ctx.tx, unit)
    for policy in directory.control_policies.scan(ctx.tx, (organization.id,)):
        directory.control_policies.delete(ctx.tx, policy)
    for service in directory.trusted_services.scan(ctx.tx, (organization.id,)):
        directory.trusted_services.delete(ctx.tx, service)
    for request in tables.account_requests.scan(ctx.tx, (organization.id,)):
        tables.account_requests.delete(ctx.tx, request)
    for handshake in tables.handshakes_by_organization.scan(ctx.tx, (organization.id,)):
        if handshakes.is_pending(handshake, ctx.now_ms):
            canceled = handshakes.after(handshake, Event.CANCEL, ctx.now_ms)
            tables.handshakes.replace(ctx.tx, handshake, canceled)
    directory.organizations.delete(ctx.tx, organization)


def _creates_accounts(tx: Transaction, organization: Organization) -> bool:
    requests = tables.account_requests.scan(tx, (organization.id,))
    return any(request.state is RequestState.IN_PROGRESS for request in requests)
