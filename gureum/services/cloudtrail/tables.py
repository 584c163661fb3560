"""Under which keys CloudTrail stores what: the only code that builds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gureum.base.arn import Arn
from gureum.identity import organization
from gureum.services.cloudtrail.records import (
    Chain,
    Delivery,
    EventDataStore,
    Intake,
    Page,
    Parcel,
    Query,
    QueryStatus,
    Result,
    SigningKey,
    Trail,
)
from gureum.state.store import Transaction
from gureum.state.tables import Table

trails = Table("cloudtrail/trails", Trail, key=lambda t: (t.account, t.region, t.name))
trails_by_organization = trails.index("organization", lambda t: (t.organization,) if t.organization else None)
deliveries = Table("cloudtrail/deliveries", Delivery, key=lambda d: (d.trail,))
chains = Table("cloudtrail/chains", Chain, key=lambda c: (c.trail, c.account, c.region))
parcels = Table("cloudtrail/parcels", Parcel, key=lambda p: (p.trail, p.number))
signing_keys = Table("cloudtrail/signing_keys", SigningKey, key=lambda k: (k.start_ms, k.fingerprint))

stores = Table("cloudtrail/stores", EventDataStore, key=lambda s: (s.account, s.region, s.id))
stores_by_deletion = stores.index("deletion", lambda s: None if s.deleted_ms is None else (s.deleted_ms,))
intakes = Table("cloudtrail/intakes", Intake, key=lambda i: (i.store,))
pages = Table("cloudtrail/pages", Page, key=lambda p: (p.store, p.number))

queries = Table("cloudtrail/queries", Query, key=lambda q: (q.account, q.region, q.id))
queries_by_time = queries.index("time", lambda q: (q.account, q.region, q.created_ms))
queries_by_age = queries.index("age", lambda q: (q.created_ms,))
open_queries = queries.index(
    "open", lambda q: (q.created_ms,) if q.status in (QueryStatus.QUEUED, QueryStatus.RUNNING) else None
)
results = Table("cloudtrail/results", Result, key=lambda r: (r.query, r.first))

QUERIES_TOPIC: Final = b"cloudtrail/queries"
"""Notified when a query is to be run or no longer to be run."""

_accounts_max: Final = 10_000


def tagged(tx: Transaction, arn: Arn) -> Trail | EventDataStore | None:
    """The trail or event data store of an ARN, None when there is none."""
    kind, _, name = arn.resource.partition("/")
    key = (arn.account, arn.region, name)
    if kind == "trail":
        return trails.get(tx, key)
    return stores.get(tx, key) if kind == "eventdatastore" else None


def accounts_of(tx: Transaction, owner: str, organization_id: str) -> list[str]:
    """The accounts whose calls belong to something of `owner`: its own, or all of its organization."""
    if not organization_id:
        return [owner]
    members = organization.members_by_organization.scan(tx, (organization_id,), limit=_accounts_max)
    return [member.account for member in members]


def visible_trails(tx: Transaction, account: str, region: str, *, shadows: bool) -> Iterator[Trail]:
    """The trails of an account in a region, with `shadows` also those that only reach there.

    These are multi-region trails of other regions, and the trails of the organization.
    """
    for trail in trails.scan(tx, (account,) if shadows else (account, region)):
        if trail.region == region or trail.multi_region:
            yield trail
    found = organization.organization_of(tx, account) if shadows else None
    if found is None or found.management == account:
        return
    for trail in trails_by_organization.scan(tx, (found.id,)):
        if trail.region == region or trail.multi_region:
            yield trail


def remove_trail(tx: Transaction, trail: Trail) -> None:
    """Delete a trail with all that is kept about it."""
    trails.delete(tx, trail)
    delivery = deliveries.get(tx, (trail.arn,))
    if delivery is not None:
        deliveries.delete(tx, delivery)
    for chain in chains.scan(tx, (trail.arn,)):
        chains.delete(tx, chain)
    for parcel in parcels.scan(tx, (trail.arn,)):
        parcels.delete(tx, parcel)


def remove_query(tx: Transaction, query: Query) -> None:
    """Delete a query with its results."""
    for result in results.scan(tx, (query.id,)):
        results.delete(tx, result)
    queries.delete(tx, query)
