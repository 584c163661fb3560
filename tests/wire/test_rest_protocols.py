"""HTTP bindings and the two REST protocols, where a rule could be misread."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.http import Request
from gureum.wire.protocols import PROTOCOLS
from gureum.wire.rest import header_text, split_header_list
from tests.conformance.peer import load
from tests.wire import tiny

REST_JSON, REST_XML = PROTOCOLS["rest-json"], PROTOCOLS["rest-xml"]


def bound(shape: str, location: str, name: str = "", **traits: Any) -> dict[str, Any]:
    return {"shape": shape, "location": location, **({"locationName": name} if name else {}), **traits}


MODEL = tiny.service(
    "rest-json",
    {"http": {"method": "POST", "requestUri": "/{label}?mode=x"}},
    Input=tiny.structure(
        Label=bound("Integer", "uri", "label"),
        When=bound("Timestamp", "header", "x-when"),
        Names=bound("Strings", "header", "x-names"),
        Json=bound("String", "header", "x-json", jsonvalue=True),
        Meta=bound("Map", "headers", "x-meta-"),
        Tags=bound("Strings", "querystring", "tag"),
        Rest=bound("Lists", "querystring"),
        Body="String",
    ),
    Output=tiny.structure(
        Status=bound("Integer", "statusCode"), Name=bound("String", "header", "x-name"), Body="String"
    ),
    Bad=tiny.structure(message="String", Retry=bound("Integer", "header", "Retry-After"), Why="String")
    | {"exception": True},
    Strings={"type": "list", "member": {"shape": "String"}},
    Map={"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    Lists={"type": "map", "key": {"shape": "String"}, "value": {"shape": "Strings"}},
)


def request(query: str = "", body: bytes = b"", **headers: str) -> Request:
    return tiny.request(body, query, **headers)


def test_bindings() -> None:
    """Every location at once; the map takes what nothing else is bound to, and no signatures."""
    given = request(
        "mode=x&tag=a&tag=b&other=c&other=d&X-Amz-Signature=f00",
        b'{"Body": "text"}',
        x_when="Sat, 31 Jan 2026 12:00:00 GMT",
        x_names='a, "b,c", d',
        x_json=b64encode(b'{"a":[1]}').decode(),
        x_meta_k="v",
    )
    value = REST_JSON.parse(tiny.do(MODEL), given, {"label": "%35"})
    assert value.pop("When").isoformat() == "2026-01-31T12:00:00+00:00"
    assert value == {
        "Label": 5,
        "Names": ["a", "b,c", "d"],
        "Json": {"a": [1]},
        "Meta": {"k": "v"},
        "Tags": ["a", "b"],
        "Rest": {"other": ["c", "d"]},
        "Body": "text",
    }


@pytest.mark.parametrize(
    ("given", "label"),
    [
        (request(), "five"),
        (request(), "%ff"),
        (request(x_when="yesterday"), "5"),
        (request(x_json="{}"), "5"),
        (request(body=b"["), "5"),
        (request("tag=%ff"), "5"),
    ],
)
def test_refused(given: Request, label: str) -> None:
    """A value that cannot be read is the sender's mistake, wherever it stands."""
    with pytest.raises(WireError) as caught:
        REST_JSON.parse(tiny.do(MODEL), given, {"label": label})
    assert caught.value.status == 400


def test_response() -> None:
    """A bound status replaces the model's; headers cannot be split by line ends in values."""
    result = {"Status": 202, "Name": "a\r\nSet-Cookie: b", "Body": "text"}
    response = REST_JSON.serialize(tiny.do(MODEL), result, tiny.REQUEST_ID)
    assert (response.status, tiny.text(response)) == (202, '{"Body":"text"}')
    assert tiny.header(response, "x-name") == "a  Set-Cookie: b"


def test_error_members_in_headers() -> None:
    """Members of errors are bound like those of outputs; the code is a header."""
    error = ErrorValue("Bad", "why", 429, shape=MODEL.shape("Bad"), members={"Retry": 7, "Why": "so"})
    response = REST_JSON.serialize_error(MODEL, error, tiny.REQUEST_ID)
    assert json.loads(tiny.text(response)) == {"Why": "so", "message": "why"}
    assert tiny.header(response, "retry-after") == "7"
    assert tiny.header(response, "x-amzn-errortype") == "Bad"


@pytest.mark.parametrize(
    ("text", "items"),
    [("a,b", ["a", "b"]), ('"a,b" , c', ["a,b", "c"]), (r'"a\"b",c', ['a"b', "c"]), ('a"b,c', ['a"b', "c"])],
)
def test_header_lists(text: str, items: list[str]) -> None:
    """Quoting of RFC 9110, and text that only looks like it."""
    assert split_header_list(text) == items


def test_header_text() -> None:
    """Whatever was stored, a header is one line."""
    assert header_text("a\r\nb\x00c") == "a  b c"


def test_s3_error_is_not_wrapped() -> None:
    """S3 answers a bare Error with both ids; CloudFront wraps it."""
    error = ErrorValue("NoSuchBucket", "none", 404, members={"BucketName": "b"})
    s3, _ = load("s3")
    response = REST_XML.serialize_error(s3, error, tiny.REQUEST_ID)
    body = tiny.text(response)
    assert "<Error><Code>NoSuchBucket</Code><Message>none</Message><BucketName>b</BucketName>" in body
    assert "<ErrorResponse" not in body
    assert f"<HostId>{tiny.header(response, 'x-amz-id-2')}</HostId>" in body
    cloudfront, _ = load("cloudfront")
    assert "<ErrorResponse" in tiny.text(REST_XML.serialize_error(cloudfront, error, tiny.REQUEST_ID))
    assert REST_XML.serialize_error(s3, ErrorValue("NotModified", "", 304), tiny.REQUEST_ID).body == b""


def test_s3_roots() -> None:
    """Root elements that botocore's model does not have, and the output that is a bare value."""
    s3, _ = load("s3")
    listed = tiny.text(REST_XML.serialize(s3.operation("ListObjectsV2"), {"KeyCount": 0}, tiny.REQUEST_ID))
    assert '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>0</KeyCount>' in listed
    location = {"LocationConstraint": "eu-west-1"}
    located = tiny.text(REST_XML.serialize(s3.operation("GetBucketLocation"), location, tiny.REQUEST_ID))
    assert located.endswith(">eu-west-1</LocationConstraint>")


def test_s3_attributes_and_flattened_lists() -> None:
    """`xsi:type` by any prefix, and two flattened lists in one body."""
    s3, _ = load("s3")
    operation = s3.operation("PutBucketAcl")
    body = (
        b'<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><AccessControlList><Grant>'
        b'<Grantee xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Group"><URI>u</URI></Grantee>'
        b"<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )
    value = REST_XML.parse(operation, request("acl", body), {"Bucket": "b"})
    grant = {"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}
    assert value == {"Bucket": "b", "AccessControlPolicy": {"Grants": [grant]}}
    delete = b"<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>"
    value = REST_XML.parse(s3.operation("DeleteObjects"), request("delete", delete), {"Bucket": "b"})
    assert value["Delete"] == {"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True}


@pytest.mark.parametrize("body", [b"<Delete>", b"<Delete><Nonsense/></Delete>", b"<Delete><Quiet>2</Quiet></Delete>"])
def test_malformed_xml(body: bytes) -> None:
    """S3 validates against its schema: unknown elements are refused too."""
    s3, _ = load("s3")
    with pytest.raises(WireError) as caught:
        REST_XML.parse(s3.operation("DeleteObjects"), request("delete", body), {"Bucket": "b"})
    assert caught.value.code == "MalformedXML"


def test_streams_are_handed_through() -> None:
    """The body of PutObject is not touched, whatever it is."""
    s3, _ = load("s3")
    body = tiny.each(b"a")
    given = Request("PUT", "/b/k", "", {}, body)
    assert REST_XML.parse(s3.operation("PutObject"), given, {"Bucket": "b", "Key": "k"})["Body"] is body
