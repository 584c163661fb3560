"""Tags of trails and event data stores.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.base import arn as arns
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.errors import (
    CloudTrailARNInvalidException,
    InactiveEventDataStoreException,
    ResourceNotFoundException,
    ResourceTypeNotSupportedException,
)
from gureum.services.cloudtrail.paging import page
from gureum.services.cloudtrail.records import EventDataStore, Trail
from gureum.services.cloudtrail.rules import names
from gureum.services.cloudtrail.rules import tags as rules
from gureum.services.cloudtrail.rules.tags import Tag
from gureum.services.cloudtrail.service import cloudtrail, resource_arns, tags_given, tags_named
from gureum.state.keys import Key

_page_size = 20


class ResourceTag(TypedDict):
    """The tags of one resource."""

    ResourceId: str
    TagsList: list[Tag]


class ListTagsResult(TypedDict):
    ResourceTagList: list[ResourceTag]
    NextToken: NotRequired[str]


@cloudtrail.operation(resource=resource_arns, keys=tags_given)
def add_tags(ctx: Context, resource_id: str, tags_list: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    found = _find(ctx, resource_id)
    _change(ctx, found, rules.merge(found.tags, tags_list))


@cloudtrail.operation(resource=resource_arns, keys=tags_named)
def remove_tags(ctx: Context, resource_id: str, tags_list: list[Tag]) -> None:
    """Remove tags; one that is not there is no error."""
    found = _find(ctx, resource_id)
    _change(ctx, found, rules.without(found.tags, tags_list))


@cloudtrail.operation(resource=resource_arns, readonly=True)
def list_tags(ctx: Context, resource_id_list: list[str], next_token: str | None = None) -> ListTagsResult:
    """The tags of up to twenty resources."""

    def scan(after: Key | None, limit: int) -> list[tuple[int, str]]:
        start = 0 if after is None else int(str(after[0])) + 1
        return list(enumerate(resource_id_list))[start : start + limit]

    scope = f"ListTags/{resource_id_list}"
    found, token = page(ctx, scan, lambda item: (item[0],), scope, next_token, _page_size)
    result: ListTagsResult = {
        "ResourceTagList": [{"ResourceId": arn, "TagsList": rules.show(_find(ctx, arn).tags)} for _, arn in found]
    }
    if token is not None:
        result["NextToken"] = token
    return result


def _find(ctx: Context, text: str) -> Trail | EventDataStore:
    parsed = arns.parse(text)
    kind = "" if parsed is None else parsed.resource.partition("/")[0]
    if parsed is None or parsed.service != "cloudtrail":
        raise CloudTrailARNInvalidException(f"The specified ARN is not valid: {text}")
    if kind in ("channel", "dashboard"):
        raise NotSupported(f"Tags of a {kind} are not supported by Gureum.")
    if kind not in ("trail", "eventdatastore"):
        raise ResourceTypeNotSupportedException(f"The resource type is not supported: {kind}")
    if kind == "trail":
        names.from_trail_arn(text)
    else:
        names.from_store_text(text, ctx.account, ctx.region)
    found = tables.tagged(ctx.tx, parsed)
    if found is None:
        raise ResourceNotFoundException(f"The specified resource is not found: {text}")
    if isinstance(found, EventDataStore) and found.deleted_ms is not None:
        raise InactiveEventDataStoreException
    return found


def _change(ctx: Context, found: Trail | EventDataStore, tags: dict[str, str]) -> None:
    if isinstance(found, Trail):
        tables.trails.replace(ctx.tx, found, replace(found, tags=tags))
    else:
        tables.stores.replace(ctx.tx, found, replace(found, tags=tags))
