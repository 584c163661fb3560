"""LookupEvents: whose calls it shows, by what they are found, and for how long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gureum.base.clock import host_ms, to_datetime
from tests.services.cloudtrail.local import ACCOUNT, OTHER, Trailed, trailed

DAY = 24 * 3600


@pytest.fixture(scope="module")
def busy() -> Iterator[Trailed]:
    """Two accounts that have made some calls each."""
    with trailed() as here:
        sqs = here.client("sqs")
        for number in range(3):
            sqs.create_queue(QueueName=f"mine-{number}", Attributes={"DelaySeconds": "5"})
        url = sqs.get_queue_url(QueueName="mine-0")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="secret")
        here.client("sqs", OTHER).create_queue(QueueName="theirs")
        here.client("sqs", region="eu-west-1").create_queue(QueueName="far")
        here.client("sts").get_caller_identity()
        here.archive()
        yield here


def test_it_shows_the_account_s_own_management_events(busy: Trailed) -> None:
    """Newest first; neither other accounts' nor other regions' calls, and no data events."""
    shown = [event["eventName"] for event in busy.events() if event["eventSource"] != "cloudtrail.amazonaws.com"]
    assert shown == ["GetCallerIdentity", "CreateQueue", "CreateQueue", "CreateQueue"]
    assert [event["eventName"] for event in busy.events(region="eu-west-1")][-1] == "CreateQueue"
    theirs = busy.events(account=OTHER)
    assert {event["recipientAccountId"] for event in theirs} == {OTHER}


def test_an_event_is_as_documented(busy: Trailed) -> None:
    """Members in lower camel case, the keys of maps as they were; who, when, where, what."""
    found = busy.client().lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": "mine-1"}])
    (entry,) = found["Events"]
    event = json.loads(entry["CloudTrailEvent"])
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine-1"
    assert event["requestParameters"] == {"queueName": "mine-1", "attributes": {"DelaySeconds": "5"}}
    assert event["responseElements"]["queueUrl"].endswith("/mine-1")
    assert event["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": ACCOUNT,
    }
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn}]
    fixed = {"eventVersion": "1.11", "eventSource": "sqs.amazonaws.com", "awsRegion": "us-east-1", "readOnly": False}
    fixed |= {"eventType": "AwsApiCall", "managementEvent": True, "eventCategory": "Management"}
    assert fixed.items() <= event.items()
    assert entry["Username"] == "root"
    assert (entry["EventId"], entry["ReadOnly"]) == (event["eventID"], "false")
    assert entry["Resources"] == [{"ResourceType": "AWS::SQS::Queue", "ResourceName": "mine-1"}]


def test_global_services_are_in_one_region(here: Trailed) -> None:
    """What is done in IAM is in the history of us-east-1, wherever the request was signed for."""
    here.client("iam", region="eu-west-1").create_user(UserName="anna")
    assert here.events(region="eu-west-1") == []
    names = [(event["eventName"], event["awsRegion"]) for event in here.events()]
    assert ("CreateUser", "us-east-1") in names


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("EventName", "CreateQueue", 3),
        ("EventName", "createqueue", 0),
        ("EventSource", "sqs.amazonaws.com", 3),
        ("Username", "root", 4),
        ("Username", "anna", 0),
        ("ResourceType", "AWS::SQS::Queue", 3),
        ("ResourceName", "mine-2", 1),
        ("ResourceName", f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine-2", 1),
        ("ReadOnly", "false", 3),
        ("AccessKeyId", ACCOUNT, 4),
        ("AccessKeyId", OTHER, 0),
        ("EventId", "nothing", 0),
    ],
)
def test_attributes(busy: Trailed, key: str, value: str, count: int) -> None:
    """One attribute, compared exactly."""
    found = busy.events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    assert len([event for event in found if event["eventSource"] != "cloudtrail.amazonaws.com"]) == count


def test_pages(busy: Trailed) -> None:
    """A token goes on where the page ended; each event comes once."""
    client = busy.client()
    token: dict[str, str] = {}
    found: list[str] = []
    wanted: Any = [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
    while True:
        page = client.lookup_events(LookupAttributes=wanted, MaxResults=1, **token)
        found += [event["EventId"] for event in page["Events"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"MaxResults": 51}, "ValidationException"),
        ({"NextToken": "nonsense"}, "InvalidNextTokenException"),
        ({"StartTime": 2_000_000_000, "EndTime": 1_900_000_000}, "InvalidTimeRangeException"),
        (
            {"LookupAttributes": [{"AttributeKey": k, "AttributeValue": "x"} for k in ("EventId", "EventName")]},
            "InvalidLookupAttributesException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "maybe"}]},
            "InvalidLookupAttributesException",
        ),
        ({"EventCategory": "insight"}, "NotImplemented"),
    ],
)
def test_bad_input(busy: Trailed, members: dict[str, Any], code: str) -> None:
    """Each is refused as AWS does."""
    with pytest.raises(ClientError) as caught:
        busy.client().lookup_events(**members)
    assert code in caught.value.response["Error"]["Code"]


def test_a_token_belongs_to_its_parameters(busy: Trailed) -> None:
    """With others it is none."""
    token = busy.client().lookup_events(MaxResults=1)["NextToken"]
    with pytest.raises(ClientError, match="InvalidNextToken"):
        busy.client().lookup_events(MaxResults=1, NextToken=token, StartTime=1)


def test_ninety_days(here: Trailed) -> None:
    """What is older is not shown, whether or not it was deleted yet."""
    here.client("sqs").create_queue(QueueName="old")
    here.archive()
    here.house.advance(89 * DAY)
    assert [event["eventName"] for event in here.events()] == ["CreateQueue"]
    here.house.advance(2 * DAY)
    assert "CreateQueue" not in [event["eventName"] for event in here.events()]


def test_times(here: Trailed) -> None:
    """Both ends of the range are included."""
    here.client("sqs").create_queue(QueueName="early")
    here.house.advance(DAY)
    here.client("sqs").create_queue(QueueName="late")
    middle = to_datetime(host_ms() + DAY * 500)
    assert [e["requestParameters"]["queueName"] for e in here.events(StartTime=middle)] == ["late"]
    assert [e["requestParameters"]["queueName"] for e in here.events(EndTime=middle)] == ["early"]


def test_both_accounts_see_a_call_on_a_resource_of_the_other(here: Trailed) -> None:
    """Two events with one shared id: the owner sees the caller's account, not who it was."""
    sqs = here.client("sqs")
    url = sqs.create_queue(QueueName="open")["QueueUrl"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    here.client("sqs", OTHER).purge_queue(QueueUrl=url)
    wanted: Any = [{"AttributeKey": "EventName", "AttributeValue": "PurgeQueue"}]
    (mine,) = here.events(LookupAttributes=wanted)
    (theirs,) = here.events(account=OTHER, LookupAttributes=wanted)
    assert mine["sharedEventID"] == theirs["sharedEventID"]
    assert mine["eventID"] != theirs["eventID"]
    assert (mine["recipientAccountId"], theirs["recipientAccountId"]) == (ACCOUNT, OTHER)
    assert mine["userIdentity"] == {"type": "AWSAccount", "principalId": OTHER, "accountId": OTHER}
    assert theirs["userIdentity"]["type"] == "Root"


def test_refused_calls_are_events_too(here: Trailed) -> None:
    """With AWS's code and message; those of nobody belong to nobody."""
    with pytest.raises(ClientError):
        here.client("sqs", OTHER).delete_queue(QueueUrl=f"http://localhost/{ACCOUNT}/none")
    with pytest.raises(ClientError):
        here.house.client("sqs", key=(ACCOUNT, "wrong")).create_queue(QueueName="x")
    (event,) = here.events(account=OTHER)
    assert event["errorCode"].startswith("AccessDenied")
    assert event["responseElements"] is None
    assert all(event["eventName"] != "CreateQueue" for event in here.events())


def test_a_user_without_permission_sees_nothing(here: Trailed) -> None:
    """cloudtrail:LookupEvents is a permission like any other."""
    iam = here.client("iam")
    iam.create_user(UserName="anna")
    key = iam.create_access_key(UserName="anna")["AccessKey"]
    anna = here.house.client("cloudtrail", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    with pytest.raises(ClientError, match="cloudtrail:LookupEvents"):
        anna.lookup_events()
    event = here.events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "anna"}])[0]
    assert event["userIdentity"]["type"] == "IAMUser"
    assert event["userIdentity"]["userName"] == "anna"
