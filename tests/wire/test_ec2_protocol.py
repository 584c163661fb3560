"""ec2Query where it differs from query."""

from __future__ import annotations

import pytest

from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.protocols import PROTOCOLS
from tests.wire import tiny

EC2 = PROTOCOLS["ec2"]
MODEL = tiny.service(
    "ec2",
    Input=tiny.structure(
        Ids={"shape": "Strings", "locationName": "instanceId"},
        Addresses={"shape": "Strings", "locationName": "addressesSet", "queryName": "Addresses"},
        MaxResults="Integer",
    ),
    Strings={"type": "list", "member": {"shape": "String", "locationName": "item"}},
)


def test_names() -> None:
    """Wire names are capitalised, `queryName` is taken as it is, lists are flat."""
    request = tiny.request(b"Action=Do&Version=x&InstanceId.1=i-1&InstanceId.2=i-2&Addresses.1=a&MaxResults=5")
    assert EC2.parse(tiny.do(MODEL), request, {}) == {"Ids": ["i-1", "i-2"], "Addresses": ["a"], "MaxResults": 5}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"MaxResults=x", "InvalidParameterValue"),
        (b"Nonsense=1", "UnknownParameter"),
        (b"InstanceId.x=1", "MalformedInput"),
    ],
)
def test_refused(body: bytes, code: str) -> None:
    """Codes of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html."""
    with pytest.raises(WireError) as caught:
        EC2.parse(tiny.do(MODEL), tiny.request(body), {})
    assert caught.value.code == code


def test_response_without_output() -> None:
    """`<return>true</return>`, and the request id inside."""
    response = EC2.serialize(tiny.do(MODEL), {}, tiny.REQUEST_ID)
    assert f"<requestId>{tiny.REQUEST_ID}</requestId><return>true</return>" in tiny.text(response)


def test_error() -> None:
    """`Response/Errors/Error`, with `RequestID`."""
    response = EC2.serialize_error(MODEL, ErrorValue("InvalidVpcID.NotFound", "no", 400), tiny.REQUEST_ID)
    assert tiny.text(response).endswith(
        "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>no</Message></Error></Errors>"
        f"<RequestID>{tiny.REQUEST_ID}</RequestID></Response>"
    )
