"""OpenID Connect identity providers, whose tokens AssumeRoleWithWebIdentity takes.

AWS looks up a thumbprint when none is given.  Here none is kept then, and the provider's certificate has to be one that
the system trusts; on AWS as well thumbprints count only for certificates that its own authorities do not vouch for.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.identity import tables
from gureum.identity.records import OidcProvider
from gureum.services.iam import paging
from gureum.services.iam.errors import EntityAlreadyExistsException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import providers, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import checked_arn, global_arn, iam, tagging, tags_asked_for

_kind: Final = "oidc-provider"


class CreateOpenIDConnectProviderResult(TypedDict):
    OpenIDConnectProviderArn: str
    Tags: NotRequired[list[Tag]]


class GetOpenIDConnectProviderResult(TypedDict):
    Url: str
    ClientIDList: list[str]
    ThumbprintList: list[str]
    CreateDate: datetime
    Tags: list[Tag]


class ListedProvider(TypedDict):
    Arn: str


class ListOpenIDConnectProvidersResult(TypedDict):
    OpenIDConnectProviderList: list[ListedProvider]


class ListOpenIDConnectProviderTagsResult(More):
    Tags: list[Tag]


def new_provider_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The provider that will have `Url`."""
    return global_arn(ctx, f"{_kind}/{providers.provider_url(values['Url'])}")


def provider_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The provider of `OpenIDConnectProviderArn`."""
    return checked_arn(values["OpenIDConnectProviderArn"], _kind)


@iam.operation(
    resource=new_provider_arn,
    keys=tags_asked_for,
    also=tagging("iam:TagOpenIDConnectProvider", new_provider_arn),
)
def create_open_id_connect_provider(
    ctx: Context,
    url: str,
    client_id_list: list[str] | None = None,
    thumbprint_list: list[str] | None = None,
    tags: list[Tag] | None = None,
) -> CreateOpenIDConnectProviderResult:
    """Register a provider; nobody asks whether it answers."""
    name = providers.provider_url(url)
    if tables.oidc_providers.get(ctx.tx, (ctx.account, name)) is not None:
        raise EntityAlreadyExistsException(f"Provider with url {url} already exists.")
    quotas.oidc_providers.check(tables.oidc_providers.count(ctx.tx, (ctx.account,)))
    provider = OidcProvider(
        account=ctx.account,
        url=name,
        client_ids=providers.client_ids(client_id_list or ()),
        thumbprints=providers.thumbprints(thumbprint_list or ()),
        created_ms=ctx.now_ms,
        tags=rules.merge({}, tags or ()),
    )
    tables.oidc_providers.insert(ctx.tx, provider)
    result: CreateOpenIDConnectProviderResult = {"OpenIDConnectProviderArn": provider.arn}
    if provider.tags:
        result["Tags"] = rules.show(provider.tags)
    return result


@iam.operation(resource=provider_arn, readonly=True)
def get_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str) -> GetOpenIDConnectProviderResult:
    """A provider; its URL is shown without the scheme."""
    provider = _find(ctx, open_id_connect_provider_arn)
    return {
        "Url": provider.url,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": to_datetime(provider.created_ms),
        "Tags": rules.show(provider.tags),
    }


@iam.operation(resource=any_resource, readonly=True)
def list_open_id_connect_providers(ctx: Context) -> ListOpenIDConnectProvidersResult:
    """All providers by URL; there are no pages."""
    found = tables.oidc_providers.scan(ctx.tx, (ctx.account,))
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in found]}


@iam.operation(resource=provider_arn)
def update_open_id_connect_provider_thumbprint(
    ctx: Context, open_id_connect_provider_arn: str, thumbprint_list: list[str]
) -> None:
    """Exchange the thumbprints."""
    provider = _find(ctx, open_id_connect_provider_arn)
    _change(ctx, provider, replace(provider, thumbprints=providers.thumbprints(thumbprint_list)))


@iam.operation(resource=provider_arn)
def add_client_id_to_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, client_id: str) -> None:
    """Take tokens for one more client; one that is there is no error."""
    provider = _find(ctx, open_id_connect_provider_arn)
    _change(ctx, provider, replace(provider, client_ids=providers.client_ids((*provider.client_ids, client_id))))


@iam.operation(resource=provider_arn)
def remove_client_id_from_open_id_connect_provider(
    ctx: Context, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """Take no more tokens for a client; one that is not there is no error."""
    provider = _find(ctx, open_id_connect_provider_arn)
    left = tuple(each for each in provider.client_ids if each != client_id)
    _change(ctx, provider, replace(provider, client_ids=left))


@iam.operation(resource=provider_arn)
def delete_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str) -> None:
    """Remove a provider; roles that trust it stay as they are.  One that is not there is no error."""
    url = _url(provider_arn(ctx, {"OpenIDConnectProviderArn": open_id_connect_provider_arn}))
    provider = tables.oidc_providers.get(ctx.tx, (ctx.account, url))
    if provider is not None:
        tables.oidc_providers.delete(ctx.tx, provider)


@iam.operation(resource=provider_arn, keys=tags_asked_for)
def tag_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    provider = _find(ctx, open_id_connect_provider_arn)
    _change(ctx, provider, replace(provider, tags=rules.merge(provider.tags, tags)))


@iam.operation(resource=provider_arn, keys=tags_asked_for)
def untag_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    provider = _find(ctx, open_id_connect_provider_arn)
    _change(ctx, provider, replace(provider, tags=rules.without(provider.tags, tag_keys)))


@iam.operation(resource=provider_arn, readonly=True)
def list_open_id_connect_provider_tags(
    ctx: Context, open_id_connect_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> ListOpenIDConnectProviderTagsResult:
    """The tags of a provider, by key."""
    provider = _find(ctx, open_id_connect_provider_arn)
    scope = f"ListOpenIDConnectProviderTags/{provider.url}"
    found, following = paging.tags(ctx, provider.tags, scope, marker, max_items)
    return {"Tags": found, **more(following)}


def _url(arn: str) -> str:
    return arn.partition(f":{_kind}/")[2]


def _find(ctx: Context, arn: str) -> OidcProvider:
    found = tables.oidc_providers.get(ctx.tx, (ctx.account, _url(arn)))
    if found is None:
        raise NoSuchEntityException(f"OpenIDConnect Provider not found for arn {arn}")
    return found


def _change(ctx: Context, old: OidcProvider, new: OidcProvider) -> None:
    tables.oidc_providers.replace(ctx.tx, old, new)
