"""ListCalls and GetUsage: the record of calls, and what was counted from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import NotRequired, TypedDict

from gureum.api import calls
from gureum.api.calls import Call, Usage
from gureum.api.context import Context
from gureum.base.clock import from_datetime, to_datetime
from gureum.services.cloud.errors import InvalidParameterException
from gureum.services.cloud.service import cloud, this_cloud
from gureum.state.keys import Key
from gureum.state.paging import InvalidToken

page_default = 100


class CallItem(TypedDict):
    """One recorded call."""

    EventId: str
    EventTime: datetime
    EventSource: str
    EventName: str
    AwsRegion: str
    AccountId: NotRequired[str]
    PrincipalArn: NotRequired[str]
    PrincipalId: NotRequired[str]
    AccessKeyId: NotRequired[str]
    SourceIpAddress: str
    UserAgent: str
    RequestId: str
    ReadOnly: bool
    ErrorCode: NotRequired[str]
    ErrorMessage: NotRequired[str]
    RequestParameters: NotRequired[str]
    ResponseElements: NotRequired[str]
    Resources: list[str]
    BytesIn: int
    BytesOut: int


class ListCallsResult(TypedDict):
    """A page of calls."""

    Calls: list[CallItem]
    NextToken: NotRequired[str]


class UsageItem(TypedDict):
    """What was used in one hour."""

    AccountId: NotRequired[str]
    Region: str
    Service: str
    Operation: str
    Resource: str
    Hour: datetime
    Requests: int
    Errors: int
    BytesIn: int
    BytesOut: int


class GetUsageResult(TypedDict):
    """A page of usage."""

    Usage: list[UsageItem]
    NextToken: NotRequired[str]


@cloud.operation(resource=this_cloud, readonly=True)
def list_calls(
    ctx: Context,
    account_id: str | None = None,
    event_name: str | None = None,
    event_source: str | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    max_results: int = page_default,
    next_token: str | None = None,
) -> ListCallsResult:
    """The recorded calls, the newest first."""
    scope = f"ListCalls {account_id} {event_name} {event_source} {start_time} {end_time}"
    before = (from_datetime(end_time), "") if end_time else None
    if next_token is not None:
        time_ms, call_id = _position(ctx, next_token, scope)
        assert isinstance(time_ms, int) and isinstance(call_id, str), "our own token"
        before = (time_ms, call_id)
    start_ms = from_datetime(start_time) if start_time else 0
    wanted = (
        call
        for call in _since(calls.newest_first(ctx.tx, before), start_ms)
        if account_id in (None, call.account)
        and event_name in (None, call.operation)
        and event_source in (None, call.source)
    )
    found = list(islice(wanted, max_results + 1))
    page = found[:max_results]
    result: ListCallsResult = {"Calls": [_call_item(call) for call in page]}
    if len(found) > max_results:
        result["NextToken"] = ctx.pager.encode((page[-1].time_ms, page[-1].id), scope)
    return result


@cloud.operation(resource=this_cloud, readonly=True)
def get_usage(
    ctx: Context,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    account_id: str | None = None,
    service: str | None = None,
    max_results: int = page_default,
    next_token: str | None = None,
) -> GetUsageResult:
    """Requests, errors and bytes, in the order of the hours."""
    scope = f"GetUsage {start_time} {end_time} {account_id} {service}"
    after = _position(ctx, next_token, scope) if next_token is not None else None
    start_ms = from_datetime(start_time) // calls.hour_ms * calls.hour_ms if start_time else 0
    end_ms = from_datetime(end_time) if end_time else None
    source = f"{service}.amazonaws.com" if service else None
    wanted = (
        usage
        for usage in calls.usage_since(ctx.tx, start_ms, after)
        if (end_ms is None or usage.hour_ms < end_ms)
        and account_id in (None, usage.account)
        and source in (None, usage.source)
    )
    found = list(islice(wanted, max_results + 1))
    page = found[:max_results]
    result: GetUsageResult = {"Usage": [_usage_item(usage) for usage in page]}
    if len(found) > max_results:
        result["NextToken"] = ctx.pager.encode(calls.usage.key(page[-1]), scope)
    return result


def _position(ctx: Context, token: str, scope: str) -> Key:
    try:
        return ctx.pager.decode(token, scope)
    except InvalidToken:
        raise InvalidParameterException("NextToken does not belong to this listing.") from None


def _since(newest_first: Iterable[Call], start_ms: int) -> Iterable[Call]:
    for call in newest_first:
        if call.time_ms < start_ms:
            return
        yield call


def _call_item(call: Call) -> CallItem:
    item: CallItem = {
        "EventId": call.id,
        "EventTime": to_datetime(call.time_ms),
        "EventSource": call.source,
        "EventName": call.operation,
        "AwsRegion": call.region,
        "SourceIpAddress": call.source_ip,
        "UserAgent": call.user_agent,
        "RequestId": call.request_id,
        "ReadOnly": call.readonly,
        "Resources": list(call.resources),
        "BytesIn": call.bytes_in,
        "BytesOut": call.bytes_out,
    }
    if call.account:
        item["AccountId"] = call.account
        item["PrincipalArn"] = call.principal_arn
        item["PrincipalId"] = call.principal_id
    if call.access_key_id:
        item["AccessKeyId"] = call.access_key_id
    if call.error_code:
        item["ErrorCode"] = call.error_code
        item["ErrorMessage"] = call.error_message
    if call.parameters:
        item["RequestParameters"] = call.parameters.decode()
    if call.response:
        item["ResponseElements"] = call.response.decode()
    return item


def _usage_item(usage: Usage) -> UsageItem:
    item: UsageItem = {
        "Region": usage.region,
        "Service": usage.source.removesuffix(".amazonaws.com"),
        "Operation": usage.operation,
        "Resource": usage.resource,
        "Hour": to_datetime(usage.hour_ms),
        "Requests": usage.requests,
        "Errors": usage.errors,
        "BytesIn": usage.bytes_in,
        "BytesOut": usage.bytes_out,
    }
    if usage.account:
        item["AccountId"] = usage.account
    return item
