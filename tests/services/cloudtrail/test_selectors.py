"""Event selectors: which may be, and what they take."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.services.cloudtrail.records import AdvancedSelector, BasicSelector, DataResource, FieldSelector
from gureum.services.cloudtrail.rules import selectors as rules
from gureum.services.cloudtrail.rules.selectors import Facts
from tests.services.cloudtrail.local import Trailed

MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = {"Field": "eventCategory", "Equals": ["Data"]}
QUEUES = {"Field": "resources.type", "Equals": ["AWS::SQS::Queue"]}


def put(here: Trailed, **members: Any) -> dict[str, Any]:
    """Selectors for a trail of its own."""
    client = here.client()
    if not client.describe_trails()["trailList"]:
        client.create_trail(Name="main", S3BucketName="a-bucket")
    result: dict[str, Any] = client.put_event_selectors(TrailName="main", **members)
    return result


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}


def test_they_are_kept(here: Trailed) -> None:
    """The default, basic ones, and advanced ones that take their place."""
    default = [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]
    client = here.client()
    client.create_trail(Name="main", S3BucketName="a-bucket")
    assert client.get_event_selectors(TrailName="main")["EventSelectors"] == default
    basic = [{**default[0], "ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]
    assert put(here, EventSelectors=basic)["EventSelectors"] == basic
    given = [{"Name": "queues", "FieldSelectors": [DATA, QUEUES, {"Field": "eventName", "StartsWith": ["Send"]}]}]
    assert put(here, AdvancedEventSelectors=given)["AdvancedEventSelectors"] == given
    found = client.get_event_selectors(TrailName="main")
    assert found["AdvancedEventSelectors"] == given
    assert "EventSelectors" not in found
    assert client.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"EventSelectors": []},
        {"EventSelectors": [{}] * 6},
        {"EventSelectors": [{}], **advanced(MANAGEMENT)},
        {"EventSelectors": [{"DataResources": [{"Type": "AWS::SQS::Queue", "Values": ["arn:aws:sqs"]}]}]},
        {"EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["bucket/"]}]}]},
        {
            "EventSelectors": [
                {"DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::b{n}/" for n in range(251)]}]}
            ]
        },
        {"EventSelectors": [{"ExcludeManagementEventSources": ["sqs.amazonaws.com"]}]},
        {
            "EventSelectors": [
                {"IncludeManagementEvents": False, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}
            ]
        },
        advanced(QUEUES),
        advanced({"Field": "eventCategory", "NotEquals": ["Data"]}),
        advanced({"Field": "eventCategory", "Equals": ["Management", "Data"]}),
        advanced({"Field": "eventCategory", "Equals": ["Other"]}),
        advanced(MANAGEMENT, MANAGEMENT),
        advanced(MANAGEMENT, QUEUES),
        advanced(MANAGEMENT, {"Field": "eventName", "Equals": ["CreateQueue"]}),
        advanced(MANAGEMENT, {"Field": "eventSource", "NotEquals": ["sqs.amazonaws.com"]}),
        advanced(MANAGEMENT, {"Field": "eventSource", "Equals": ["kms.amazonaws.com"]}),
        advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["maybe"]}),
        advanced(MANAGEMENT, {"Field": "readOnly", "NotEquals": ["true"]}),
        advanced(DATA),
        advanced(DATA, {"Field": "resources.type", "Equals": ["queue"]}),
        advanced(DATA, {"Field": "resources.type", "StartsWith": ["AWS::"]}),
        advanced(DATA, QUEUES, {"Field": "errorCode", "Equals": ["x"]}),
        advanced(DATA, QUEUES, {"Field": "eventName"}),
        advanced(DATA, QUEUES, {"Field": "eventName", "Equals": ["a", "a"]}),
        advanced(DATA, QUEUES, {"Field": "eventName", "Equals": [f"e{n}" for n in range(500)]}),
    ],
)
def test_those_that_cannot_be(here: Trailed, members: dict[str, Any]) -> None:
    """InvalidEventSelectorsException, and the old ones stay."""
    with pytest.raises(ClientError, match="InvalidEventSelectorsException"):
        put(here, **members)
    assert "EventSelectors" in here.client().get_event_selectors(TrailName="main")


@pytest.mark.parametrize("category", ["NetworkActivity", "Insight", "ConfigurationItem", "Evidence"])
def test_events_that_do_not_exist_here(here: Trailed, category: str) -> None:
    """Refused by name."""
    with pytest.raises(ClientError, match=f"{category} .* not supported"):
        put(here, **advanced({"Field": "eventCategory", "Equals": [category]}))


def facts(**fields: Any) -> Facts:
    """Of a SendMessage."""
    known: dict[str, Any] = {
        "eventCategory": ("Data",),
        "readOnly": ("false",),
        "eventSource": ("sqs.amazonaws.com",),
        "eventName": ("SendMessage",),
        "resources.type": ("AWS::SQS::Queue",),
        "resources.ARN": ("arn:aws:sqs:us-east-1:1:orders",),
    }
    return {**known, **fields}


@pytest.mark.parametrize(
    ("field", "taken"),
    [
        (FieldSelector("eventName", equals=("SendMessage",)), True),
        (FieldSelector("eventName", equals=("sendmessage",)), False),
        (FieldSelector("eventName", starts_with=("Receive", "Send")), True),
        (FieldSelector("eventName", ends_with=("Message",)), True),
        (FieldSelector("eventName", not_equals=("SendMessage",)), False),
        (FieldSelector("eventName", not_starts_with=("Send",)), False),
        (FieldSelector("eventName", not_ends_with=("Batch",)), True),
        (FieldSelector("eventName", starts_with=("Send",), not_equals=("SendMessageBatch",)), True),
        (FieldSelector("eventName", starts_with=("Send",), not_ends_with=("Message",)), False),
        (FieldSelector("eventName", equals=("Other",), ends_with=("Message",)), True),
        (FieldSelector("userIdentity.arn", equals=("x",)), False),
        (FieldSelector("userIdentity.arn", not_equals=("x",)), True),
    ],
)
def test_conditions(field: FieldSelector, taken: bool) -> None:
    """Selecting ones are alternatives, deselecting ones must all hold, both groups must hold."""
    assert rules.compile_selectors((), (AdvancedSelector("", (field,)),))(facts()) is taken


words = st.sampled_from(["Send", "SendMessage", "Message", "Receive", "x", ""])
some = st.lists(words.filter(bool), max_size=2).map(tuple)
fields = st.builds(
    FieldSelector,
    field=st.sampled_from(["eventName", "eventSource"]),
    equals=some,
    starts_with=some,
    ends_with=some,
    not_equals=some,
    not_starts_with=some,
    not_ends_with=some,
)


def expected(field: FieldSelector, values: tuple[str, ...]) -> bool:
    """The rule of the documentation, written out."""
    selecting = [*field.equals, *field.starts_with, *field.ends_with]
    selected = not selecting or any(
        value in field.equals
        or any(value.startswith(text) for text in field.starts_with)
        or any(value.endswith(text) for text in field.ends_with)
        for value in values
    )
    deselected = any(
        value in field.not_equals
        or any(value.startswith(text) for text in field.not_starts_with)
        or any(value.endswith(text) for text in field.not_ends_with)
        for value in values
    )
    return selected and not deselected


@settings(deadline=None, derandomize=True)
@given(st.lists(st.lists(fields, min_size=1, max_size=2), max_size=3), words, words)
def test_selectors_are_alternatives_of_conjunctions(given: list[list[FieldSelector]], name: str, source: str) -> None:
    """For any selectors and any event."""
    event = facts(eventName=(name,), eventSource=(source,))
    takes = rules.compile_selectors((), [AdvancedSelector("", tuple(group)) for group in given])
    assert takes(event) == any(all(expected(field, event[field.field]) for field in group) for group in given)


OBJECT = facts(**{"resources.type": ("AWS::S3::Object",), "resources.ARN": ("arn:aws:s3:::b/img/1",)})
TABLE = facts(**{"resources.type": ("AWS::DynamoDB::Table",), "resources.ARN": ("arn:aws:dynamodb:r:1:table/t",)})
CALL = facts(eventCategory=("Management",), eventSource=("kms.amazonaws.com",), **{"resources.type": ()})


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        (BasicSelector(), [CALL]),
        (BasicSelector(access="WriteOnly"), [CALL]),
        (BasicSelector(access="ReadOnly"), []),
        (BasicSelector(excluded_sources=("kms.amazonaws.com",)), []),
        (BasicSelector(management=False), []),
        (BasicSelector("All", False, (DataResource("AWS::S3::Object", ("arn:aws:s3",)),)), [OBJECT]),
        (BasicSelector("All", False, (DataResource("AWS::S3::Object", ("arn:aws:s3:::b/img",)),)), [OBJECT]),
        (BasicSelector("All", False, (DataResource("AWS::S3::Object", ("arn:aws:s3:::c/",)),)), []),
        (BasicSelector("ReadOnly", False, (DataResource("AWS::S3::Object", ("arn:aws:s3",)),)), []),
        (BasicSelector("All", True, (DataResource("AWS::DynamoDB::Table", ("arn:aws:dynamodb",)),)), [CALL, TABLE]),
        (BasicSelector("All", False, (DataResource("AWS::DynamoDB::Table", ("arn:aws:dynamodb:r:1:table",)),)), []),
    ],
)
def test_basic_selectors(selector: BasicSelector, taken: list[Facts]) -> None:
    """Objects by the beginning of their ARN, tables and functions by all of it or none."""
    takes = rules.compile_selectors((selector,), ())
    assert [event for event in (CALL, OBJECT, TABLE) if takes(event)] == taken
