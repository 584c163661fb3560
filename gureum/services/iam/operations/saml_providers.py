"""SAML 2.0 identity providers, whose assertions AssumeRoleWithSAML takes.

Encrypted assertions are not taken, so their mode and the private keys for them are refused by their names.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html and its neighbours.
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
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import SamlProvider
from gureum.services.iam import paging
from gureum.services.iam.errors import (
    EntityAlreadyExistsException,
    InvalidInputException,
    NoSuchEntityException,
)
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import providers, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import checked_arn, global_arn, iam, tagging, tags_asked_for

_kind: Final = "saml-provider"


class CreateSAMLProviderResult(TypedDict):
    SAMLProviderArn: str
    Tags: NotRequired[list[Tag]]


class GetSAMLProviderResult(TypedDict):
    SAMLProviderUUID: str
    SAMLMetadataDocument: str
    CreateDate: datetime
    ValidUntil: datetime
    Tags: list[Tag]


class ListedProvider(TypedDict):
    Arn: str
    ValidUntil: datetime
    CreateDate: datetime


class ListSAMLProvidersResult(TypedDict):
    SAMLProviderList: list[ListedProvider]


class UpdateSAMLProviderResult(TypedDict):
    SAMLProviderArn: str


class ListSAMLProviderTagsResult(More):
    Tags: list[Tag]


def new_provider_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The provider that will have `Name`."""
    return global_arn(ctx, f"{_kind}/{values['Name']}")


def provider_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The provider of `SAMLProviderArn`."""
    return checked_arn(values["SAMLProviderArn"], _kind)


@iam.operation(resource=new_provider_arn, keys=tags_asked_for, also=tagging("iam:TagSAMLProvider", new_provider_arn))
def create_saml_provider(
    ctx: Context, saml_metadata_document: str, name: str, tags: list[Tag] | None = None
) -> CreateSAMLProviderResult:
    """Register a provider by its metadata document."""
    if tables.saml_providers.get(ctx.tx, (ctx.account, name)) is not None:
        raise EntityAlreadyExistsException(f"SAML provider {name} already exists.")
    quotas.saml_providers.check(tables.saml_providers.count(ctx.tx, (ctx.account,)))
    metadata = providers.metadata(saml_metadata_document, ctx.now_ms)
    provider = SamlProvider(
        account=ctx.account,
        name=name,
        uuid=new_unique_id(ctx.ids, "SAMLSP"),
        metadata=saml_metadata_document,
        created_ms=ctx.now_ms,
        valid_until_ms=providers.valid_until_ms(metadata, ctx.now_ms),
        tags=rules.merge({}, tags or ()),
    )
    tables.saml_providers.insert(ctx.tx, provider)
    result: CreateSAMLProviderResult = {"SAMLProviderArn": provider.arn}
    if provider.tags:
        result["Tags"] = rules.show(provider.tags)
    return result


@iam.operation(resource=provider_arn, readonly=True)
def get_saml_provider(ctx: Context, saml_provider_arn: str) -> GetSAMLProviderResult:
    """A provider with its metadata document."""
    provider = _find(ctx, saml_provider_arn)
    return {
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": to_datetime(provider.created_ms),
        "ValidUntil": to_datetime(provider.valid_until_ms),
        "Tags": rules.show(provider.tags),
    }


@iam.operation(resource=any_resource, readonly=True)
def list_saml_providers(ctx: Context) -> ListSAMLProvidersResult:
    """All providers by name; there are no pages."""
    return {
        "SAMLProviderList": [
            {
                "Arn": provider.arn,
                "ValidUntil": to_datetime(provider.valid_until_ms),
                "CreateDate": to_datetime(provider.created_ms),
            }
            for provider in tables.saml_providers.scan(ctx.tx, (ctx.account,))
        ]
    }


@iam.operation(resource=provider_arn)
def update_saml_provider(
    ctx: Context, saml_provider_arn: str, saml_metadata_document: str | None = None
) -> UpdateSAMLProviderResult:
    """Exchange the metadata document."""
    provider = _find(ctx, saml_provider_arn)
    if saml_metadata_document is None:
        raise InvalidInputException("There is nothing to update.")
    metadata = providers.metadata(saml_metadata_document, ctx.now_ms)
    until_ms = providers.valid_until_ms(metadata, ctx.now_ms)
    tables.saml_providers.replace(
        ctx.tx, provider, replace(provider, metadata=saml_metadata_document, valid_until_ms=until_ms)
    )
    return {"SAMLProviderArn": provider.arn}


@iam.operation(resource=provider_arn)
def delete_saml_provider(ctx: Context, saml_provider_arn: str) -> None:
    """Remove a provider; roles that trust it stay as they are."""
    tables.saml_providers.delete(ctx.tx, _find(ctx, saml_provider_arn))


@iam.operation(resource=provider_arn, keys=tags_asked_for)
def tag_saml_provider(ctx: Context, saml_provider_arn: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    provider = _find(ctx, saml_provider_arn)
    tables.saml_providers.replace(ctx.tx, provider, replace(provider, tags=rules.merge(provider.tags, tags)))


@iam.operation(resource=provider_arn, keys=tags_asked_for)
def untag_saml_provider(ctx: Context, saml_provider_arn: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    provider = _find(ctx, saml_provider_arn)
    tables.saml_providers.replace(ctx.tx, provider, replace(provider, tags=rules.without(provider.tags, tag_keys)))


@iam.operation(resource=provider_arn, readonly=True)
def list_saml_provider_tags(
    ctx: Context, saml_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> ListSAMLProviderTagsResult:
    """The tags of a provider, by key."""
    provider = _find(ctx, saml_provider_arn)
    found, following = paging.tags(ctx, provider.tags, f"ListSAMLProviderTags/{provider.name}", marker, max_items)
    return {"Tags": found, **more(following)}


def _find(ctx: Context, arn: str) -> SamlProvider:
    found = tables.saml_providers.get(ctx.tx, (ctx.account, arn.partition(f":{_kind}/")[2]))
    if found is None:
        raise NoSuchEntityException(f"Manifest not found for arn {arn}")
    return found
