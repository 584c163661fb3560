"""Tags of the root, units, accounts and policies.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_TagResource.html and its neighbours.
"""

from __future__ import annotations

from typing import TypedDict

from gureum.api.context import Context
from gureum.identity.organization import MANAGED, Organization
from gureum.services.organizations import callers, tree
from gureum.services.organizations.errors import TargetNotFoundException, invalid
from gureum.services.organizations.rules import tags as rules
from gureum.services.organizations.rules.tags import Tag
from gureum.services.organizations.service import about, organizations, tags_asked_for
from gureum.state.store import Transaction


class ListTagsForResourceResult(TypedDict):
    Tags: list[Tag]


@organizations.operation(resource=about("ResourceId"), keys=tags_asked_for)
def tag_resource(ctx: Context, resource_id: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    organization = callers.management(ctx)
    merged = rules.merge(_tags(ctx.tx, organization, resource_id), tags)
    tree.set_tags(ctx.tx, organization, resource_id, merged)


@organizations.operation(resource=about("ResourceId"), keys=tags_asked_for)
def untag_resource(ctx: Context, resource_id: str, tag_keys: list[str]) -> None:
    """Remove tags."""
    organization = callers.management(ctx)
    left = rules.without(_tags(ctx.tx, organization, resource_id), tag_keys)
    tree.set_tags(ctx.tx, organization, resource_id, left)


@organizations.operation(resource=about("ResourceId"), readonly=True)
def list_tags_for_resource(ctx: Context, resource_id: str, next_token: str | None = None) -> ListTagsForResourceResult:
    """All tags, on one page: there are fifty at most."""
    organization = callers.reader(ctx)
    if next_token is not None:
        raise invalid("INVALID_NEXT_TOKEN")
    return {"Tags": rules.show(_tags(ctx.tx, organization, resource_id))}


def _tags(tx: Transaction, organization: Organization, entity: str) -> dict[str, str]:
    """Raises TargetNotFoundException, and InvalidInputException for AWS's own policies and what else has no tags."""
    if entity in MANAGED or entity.startswith(("rp-", "rt-")):
        raise invalid("TARGET_NOT_SUPPORTED")
    tags = tree.tags_of(tx, organization, entity)
    if tags is None:
        raise TargetNotFoundException
    return tags
