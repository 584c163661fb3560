"""awsQuery: forms with lists and maps, and SQS, whose model no longer says how it speaks this protocol."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from gureum.api import models
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.protocols import PROTOCOLS
from tests.wire import tiny

QUERY = PROTOCOLS["query"]
MODEL = tiny.service(
    "query",
    Input=tiny.structure(
        S="String",
        I="Integer",
        B="Boolean",
        T="Timestamp",
        List="Strings",
        Named={"shape": "NamedStrings"},
        Flat={"shape": "FlatStrings"},
        Map="Map",
        Nested="Input",
    ),
    Strings={"type": "list", "member": {"shape": "String"}},
    NamedStrings={"type": "list", "member": {"shape": "String", "locationName": "Item"}},
    FlatStrings={"type": "list", "member": {"shape": "String", "locationName": "FlatItem"}, "flattened": True},
    Map={"type": "map", "key": {"shape": "String"}, "value": {"shape": "Integer"}},
)


def parse(body: str, query: str = "") -> dict[str, Any]:
    return QUERY.parse(tiny.do(MODEL), tiny.request(body.encode(), query), {})


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("Action=Do&Version=2026-01-31&S=a%26b+c&Unknown=1", {"S": "a&b c"}),
        ("List.member.2=b&List.member.10=c&List.member.1=a", {"List": ["a", "b", "c"]}),
        ("Named.Item.1=a", {"Named": ["a"]}),
        ("Named.member.1=a", {"Named": ["a"]}),
        ("List=", {"List": []}),
        ("FlatItem.1=a&FlatItem.2=b", {"Flat": ["a", "b"]}),
        ("Map.entry.1.key=a&Map.entry.1.value=1", {"Map": {"a": 1}}),
        ("Nested.Nested.S=a", {"Nested": {"Nested": {"S": "a"}}}),
        ("B=true&I=-5", {"B": True, "I": -5}),
    ],
)
def test_forms(body: str, value: dict[str, Any]) -> None:
    """The examples of https://smithy.io/2.0/aws/protocols/aws-query-protocol.html; indices order and may have gaps."""
    assert parse(body) == value


def test_parameters_in_the_query_string() -> None:
    """Presigned GETs carry the action there, as Kubernetes authenticators do with GetCallerIdentity."""
    assert parse("", "Action=Do&S=a&X-Amz-Signature=f00") == {"S": "a"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("T=yesterday", "timestamp must follow ISO8601"),
        ("I=ten", 'For input string: "ten"'),
        ("B=maybe", "Invalid boolean value: must be true or false"),
        ("List=a", "Unexpected list element termination"),
        ("Nested=a", "Unexpected complex element termination"),
        ("S.x=a", "Start of structure or map found where not expected."),
        ("S=a&S.x=b", "Unexpected complex element termination"),
        ("List.member.x=a", "Key x is not a list index"),
        ("S=%ff", "Parameters must be UTF-8"),
        (".".join(["Nested"] * 100) + "=a", "Parameters are nested too deeply"),
    ],
)
def test_malformed(body: str, message: str) -> None:
    """MalformedInput; words on termination (boto issue 37) and timestamps are AWS's, the others in their likeness."""
    with pytest.raises(WireError) as caught:
        parse(body)
    assert (caught.value.code, caught.value.message) == ("MalformedInput", message)


def test_sqs_request() -> None:
    """The names of the SQS query API: flattened, singular, `Name` and `Value`."""
    sqs = models.load("sqs", "query")
    form = {
        "Action": "SendMessageBatch",
        "QueueUrl": "http://localhost/000000000000/q",
        "SendMessageBatchRequestEntry.1.Id": "one",
        "SendMessageBatchRequestEntry.1.MessageBody": "body",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Name": "colour",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType": "String",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue": "blue",
    }
    request = tiny.request(urlencode(form).encode())
    assert QUERY.parse(sqs.operation("SendMessageBatch"), request, {}) == {
        "QueueUrl": "http://localhost/000000000000/q",
        "Entries": [
            {
                "Id": "one",
                "MessageBody": "body",
                "MessageAttributes": {"colour": {"DataType": "String", "StringValue": "blue"}},
            }
        ],
    }
    create = tiny.request(b"QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v")
    assert QUERY.parse(sqs.operation("CreateQueue"), create, {}) == {
        "QueueName": "q",
        "Attributes": {"DelaySeconds": "5"},
        "tags": {"k": "v"},
    }


def test_sqs_response() -> None:
    """What ReceiveMessage answered before 2023 and still answers to old clients."""
    sqs = models.load("sqs", "query")
    message = {"MessageId": "m", "Body": "<b>", "Attributes": {"SentTimestamp": "1"}}
    response = QUERY.serialize(sqs.operation("ReceiveMessage"), {"Messages": [message, message]}, tiny.REQUEST_ID)
    element = (
        "<Message><MessageId>m</MessageId><Body>&lt;b&gt;</Body>"
        "<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute></Message>"
    )
    assert tiny.text(response) == (
        '<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult>'
        f"{element}{element}</ReceiveMessageResult><ResponseMetadata><RequestId>{tiny.REQUEST_ID}</RequestId>"
        "</ResponseMetadata></ReceiveMessageResponse>\n"
    )


def test_error() -> None:
    """`ErrorResponse` with type, code, message and request id, escaped."""
    response = QUERY.serialize_error(MODEL, ErrorValue("A&B", "a<b", 403, sender=False), tiny.REQUEST_ID)
    assert response.status == 403
    assert tiny.text(response) == (
        '<ErrorResponse xmlns="http://tiny/"><Error><Type>Receiver</Type><Code>A&amp;B</Code>'
        f"<Message>a&lt;b</Message></Error><RequestId>{tiny.REQUEST_ID}</RequestId></ErrorResponse>\n"
    )
