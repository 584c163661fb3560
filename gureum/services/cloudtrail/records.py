"""What is stored about trails, event data stores and queries.

Times are milliseconds of the cloud's clock.  What the passes write about their work (`Delivery`, `Intake`, `Chain`) are
records of their own, so that a customer's change of a trail and its delivery do not overwrite each other.
"""

from __future__ import annotations

from enum import StrEnum

from gureum.services.cloudtrail.rules import names
from gureum.state.records import Record

Windows = tuple[tuple[int, int], ...]
"""When calls were to be logged: from the first up to the second moment, which is 0 while it goes on."""


class DataResource(Record, version=1):
    """Resources of one type in a basic selector: ARNs, or beginnings of such."""

    type: str
    values: tuple[str, ...]


class BasicSelector(Record, version=1):
    """An event selector.  `access` is `All`, `ReadOnly` or `WriteOnly`."""

    access: str = "All"
    management: bool = True
    data: tuple[DataResource, ...] = ()
    excluded_sources: tuple[str, ...] = ()


class FieldSelector(Record, version=1):
    """Conditions on one field of an event."""

    field: str
    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    not_starts_with: tuple[str, ...] = ()
    not_ends_with: tuple[str, ...] = ()


class AdvancedSelector(Record, version=1):
    """An advanced event selector: conditions that all have to hold."""

    name: str
    fields: tuple[FieldSelector, ...]


class Trail(Record, version=1):
    """A trail.  `organization` is the id of the organization that it is for, or empty."""

    account: str
    region: str
    name: str
    created_ms: int
    bucket: str
    prefix: str = ""
    global_events: bool = True
    multi_region: bool = False
    validation: bool = False
    organization: str = ""
    recursive: bool = True
    tags: dict[str, str] = {}
    basic: tuple[BasicSelector, ...] = ()
    advanced: tuple[AdvancedSelector, ...] = ()
    windows: Windows = ()

    @property
    def arn(self) -> str:
        """`arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail`."""
        return names.trail_arn(self.region, self.account, self.name)

    @property
    def logging(self) -> bool:
        """Whether it logs now."""
        return bool(self.windows) and not self.windows[-1][1]


class Delivery(Record, version=1):
    """How far a trail is delivered: `folds` has the last fold (`api.calls`) of each account that was."""

    trail: str
    folds: dict[str, int]
    attempted_ms: int | None = None
    delivered_ms: int | None = None
    error: str = ""
    digested_ms: int | None = None
    digest_error: str = ""


class LogFile(Record, version=1):
    """A log file, as the next digest will list it; `sha256` is of its uncompressed bytes."""

    bucket: str
    key: str
    sha256: str
    newest_ms: int
    oldest_ms: int


class Chain(Record, version=1):
    """The digest files of a trail for one account and region: the last one, and what the next one has to list."""

    trail: str
    account: str
    region: str
    end_ms: int
    bucket: str = ""
    key: str = ""
    sha256: str = ""
    signature: str = ""
    files: tuple[LogFile, ...] = ()


class Parcel(Record, version=1):
    """A file that is made and has to get into a bucket: a log file, or a digest when there is no `file`."""

    trail: str
    number: int
    account: str
    region: str
    bucket: str
    key: str
    body: bytes
    metadata: dict[str, str] = {}
    file: LogFile | None = None


class SigningKey(Record, version=1):
    """A key that digests are signed with.  `sealed` is the private key (PKCS #8), `public` PKCS #1, both DER."""

    fingerprint: str
    start_ms: int
    end_ms: int
    public: bytes
    sealed: bytes


class EventDataStore(Record, version=1):
    """An event data store.  `deleted_ms` is when it was deleted, while it can be restored."""

    account: str
    region: str
    id: str
    name: str
    created_ms: int
    updated_ms: int
    selectors: tuple[AdvancedSelector, ...]
    retention_days: int
    multi_region: bool = True
    organization: str = ""
    protected: bool = True
    billing: str = "EXTENDABLE_RETENTION_PRICING"
    tags: dict[str, str] = {}
    windows: Windows = ()
    deleted_ms: int | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:cloudtrail:us-east-2:123456789012:eventdatastore/EXAMPLE-f852-4e8f-8bd1-bcf6cEXAMPLE`."""
        return names.store_arn(self.region, self.account, self.id)

    @property
    def ingesting(self) -> bool:
        """Whether it takes in what happens now."""
        return bool(self.windows) and not self.windows[-1][1]

    @property
    def status(self) -> str:
        """The status that AWS shows."""
        if self.deleted_ms is not None:
            return "PENDING_DELETION"
        return "ENABLED" if self.ingesting else "STOPPED_INGESTION"


class Intake(Record, version=1):
    """How far an event data store has taken in what happened, and how many pages it has had."""

    store: str
    folds: dict[str, int]
    pages: int = 0


class Page(Record, version=1):
    """Events of an event data store: zlib over JSON lines, `size_bytes` of them."""

    store: str
    number: int
    first_ms: int
    last_ms: int
    events: int
    size_bytes: int
    compressed: bytes


class QueryStatus(StrEnum):
    """The life of a query."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


class Query(Record, version=1):
    """A query.  `statement` is as it was given, `stores` the ids of the event data stores that it reads."""

    account: str
    region: str
    id: str
    created_ms: int
    statement: str
    stores: tuple[str, ...]
    status: QueryStatus = QueryStatus.QUEUED
    error: str = ""
    rows: int = 0
    parts: int = 0
    events_scanned: int = 0
    bytes_scanned: int = 0
    execution_ms: int = 0


class Result(Record, version=1):
    """Rows of a query from `first` on: zlib over a JSON list of rows, each a list of (column, value)."""

    query: str
    first: int
    compressed: bytes
