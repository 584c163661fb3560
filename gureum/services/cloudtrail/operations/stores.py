"""Event data stores: create, find, configure, delete and restore them, and let them take in events or not.

AWS shows states in between (CREATED, STARTING_INGESTION, STOPPING_INGESTION); here each change is whole when it is
answered.  A deleted store waits for seven days; then a pass removes it with its events.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateEventDataStore.html and its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api import calls
from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.errors import (
    EventDataStoreAlreadyExistsException,
    EventDataStoreMaxLimitExceededException,
    EventDataStoreNotFoundException,
    EventDataStoreTerminationProtectedException,
    InactiveEventDataStoreException,
    InvalidEventDataStoreStatusException,
    InvalidParameterException,
)
from gureum.services.cloudtrail.operations.selectors import AdvancedSelectorItem, parse_advanced, show_advanced
from gureum.services.cloudtrail.operations.trails import managed_organization
from gureum.services.cloudtrail.paging import page
from gureum.services.cloudtrail.records import AdvancedSelector, EventDataStore, Intake
from gureum.services.cloudtrail.rules import names, windows
from gureum.services.cloudtrail.rules import selectors as selector_rules
from gureum.services.cloudtrail.rules import tags as tag_rules
from gureum.services.cloudtrail.rules.tags import Tag
from gureum.services.cloudtrail.service import cloudtrail, new_store_arn, store_arn, tagging_store, tags_given
from gureum.state.keys import Key

stores_max: Final = 10
_page_default: Final = 100
_RETENTION: Final = {"EXTENDABLE_RETENTION_PRICING": (366, 3653), "FIXED_RETENTION_PRICING": (2557, 2557)}
"""Billing mode to the default and the longest retention, in days."""


class StoreResult(TypedDict):
    """An event data store."""

    EventDataStoreArn: str
    Name: str
    Status: str
    AdvancedEventSelectors: list[AdvancedSelectorItem]
    MultiRegionEnabled: bool
    OrganizationEnabled: bool
    RetentionPeriod: int
    TerminationProtectionEnabled: bool
    CreatedTimestamp: datetime
    UpdatedTimestamp: datetime
    BillingMode: str


class CreateStoreResult(StoreResult):
    """An event data store that was made, with its tags."""

    TagsList: list[Tag]


class StoreItem(TypedDict):
    EventDataStoreArn: str
    Name: str


class ListStoresResult(TypedDict):
    EventDataStores: list[StoreItem]
    NextToken: NotRequired[str]


@cloudtrail.operation(resource=new_store_arn, keys=tags_given, also=tagging_store)
def create_event_data_store(
    ctx: Context,
    name: str,
    advanced_event_selectors: list[AdvancedSelectorItem] | None = None,
    multi_region_enabled: bool = True,
    organization_enabled: bool = False,
    retention_period: int | None = None,
    termination_protection_enabled: bool = True,
    tags_list: list[Tag] | None = None,
    start_ingestion: bool = True,
    billing_mode: str = "EXTENDABLE_RETENTION_PRICING",
) -> CreateStoreResult:
    """A new event data store, which takes in what happens from now on."""
    others = tables.stores.scan(ctx.tx, (ctx.account, ctx.region))
    if any(other.name == name for other in others):
        raise EventDataStoreAlreadyExistsException
    _check_quota(others)
    store = EventDataStore(
        account=ctx.account,
        region=ctx.region,
        id=ctx.new_id(),
        name=name,
        created_ms=ctx.now_ms,
        updated_ms=ctx.now_ms,
        selectors=_selectors(advanced_event_selectors),
        retention_days=_retention(billing_mode, retention_period),
        multi_region=multi_region_enabled,
        organization=managed_organization(ctx) if organization_enabled else "",
        protected=termination_protection_enabled,
        billing=billing_mode,
        tags=tag_rules.merge({}, tags_list or []),
        windows=windows.opened((), ctx.now_ms) if start_ingestion else (),
    )
    tables.stores.insert(ctx.tx, store)
    accounts = tables.accounts_of(ctx.tx, store.account, store.organization)
    tables.intakes.insert(ctx.tx, Intake(store.id, dict.fromkeys(accounts, calls.folds(ctx.tx))))
    return {**_shown(store), "TagsList": tag_rules.show(store.tags)}


@cloudtrail.operation(resource=store_arn)
def update_event_data_store(
    ctx: Context,
    event_data_store: str,
    name: str | None = None,
    advanced_event_selectors: list[AdvancedSelectorItem] | None = None,
    multi_region_enabled: bool | None = None,
    organization_enabled: bool | None = None,
    retention_period: int | None = None,
    termination_protection_enabled: bool | None = None,
    billing_mode: str | None = None,
) -> StoreResult:
    """Change settings; what is not named stays as it is."""
    store = active_store(ctx, event_data_store)
    if name is not None and name != store.name:
        if any(other.name == name for other in tables.stores.scan(ctx.tx, (ctx.account, ctx.region))):
            raise EventDataStoreAlreadyExistsException
        store_name = name
    else:
        store_name = store.name
    billing = billing_mode or store.billing
    if (store.billing, billing) == ("EXTENDABLE_RETENTION_PRICING", "FIXED_RETENTION_PRICING"):
        raise InvalidParameterException("BillingMode cannot be changed from EXTENDABLE to FIXED_RETENTION_PRICING.")
    changes = {"multi_region": multi_region_enabled, "protected": termination_protection_enabled}
    changed = replace(
        store,
        name=store_name,
        updated_ms=ctx.now_ms,
        billing=billing,
        retention_days=_retention(billing, retention_period or store.retention_days),
        **{field: value for field, value in changes.items() if value is not None},
    )
    if advanced_event_selectors is not None:
        changed = replace(changed, selectors=_selectors(advanced_event_selectors))
    if organization_enabled is not None:
        changed = replace(changed, organization=managed_organization(ctx) if organization_enabled else "")
    tables.stores.replace(ctx.tx, store, changed)
    return _shown(changed)


@cloudtrail.operation(resource=store_arn, readonly=True)
def get_event_data_store(ctx: Context, event_data_store: str) -> StoreResult:
    """The settings of an event data store, also of one that is to be deleted."""
    return _shown(find_store(ctx, event_data_store))


@cloudtrail.operation(resource=any_resource, readonly=True)
def list_event_data_stores(
    ctx: Context, next_token: str | None = None, max_results: int = _page_default
) -> ListStoresResult:
    """The event data stores of this region."""

    def scan(after: Key | None, limit: int) -> list[EventDataStore]:
        return tables.stores.scan(ctx.tx, (ctx.account, ctx.region), after=after, limit=limit)

    found, token = page(ctx, scan, tables.stores.key, "ListEventDataStores", next_token, max_results)
    result: ListStoresResult = {
        "EventDataStores": [{"EventDataStoreArn": store.arn, "Name": store.name} for store in found]
    }
    if token is not None:
        result["NextToken"] = token
    return result


@cloudtrail.operation(resource=store_arn)
def delete_event_data_store(ctx: Context, event_data_store: str) -> None:
    """Take nothing in any more, and be gone in seven days."""
    store = active_store(ctx, event_data_store)
    if store.protected:
        raise EventDataStoreTerminationProtectedException
    changed = replace(store, deleted_ms=ctx.now_ms, windows=windows.closed(store.windows, ctx.now_ms))
    tables.stores.replace(ctx.tx, store, changed)


@cloudtrail.operation(resource=store_arn)
def restore_event_data_store(ctx: Context, event_data_store: str) -> StoreResult:
    """Take a deletion back; the store takes in events again."""
    store = find_store(ctx, event_data_store)
    if store.deleted_ms is None:
        raise InvalidEventDataStoreStatusException("The event data store is not pending deletion.")
    changed = replace(store, deleted_ms=None, updated_ms=ctx.now_ms, windows=windows.opened(store.windows, ctx.now_ms))
    tables.stores.replace(ctx.tx, store, changed)
    return _shown(changed)


@cloudtrail.operation(resource=store_arn)
def start_event_data_store_ingestion(ctx: Context, event_data_store: str) -> None:
    """Take in what happens from now on."""
    store = find_store(ctx, event_data_store)
    _check_status(store, "STOPPED_INGESTION")
    tables.stores.replace(ctx.tx, store, replace(store, windows=windows.opened(store.windows, ctx.now_ms)))


@cloudtrail.operation(resource=store_arn)
def stop_event_data_store_ingestion(ctx: Context, event_data_store: str) -> None:
    """Take nothing in any more."""
    store = find_store(ctx, event_data_store)
    _check_status(store, "ENABLED")
    tables.stores.replace(ctx.tx, store, replace(store, windows=windows.closed(store.windows, ctx.now_ms)))


def find_store(ctx: Context, text: str) -> EventDataStore:
    """The event data store of an ARN or an id.  Raises EventDataStoreNotFoundException or …ARNInvalidException."""
    found = tables.stores.get(ctx.tx, names.from_store_text(text, ctx.account, ctx.region))
    if found is None or (found.account, found.region) != (ctx.account, ctx.region):
        raise EventDataStoreNotFoundException
    return found


def active_store(ctx: Context, text: str) -> EventDataStore:
    """The same, unless it is to be deleted.  Raises InactiveEventDataStoreException."""
    found = find_store(ctx, text)
    if found.deleted_ms is not None:
        raise InactiveEventDataStoreException
    return found


def _check_status(store: EventDataStore, status: str) -> None:
    if store.status != status:
        raise InvalidEventDataStoreStatusException(
            f"The event data store is in the status {store.status}; the operation needs {status}."
        )


def _check_quota(others: list[EventDataStore]) -> None:
    if len(others) >= stores_max:
        raise EventDataStoreMaxLimitExceededException


def _selectors(items: list[AdvancedSelectorItem] | None) -> tuple[AdvancedSelector, ...]:
    if items is None:
        return (selector_rules.DEFAULT_OF_STORES,)
    selectors = parse_advanced(items)
    selector_rules.check_advanced(selectors, of_trail=False)
    return selectors


def _retention(billing: str, days: int | None) -> int:
    default, longest = _RETENTION[billing]
    if days is not None and days > longest:
        raise InvalidParameterException(f"RetentionPeriod can be at most {longest} days with {billing}.")
    return default if days is None else days


def _shown(store: EventDataStore) -> StoreResult:
    return {
        "EventDataStoreArn": store.arn,
        "Name": store.name,
        "Status": store.status,
        "AdvancedEventSelectors": show_advanced(store.selectors),
        "MultiRegionEnabled": store.multi_region,
        "OrganizationEnabled": bool(store.organization),
        "RetentionPeriod": store.retention_days,
        "TerminationProtectionEnabled": store.protected,
        "CreatedTimestamp": to_datetime(store.created_ms),
        "UpdatedTimestamp": to_datetime(store.updated_ms),
        "BillingMode": store.billing,
    }
