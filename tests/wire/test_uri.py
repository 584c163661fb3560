"""Routing by URI: what beats what, and what is no match."""

from __future__ import annotations

import pytest

from gureum.wire.errors import WireError
from gureum.wire.uri import Route, UriTable, host_labels, query_pairs

S3 = UriTable(
    [
        ("ListBuckets", "GET", "/"),
        ("ListObjects", "GET", "/{Bucket}"),
        ("ListObjectsV2", "GET", "/{Bucket}?list-type=2"),
        ("GetBucketAcl", "GET", "/{Bucket}?acl"),
        ("GetObject", "GET", "/{Bucket}/{Key+}"),
        ("GetObjectAcl", "GET", "/{Bucket}/{Key+}?acl"),
        Route("ListParts", "GET", "/{Bucket}/{Key+}", ("uploadId",)),
        Route("PutObject", "PUT", "/{Bucket}/{Key+}"),
        Route("CopyObject", "PUT", "/{Bucket}/{Key+}", (), ("x-amz-copy-source",)),
        Route("UploadPart", "PUT", "/{Bucket}/{Key+}", ("partNumber", "uploadId")),
        Route("UploadPartCopy", "PUT", "/{Bucket}/{Key+}", ("partNumber", "uploadId"), ("x-amz-copy-source",)),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "labels"),
    [
        ("GET", "/", "", "ListBuckets", {}),
        ("GET", "/b", "", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b/", "", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b", "list-type=2&prefix=x", "ListObjectsV2", {"Bucket": "b"}),
        ("GET", "/b", "list-type=1", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b", "acl", "GetBucketAcl", {"Bucket": "b"}),
        ("GET", "/b", "acl=", "GetBucketAcl", {"Bucket": "b"}),
        ("GET", "/b/k/with/slashes/", "", "GetObject", {"Bucket": "b", "Key": "k/with/slashes/"}),
        ("GET", "/b//k", "", "GetObject", {"Bucket": "b", "Key": "/k"}),
        ("GET", "/b/k%2Fl", "acl", "GetObjectAcl", {"Bucket": "b", "Key": "k%2Fl"}),
        ("GET", "/b/k", "uploadId=u", "ListParts", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k", "", "PutObject", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPart", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k", "uploadId=u", "PutObject", {"Bucket": "b", "Key": "k"}),
    ],
)
def test_s3(method: str, path: str, query: str, operation: str, labels: dict[str, str]) -> None:
    """S3 has every difficulty: a root, greedy keys, queries that choose, operations of one URI."""
    assert S3.match(method, path, query) == (operation, labels)


def test_a_required_header_decides() -> None:
    """CopyObject and PutObject differ in a header only."""
    headers = {"x-amz-copy-source": "b/k"}
    assert S3.match("PUT", "/b/k", "", headers) == ("CopyObject", {"Bucket": "b", "Key": "k"})
    assert S3.match("PUT", "/b/k", "partNumber=1&uploadId=u", headers) == (
        "UploadPartCopy",
        {"Bucket": "b", "Key": "k"},
    )


def test_no_match() -> None:
    """An unknown method or path is None, not an error."""
    assert S3.match("PATCH", "/b", "") is None
    assert UriTable([("A", "GET", "/v1/a")]).match("GET", "/v1/b", "") is None
    assert UriTable([("A", "GET", "/v1/{x}")]).match("GET", "/v1/", "") is None


def test_literals_beat_labels_beat_greedy_labels() -> None:
    """The order of https://smithy.io/2.0/spec/http-bindings.html#specificity-routing."""
    table = UriTable([("Greedy", "GET", "/{a+}"), ("Label", "GET", "/{a}"), ("Literal", "GET", "/a")])
    assert table.match("GET", "/a", "") == ("Literal", {})
    assert table.match("GET", "/b", "") == ("Label", {"a": "b"})
    assert table.match("GET", "/a/b", "") == ("Greedy", {"a": "a/b"})


def test_literals_after_a_greedy_label() -> None:
    """`/portals/{arn+}/settings` is not `/portals/{arn+}` with a longer name."""
    table = UriTable([("Update", "PUT", "/portals/{arn+}"), ("Associate", "PUT", "/portals/{arn+}/settings")])
    assert table.match("PUT", "/portals/a/b", "") == ("Update", {"arn": "a/b"})
    assert table.match("PUT", "/portals/a/b/settings", "") == ("Associate", {"arn": "a/b"})


def test_a_query_that_is_not_utf8_is_refused() -> None:
    """A percent escape may spell anything."""
    with pytest.raises(WireError):
        query_pairs("a=%ff")


def test_host_labels() -> None:
    """`{AccountId}.` in front of the host of S3 Control."""
    assert host_labels("{AccountId}.", "012345678901.s3-control.localhost") == {"AccountId": "012345678901"}
    assert host_labels("streaming-", "streaming-x.localhost") == {}
    assert host_labels("streaming-", "localhost") is None
