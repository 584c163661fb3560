"""Event selectors of trails.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.errors import InvalidEventSelectorsException
from gureum.services.cloudtrail.operations.trails import find_trail, own_trail
from gureum.services.cloudtrail.records import (
    AdvancedSelector,
    BasicSelector,
    DataResource,
    FieldSelector,
    Trail,
)
from gureum.services.cloudtrail.rules import selectors as rules
from gureum.services.cloudtrail.service import cloudtrail, trail_arn


class DataResourceItem(TypedDict, total=False):
    Type: str
    Values: list[str]


class EventSelectorItem(TypedDict, total=False):
    ReadWriteType: str
    IncludeManagementEvents: bool
    DataResources: list[DataResourceItem]
    ExcludeManagementEventSources: list[str]


class FieldSelectorItem(TypedDict):
    Field: str
    Equals: NotRequired[list[str]]
    StartsWith: NotRequired[list[str]]
    EndsWith: NotRequired[list[str]]
    NotEquals: NotRequired[list[str]]
    NotStartsWith: NotRequired[list[str]]
    NotEndsWith: NotRequired[list[str]]


class AdvancedSelectorItem(TypedDict):
    Name: NotRequired[str]
    FieldSelectors: list[FieldSelectorItem]


class SelectorsResult(TypedDict):
    TrailARN: str
    EventSelectors: NotRequired[list[EventSelectorItem]]
    AdvancedEventSelectors: NotRequired[list[AdvancedSelectorItem]]


@cloudtrail.operation(resource=trail_arn)
def put_event_selectors(
    ctx: Context,
    trail_name: str,
    event_selectors: list[EventSelectorItem] | None = None,
    advanced_event_selectors: list[AdvancedSelectorItem] | None = None,
) -> SelectorsResult:
    """Replace the selectors of a trail, by basic or by advanced ones."""
    trail = own_trail(ctx, trail_name)
    if (event_selectors is None) == (advanced_event_selectors is None):
        raise InvalidEventSelectorsException("Either event selectors or advanced event selectors have to be given.")
    basic = tuple(map(_basic, event_selectors or ()))
    advanced = parse_advanced(advanced_event_selectors or ())
    if event_selectors is not None:
        rules.check_basic(basic)
    else:
        rules.check_advanced(advanced, of_trail=True)
    changed = replace(trail, basic=basic, advanced=advanced)
    tables.trails.replace(ctx.tx, trail, changed)
    return _shown(changed)


@cloudtrail.operation(resource=trail_arn, readonly=True)
def get_event_selectors(ctx: Context, trail_name: str) -> SelectorsResult:
    """The selectors of a trail."""
    return _shown(find_trail(ctx, trail_name))


def parse_advanced(items: Iterable[AdvancedSelectorItem]) -> tuple[AdvancedSelector, ...]:
    """Advanced selectors as they are kept; nothing is checked."""
    return tuple(
        AdvancedSelector(
            item.get("Name", ""),
            tuple(
                FieldSelector(
                    field=field["Field"],
                    equals=tuple(field.get("Equals", ())),
                    starts_with=tuple(field.get("StartsWith", ())),
                    ends_with=tuple(field.get("EndsWith", ())),
                    not_equals=tuple(field.get("NotEquals", ())),
                    not_starts_with=tuple(field.get("NotStartsWith", ())),
                    not_ends_with=tuple(field.get("NotEndsWith", ())),
                )
                for field in item["FieldSelectors"]
            ),
        )
        for item in items
    )


def show_advanced(selectors: Iterable[AdvancedSelector]) -> list[AdvancedSelectorItem]:
    """Advanced selectors as the API has them."""
    shown: list[AdvancedSelectorItem] = []
    for selector in selectors:
        item: AdvancedSelectorItem = {"FieldSelectors": [_field(field) for field in selector.fields]}
        if selector.name:
            item["Name"] = selector.name
        shown.append(item)
    return shown


def _field(field: FieldSelector) -> FieldSelectorItem:
    shown: FieldSelectorItem = {"Field": field.field}
    if field.equals:
        shown["Equals"] = list(field.equals)
    if field.starts_with:
        shown["StartsWith"] = list(field.starts_with)
    if field.ends_with:
        shown["EndsWith"] = list(field.ends_with)
    if field.not_equals:
        shown["NotEquals"] = list(field.not_equals)
    if field.not_starts_with:
        shown["NotStartsWith"] = list(field.not_starts_with)
    if field.not_ends_with:
        shown["NotEndsWith"] = list(field.not_ends_with)
    return shown


def _basic(item: EventSelectorItem) -> BasicSelector:
    return BasicSelector(
        access=item.get("ReadWriteType", "All"),
        management=item.get("IncludeManagementEvents", True),
        data=tuple(
            DataResource(resource.get("Type", ""), tuple(resource.get("Values", ())))
            for resource in item.get("DataResources", ())
        ),
        excluded_sources=tuple(item.get("ExcludeManagementEventSources", ())),
    )


def _shown(trail: Trail) -> SelectorsResult:
    if trail.advanced:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": show_advanced(trail.advanced)}
    shown: list[EventSelectorItem] = [
        {
            "ReadWriteType": selector.access,
            "IncludeManagementEvents": selector.management,
            "DataResources": [{"Type": one.type, "Values": list(one.values)} for one in selector.data],
            "ExcludeManagementEventSources": list(selector.excluded_sources),
        }
        for selector in trail.basic or (rules.DEFAULT,)
    ]
    return {"TrailARN": trail.arn, "EventSelectors": shown}
