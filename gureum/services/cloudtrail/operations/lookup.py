"""LookupEvents: the management events of the last ninety days.

An event is there when its record has been archived, a second or two after the call.  A request looks at a bounded
number of events and answers with what it found and a token, so a page may have fewer events than were asked for, or
none, and there may still be more; clients have to go on as long as there is a token, as on AWS.

AWS answers two requests per second, account and region, to protect a history that all customers share.  Here what a
request costs is bounded in itself, so more are answered: to count reads would make each of them a write.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Final, NotRequired, TypedDict

import msgspec

from gureum.api import calls
from gureum.api.calls import Call
from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.api.service import any_resource
from gureum.base import arn as arns
from gureum.base.clock import from_datetime, to_datetime
from gureum.services.cloudtrail.errors import (
    InvalidLookupAttributesException,
    InvalidTimeRangeException,
)
from gureum.services.cloudtrail.paging import position
from gureum.services.cloudtrail.rules import events
from gureum.services.cloudtrail.service import cloudtrail
from gureum.services.cloudtrail.shapes import describe

results_max: Final = 50
_looked_at_max: Final = 10_000


class LookupAttribute(TypedDict):
    """What to look for."""

    AttributeKey: str
    AttributeValue: str


class Resource(TypedDict):
    """A resource that an event is about."""

    ResourceType: str
    ResourceName: str


class Event(TypedDict):
    """An event: what it can be looked up by, and all of it as JSON."""

    EventId: str
    EventName: str
    ReadOnly: str
    AccessKeyId: NotRequired[str]
    EventTime: datetime
    EventSource: str
    Username: NotRequired[str]
    Resources: list[Resource]
    CloudTrailEvent: str


class LookupEventsResult(TypedDict):
    """A page of events, the newest first."""

    Events: list[Event]
    NextToken: NotRequired[str]


@cloudtrail.operation(resource=any_resource, readonly=True)
def lookup_events(
    ctx: Context,
    lookup_attributes: list[LookupAttribute] | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    event_category: str | None = None,
    max_results: int = results_max,
    next_token: str | None = None,
) -> LookupEventsResult:
    """The management events of the caller's account in this region, the newest first."""
    if event_category is not None:
        raise NotSupported("The EventCategory insight of cloudtrail:LookupEvents is not supported by Gureum.")
    wanted = _filter(lookup_attributes or [], ctx.account)
    start_ms = from_datetime(start_time) if start_time else 0
    end_ms = from_datetime(end_time) if end_time else ctx.now_ms
    if start_ms > end_ms:
        raise InvalidTimeRangeException
    start_ms = max(start_ms, ctx.now_ms - calls.retention_ms)
    scope = f"cloudtrail:LookupEvents/{ctx.account}/{ctx.region}/{lookup_attributes}/{start_time}/{end_time}"
    before: tuple[int, str] = (end_ms + 1, "")
    if next_token is not None:
        time_ms, call_id = position(ctx, next_token, scope)
        assert isinstance(time_ms, int) and isinstance(call_id, str), "our own token"
        before = (time_ms, call_id)
    found: list[Call] = []
    last: Call | None = None
    for call in islice(calls.history(ctx.tx, ctx.account, ctx.region, before), _looked_at_max):
        if call.time_ms < start_ms or len(found) == max_results:
            break
        last = call
        if wanted(call):
            found.append(call)
    result: LookupEventsResult = {"Events": [_shown(call, ctx.account) for call in found]}
    if last is not None and _goes_on(ctx, last, start_ms):
        result["NextToken"] = ctx.pager.encode((last.time_ms, last.id), scope)
    return result


def _goes_on(ctx: Context, last: Call, start_ms: int) -> bool:
    """Whether there are events before `last`."""
    following = next(calls.history(ctx.tx, ctx.account, ctx.region, (last.time_ms, last.id)), None)
    return following is not None and following.time_ms >= start_ms


def _filter(attributes: list[LookupAttribute], account: str) -> Callable[[Call], bool]:
    """Whether a call has the attribute that is looked for.  Raises InvalidLookupAttributesException."""
    if not attributes:
        return lambda _: True
    if len(attributes) > 1:
        raise InvalidLookupAttributesException("Currently, the list of lookup attributes can contain only one item.")
    value = attributes[0]["AttributeValue"]
    match attributes[0]["AttributeKey"]:
        case "EventId":
            return lambda call: events.event_id(call, account) == value
        case "EventName":
            return lambda call: call.operation == value
        case "ReadOnly":
            if value not in ("true", "false"):
                raise InvalidLookupAttributesException("The value of ReadOnly can be true or false.")
            return lambda call: call.readonly == (value == "true")
        case "Username":
            return lambda call: events.username(call, account) == value
        case "EventSource":
            return lambda call: call.source == value
        case "AccessKeyId":
            return lambda call: call.access_key_id == value and call.account == account
        case "ResourceType":
            return lambda call: any(resource["ResourceType"] == value for resource in _resources(call))
        case "ResourceName":
            return lambda call: value in call.resources or any(r["ResourceName"] == value for r in _resources(call))
    raise InvalidLookupAttributesException(f"{attributes[0]['AttributeKey']} is not a lookup attribute.")


def _resources(call: Call) -> list[Resource]:
    found: list[Resource] = []
    for text in call.resources:
        parsed = arns.parse(text)
        if parsed is not None:
            found.append({"ResourceType": events.resource_type(parsed), "ResourceName": events.resource_name(parsed)})
    return found


def _shown(call: Call, account: str) -> Event:
    shown: Event = {
        "EventId": events.event_id(call, account),
        "EventName": call.operation,
        "ReadOnly": "true" if call.readonly else "false",
        "EventTime": to_datetime(call.time_ms),
        "EventSource": call.source,
        "Resources": _resources(call),
        "CloudTrailEvent": msgspec.json.encode(events.event(call, account, describe)).decode(),
    }
    username = events.username(call, account)
    if username:
        shown["Username"] = username
    if call.access_key_id and call.account == account:
        shown["AccessKeyId"] = call.access_key_id
    return shown
