"""CloudTrail in a whole cloud: its passes run by themselves, and what is queued survives a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.clouds import Cloud, running

MINUTE = 60


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that these tests may kill."""
    with running(tmp_path_factory.mktemp("trail")) as started:
        yield started


def test_a_call_is_in_the_history(own: Cloud) -> None:
    """Without anybody's doing, once the passes have run."""
    own.client("sqs").create_queue(QueueName="seen")
    own.advance(1)
    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": "seen"}]
    (event,) = own.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
    assert json.loads(event["CloudTrailEvent"])["eventName"] == "CreateQueue"


def test_a_trail_says_that_there_is_no_bucket(own: Cloud) -> None:
    """As on AWS after a bucket was deleted."""
    client = own.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName="not-there")
    client.start_logging(Name="main")
    own.advance(5 * MINUTE)
    assert client.get_trail_status(Name="main")["LatestDeliveryError"] == "NoSuchBucket"


def test_a_queued_query_runs_after_a_kill(own: Cloud) -> None:
    """Whether it was QUEUED or RUNNING when the cloud died."""
    client = own.client("cloudtrail")
    store = client.create_event_data_store(Name="lake")["EventDataStoreArn"].rpartition("/")[2]
    own.client("sqs").create_queue(QueueName="asked-for")
    own.advance(MINUTE)
    statement = f"SELECT element_at(requestParameters, 'queueName') AS q FROM {store} WHERE eventName = 'CreateQueue'"
    queries = [client.start_query(QueryStatement=statement)["QueryId"] for _ in range(3)]
    own.kill()
    own.start()
    own.advance(1)
    for query in queries:
        assert client.get_query_results(QueryId=query)["QueryResultRows"] == [[{"q": "asked-for"}]]


def test_ingestion_goes_on_where_it_was(own: Cloud) -> None:
    """Each event once, though the cloud was killed between the passes."""
    client = own.client("cloudtrail")
    store = client.create_event_data_store(Name="again")["EventDataStoreArn"].rpartition("/")[2]
    for number in range(5):
        own.client("sqs").create_queue(QueueName=f"killed-{number}")
        own.kill()
        own.start()
    own.advance(MINUTE)
    statement = f"SELECT count(*) AS n, count(DISTINCT eventID) AS d FROM {store} WHERE eventName = 'CreateQueue'"
    query = client.start_query(QueryStatement=statement)["QueryId"]
    own.advance(1)
    assert client.get_query_results(QueryId=query)["QueryResultRows"] == [[{"n": "5"}, {"d": "5"}]]
