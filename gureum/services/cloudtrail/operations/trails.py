"""Trails: create, find, configure, start, stop and delete them.

A trail's bucket is not looked at when the trail is made: as on AWS after a bucket was deleted, GetTrailStatus says that
nothing can be delivered and why, and what is to be delivered waits (`courier.py`).
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api import calls
from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.identity import organization
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.errors import (
    InvalidHomeRegionException,
    InvalidParameterCombinationException,
    MaximumNumberOfTrailsExceededException,
    NotOrganizationMasterAccountException,
    OrganizationNotInAllFeaturesModeException,
    OrganizationsNotInUseException,
    TrailAlreadyExistsException,
    TrailNotFoundException,
)
from gureum.services.cloudtrail.paging import page
from gureum.services.cloudtrail.records import Delivery, Trail
from gureum.services.cloudtrail.rules import events, names, windows
from gureum.services.cloudtrail.rules import tags as tag_rules
from gureum.services.cloudtrail.rules.tags import Tag
from gureum.services.cloudtrail.service import cloudtrail, tagging_trail, tags_given, trail_arn
from gureum.state.keys import Key

trails_max: Final = 5
_page_size: Final = 100


class TrailSettings(TypedDict):
    """A trail as CreateTrail and UpdateTrail answer."""

    Name: str
    S3BucketName: str
    S3KeyPrefix: NotRequired[str]
    IncludeGlobalServiceEvents: bool
    IsMultiRegionTrail: bool
    TrailARN: str
    LogFileValidationEnabled: bool
    IsOrganizationTrail: bool
    RecursiveLogging: bool


class TrailItem(TrailSettings):
    """A trail as it is described."""

    HomeRegion: str
    HasCustomEventSelectors: bool
    HasInsightSelectors: bool


class GetTrailResult(TypedDict):
    Trail: TrailItem


class DescribeTrailsResult(TypedDict):
    trailList: list[TrailItem]


class TrailInfo(TypedDict):
    """A trail in a listing."""

    TrailARN: str
    Name: str
    HomeRegion: str


class ListTrailsResult(TypedDict):
    Trails: list[TrailInfo]
    NextToken: NotRequired[str]


class GetTrailStatusResult(TypedDict, total=False):
    IsLogging: bool
    LatestDeliveryError: str
    LatestDeliveryTime: datetime
    StartLoggingTime: datetime
    StopLoggingTime: datetime
    LatestDigestDeliveryTime: datetime
    LatestDigestDeliveryError: str
    LatestDeliveryAttemptTime: str
    LatestDeliveryAttemptSucceeded: str
    TimeLoggingStarted: str
    TimeLoggingStopped: str


@cloudtrail.operation(resource=trail_arn, keys=tags_given, also=tagging_trail)
def create_trail(
    ctx: Context,
    name: str,
    s3_bucket_name: str,
    s3_key_prefix: str = "",
    include_global_service_events: bool = True,
    is_multi_region_trail: bool = False,
    enable_log_file_validation: bool = False,
    is_organization_trail: bool = False,
    tags_list: list[Tag] | None = None,
    recursive_logging: bool = True,
) -> TrailSettings:
    """A new trail, which does not log yet."""
    names.check_trail_name(name)
    if tables.trails.get(ctx.tx, (ctx.account, ctx.region, name)) is not None:
        raise TrailAlreadyExistsException(f"Trail {name} already exists for customer: {ctx.account}")
    trail = Trail(
        account=ctx.account,
        region=ctx.region,
        name=name,
        created_ms=ctx.now_ms,
        bucket=s3_bucket_name,
        prefix=s3_key_prefix,
        global_events=include_global_service_events,
        multi_region=is_multi_region_trail,
        validation=enable_log_file_validation,
        organization=managed_organization(ctx) if is_organization_trail else "",
        recursive=recursive_logging,
        tags=tag_rules.merge({}, tags_list or []),
    )
    _check(trail)
    _check_quota(ctx, trail)
    tables.trails.insert(ctx.tx, trail)
    return _settings(trail)


@cloudtrail.operation(resource=trail_arn)
def update_trail(
    ctx: Context,
    name: str,
    s3_bucket_name: str | None = None,
    s3_key_prefix: str | None = None,
    include_global_service_events: bool | None = None,
    is_multi_region_trail: bool | None = None,
    enable_log_file_validation: bool | None = None,
    is_organization_trail: bool | None = None,
    recursive_logging: bool | None = None,
) -> TrailSettings:
    """Change settings; what is not named stays as it is."""
    trail = own_trail(ctx, name)
    changes = {
        "bucket": s3_bucket_name,
        "prefix": s3_key_prefix,
        "global_events": include_global_service_events,
        "multi_region": is_multi_region_trail,
        "validation": enable_log_file_validation,
        "recursive": recursive_logging,
    }
    changed = replace(trail, **{field: value for field, value in changes.items() if value is not None})
    if is_organization_trail is not None:
        changed = replace(changed, organization=managed_organization(ctx) if is_organization_trail else "")
    _check(changed)
    if changed.multi_region and not trail.multi_region:
        _check_quota(ctx, changed)
    tables.trails.replace(ctx.tx, trail, changed)
    return _settings(changed)


@cloudtrail.operation(resource=trail_arn)
def delete_trail(ctx: Context, name: str) -> None:
    """The trail is gone; what it delivered stays in the bucket."""
    tables.remove_trail(ctx.tx, own_trail(ctx, name))


@cloudtrail.operation(resource=trail_arn, readonly=True)
def get_trail(ctx: Context, name: str) -> GetTrailResult:
    """The settings of a trail."""
    return {"Trail": _item(find_trail(ctx, name))}


@cloudtrail.operation(resource=any_resource, readonly=True)
def describe_trails(
    ctx: Context, trail_name_list: list[str] | None = None, include_shadow_trails: bool = True
) -> DescribeTrailsResult:
    """The trails of this region, or those that are named; what does not exist is left out."""
    found: Iterable[Trail] = tables.visible_trails(ctx.tx, ctx.account, ctx.region, shadows=include_shadow_trails)
    if trail_name_list:
        for text in trail_name_list:
            _key(ctx, text)
        wanted = set(trail_name_list)
        found = [t for t in found if t.arn in wanted or (t.name in wanted and t.region == ctx.region)]
    return {"trailList": [_item(trail) for trail in found]}


@cloudtrail.operation(resource=any_resource, readonly=True)
def list_trails(ctx: Context, next_token: str | None = None) -> ListTrailsResult:
    """The trails of the account in all regions."""

    def scan(after: Key | None, limit: int) -> list[Trail]:
        return tables.trails.scan(ctx.tx, (ctx.account,), after=after, limit=limit)

    found, token = page(ctx, scan, tables.trails.key, "ListTrails", next_token, _page_size)
    result: ListTrailsResult = {
        "Trails": [{"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.region} for trail in found]
    }
    if token is not None:
        result["NextToken"] = token
    return result


@cloudtrail.operation(resource=trail_arn)
def start_logging(ctx: Context, name: str) -> None:
    """Log what happens from now on."""
    trail = own_trail(ctx, name)
    tables.trails.replace(ctx.tx, trail, replace(trail, windows=windows.opened(trail.windows, ctx.now_ms)))
    if tables.deliveries.get(ctx.tx, (trail.arn,)) is None:
        now = calls.folds(ctx.tx)
        accounts = tables.accounts_of(ctx.tx, trail.account, trail.organization)
        tables.deliveries.insert(ctx.tx, Delivery(trail.arn, dict.fromkeys(accounts, now)))


@cloudtrail.operation(resource=trail_arn)
def stop_logging(ctx: Context, name: str) -> None:
    """Log no more; what was logged is still delivered."""
    trail = own_trail(ctx, name)
    tables.trails.replace(ctx.tx, trail, replace(trail, windows=windows.closed(trail.windows, ctx.now_ms)))


@cloudtrail.operation(resource=trail_arn, readonly=True)
def get_trail_status(ctx: Context, name: str) -> GetTrailStatusResult:
    """Whether the trail logs, and what came of the last delivery."""
    trail = find_trail(ctx, name)
    result: GetTrailStatusResult = {"IsLogging": trail.logging}
    if trail.windows:
        result["StartLoggingTime"] = to_datetime(trail.windows[-1][0])
        result["TimeLoggingStarted"] = events.time_text(trail.windows[-1][0])
    stopped_ms = max((end for _, end in trail.windows), default=0)
    if stopped_ms:
        result["StopLoggingTime"] = to_datetime(stopped_ms)
        result["TimeLoggingStopped"] = events.time_text(stopped_ms)
    delivery = tables.deliveries.get(ctx.tx, (trail.arn,))
    if delivery is not None:
        _add_delivery(result, delivery)
    return result


def find_trail(ctx: Context, text: str) -> Trail:
    """The trail of this region with that name, or the one with that ARN.

    Raises TrailNotFoundException, and what is wrong with a name or an ARN.
    """
    key = _key(ctx, text)
    trail = tables.trails.get(ctx.tx, key)
    if trail is None or (trail.account != ctx.account and not _is_of_organization(ctx, trail)):
        raise TrailNotFoundException(
            f"Unknown trail: {names.trail_arn(key[1], key[0], key[2])} for the user: {ctx.account}"
        )
    return trail


def own_trail(ctx: Context, text: str) -> Trail:
    """The trail to change.  Raises InvalidHomeRegionException when it belongs to another region."""
    trail = find_trail(ctx, text)
    if trail.account != ctx.account:
        raise NotOrganizationMasterAccountException
    if trail.region != ctx.region:
        raise InvalidHomeRegionException(f"Trail {trail.arn} can only be changed in its home region {trail.region}.")
    return trail


def managed_organization(ctx: Context) -> str:
    """The organization that the caller manages.  Raises what AWS says to those who manage none."""
    found = organization.organization_of(ctx.tx, ctx.account)
    if found is None:
        raise OrganizationsNotInUseException
    if found.management != ctx.account:
        raise NotOrganizationMasterAccountException
    if not found.all_features:
        raise OrganizationNotInAllFeaturesModeException
    return found.id


def _key(ctx: Context, text: str) -> tuple[str, str, str]:
    if text.startswith("arn:"):
        return names.from_trail_arn(text)
    names.check_trail_name(text)
    return ctx.account, ctx.region, text


def _is_of_organization(ctx: Context, trail: Trail) -> bool:
    found = organization.organization_of(ctx.tx, ctx.account)
    return found is not None and found.id == trail.organization


def _check(trail: Trail) -> None:
    names.check_bucket_name(trail.bucket)
    names.check_prefix(trail.prefix)
    if trail.multi_region and not trail.global_events:
        raise InvalidParameterCombinationException("Multi-Region trail must include global service events.")


def _check_quota(ctx: Context, trail: Trail) -> None:
    """Five trails per region; a multi-region trail counts in all of them."""
    others = [t for t in tables.trails.scan(ctx.tx, (trail.account,)) if t.arn != trail.arn]
    everywhere = sum(other.multi_region for other in others)
    counts: dict[str, int] = {trail.region: 0}
    for other in others:
        if not other.multi_region:
            counts[other.region] = counts.get(other.region, 0) + 1
    regions = counts if trail.multi_region else (trail.region,)
    for region in regions:
        if counts[region] + everywhere >= trails_max:
            raise MaximumNumberOfTrailsExceededException(
                f"User: {trail.account} already has {trails_max} trails in {region}."
            )


def _settings(trail: Trail) -> TrailSettings:
    settings: TrailSettings = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.validation,
        "IsOrganizationTrail": bool(trail.organization),
        "RecursiveLogging": trail.recursive,
    }
    if trail.prefix:
        settings["S3KeyPrefix"] = trail.prefix
    return settings


def _item(trail: Trail) -> TrailItem:
    return {
        **_settings(trail),
        "HomeRegion": trail.region,
        "HasCustomEventSelectors": bool(trail.basic or trail.advanced),
        "HasInsightSelectors": False,
    }


def _add_delivery(result: GetTrailStatusResult, delivery: Delivery) -> None:
    if delivery.delivered_ms is not None:
        result["LatestDeliveryTime"] = to_datetime(delivery.delivered_ms)
    if delivery.attempted_ms is not None:
        result["LatestDeliveryAttemptTime"] = events.time_text(delivery.attempted_ms)
        result["LatestDeliveryAttemptSucceeded"] = "" if delivery.error else events.time_text(delivery.attempted_ms)
    if delivery.error:
        result["LatestDeliveryError"] = delivery.error
    if delivery.digested_ms is not None:
        result["LatestDigestDeliveryTime"] = to_datetime(delivery.digested_ms)
    if delivery.digest_error:
        result["LatestDigestDeliveryError"] = delivery.digest_error
