"""Organizational units.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html and its
neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.identity import organization as directory
from gureum.identity.organization import Organization, Unit
from gureum.services.organizations import callers, tree
from gureum.services.organizations.errors import (
    DuplicateOrganizationalUnitException,
    OrganizationalUnitNotEmptyException,
    ParentNotFoundException,
    violates,
)
from gureum.services.organizations.paging import page
from gureum.services.organizations.rules import limits, names
from gureum.services.organizations.rules import tags as tag_rules
from gureum.services.organizations.rules.tags import Tag
from gureum.services.organizations.service import about, organizations, tagging, tags_asked_for
from gureum.services.organizations.views import OrganizationalUnit, show_unit
from gureum.state.keys import Key
from gureum.state.store import Transaction


class OrganizationalUnitResult(TypedDict):
    OrganizationalUnit: OrganizationalUnit


class ListOrganizationalUnitsForParentResult(TypedDict):
    OrganizationalUnits: list[OrganizationalUnit]
    NextToken: NotRequired[str]


@organizations.operation(resource=about("ParentId"), keys=tags_asked_for, also=tagging("ou"))
def create_organizational_unit(
    ctx: Context, parent_id: str, name: str, tags: list[Tag] | None = None
) -> OrganizationalUnitResult:
    """A unit below the root or another unit, five deep at most."""
    organization = callers.management(ctx)
    if not tree.is_parent(ctx.tx, organization, parent_id):
        raise ParentNotFoundException
    if len(directory.ancestors(ctx.tx, organization, parent_id)) > limits.unit_depth_max:
        raise violates("OU_DEPTH_LIMIT_EXCEEDED")
    if len(directory.units.scan(ctx.tx, (organization.id,), limit=limits.units_max)) >= limits.units_max:
        raise violates("OU_NUMBER_LIMIT_EXCEEDED")
    _check_name(ctx.tx, organization, parent_id, name)
    unit = Unit(
        organization=organization.id,
        id=names.new_unit_id(ctx.ids, organization.root),
        parent=parent_id,
        name=name,
        created_ms=ctx.now_ms,
        tags=tag_rules.merge({}, tags),
    )
    directory.units.insert(ctx.tx, unit)
    tree.attach_defaults(ctx.tx, organization, unit.id)
    return {"OrganizationalUnit": show_unit(ctx.tx, organization, unit)}


@organizations.operation(resource=about("OrganizationalUnitId"))
def update_organizational_unit(
    ctx: Context, organizational_unit_id: str, name: str | None = None
) -> OrganizationalUnitResult:
    """Rename a unit; what is in it and attached to it stays."""
    organization = callers.management(ctx)
    unit = tree.find_unit(ctx.tx, organization, organizational_unit_id)
    if name is not None and name != unit.name:
        _check_name(ctx.tx, organization, unit.parent, name)
        renamed = replace(unit, name=name)
        directory.units.replace(ctx.tx, unit, renamed)
        unit = renamed
    return {"OrganizationalUnit": show_unit(ctx.tx, organization, unit)}


@organizations.operation(resource=about("OrganizationalUnitId"))
def delete_organizational_unit(ctx: Context, organizational_unit_id: str) -> None:
    """Delete a unit in which nothing is."""
    organization = callers.management(ctx)
    unit = tree.find_unit(ctx.tx, organization, organizational_unit_id)
    inside = (organization.id, unit.id)
    if directory.units_by_parent.first(ctx.tx, inside) or directory.members_by_parent.first(ctx.tx, inside):
        raise OrganizationalUnitNotEmptyException
    tree.detach_all(ctx.tx, organization, unit.id)
    directory.units.delete(ctx.tx, unit)


@organizations.operation(resource=about("OrganizationalUnitId"), readonly=True)
def describe_organizational_unit(ctx: Context, organizational_unit_id: str) -> OrganizationalUnitResult:
    """One unit."""
    organization = callers.reader(ctx)
    unit = tree.find_unit(ctx.tx, organization, organizational_unit_id)
    return {"OrganizationalUnit": show_unit(ctx.tx, organization, unit)}


@organizations.operation(resource=about("ParentId"), readonly=True)
def list_organizational_units_for_parent(
    ctx: Context, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> ListOrganizationalUnitsForParentResult:
    """The units directly below the root or another unit, by name."""
    organization = callers.reader(ctx)
    if not tree.is_parent(ctx.tx, organization, parent_id):
        raise ParentNotFoundException
    index = directory.units_by_parent

    def scan(after: Key | None, limit: int) -> list[Unit]:
        return index.scan(ctx.tx, (organization.id, parent_id), after=after, limit=limit)

    scope = f"ListOrganizationalUnitsForParent {parent_id}"
    found, token = page(ctx, scan, index.position, scope, next_token, max_results)
    shown = [show_unit(ctx.tx, organization, unit) for unit in found]
    return {"OrganizationalUnits": shown} if token is None else {"OrganizationalUnits": shown, "NextToken": token}


def _check_name(tx: Transaction, organization: Organization, parent: str, name: str) -> None:
    """Raises DuplicateOrganizationalUnitException: names are unique below a parent."""
    if directory.units_by_parent.first(tx, (organization.id, parent, name)) is not None:
        raise DuplicateOrganizationalUnitException
