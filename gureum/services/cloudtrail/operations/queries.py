"""Queries over event data stores.

A statement is checked when the query is started, by the parser that will run it; the query itself runs later, in the
background (`librarian.py`), and its results are kept for seven days.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartQuery.html and its neighbours.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.base.clock import from_datetime, to_datetime
from gureum.services.cloudtrail import lake, tables
from gureum.services.cloudtrail.errors import (
    InactiveEventDataStoreException,
    InactiveQueryException,
    InvalidDateRangeException,
    InvalidParameterException,
    InvalidQueryStatementException,
    MaxConcurrentQueriesException,
    QueryIdNotFoundException,
)
from gureum.services.cloudtrail.lake import Job
from gureum.services.cloudtrail.operations.stores import active_store
from gureum.services.cloudtrail.paging import page, position
from gureum.services.cloudtrail.records import Query, QueryStatus
from gureum.services.cloudtrail.rules import statements
from gureum.services.cloudtrail.service import cloudtrail, query_store_arn, statement_arns, store_arn
from gureum.state.keys import Key

open_max: Final = 10
results_default: Final = 1000
rows_per_part: Final = 1000
_page_default: Final = 100
_OPEN: Final = (QueryStatus.QUEUED, QueryStatus.RUNNING)


class StartQueryResult(TypedDict):
    QueryId: str


class DescribedStatistics(TypedDict):
    EventsMatched: int
    EventsScanned: int
    BytesScanned: int
    ExecutionTimeInMillis: int
    CreationTime: datetime


class DescribeQueryResult(TypedDict):
    QueryId: str
    QueryString: str
    QueryStatus: str
    QueryStatistics: DescribedStatistics
    ErrorMessage: NotRequired[str]


class ResultStatistics(TypedDict):
    ResultsCount: int
    TotalResultsCount: int
    BytesScanned: int


class GetQueryResultsResult(TypedDict):
    QueryStatus: str
    QueryStatistics: ResultStatistics
    QueryResultRows: NotRequired[list[list[dict[str, str]]]]
    NextToken: NotRequired[str]
    ErrorMessage: NotRequired[str]


class QueryItem(TypedDict):
    QueryId: str
    QueryStatus: str
    CreationTime: datetime


class ListQueriesResult(TypedDict):
    Queries: list[QueryItem]
    NextToken: NotRequired[str]


class CancelQueryResult(TypedDict):
    QueryId: str
    QueryStatus: str


@cloudtrail.operation(resource=statement_arns)
def start_query(ctx: Context, query_statement: str | None = None) -> StartQueryResult:
    """Queue a query."""
    if query_statement is None:
        raise InvalidParameterException("QueryStatement is required.")
    ids = tuple(statements.store_ids(query_statement))
    if not ids:
        raise InvalidQueryStatementException("The query statement names no event data store.")
    for store_id in ids:
        active_store(ctx, store_id)
    opened = [q for q in tables.open_queries.scan(ctx.tx) if (q.account, q.region) == (ctx.account, ctx.region)]
    if len(opened) >= open_max:
        raise MaxConcurrentQueriesException(
            f"You are already running the maximum number of concurrent queries. The maximum number is {open_max}."
        )
    job = Job(query_statement, ids, ctx.now_ms)
    wrong = ctx.obtain("statement", lambda: lake.check(job))
    if wrong:
        raise InvalidQueryStatementException(wrong)
    query = Query(ctx.account, ctx.region, ctx.new_id(), ctx.now_ms, query_statement, ids)
    tables.queries.insert(ctx.tx, query)
    ctx.notify(tables.QUERIES_TOPIC)
    return {"QueryId": query.id}


@cloudtrail.operation(resource=query_store_arn, readonly=True)
def describe_query(
    ctx: Context, query_id: str | None = None, event_data_store: str | None = None
) -> DescribeQueryResult:
    """How a query fares."""
    if query_id is None:
        raise InvalidParameterException("QueryId is required.")
    query = _find(ctx, query_id, event_data_store)
    result: DescribeQueryResult = {
        "QueryId": query.id,
        "QueryString": query.statement,
        "QueryStatus": query.status,
        "QueryStatistics": {
            "EventsMatched": query.rows,
            "EventsScanned": query.events_scanned,
            "BytesScanned": query.bytes_scanned,
            "ExecutionTimeInMillis": query.execution_ms,
            "CreationTime": to_datetime(query.created_ms),
        },
    }
    if query.error:
        result["ErrorMessage"] = query.error
    return result


@cloudtrail.operation(resource=query_store_arn, readonly=True)
def get_query_results(
    ctx: Context,
    query_id: str,
    event_data_store: str | None = None,
    next_token: str | None = None,
    max_query_results: int = results_default,
) -> GetQueryResultsResult:
    """A page of the rows of a query; none before it has finished."""
    query = _find(ctx, query_id, event_data_store)
    scope = f"cloudtrail:GetQueryResults/{ctx.account}/{query.id}"
    first = 0
    if next_token is not None:
        (start,) = position(ctx, next_token, scope)
        assert isinstance(start, int), "our own token"
        first = start
    statistics: ResultStatistics = {
        "ResultsCount": 0,
        "TotalResultsCount": query.rows,
        "BytesScanned": query.bytes_scanned,
    }
    result: GetQueryResultsResult = {"QueryStatus": query.status, "QueryStatistics": statistics}
    if query.status == QueryStatus.FINISHED:
        result["QueryResultRows"] = _rows(ctx, query, first, max_query_results)
        statistics["ResultsCount"] = len(result["QueryResultRows"])
        following = first + statistics["ResultsCount"]
        if following < query.rows:
            result["NextToken"] = ctx.pager.encode((following,), scope)
    if query.error:
        result["ErrorMessage"] = query.error
    return result


@cloudtrail.operation(resource=store_arn, readonly=True)
def list_queries(
    ctx: Context,
    event_data_store: str,
    next_token: str | None = None,
    max_results: int = _page_default,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    query_status: str | None = None,
) -> ListQueriesResult:
    """The queries of the last seven days that read an event data store, the newest first."""
    store = active_store(ctx, event_data_store)
    if start_time is not None and end_time is not None and start_time > end_time:
        raise InvalidDateRangeException("The start time is after the end time.")
    start_ms = from_datetime(start_time) if start_time else 0
    end_ms = from_datetime(end_time) if end_time else ctx.now_ms

    def scan(after: Key | None, limit: int) -> list[Query]:
        every = tables.queries_by_time.scan(ctx.tx, (ctx.account, ctx.region), after=after, reverse=True)
        return [
            query
            for query in every
            if store.id in query.stores
            and start_ms <= query.created_ms <= end_ms
            and query_status in (None, query.status)
        ][:limit]

    scope = f"ListQueries/{store.id}/{start_time}/{end_time}/{query_status}"
    found, token = page(ctx, scan, tables.queries_by_time.position, scope, next_token, max_results)
    result: ListQueriesResult = {
        "Queries": [
            {"QueryId": query.id, "QueryStatus": query.status, "CreationTime": to_datetime(query.created_ms)}
            for query in found
        ]
    }
    if token is not None:
        result["NextToken"] = token
    return result


@cloudtrail.operation(resource=query_store_arn)
def cancel_query(ctx: Context, query_id: str, event_data_store: str | None = None) -> CancelQueryResult:
    """End a query that is not over."""
    query = _find(ctx, query_id, event_data_store)
    if query.status not in _OPEN:
        raise InactiveQueryException
    tables.queries.replace(ctx.tx, query, replace(query, status=QueryStatus.CANCELLED))
    ctx.notify(tables.QUERIES_TOPIC)
    return {"QueryId": query.id, "QueryStatus": QueryStatus.CANCELLED}


def _find(ctx: Context, query_id: str, event_data_store: str | None) -> Query:
    query = tables.queries.get(ctx.tx, (ctx.account, ctx.region, query_id))
    if query is None:
        raise QueryIdNotFoundException
    if event_data_store is not None and active_store(ctx, event_data_store).id not in query.stores:
        raise QueryIdNotFoundException
    for store_id in query.stores:
        store = tables.stores.get(ctx.tx, (ctx.account, ctx.region, store_id))
        if store is not None and store.deleted_ms is not None:
            raise InactiveEventDataStoreException
    return query


def _rows(ctx: Context, query: Query, first: int, count: int) -> list[list[dict[str, str]]]:
    """Rows from `first` on, at most `count`: each a list of maps with one column each."""
    rows: list[list[dict[str, str]]] = []
    start = first // rows_per_part * rows_per_part
    while len(rows) < count and start < query.rows:
        part = tables.results.get(ctx.tx, (query.id, start))
        assert part is not None, f"query {query.id} has lost rows"
        columns, values = json.loads(zlib.decompress(part.compressed))
        rows += [
            [{name: value} for name, value in zip(columns, row, strict=True)] for row in values[max(first - start, 0) :]
        ]
        start += rows_per_part
    return rows[:count]
