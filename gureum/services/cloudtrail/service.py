"""The service object of CloudTrail, and what its operations act on.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.guards import Need, ResourcePolicy, request_tags, tag_keys
from gureum.api.policy.model import KeyValue
from gureum.api.service import Service
from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.identity.organization import organization_of
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.records import Trail
from gureum.services.cloudtrail.rules import names, statements


def tags_of(ctx: Context, arn: str) -> Mapping[str, str]:
    """The tags of a trail or an event data store."""
    parsed = arns.parse(arn)
    found = None if parsed is None else tables.tagged(ctx.tx, parsed)
    return {} if found is None else found.tags


def shown_to_members(ctx: Context, action: str, arn: str) -> ResourcePolicy | None:
    """The accounts of an organization may look at its trails, which are the management account's."""
    parsed = arns.parse(arn) if action in _LOOKS else None
    found = None if parsed is None else tables.tagged(ctx.tx, parsed)
    if not isinstance(found, Trail) or not found.organization or found.account == ctx.account:
        return None
    caller = organization_of(ctx.tx, ctx.account)
    if caller is None or caller.id != found.organization:
        return None
    principal = f"arn:{PARTITION}:iam::{ctx.account}:root"
    return ResourcePolicy(
        f'{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"{action}","Resource":"{arn}"}}}}'
    )


_LOOKS: Final = frozenset({"cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"})

cloudtrail = Service("cloudtrail", tags=tags_of, guardian=shown_to_members)


def trail_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The trail that `Name` or `TrailName` says, by its name or its ARN."""
    text = values.get("Name") or values.get("TrailName") or ""
    return text if text.startswith("arn:") else names.trail_arn(ctx.region, ctx.account, text)


def store_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The event data store that `EventDataStore` says, by its id or its ARN."""
    text = values.get("EventDataStore") or "*"
    return text if text.startswith("arn:") else names.store_arn(ctx.region, ctx.account, text)


def new_store_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """Any event data store: the one that is made has no id yet."""
    return names.store_arn(ctx.region, ctx.account, "*")


def statement_arns(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """The event data stores that `QueryStatement` reads."""
    ids = statements.store_ids(values.get("QueryStatement") or "")
    return [names.store_arn(ctx.region, ctx.account, store_id) for store_id in ids or ["*"]]


def query_store_arn(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """The event data stores that the query `QueryId` reads."""
    query = tables.queries.get(ctx.tx, (ctx.account, ctx.region, values.get("QueryId") or ""))
    ids = query.stores if query is not None else ("*",)
    return [names.store_arn(ctx.region, ctx.account, store_id) for store_id in ids]


def resource_arns(ctx: Context, values: Mapping[str, Any]) -> list[str]:
    """What `ResourceId` or `ResourceIdList` names."""
    return [values["ResourceId"]] if "ResourceId" in values else list(values["ResourceIdList"]) or ["*"]


def tags_given(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request that brings tags."""
    return request_tags((tag["Key"], tag.get("Value", "")) for tag in values.get("TagsList") or ())


def tags_named(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request that removes tags."""
    return tag_keys(tag["Key"] for tag in values.get("TagsList") or ())


def tagging_trail(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
    """To create a trail with tags needs the permission to tag it."""
    return [Need("cloudtrail:AddTags", trail_arn(ctx, values))] if values.get("TagsList") else []


def tagging_store(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
    """To create an event data store with tags needs the permission to tag it."""
    return [Need("cloudtrail:AddTags", new_store_arn(ctx, values))] if values.get("TagsList") else []
