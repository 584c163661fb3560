"""The service object of Organizations, and what its operations act on.

Whatever belongs to an organization has an ARN with the number of its management account, but members read it too, and
invited accounts answer handshakes.  So in the eyes of IAM it is shared with everybody: own policies decide, as if it
were in the caller's account.  Which accounts may call what is no question of policies; operations answer it
(`callers`).

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gureum.api.context import Context
from gureum.api.guards import Need, ResourcePolicy, request_tags, tag_keys
from gureum.api.policy.model import KeyValue
from gureum.api.service import Service
from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.identity import organization as directory
from gureum.identity.organization import Organization, organization_of
from gureum.services.organizations import tables, tree
from gureum.services.organizations.errors import wording

_AWS: Final = "aws"
_SHARED: Final = ResourcePolicy(
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"organizations:*","Resource":"*"}}'
)


def shared(ctx: Context, action: str, arn: str) -> ResourcePolicy | None:
    """What lets other accounts than the management account at what belongs to an organization.

    AWS's own policies belong to no account, and so own policies decide about them anyway: to be shared with the account
    that it is in would open a thing to everybody there.
    """
    parsed = arns.parse(arn)
    return None if parsed is None or parsed.account in (ctx.account, _AWS) else _SHARED


def tags_of(ctx: Context, arn: str) -> Mapping[str, str]:
    """The tags of a root, unit, account or policy."""
    parsed = arns.parse(arn)
    _, _, rest = ("", "", "") if parsed is None else parsed.resource.partition("/")
    found = directory.organizations.get(ctx.tx, (rest.partition("/")[0],))
    return {} if found is None else tree.tags_of(ctx.tx, found, rest.rpartition("/")[2]) or {}


organizations = Service("organizations", wording=wording, guardian=shared, tags=tags_of)


def about(*members: str) -> Callable[[Context, Mapping[str, Any]], list[str]]:
    """The roots, units, accounts and policies whose ids the named members are."""

    def resources(ctx: Context, values: Mapping[str, Any]) -> list[str]:
        organization = organization_of(ctx.tx, ctx.account)
        if organization is None:
            return ["*"]
        return [arn_of(ctx, organization, values[member]) for member in members]

    return resources


def arn_of(ctx: Context, organization: Organization, entity: str) -> str:
    """The ARN of a root, unit, account or policy, there or not."""
    match entity.partition("-")[0]:
        case "r":
            kind = "root"
        case "ou":
            kind = "ou"
        case "p":
            return directory.policy_arn(organization, tree.type_of_policy(ctx.tx, organization, entity), entity)
        case _:
            kind = "account"
    return tree.entity_arn(organization, kind, entity)


def handshake_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The handshake of `HandshakeId`; one that does not exist has a kind that no handshake has."""
    handshake_id = values["HandshakeId"]
    found = tables.handshakes.get(ctx.tx, (handshake_id,))
    if found is not None:
        return found.arn
    return f"arn:{PARTITION}:organizations::{ctx.account}:handshake/o-none/none/{handshake_id}"


def policy_type(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """`organizations:PolicyType`, and the tags that a new policy gets."""
    organization = organization_of(ctx.tx, ctx.account)
    asked_for = values.get("PolicyType") or values.get("Type") or values.get("Filter")
    if asked_for is None and organization is not None:
        asked_for = tree.type_of_policy(ctx.tx, organization, values["PolicyId"])
    keys = dict(tags_asked_for(ctx, values))
    if asked_for is not None:
        keys["organizations:policytype"] = asked_for
    return keys


def service_principal(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """`organizations:ServicePrincipal`."""
    principal = values.get("ServicePrincipal")
    return {} if principal is None else {"organizations:serviceprincipal": principal}


def tags_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request that brings tags, or names some."""
    tags = values.get("Tags") or ()
    return request_tags((tag["Key"], tag["Value"]) for tag in tags) or tag_keys(values.get("TagKeys", ()))


def tagging(kind: str) -> Callable[[Context, Mapping[str, Any]], list[Need]]:
    """To create with tags needs the permission to tag things of that kind."""

    def needs(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
        organization = organization_of(ctx.tx, ctx.account)
        if not values.get("Tags") or organization is None:
            return []
        return [Need("organizations:TagResource", tree.entity_arn(organization, kind, "*"))]

    return needs
