"""Event selectors: which events a trail or an event data store takes.

An event is taken when one selector takes it.  A basic selector is turned into advanced ones when it is evaluated, so
there is one way to match.  Of the conditions on one field, those that select (Equals, StartsWith, EndsWith) are
alternatives, those that deselect (NotEquals, NotStartsWith, NotEndsWith) must all hold, and both groups must hold; all
fields of a selector must hold.  A field that an event does not have satisfies no selecting condition and every other.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html ("How CloudTrail evaluates
multiple conditions for a field")
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from gureum.api.calls import Call
from gureum.api.errors import NotSupported
from gureum.services.cloudtrail.errors import InvalidEventSelectorsException
from gureum.services.cloudtrail.records import AdvancedSelector, BasicSelector, FieldSelector
from gureum.services.cloudtrail.rules import events

selectors_max: Final = 5
data_resources_max: Final = 250
values_max: Final = 500
sources_that_can_be_excluded: Final = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})

Facts = Mapping[str, tuple[str, ...]]
"""The fields of an event that selectors may name, each with its values."""

Matcher = Callable[[Facts], bool]

_EVERY_OPERATOR: Final = frozenset(
    {"equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with"}
)
_EQUALS: Final = frozenset({"equals"})
_BASIC_TYPES: Final = {
    "AWS::S3::Object": "arn:aws:s3",
    "AWS::Lambda::Function": "arn:aws:lambda",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb",
}
_MANAGEMENT_OF_TRAILS: Final = {"readOnly": _EQUALS, "eventSource": frozenset({"not_equals"})}
_MANAGEMENT_OF_STORES: Final = {
    "readOnly": _EQUALS,
    "eventSource": _EVERY_OPERATOR,
    "eventName": _EVERY_OPERATOR,
    "eventType": _EVERY_OPERATOR,
    "sessionCredentialFromConsole": frozenset({"equals", "not_equals"}),
    "userIdentity.arn": _EVERY_OPERATOR,
}
_DATA: Final = {
    **_MANAGEMENT_OF_STORES,
    "resources.type": _EQUALS,
    "resources.ARN": _EVERY_OPERATOR,
}
_OTHER_CATEGORIES: Final = (
    "NetworkActivity",
    "Insight",
    "ConfigurationItem",
    "Evidence",
    "ActivityAuditLog",
)
_type_name = re.compile(r"AWS::[A-Za-z0-9]+::[A-Za-z0-9]+")

DEFAULT: Final = BasicSelector()
"""What a trail logs unless told otherwise: all management events."""

DEFAULT_OF_STORES: Final = AdvancedSelector(
    "Default management events", (FieldSelector("eventCategory", equals=("Management",)),)
)


def check_basic(selectors: Iterable[BasicSelector]) -> None:
    """Raises InvalidEventSelectorsException unless a trail may have these selectors."""
    selectors = tuple(selectors)
    _check_count(len(selectors))
    count = 0
    for selector in selectors:
        for resource in selector.data:
            prefix = _BASIC_TYPES.get(resource.type)
            if prefix is None:
                raise InvalidEventSelectorsException(f"Data resource type {resource.type} is not valid.")
            for value in resource.values:
                if value != prefix and not value.startswith(f"{prefix}:"):
                    raise InvalidEventSelectorsException(
                        f"Value {value} for DataResources.Values is invalid for type {resource.type}."
                    )
            count += sum(value != prefix for value in resource.values)
        unknown = set(selector.excluded_sources) - sources_that_can_be_excluded
        if unknown:
            raise InvalidEventSelectorsException(
                f"Management event source {min(unknown)} cannot be excluded from an event selector."
            )
        if selector.excluded_sources and not selector.management:
            raise InvalidEventSelectorsException(
                "ExcludeManagementEventSources needs a selector that includes management events."
            )
    if count > data_resources_max:
        raise InvalidEventSelectorsException(f"A trail can have at most {data_resources_max} data resources.")


def check_advanced(selectors: Iterable[AdvancedSelector], *, of_trail: bool) -> None:
    """Raises InvalidEventSelectorsException unless a trail, or an event data store, may have these selectors.

    NotSupported for categories of events that this cloud does not have.
    """
    selectors = tuple(selectors)
    _check_count(len(selectors))
    for selector in selectors:
        _check_selector(selector, of_trail)
    count = sum(len(values) for selector in selectors for field in selector.fields for _, values in conditions(field))
    if count > values_max:
        raise InvalidEventSelectorsException(f"At most {values_max} values are allowed across all selectors.")


def conditions(field: FieldSelector) -> list[tuple[str, tuple[str, ...]]]:
    """The operators of a field selector that have values, with these."""
    return [(name, values) for name in sorted(_EVERY_OPERATOR) if (values := getattr(field, name))]


def compile_selectors(basic: Iterable[BasicSelector], advanced: Iterable[AdvancedSelector]) -> Matcher:
    """Whether an event is taken by one of the selectors."""
    every = [_compile(selector) for selector in (*advanced, *(one for each in basic for one in as_advanced(each)))]
    return lambda facts: any(takes(facts) for takes in every)


def as_advanced(selector: BasicSelector) -> list[AdvancedSelector]:
    """Advanced selectors that together take what a basic one takes."""
    access = {"All": (), "ReadOnly": ("true",), "WriteOnly": ("false",)}[selector.access]
    common = (FieldSelector("readOnly", equals=access),) if access else ()
    found = []
    if selector.management:
        fields = (FieldSelector("eventCategory", equals=("Management",)), *common)
        if selector.excluded_sources:
            fields = (*fields, FieldSelector("eventSource", not_equals=selector.excluded_sources))
        found.append(AdvancedSelector("", fields))
    for resource in selector.data:
        arns = FieldSelector("resources.ARN", **_basic_arns(resource.type, resource.values))
        fields = (
            FieldSelector("eventCategory", equals=("Data",)),
            FieldSelector("resources.type", equals=(resource.type,)),
            *common,
            arns,
        )
        found.append(AdvancedSelector("", fields))
    return found


def facts(call: Call, recipient: str) -> Facts:
    """What selectors can ask about the event of `call` as `recipient` sees it."""
    arns = tuple(arn for arn in call.resources if arn.startswith("arn:"))
    return {
        "eventCategory": (events.category(call),),
        "readOnly": ("true" if call.readonly else "false",),
        "eventSource": (call.source,),
        "eventName": (call.operation,),
        "eventType": ("AwsApiCall",),
        "sessionCredentialFromConsole": ("false",),
        "userIdentity.arn": (call.principal_arn,) if call.principal_arn and recipient == call.account else (),
        "resources.type": (call.data,) if call.data else (),
        "resources.ARN": arns,
    }


def _basic_arns(kind: str, values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Objects are named by the beginning of their ARN, functions and tables by the whole of it."""
    if kind == "AWS::S3::Object":
        return {"starts_with": values}
    every = _BASIC_TYPES[kind]
    return {
        "equals": tuple(value for value in values if value != every),
        "starts_with": tuple(f"{value}:" for value in values if value == every),
    }


def _check_count(count: int) -> None:
    if not 1 <= count <= selectors_max:
        raise InvalidEventSelectorsException(f"Between 1 and {selectors_max} event selectors are allowed.")


def _check_selector(selector: AdvancedSelector, of_trail: bool) -> None:
    names = [field.field for field in selector.fields]
    if len(set(names)) != len(names):
        raise InvalidEventSelectorsException("A field may be used once in an advanced event selector.")
    by_name = {field.field: field for field in selector.fields}
    category = by_name.pop("eventCategory", None)
    if category is None or len(category.equals) != 1 or len(conditions(category)) != 1:
        raise InvalidEventSelectorsException("eventCategory is required and must be set to one value with Equals.")
    kind = category.equals[0]
    if kind in _OTHER_CATEGORIES:
        raise NotSupported(f"The eventCategory {kind} of cloudtrail event selectors is not supported by Gureum.")
    if kind not in ("Management", "Data"):
        raise InvalidEventSelectorsException(f"The eventCategory {kind} is not valid.")
    allowed = _DATA if kind == "Data" else _MANAGEMENT_OF_TRAILS if of_trail else _MANAGEMENT_OF_STORES
    if kind == "Data" and "resources.type" not in by_name:
        raise InvalidEventSelectorsException("resources.type is required for data events.")
    for field in by_name.values():
        _check_field(field, allowed, kind)
    if of_trail and kind == "Management" and "eventSource" in by_name:
        unknown = set(by_name["eventSource"].not_equals) - sources_that_can_be_excluded
        if unknown:
            raise InvalidEventSelectorsException(f"The eventSource {min(unknown)} cannot be excluded.")


def _check_field(field: FieldSelector, allowed: Mapping[str, frozenset[str]], kind: str) -> None:
    operators = allowed.get(field.field)
    if operators is None:
        raise InvalidEventSelectorsException(f"The field {field.field} is not valid for {kind} events.")
    given = conditions(field)
    if not given:
        raise InvalidEventSelectorsException(f"The field {field.field} needs an operator.")
    for operator, values in given:
        if operator not in operators:
            raise InvalidEventSelectorsException(f"The operator is not valid for the field {field.field}.")
        if len(set(values)) != len(values):
            raise InvalidEventSelectorsException(f"The values of the field {field.field} must be unique.")
    if field.field in ("readOnly", "sessionCredentialFromConsole"):
        values = given[0][1]
        if len(given) > 1 or len(values) != 1 or values[0] not in ("true", "false"):
            raise InvalidEventSelectorsException(f"The field {field.field} can be true or false.")
    if field.field == "resources.type" and (len(field.equals) != 1 or not _type_name.fullmatch(field.equals[0])):
        raise InvalidEventSelectorsException("resources.type must be set to one resource type with Equals.")


def _compile(selector: AdvancedSelector) -> Matcher:
    fields = [_compile_field(field) for field in selector.fields]
    return lambda facts: all(holds(facts) for holds in fields)


def _compile_field(field: FieldSelector) -> Matcher:
    name = field.field
    exact, starts, ends = frozenset(field.equals), field.starts_with, field.ends_with
    not_exact, not_starts, not_ends = frozenset(field.not_equals), field.not_starts_with, field.not_ends_with
    selecting = bool(exact or starts or ends)

    def holds(facts: Facts) -> bool:
        values = facts.get(name, ())
        if selecting and not any(v in exact or v.startswith(starts) or v.endswith(ends) for v in values):
            return False
        return not any(v in not_exact or v.startswith(not_starts) or v.endswith(not_ends) for v in values)

    return holds
