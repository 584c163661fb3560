"""Event data stores: their settings, their life, and which events they take in."""

from __future__ import annotations

from typing import Any

import pytest

from gureum.services.cloudtrail import tables
from gureum.state.store import Transaction
from tests.services.cloudtrail.local import ACCOUNT, OTHER, Trailed, refused

DAY = 24 * 3600
DATA = [
    {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::SQS::Queue"]},
            {"Field": "eventName", "Equals": ["SendMessage"]},
        ]
    }
]


def names(here: Trailed, arn: str) -> list[str]:
    """The names of the events in a store, in the order of time."""
    here.ingest()
    store_id = arn.rpartition("/")[2]
    client = here.client()
    query = client.start_query(QueryStatement=f"SELECT eventName FROM {store_id} ORDER BY eventTime, eventName")
    here.answer()
    rows = client.get_query_results(QueryId=query["QueryId"])["QueryResultRows"]
    return [row[0]["eventName"] for row in rows]


def test_create_and_get(here: Trailed) -> None:
    """Defaults are AWS's: management events of all regions, 366 days, protected."""
    client = here.client()
    made = client.create_event_data_store(Name="lake", TagsList=[{"Key": "team", "Value": "a"}])
    arn = made["EventDataStoreArn"]
    assert arn.startswith(f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/")
    assert made["TagsList"] == [{"Key": "team", "Value": "a"}]
    found = client.get_event_data_store(EventDataStore=arn)
    expected = {
        "Name": "lake",
        "Status": "ENABLED",
        "MultiRegionEnabled": True,
        "OrganizationEnabled": False,
        "RetentionPeriod": 366,
        "TerminationProtectionEnabled": True,
        "BillingMode": "EXTENDABLE_RETENTION_PRICING",
    }
    assert expected.items() <= found.items()
    assert found["AdvancedEventSelectors"][0]["FieldSelectors"] == [
        {"Field": "eventCategory", "Equals": ["Management"]}
    ]
    assert client.get_event_data_store(EventDataStore=arn.rpartition("/")[2])["Name"] == "lake"
    assert client.list_event_data_stores()["EventDataStores"] == [{"EventDataStoreArn": arn, "Name": "lake"}]
    assert client.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == made["TagsList"]
    assert refused(client.create_event_data_store, Name="lake") == "EventDataStoreAlreadyExistsException"


def test_update(here: Trailed) -> None:
    """What is not named stays."""
    client = here.client()
    arn = client.create_event_data_store(Name="lake")["EventDataStoreArn"]
    client.create_event_data_store(Name="other")
    client.update_event_data_store(EventDataStore=arn, Name="pond", RetentionPeriod=30, MultiRegionEnabled=False)
    changed = client.update_event_data_store(EventDataStore=arn, AdvancedEventSelectors=DATA)
    assert (changed["Name"], changed["RetentionPeriod"], changed["MultiRegionEnabled"]) == ("pond", 30, False)
    assert changed["AdvancedEventSelectors"] == DATA
    code = refused(client.update_event_data_store, EventDataStore=arn, Name="other")
    assert code == "EventDataStoreAlreadyExistsException"
    code = refused(client.update_event_data_store, EventDataStore=arn, BillingMode="FIXED_RETENTION_PRICING")
    assert code == "InvalidParameterException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"RetentionPeriod": 6}, "ValidationException"),
        ({"RetentionPeriod": 3654}, "ValidationException"),
        ({"RetentionPeriod": 2558, "BillingMode": "FIXED_RETENTION_PRICING"}, "InvalidParameterException"),
        ({"Name": "a b"}, "ValidationException"),
        ({"OrganizationEnabled": True}, "OrganizationsNotInUseException"),
        ({"KmsKeyId": "alias/x"}, "NotImplemented"),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "x"}]}]}, "InvalidEventSelectorsException"),
        ({"TagsList": [{"Key": "aws:x"}]}, "InvalidTagParameterException"),
    ],
)
def test_bad_settings(here: Trailed, members: dict[str, Any], code: str) -> None:
    """Refused, and nothing is made."""
    client = here.client(parameter_validation=False)
    assert code in refused(client.create_event_data_store, **{"Name": "lake", **members})
    assert client.list_event_data_stores()["EventDataStores"] == []


def test_ten_stores_in_a_region(here: Trailed) -> None:
    """The quota; pages of the listing."""
    client = here.client()
    for number in range(10):
        client.create_event_data_store(Name=f"lake-{number}")
    assert refused(client.create_event_data_store, Name="more") == "EventDataStoreMaxLimitExceededException"
    first = client.list_event_data_stores(MaxResults=4)
    second = client.list_event_data_stores(MaxResults=10, NextToken=first["NextToken"])
    assert len(first["EventDataStores"]) + len(second["EventDataStores"]) == 10
    assert refused(client.list_event_data_stores, NextToken="nonsense") == "InvalidNextTokenException"


def test_deletion(here: Trailed) -> None:
    """Protected first; then inactive for seven days, restorable; then gone with its events."""
    client = here.client()
    arn = client.create_event_data_store(Name="lake")["EventDataStoreArn"]
    here.ingest()
    code = refused(client.delete_event_data_store, EventDataStore=arn)
    assert code == "EventDataStoreTerminationProtectedException"
    code = refused(client.restore_event_data_store, EventDataStore=arn)
    assert code == "InvalidEventDataStoreStatusException"
    client.update_event_data_store(EventDataStore=arn, TerminationProtectionEnabled=False)
    client.delete_event_data_store(EventDataStore=arn)
    assert client.get_event_data_store(EventDataStore=arn)["Status"] == "PENDING_DELETION"
    assert refused(client.delete_event_data_store, EventDataStore=arn) == "InactiveEventDataStoreException"
    assert refused(client.update_event_data_store, EventDataStore=arn) == "InactiveEventDataStoreException"
    assert client.restore_event_data_store(EventDataStore=arn)["Status"] == "ENABLED"
    client.delete_event_data_store(EventDataStore=arn)
    here.house.advance(6 * DAY)
    here.ingest()
    assert client.get_event_data_store(EventDataStore=arn)["Status"] == "PENDING_DELETION"
    here.house.advance(DAY + 60)
    here.ingest()
    assert refused(client.get_event_data_store, EventDataStore=arn) == "EventDataStoreNotFoundException"

    def rows(tx: Transaction) -> int:
        return len(tables.pages.scan(tx)) + len(tables.intakes.scan(tx)) + len(tables.stores.scan(tx))

    assert here.transact(rows) == 0


def test_ingestion(here: Trailed) -> None:
    """Taken in is what happens between start and stop, each event once, however often the pass runs."""
    client, sqs = here.client(), here.client("sqs")
    sqs.create_queue(QueueName="before")
    arn = client.create_event_data_store(Name="lake", StartIngestion=False)["EventDataStoreArn"]
    assert refused(client.stop_event_data_store_ingestion, EventDataStore=arn) == "InvalidEventDataStoreStatusException"
    sqs.create_queue(QueueName="stopped")
    here.house.advance(1)
    client.start_event_data_store_ingestion(EventDataStore=arn)
    code = refused(client.start_event_data_store_ingestion, EventDataStore=arn)
    assert code == "InvalidEventDataStoreStatusException"
    url = sqs.create_queue(QueueName="started")["QueueUrl"]
    here.ingest()
    here.ingest()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    sqs.send_message(QueueUrl=url, MessageBody="data")
    here.client("sqs", OTHER).create_queue(QueueName="theirs")
    here.house.advance(1)
    client.stop_event_data_store_ingestion(EventDataStore=arn)
    here.house.advance(1)
    sqs.delete_queue(QueueUrl=url)
    found = names(here, arn)
    assert found.count("CreateQueue") == 1
    assert found.count("SetQueueAttributes") == 1
    assert not {"SendMessage", "DeleteQueue"} & set(found)
    assert client.get_event_data_store(EventDataStore=arn)["Status"] == "STOPPED_INGESTION"


def test_selectors_and_regions(here: Trailed) -> None:
    """Data events when they are selected; one region, or all."""
    client = here.client()
    data = client.create_event_data_store(Name="data", AdvancedEventSelectors=DATA)["EventDataStoreArn"]
    near = client.create_event_data_store(Name="near", MultiRegionEnabled=False)["EventDataStoreArn"]
    wide = client.create_event_data_store(Name="wide")["EventDataStoreArn"]
    for region in ("us-east-1", "eu-west-1"):
        sqs = here.client("sqs", region=region)
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="data")
        sqs.receive_message(QueueUrl=url)
    assert names(here, data) == ["SendMessage", "SendMessage"]
    assert names(here, near).count("CreateQueue") == 1
    assert names(here, wide).count("CreateQueue") == 2


def test_retention(here: Trailed) -> None:
    """By the time of the event: first no query sees it, then its page is removed."""
    client, sqs = here.client(), here.client("sqs")
    arn = client.create_event_data_store(Name="lake", RetentionPeriod=7)["EventDataStoreArn"]
    sqs.create_queue(QueueName="old")
    here.ingest()
    here.house.advance(4 * DAY)
    sqs.create_queue(QueueName="new")
    assert names(here, arn).count("CreateQueue") == 2
    here.house.advance(4 * DAY)
    assert names(here, arn).count("CreateQueue") == 1
    here.house.advance(8 * DAY)
    here.ingest()
    oldest = here.transact(lambda tx: [page.last_ms for page in tables.pages.scan(tx)])
    assert all(moment > here.house.parts.clock.now_ms() - 8 * DAY * 1000 for moment in oldest)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("lake", "EventDataStoreARNInvalidException"),
        ("arn:aws:cloudtrail:us-east-1:111122223333:trail/abc", "EventDataStoreARNInvalidException"),
        ("11111111-2222-4333-8444-555555555555", "EventDataStoreNotFoundException"),
        (
            "arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/11111111-2222-4333-8444-555555555555",
            "EventDataStoreNotFoundException",
        ),
    ],
)
def test_wrong_stores(here: Trailed, text: str, code: str) -> None:
    """Every operation finds its store in the same way."""
    client = here.client()
    for call in (
        client.get_event_data_store,
        client.delete_event_data_store,
        client.restore_event_data_store,
        client.start_event_data_store_ingestion,
        client.list_queries,
    ):
        assert refused(call, EventDataStore=text) == code


def test_nothing_of_another_account(here: Trailed) -> None:
    """Neither by ARN nor by id."""
    arn = here.client().create_event_data_store(Name="lake")["EventDataStoreArn"]
    stranger = here.client(account=OTHER)
    assert refused(stranger.get_event_data_store, EventDataStore=arn) == "AccessDeniedException"
    store_id = arn.rpartition("/")[2]
    assert refused(stranger.get_event_data_store, EventDataStore=store_id) == "EventDataStoreNotFoundException"
    statement = f"SELECT eventName FROM {store_id}"
    assert refused(stranger.start_query, QueryStatement=statement) == "EventDataStoreNotFoundException"
