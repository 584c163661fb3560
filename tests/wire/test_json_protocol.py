"""awsJson: the words of its errors, its corners, and what services with a past in the query protocol add."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gureum.api import models
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.json import depth_max
from gureum.wire.protocols import PROTOCOLS
from tests.wire import tiny

JSON = PROTOCOLS["json"]
MODEL = tiny.service(
    Input=tiny.structure(
        S="String",
        I="Integer",
        L="Long",
        B="Boolean",
        D="Double",
        X="Blob",
        T="Timestamp",
        List="Strings",
        Sparse="SparseStrings",
        Map="Map",
        Union="Union",
        Doc="Document",
        Nested="Input",
    ),
    Strings={"type": "list", "member": {"shape": "String"}},
    SparseStrings={"type": "list", "member": {"shape": "String"}, "sparse": True},
    Map={"type": "map", "key": {"shape": "String"}, "value": {"shape": "Integer"}},
    Union=tiny.structure(A="String", B="String") | {"union": True},
    Document=tiny.structure() | {"document": True},
    Output=tiny.structure(D="Double", T="Timestamp", X="Blob", S="String"),
)


def parse(body: str | bytes) -> dict[str, Any]:
    data = body.encode() if isinstance(body, str) else body
    return JSON.parse(tiny.do(MODEL), tiny.request(data), {})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        # Answers of AWS: sidecar issue 148, aws-cdk 27087, aws-sdk-js-v3 issue 4343, amazon-mws issue 75 (on GitHub).
        ('{"S": 1}', "NUMBER_VALUE can not be converted to a String"),
        ('{"I": "1"}', "STRING_VALUE can not be converted to an Integer"),
        ('{"T": "2026-01-31T12:00:00Z"}', "STRING_VALUE can not be converted to milliseconds since epoch"),
        ('{"S": []}', "Start of list found where not expected"),
        # In their likeness, without a witness.
        ('{"S": true}', "TRUE_VALUE can not be converted to a String"),
        ('{"I": 1.5}', "DECIMAL_VALUE can not be converted to an Integer"),
        ('{"S": {}}', "Start of structure or map found where not expected."),
        ('{"List": "a"}', "Expected list or null"),
        ('{"Map": "a"}', "Expected map or null"),
        ("[]", "Start of list found where not expected"),
        ('{"I": 2147483648}', "NUMBER_VALUE can not be converted to an Integer"),
        ('{"X": "!"}', "Invalid base64-encoded value"),
        ('{"List": [null]}', "Null is not allowed in this list"),
        ('{"Union": {"A": "1", "B": "2"}}', "Unions must have exactly one member set"),
        ('{"Union": {"C": "1"}}', "Unions must have exactly one member set"),
    ],
)
def test_wrong_types(body: str, message: str) -> None:
    """Types are SerializationException, in AWS's words where they are known."""
    with pytest.raises(WireError) as caught:
        parse(body)
    assert (caught.value.code, caught.value.message, caught.value.status) == ("SerializationException", message, 400)


@pytest.mark.parametrize(
    "body", ["{", "nonsense", '{"D": NaN}', '{"D": 1e400}', b'{"S": "\xff"}', "[" * 100_000, '{"Nested":' * 900 + "{}"]
)
def test_malformed(body: str | bytes) -> None:
    """What is no JSON, or nested without end, is the sender's mistake and never a 500."""
    with pytest.raises(WireError) as caught:
        parse(body)
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(("depth", "fits"), [(depth_max, True), (depth_max + 1, False), (900, False)])
def test_depth(depth: int, fits: bool) -> None:
    """Nesting is bounded by a number, not by what is left of Python's stack."""
    body = '{"Nested":' * (depth - 1) + "{}" + "}" * (depth - 1)
    if fits:
        assert parse(body)
        return
    with pytest.raises(WireError):
        parse(body)


def test_leniency() -> None:
    """Null is absent, unknown members are ignored, documents and sparse lists pass, an empty body is empty."""
    assert parse("") == {}
    assert parse('{"S": null, "Unknown": 1, "Sparse": [null, "a"]}') == {"Sparse": [None, "a"]}
    assert parse('{"Doc": {"a": [1, null]}}') == {"Doc": {"a": [1, None]}}
    assert parse('{"Union": {"__type": "x", "A": "1"}}') == {"Union": {"A": "1"}}


def test_special_floats() -> None:
    """NaN and the infinities are strings in both directions."""
    assert parse('{"D": "-Infinity"}') == {"D": -math.inf}
    assert math.isnan(parse('{"D": "NaN"}')["D"])
    response = JSON.serialize(tiny.do(MODEL), {"D": math.inf}, tiny.REQUEST_ID)
    assert tiny.text(response) == '{"D":"Infinity"}'


def test_response() -> None:
    """Content type by version, the request id in a header, None left out."""
    response = JSON.serialize(tiny.do(MODEL), {"S": "a", "X": None}, tiny.REQUEST_ID)
    assert tiny.text(response) == '{"S":"a"}'
    assert tiny.header(response, "content-type") == "application/x-amz-json-1.1"
    assert tiny.header(response, "x-amzn-requestid") == tiny.REQUEST_ID


@pytest.mark.parametrize("result", [{"Unknown": 1}, {"S": 1}, {"D": "1"}, {"T": 1}, {"X": "text"}])
def test_what_does_not_fit_is_our_bug(result: dict[str, Any]) -> None:
    """A handler's mistake is loud, and never reaches a client."""
    with pytest.raises((KeyError, TypeError)):
        JSON.serialize(tiny.do(MODEL), result, tiny.REQUEST_ID)


def test_errors_of_a_service_that_spoke_query() -> None:
    """SQS: the shape in `__type`, the old code in `x-amzn-query-error` (awsQueryCompatible)."""
    sqs = models.load("sqs", "json")
    shape = sqs.shape("QueueDoesNotExist")
    error = ErrorValue(shape.error_code, "The specified queue does not exist.", 400, shape=shape)
    response = JSON.serialize_error(sqs, error, tiny.REQUEST_ID)
    assert json.loads(tiny.text(response)) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }
    assert tiny.header(response, "x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert tiny.header(response, "content-type") == "application/x-amz-json-1.0"


def test_errors_without_a_shape() -> None:
    """Errors of the protocol itself, such as a wrong signature, have a code only."""
    response = JSON.serialize_error(MODEL, ErrorValue("SerializationException", "why", 400), tiny.REQUEST_ID)
    assert json.loads(tiny.text(response)) == {"__type": "SerializationException", "message": "why"}
