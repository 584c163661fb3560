"""Queries: what may be asked, what comes of it, and that nothing else can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.librarian import Librarian
from gureum.services.cloudtrail.records import QueryStatus
from gureum.services.cloudtrail.rules import statements
from gureum.state.store import Transaction
from tests.services.cloudtrail.local import ACCOUNT, Trailed, refused, trailed

DAY = 24 * 3600
ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def lake() -> Iterator[tuple[Trailed, str]]:
    """A store with the calls that made five queues, and one call that was refused."""
    with trailed() as here:
        store = here.client().create_event_data_store(Name="lake")["EventDataStoreArn"].rpartition("/")[2]
        sqs = here.client("sqs")
        for number in range(5):
            sqs.create_queue(QueueName=f"q{number}", Attributes={"DelaySeconds": f"{number}"})
        with pytest.raises(ClientError):
            sqs.create_queue(QueueName="q0", Attributes={"DelaySeconds": "7"})
        here.ingest()
        yield here, store


def ask(lake: tuple[Trailed, str], statement: str) -> list[list[dict[str, str]]]:
    """The rows of a query; STORE in it stands for the store."""
    here, store = lake
    client = here.client()
    query = client.start_query(QueryStatement=statement.replace("STORE", store))["QueryId"]
    here.answer()
    found = client.get_query_results(QueryId=query)
    assert found["QueryStatus"] == "FINISHED", found
    rows: list[list[dict[str, str]]] = found["QueryResultRows"]
    return rows


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        (
            "SELECT count(*) AS n FROM STORE WHERE eventName = 'CreateQueue' AND errorCode IS NULL",
            [[{"n": "5"}]],
        ),
        (
            (
                "SELECT element_at(requestParameters, 'queueName') AS q FROM STORE "
                "WHERE eventName = 'CreateQueue' AND errorCode IS NULL ORDER BY 1 DESC LIMIT 2"
            ),
            [[{"q": "q4"}], [{"q": "q3"}]],
        ),
        (
            "SELECT userIdentity.type, errorCode FROM STORE WHERE errorCode IS NOT NULL AND eventName = 'CreateQueue'",
            [[{"type": "Root"}, {"errorCode": "QueueAlreadyExists"}]],
        ),
        (
            "SELECT r.ARN FROM STORE CROSS JOIN UNNEST(resources) AS t(r) WHERE r.ARN LIKE '%:q2'",
            [[{"ARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q2"}]],
        ),
        (
            (
                "WITH made AS (SELECT eventSource FROM STORE WHERE readOnly = false AND errorCode IS NULL) "
                "SELECT eventSource, count(*) AS n FROM made WHERE eventSource LIKE 'sqs%' GROUP BY eventSource"
            ),
            [[{"eventSource": "sqs.amazonaws.com"}, {"n": "5"}]],
        ),
        (
            (
                "SELECT DISTINCT json_extract_scalar(element_at(requestParameters, 'attributes'), "
                "'$.DelaySeconds') AS d FROM STORE WHERE eventTime > date_add('day', -1, now()) "
                "AND regexp_like(eventName, '^Create') "
                "AND element_at(requestParameters, 'queueName') = 'q3'"
            ),
            [[{"d": "3"}]],
        ),
        ("SELECT eventName FROM STORE WHERE eventTime < '2001-01-01 00:00:00'", []),
        ('SELECT eventVersion AS v FROM "STORE" -- a comment\n LIMIT 1;', [[{"v": "1.11"}]]),
        ("SELECT 'STORE' AS s FROM STORE LIMIT 1", None),
    ],
)
def test_answers(lake: tuple[Trailed, str], statement: str, rows: list[list[dict[str, str]]] | None) -> None:
    """SQL as CloudTrail Lake documents it: ids without quotation marks, paths, maps, functions of Trino."""
    assert ask(lake, statement) == ([[{"s": lake[1]}]] if rows is None else rows)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SELEC eventName FROM STORE",
        "SELECT nothing FROM STORE",
        "SELECT no_function(eventName) FROM STORE",
        "SELECT eventName FROM STORE; SELECT 1",
        "DELETE FROM STORE",
        "DROP TABLE STORE",
        "COPY STORE TO '/tmp/stolen'",
        "CREATE TABLE x AS SELECT * FROM STORE",
        "ATTACH '/tmp/x' AS STORE",
        "INSTALL httpfs; SELECT * FROM STORE",
        "PRAGMA STORE",
        "SELECT * FROM STORE, read_csv('/etc/passwd')",
        "SELECT * FROM STORE, read_text('/etc/passwd')",
        "SELECT * FROM STORE, '/etc/passwd'",
        "SELECT * FROM STORE, duckdb_settings()",
        "SELECT * FROM STORE, information_schema.tables",
        "SELECT * FROM STORE, sqlite_master",
        "SELECT getenv('PATH') FROM STORE",
        "SELECT * FROM query('SELECT * FROM \"STORE\"')",
        "SELECT * FROM STORE WHERE eventName IN (SELECT content FROM read_blob('/etc/passwd'))",
        "EXPLAIN SELECT * FROM STORE",
        "SET threads = 8",
        "'STORE'",
        "-- STORE",
        "SELECT 'STORE",
        "SELECT * FROM STORE /* and so on",
        pytest.param("SELECT " + "(" * 4000 + "1" + ")" * 4000 + " FROM STORE", id="deep"),
        pytest.param("SELECT * FROM STORE " + "/*" * 4000, id="open"),
    ],
)
def test_statements_that_are_none(lake: tuple[Trailed, str], statement: str) -> None:
    """One SELECT over the caller's stores and nothing else: no files, no settings, no changes."""
    here, store = lake
    code = refused(here.client().start_query, QueryStatement=statement.replace("STORE", store))
    assert code == "InvalidQueryStatementException"


@pytest.mark.parametrize("statement", ["DELETE FROM STORE", "SELECT eventName FROM STORE; SELECT 1"])
def test_the_refusal_says_what_a_query_is(lake: tuple[Trailed, str], statement: str) -> None:
    """Not what the engine below wanted to do with the statement."""
    here, store = lake
    with pytest.raises(ClientError, match="A query is one SELECT statement"):
        here.client().start_query(QueryStatement=statement.replace("STORE", store))


def test_pages_of_results(lake: tuple[Trailed, str]) -> None:
    """A page may begin and end anywhere; numbers are of the whole."""
    here, store = lake
    client = here.client()
    statement = f"SELECT n FROM {store}, range(2500) AS r(n) WHERE errorCode IS NOT NULL ORDER BY n"
    query = client.start_query(QueryStatement=statement)["QueryId"]
    assert client.get_query_results(QueryId=query)["QueryStatus"] == "QUEUED"
    here.answer()
    found: list[int] = []
    token: dict[str, str] = {}
    while True:
        page = client.get_query_results(QueryId=query, MaxQueryResults=700, **token)
        assert page["QueryStatistics"]["TotalResultsCount"] == 2500
        assert page["QueryStatistics"]["ResultsCount"] == len(page["QueryResultRows"])
        found += [int(row[0]["n"]) for row in page["QueryResultRows"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == list(range(2500))
    assert refused(client.get_query_results, QueryId=query, NextToken="nonsense") == "InvalidNextTokenException"


def test_describe_and_list(lake: tuple[Trailed, str]) -> None:
    """Statistics of what was read; listings by status."""
    here, store = lake
    client = here.client()
    statement = f"SELECT eventName FROM {store} LIMIT 3"
    query = client.start_query(QueryStatement=statement)["QueryId"]
    here.answer()
    described = client.describe_query(QueryId=query)
    assert (described["QueryString"], described["QueryStatus"]) == (statement, "FINISHED")
    statistics = described["QueryStatistics"]
    assert statistics["EventsMatched"] == 3
    assert statistics["EventsScanned"] >= 6
    assert statistics["BytesScanned"] > 1000
    listed = client.list_queries(EventDataStore=store, QueryStatus="FINISHED")["Queries"]
    assert query in [item["QueryId"] for item in listed]
    assert client.list_queries(EventDataStore=store, QueryStatus="RUNNING")["Queries"] == []
    first = client.list_queries(EventDataStore=store, MaxResults=1)
    assert first["Queries"][0]["QueryId"] == query
    assert refused(client.list_queries, EventDataStore=store, StartTime=2, EndTime=1) == "InvalidDateRangeException"


def test_wrong_queries(lake: tuple[Trailed, str]) -> None:
    """Unknown ids, missing members, what is over cannot be cancelled."""
    here, store = lake
    client = here.client()
    for call in (client.describe_query, client.get_query_results, client.cancel_query):
        assert refused(call, QueryId=ID) == "QueryIdNotFoundException"
    assert refused(client.describe_query) == "InvalidParameterException"
    assert refused(client.start_query) == "InvalidParameterException"
    assert refused(client.start_query, QueryStatement=f"SELECT * FROM {ID}") == "EventDataStoreNotFoundException"
    query = client.start_query(QueryStatement=f"SELECT eventName FROM {store}")["QueryId"]
    here.answer()
    assert refused(client.cancel_query, QueryId=query) == "InactiveQueryException"
    with pytest.raises(ClientError, match=r"DeliveryS3Uri .* not supported"):
        client.start_query(QueryStatement=f"SELECT * FROM {store}", DeliveryS3Uri="s3://bucket")


def test_ten_at_a_time_and_cancelling(lake: tuple[Trailed, str]) -> None:
    """The quota counts what is open; a cancelled query is not run."""
    here, store = lake
    client = here.client()
    statement = f"SELECT eventName FROM {store}"
    queries = [client.start_query(QueryStatement=statement)["QueryId"] for _ in range(10)]
    assert refused(client.start_query, QueryStatement=statement) == "MaxConcurrentQueriesException"
    assert client.cancel_query(QueryId=queries[0])["QueryStatus"] == "CANCELLED"
    client.cancel_query(QueryId=client.start_query(QueryStatement=statement)["QueryId"])
    here.answer()
    statuses = [client.describe_query(QueryId=query)["QueryStatus"] for query in queries]
    assert statuses == ["CANCELLED"] + ["FINISHED"] * 9


def test_a_query_outlives_the_process_that_ran_it(lake: tuple[Trailed, str]) -> None:
    """What is RUNNING and run by nobody is run again."""
    here, store = lake
    client = here.client()
    query = client.start_query(QueryStatement=f"SELECT eventName FROM {store} LIMIT 1")["QueryId"]

    def orphan(tx: Transaction) -> None:
        found = tables.queries.get(tx, (ACCOUNT, "us-east-1", query))
        assert found is not None
        tables.queries.replace(tx, found, replace(found, status=QueryStatus.RUNNING))

    here.transact(orphan)
    here.answer()
    assert client.describe_query(QueryId=query)["QueryStatus"] == "FINISHED"


ENDLESS = "SELECT count(*) FROM STORE a, range(100000000) b, range(100000000) c"


def test_a_query_that_takes_too_long(lake: tuple[Trailed, str]) -> None:
    """Its process is killed."""
    here, store = lake
    client = here.client()
    query = client.start_query(QueryStatement=ENDLESS.replace("STORE", store))["QueryId"]
    here.answer(seconds_max=1)
    described = client.describe_query(QueryId=query)
    assert described["QueryStatus"] == "TIMED_OUT"
    assert client.get_query_results(QueryId=query).get("QueryResultRows", []) == []


def test_a_running_query_is_cancelled(lake: tuple[Trailed, str]) -> None:
    """The notification ends it, not the time."""
    here, store = lake
    client = here.client()
    query = client.start_query(QueryStatement=ENDLESS.replace("STORE", store))["QueryId"]
    parts = here.house.parts

    async def start() -> asyncio.Task[Any]:
        return asyncio.create_task(Librarian(parts.store, parts.clock).activate())

    async def end(task: asyncio.Task[Any]) -> bool:
        more: bool = (await task).more
        return more

    task = here.house.run(start())
    client.cancel_query(QueryId=query)
    assert here.house.run(end(task))
    assert client.describe_query(QueryId=query)["QueryStatus"] == "CANCELLED"


def test_too_large_results(lake: tuple[Trailed, str]) -> None:
    """A query fails with what it did, and takes nothing else with it."""
    here, store = lake
    client = here.client()
    statement = f"SELECT repeat('x', 17000000) FROM {store} LIMIT 1"
    query = client.start_query(QueryStatement=statement)["QueryId"]
    here.answer()
    found = client.get_query_results(QueryId=query)
    assert (found["QueryStatus"], "larger" in found["ErrorMessage"]) == ("FAILED", True)


def test_results_are_kept_for_seven_days(here: Trailed) -> None:
    """Then the query is forgotten with its rows."""
    client = here.client()
    store = client.create_event_data_store(Name="lake")["EventDataStoreArn"]
    statement = f"SELECT eventName FROM {store.rpartition('/')[2]}"
    query = client.start_query(QueryStatement=statement)["QueryId"]
    here.answer()
    here.house.advance(6 * DAY)
    here.ingest()
    assert client.describe_query(QueryId=query)["QueryStatus"] == "FINISHED"
    client.update_event_data_store(EventDataStore=store, TerminationProtectionEnabled=False)
    client.delete_event_data_store(EventDataStore=store)
    assert refused(client.describe_query, QueryId=query) == "InactiveEventDataStoreException"
    assert refused(client.start_query, QueryStatement=statement) == "InactiveEventDataStoreException"
    client.restore_event_data_store(EventDataStore=store)
    here.house.advance(2 * DAY)
    here.ingest()
    assert refused(client.describe_query, QueryId=query) == "QueryIdNotFoundException"
    assert here.transact(tables.results.scan) == []


@pytest.mark.parametrize(
    ("statement", "quoted", "ids"),
    [
        (f"SELECT * FROM {ID}", f'SELECT * FROM "{ID}"', [ID]),
        (f'SELECT * FROM "{ID}"', f'SELECT * FROM "{ID}"', [ID]),
        (f"SELECT '{ID}'", f"SELECT '{ID}'", []),
        (f"SELECT 'it''s' FROM {ID}", f"SELECT 'it''s' FROM \"{ID}\"", [ID]),
        (f"/* {ID} */ SELECT -- {ID}\n * FROM {ID.upper()}", f'/* {ID} */ SELECT -- {ID}\n * FROM "{ID}"', [ID]),
        (f"SELECT * FROM x{ID}", f"SELECT * FROM x{ID}", []),
        (f"SELECT * FROM {ID} JOIN {ID}", f'SELECT * FROM "{ID}" JOIN "{ID}"', [ID]),
    ],
)
def test_ids_in_statements(statement: str, quoted: str, ids: list[str]) -> None:
    """Outside of literals and comments."""
    assert statements.quoted(statement) == quoted
    assert statements.store_ids(statement) == ids
