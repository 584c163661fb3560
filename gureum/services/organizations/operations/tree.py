"""The root, and the way up and down from anywhere in the tree.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import organization as directory
from gureum.identity.organization import Member, Unit
from gureum.services.organizations import callers, tree
from gureum.services.organizations.errors import ChildNotFoundException, ParentNotFoundException, invalid
from gureum.services.organizations.paging import page
from gureum.services.organizations.service import about, organizations
from gureum.services.organizations.views import Root, show_root
from gureum.state.keys import Key


class ListRootsResult(TypedDict):
    Roots: list[Root]


class Parent(TypedDict):
    Id: str
    Type: str


class ListParentsResult(TypedDict):
    Parents: list[Parent]


class Child(TypedDict):
    Id: str
    Type: str


class ListChildrenResult(TypedDict):
    Children: list[Child]
    NextToken: NotRequired[str]


@organizations.operation(resource=any_resource, readonly=True)
def list_roots(ctx: Context, next_token: str | None = None, max_results: int | None = None) -> ListRootsResult:
    """The one root: there never is another page."""
    organization = callers.reader(ctx)
    if next_token is not None:
        raise invalid("INVALID_NEXT_TOKEN")
    return {"Roots": [show_root(organization)]}


@organizations.operation(resource=about("ChildId"), readonly=True)
def list_parents(
    ctx: Context, child_id: str, next_token: str | None = None, max_results: int | None = None
) -> ListParentsResult:
    """What a unit or an account lies directly below, which is one: there never is another page."""
    organization = callers.reader(ctx)
    if next_token is not None:
        raise invalid("INVALID_NEXT_TOKEN")
    child = tree.find(ctx.tx, organization, child_id)
    if not isinstance(child, Unit | Member):
        raise ChildNotFoundException
    kind = "ROOT" if child.parent == organization.root else "ORGANIZATIONAL_UNIT"
    return {"Parents": [{"Id": child.parent, "Type": kind}]}


@organizations.operation(resource=about("ParentId"), readonly=True)
def list_children(
    ctx: Context, parent_id: str, child_type: str, next_token: str | None = None, max_results: int | None = None
) -> ListChildrenResult:
    """The accounts, or the units, directly below the root or a unit."""
    organization = callers.reader(ctx)
    if not tree.is_parent(ctx.tx, organization, parent_id):
        raise ParentNotFoundException
    prefix, scope = (organization.id, parent_id), f"ListChildren {parent_id} {child_type}"

    def accounts(after: Key | None, limit: int) -> list[Member]:
        return directory.members_by_parent.scan(ctx.tx, prefix, after=after, limit=limit)

    def units(after: Key | None, limit: int) -> list[Unit]:
        return directory.units_by_parent.scan(ctx.tx, prefix, after=after, limit=limit)

    if child_type == "ACCOUNT":
        members, token = page(ctx, accounts, directory.members_by_parent.position, scope, next_token, max_results)
        ids = [member.account for member in members]
    else:
        found, token = page(ctx, units, directory.units_by_parent.position, scope, next_token, max_results)
        ids = [unit.id for unit in found]
    children: list[Child] = [{"Id": entity, "Type": child_type} for entity in ids]
    return {"Children": children} if token is None else {"Children": children, "NextToken": token}
