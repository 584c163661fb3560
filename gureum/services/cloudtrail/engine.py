"""Runs one query in a process of its own, with DuckDB; nothing else of the cloud is loaded here.

The process is started by path (`python -I engine.py`), reads a job from its standard input and writes what came of it
to its standard output.  It opens no file and no connection: DuckDB's access to both is turned off and the configuration
locked before a customer's statement is looked at, and memory, threads and processor time are bounded.  When it takes
too long or is no longer wanted, it is killed.  Rejected: a thread of the cloud's own process, which cannot be ended
from outside, keeps DuckDB's 60 MB for ever and takes the cloud with it when it crashes.

    job      frame(JSON: sql, stores, now, rows_bytes_max, check) | frame(store index, zlib) … | empty frame
    frame    length (4 bytes, big-endian) | content
    answer   JSON: columns and rows, or refusal (the statement is wrong), or error (it went wrong)

A statement has to be one SELECT over the tables of its stores.  That is decided on DuckDB's own syntax tree.  Some
functions that Trino has and DuckDB has not are there as macros, and the time is the cloud's.
Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-cloudtrail.html (the schema),
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

from __future__ import annotations

import json
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from typing import Any, Final

_TEXT: Final = "VARCHAR"
_MAP: Final = "MAP(VARCHAR, VARCHAR)"
_SCHEMA: Final[dict[str, Any]] = {
    "eventVersion": _TEXT,
    "userIdentity": {
        "type": _TEXT,
        "principalId": _TEXT,
        "arn": _TEXT,
        "accountId": _TEXT,
        "accessKeyId": _TEXT,
        "userName": _TEXT,
        "sessionContext": {
            "attributes": {"creationDate": "TIMESTAMP", "mfaAuthenticated": _TEXT},
            "sessionIssuer": {
                "type": _TEXT,
                "principalId": _TEXT,
                "arn": _TEXT,
                "accountId": _TEXT,
                "userName": _TEXT,
            },
            "webIdFederationData": {"federatedProvider": _TEXT, "attributes": _MAP},
            "sourceIdentity": _TEXT,
            "assumedRoot": _TEXT,
        },
        "invokedBy": _TEXT,
        "identityProvider": _TEXT,
    },
    "eventTime": "TIMESTAMP",
    "eventSource": _TEXT,
    "eventName": _TEXT,
    "awsRegion": _TEXT,
    "sourceIPAddress": _TEXT,
    "userAgent": _TEXT,
    "errorCode": _TEXT,
    "errorMessage": _TEXT,
    "requestParameters": _MAP,
    "responseElements": _MAP,
    "additionalEventData": _MAP,
    "requestID": _TEXT,
    "eventID": _TEXT,
    "readOnly": "BOOLEAN",
    "resources": [{"accountId": _TEXT, "type": _TEXT, "ARN": _TEXT}],
    "eventType": _TEXT,
    "apiVersion": _TEXT,
    "managementEvent": "BOOLEAN",
    "recipientAccountId": _TEXT,
    "sharedEventID": _TEXT,
    "vpcEndpointId": _TEXT,
    "serviceEventDetails": _MAP,
    "eventCategory": _TEXT,
    "tlsDetails": {"tlsVersion": _TEXT, "cipherSuite": _TEXT, "clientProvidedHostHeader": _TEXT},
    "sessionCredentialFromConsole": _TEXT,
}

_MACROS: Final = (
    "element_at(c, k) AS c[k]",
    "json_extract_scalar(j, p) AS json_extract_string(j, p)",
    "regexp_like(s, p) AS regexp_matches(s, p)",
    "approx_distinct(x) AS approx_count_distinct(x)",
    "from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMP)",
    "arbitrary(x) AS any_value(x)",
    (
        "date_add(unit, n, t) AS t + CASE lower(unit)"
        " WHEN 'second' THEN to_seconds(n) WHEN 'minute' THEN to_minutes(n) WHEN 'hour' THEN to_hours(n)"
        " WHEN 'day' THEN to_days(n) WHEN 'week' THEN to_weeks(n) WHEN 'month' THEN to_months(n)"
        " WHEN 'year' THEN to_years(n) END"
    ),
)
_NOW: Final = ("now()", "get_current_timestamp()", "current_localtimestamp()", "transaction_timestamp()")
_TODAY: Final = ("current_date()", "today()")
_TABLE_FUNCTIONS: Final = frozenset({"unnest", "generate_series", "range"})
_RESULT: Final = "result of the query"
_NODES_MAX: Final = 100_000
_ONE_SELECT: Final = "A query is one SELECT statement."

memory_bytes_max: Final = 1024 * 1024 * 1024
_address_bytes_max: Final = 4 * memory_bytes_max
_processor_seconds_max: Final = 300
"""For a process that nobody is left to kill."""
_fetch_rows: Final = 1000


class Refusal(Exception):
    """The statement is none that may be run."""


def main() -> None:
    """Read a job, do it, write the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (_address_bytes_max, _address_bytes_max))
    resource.setrlimit(resource.RLIMIT_CPU, (_processor_seconds_max, _processor_seconds_max))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import duckdb

    frames = _frames()
    job = json.loads(next(frames))
    try:
        answer = _run(job, frames)
    except Refusal as refusal:
        answer = {"refusal": str(refusal)}
    except (duckdb.Error, MemoryError) as error:
        answer = {"error": str(error).partition("\n")[0]}
    sys.stdout.write(json.dumps(answer))


def _frames() -> Iterator[bytes]:
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        content = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        if not content:
            return
        yield content


def _run(job: dict[str, Any], frames: Iterator[bytes]) -> dict[str, Any]:
    import duckdb

    memory = f"{memory_bytes_max // 2**20}MiB"
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": memory,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    database = duckdb.connect(":memory:", config=config)
    for macro in _MACROS:
        database.execute(f"CREATE MACRO {macro}")
    for function in _NOW:
        database.execute(f"CREATE MACRO {function} AS TIMESTAMP '{job['now']}'")
    for function in _TODAY:
        database.execute(f"CREATE MACRO {function} AS CAST(TIMESTAMP '{job['now']}' AS DATE)")
    structure = json.dumps(_SCHEMA)
    select = "SELECT unnest(from_json(line, ?)) FROM (SELECT unnest(?::VARCHAR[]) AS line)"
    for store in job["stores"]:
        database.execute(f'CREATE TABLE "{store}" AS {select}', [structure, ["{}"]])
        database.execute(f'DELETE FROM "{store}"')
    for frame in frames:
        (index,) = struct.unpack(">H", frame[:2])
        lines = zlib.decompress(frame[2:]).decode().split("\n")
        database.execute(f'INSERT INTO "{job["stores"][index]}" {select}', [structure, lines])
    since = job.get("since", {})
    for store, moment in since.items():
        database.execute(f"DELETE FROM \"{store}\" WHERE eventTime < TIMESTAMP '{moment}'")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    check(database, job["sql"], set(job["stores"]))
    if job["check"]:
        return _explained(database, job["sql"])
    return _answered(database, job["sql"], job["rows_bytes_max"])


def check(database: Any, sql: str, stores: set[str]) -> None:
    """Raises Refusal unless `sql` is one SELECT over the tables `stores`."""
    tree = json.loads(database.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()[0])
    if tree["error"]:
        # What is no SELECT cannot be taken apart; DuckDB's own words for it are about its JSON.
        raise Refusal(_ONE_SELECT if tree["error_type"] == "not implemented" else tree["error_message"])
    if len(tree["statements"]) != 1:
        raise Refusal(_ONE_SELECT)
    tables, functions, local = _named(tree)
    strange = tables - local - stores
    if strange:
        raise Refusal(f"{min(strange)} is not an event data store of this query.")
    if functions - _TABLE_FUNCTIONS:
        raise Refusal(f"{min(functions - _TABLE_FUNCTIONS)} cannot be used as a table.")
    if not tables & stores:
        raise Refusal("A query reads at least one event data store.")


def _named(tree: dict[str, Any]) -> tuple[set[str], set[str], set[str]]:
    """The tables, table functions and names of common table expressions in a syntax tree."""
    tables: set[str] = set()
    functions: set[str] = set()
    local: set[str] = set()
    waiting: list[Any] = [tree]
    seen = 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > _NODES_MAX:
            raise Refusal("The statement is too long.")
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            kind = node.get("type")
            if kind == "BASE_TABLE":
                qualified = node.get("schema_name") or node.get("catalog_name")
                tables.add(f"{qualified}.{node['table_name']}" if qualified else node["table_name"].lower())
            elif kind == "TABLE_FUNCTION":
                functions.add(node["function"]["function_name"].lower())
            elif kind in ("SHOW_REF", "DELIM_GET", "COLUMN_DATA"):
                raise Refusal(_ONE_SELECT)
            if "cte_map" in node:
                local |= {entry["key"].lower() for entry in node["cte_map"]["map"]}
    return tables, functions, local


def _explained(database: Any, sql: str) -> dict[str, Any]:
    import duckdb

    try:
        database.execute(f"EXPLAIN {sql}")
    except duckdb.Error as error:
        raise Refusal(str(error).partition("\n")[0]) from error
    return {"columns": [], "rows": []}


def _answered(database: Any, sql: str, rows_bytes_max: int) -> dict[str, Any]:
    # A table keeps the order of its rows, and a subquery does not.
    columns = [name for name, *_ in database.execute(f"DESCRIBE {sql}").fetchall()]
    database.execute(f'CREATE TEMP TABLE "{_RESULT}" AS {sql}')
    cursor = database.execute(f'SELECT CAST(COLUMNS(*) AS VARCHAR) FROM "{_RESULT}"')
    rows: list[list[str]] = []
    size_bytes = 0
    while part := cursor.fetchmany(_fetch_rows):
        for row in part:
            values = ["" if value is None else value for value in row]
            size_bytes += sum(map(len, values))
            if size_bytes > rows_bytes_max:
                return {"error": f"The results are larger than {rows_bytes_max} bytes."}
            rows.append(values)
    return {"columns": columns, "rows": rows}


if __name__ == "__main__":
    main()
