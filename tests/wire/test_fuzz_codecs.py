"""Any bytes as a body, query, label or header: what cannot be read is a WireError, and never anything else."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.wire.errors import WireError
from gureum.wire.eventstream import Decoder
from gureum.wire.http import Request
from gureum.wire.model import Operation
from gureum.wire.protocols import PROTOCOLS
from tests.conformance.peer import load

OPERATIONS = [
    ("json", "sqs", "SendMessageBatch"),
    ("json", "dynamodb", "PutItem"),
    ("query", "sqs", "SendMessageBatch"),
    ("query", "rds", "CreateDBInstance"),
    ("query", "cloudwatch", "PutMetricData"),
    ("ec2", "ec2", "RunInstances"),
    ("rest-json", "lambda", "CreateFunction"),
    ("rest-json", "amp", "ListScrapers"),
    ("rest-xml", "s3", "PutBucketLifecycleConfiguration"),
    ("rest-xml", "s3", "ListObjectsV2"),
    ("rest-xml", "route53", "ChangeResourceRecordSets"),
    ("smithy-rpc-v2-cbor", "cloudwatch", "PutMetricData"),
]
NAMES = st.sampled_from(
    [
        "QueueUrl",
        "Entries",
        "Item",
        "S",
        "L",
        "M",
        "Rules",
        "Rule",
        "MetricData",
        "Timestamp",
        "Code",
        "ZipFile",
        "Bucket",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
TREES = st.recursive(SCALARS, lambda t: st.lists(t, max_size=3) | st.dictionaries(NAMES, t, max_size=3), max_leaves=10)
FORM_PARTS = st.sampled_from(
    ["QueueUrl", ".", "1", "-1", "Entries", "member", "Instance", "=", "&", "%", "%41", "+", "é"]
)
XML_PARTS = st.sampled_from(
    ["<Rule>", "</Rule>", "<LifecycleConfiguration>", "</LifecycleConfiguration>", "<a/>", "<!DOCTYPE a>", "&amp;", "x"]
)
BODIES = st.one_of(
    st.binary(max_size=60),
    TREES.map(msgspec.json.encode),
    TREES.map(cbor2.dumps),
    st.lists(FORM_PARTS, max_size=12).map(lambda parts: "".join(parts).encode()),
    st.lists(XML_PARTS, max_size=10).map(lambda parts: "".join(parts).encode()),
)


@cache
def operation_of(service: str, name: str) -> Operation:
    return load(service)[0].operation(name)


@pytest.mark.parametrize(("protocol", "service", "name"), OPERATIONS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(body=BODIES, query=st.text(st.characters(codec="ascii"), max_size=20), label=st.text("%aF0/", max_size=6))
def test_only_wire_errors_come_out(protocol: str, service: str, name: str, body: bytes, query: str, label: str) -> None:
    """Whatever a client sends, the server does not fail."""
    operation = operation_of(service, name)
    members = operation.input.members.values() if operation.input is not None else ()
    labels = {m.wire_name or m.name: label for m in members if m.location == "uri"}
    headers = {(m.wire_name or m.name).lower(): query for m in members if m.location == "header"}
    with suppress(WireError):
        PROTOCOLS[protocol].parse(operation, Request("POST", "/", query, headers, body), labels)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=80))
def test_frames(data: bytes) -> None:
    """The decoder of event streams sees the first bytes of every attacker."""
    decoder = Decoder()
    with suppress(WireError):
        list(decoder.feed(data))
        decoder.finish()


def test_a_body_of_dots_is_cheap() -> None:
    """A megabyte of separators neither recurses nor grows."""
    operation = operation_of("sqs", "SendMessageBatch")
    with pytest.raises(WireError):
        PROTOCOLS["query"].parse(operation, Request("POST", "/", "", {}, b"." * 1_000_000 + b"=1"), {})
