"""From a request to an operation, and to the refusal that names what this cloud does not have, in every protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

import cbor2
import pytest
from botocore.exceptions import ClientError

from gureum.api import models
from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.api.service import Service, any_resource
from gureum.gateway.route import Router
from gureum.main import SERVICES
from gureum.services.sqs import sqs
from gureum.services.sts import sts
from gureum.wire.http import Request
from tests.support.clouds import Cloud
from tests.support.inprocess import serving
from tests.support.raw import ask, identity, message, signed

Call = Callable[[Any], Any]

STRANGERS: dict[str, tuple[str, str, Call]] = {
    "json 1.0": ("dynamodb", "dynamodb:ListTables", lambda client: client.list_tables()),
    "json 1.1": ("kms", "kms:ListKeys", lambda client: client.list_keys()),
    "query": ("cloudformation", "cloudformation:ListStacks", lambda client: client.list_stacks()),
    "ec2": ("ec2", "ec2:DescribeVpcs", lambda client: client.describe_vpcs()),
    "rest-json": ("lambda", "lambda:ListFunctions", lambda client: client.list_functions()),
    "rest-json, label": ("lambda", "lambda:Invoke", lambda client: client.invoke(FunctionName="f")),
    "rest-xml": ("s3", "s3:ListBuckets", lambda client: client.list_buckets()),
    "rest-xml, greedy": ("s3", "s3:GetObject", lambda client: client.get_object(Bucket="b", Key="a/b//c")),
    "rpc-v2-cbor": ("cloudwatch", "monitoring:ListMetrics", lambda client: client.list_metrics()),
    "signed with another name": (
        "elbv2",
        "elasticloadbalancing:DescribeTags",
        lambda c: c.describe_tags(ResourceArns=[]),
    ),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_service_that_is_not_here_is_named(cloud: Cloud, kind: str) -> None:
    """501 in a body that the service's own client understands."""
    service, name, call = STRANGERS[kind]
    with pytest.raises(ClientError) as refused:
        call(cloud.client(service))
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert response["Error"]["Code"] == "NotImplemented"
    assert response["Error"]["Message"] == f"The operation {name} is not supported by Gureum."
    assert response["ResponseMetadata"]["RequestId"]


def test_an_operation_that_is_not_here_is_named(cloud: Cloud) -> None:
    """Of a service that is here."""
    with pytest.raises(ClientError, match="sts:GetWebIdentityToken is not supported") as refused:
        cloud.client("sts").get_web_identity_token(Audience=["x"], SigningAlgorithm="RS256")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


NOBODY = {
    "json": ({"x-amz-target": "Weather_2030.GetForecast"}, "/", b"{}"),
    "rpc-v2-cbor": ({"smithy-protocol": "rpc-v2-cbor"}, "/service/Weather/operation/GetForecast", b"\xa0"),
    "query": ({"content-type": "application/x-www-form-urlencoded"}, "/", b"Action=GetForecast"),
    "rest": ({}, "/forecast", b""),
}


def test_a_service_that_nobody_knows(cloud: Cloud) -> None:
    """Also what AWS does not have is answered in the protocol in which it was asked for."""
    answers = {
        kind: ask(cloud.port, signed("POST", path, headers, body, service="weather"))
        for kind, (headers, path, body) in NOBODY.items()
    }
    assert {kind: answer.status for kind, answer in answers.items()} == dict.fromkeys(NOBODY, 501)
    assert "GetForecast" in json.loads(answers["json"].body)["message"]
    assert "GetForecast" in cbor2.loads(answers["rpc-v2-cbor"].body)["message"]
    assert "<Code>NotImplemented</Code>" in answers["query"].text
    assert "POST /forecast" in json.loads(answers["rest"].body)["message"]


@pytest.mark.parametrize("protocol", [None, "query"])
def test_both_protocols_of_a_service(cloud: Cloud, name: str, protocol: str | None) -> None:
    """SQS answers each client in its own, at the same queue."""
    client = cloud.client("sqs", protocol=protocol)
    url = client.create_queue(QueueName=name)["QueueUrl"]
    assert client.get_queue_url(QueueName=name)["QueueUrl"] == url
    with pytest.raises(client.exceptions.QueueDoesNotExist):
        client.get_queue_url(QueueName="none-of-this-name")


def test_a_protocol_that_the_service_does_not_speak() -> None:
    """STS has a query protocol only: a target that fits no model is nobody's."""
    router = Router(SERVICES)
    headers = {"x-amz-target": "AWSSecurityTokenServiceV20110615.GetCallerIdentity"}
    route = router.route(Request("POST", "/", "", headers, b"{}"), "sts")
    assert isinstance(route.refusal, NotSupported)
    path = "/service/AWSSecurityTokenServiceV20110615/operation/GetCallerIdentity"
    route = router.route(Request("POST", path, "", {"smithy-protocol": "rpc-v2-cbor"}), "sts")
    assert isinstance(route.refusal, NotSupported)


WAYS = {
    "action in the query": Request("GET", "/", "Action=GetCallerIdentity&Version=2011-06-15", {}),
    "action in a form": Request(
        "POST",
        "/",
        "",
        {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
        b"Version=2011-06-15&Action=GetCallerIdentity",
    ),
    "no version": Request("GET", "/", "Action=GetCallerIdentity", {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_name_an_action(way: str) -> None:
    """Clients that are no SDK put it where they like."""
    route = Router([sqs, sts]).route(WAYS[way], "sts")
    assert (route.service, route.operation, route.refusal) == (sts, "GetCallerIdentity", None)


def test_a_name_within_a_value_is_no_action() -> None:
    """`Action=` is looked for at the beginning of a parameter only."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    request = Request("POST", "/", "", form, b"Note=Action=Evil&MyAction=Evil&Action=GetCallerIdentity")
    assert Router([sts]).route(request, "sts").operation == "GetCallerIdentity"


@pytest.mark.parametrize("service", models.names())
def test_every_service_of_aws_can_be_refused(service: str) -> None:
    """Whatever a signature names, routing finds a protocol to refuse it in; 400 models are 400 chances to fail."""
    signing_name = models.metadata(service).signed_as
    for request in (
        Request("GET", "/a/b", "c=d", {}),
        Request("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, b"Action=Nothing&Version=1"),
        Request("POST", "/", "", {"x-amz-target": f"{models.metadata(service).target_prefix}.Nothing"}, b"{}"),
    ):
        route = Router([sts]).route(request, signing_name)
        assert route.refusal is not None
        assert route.service is None


def test_a_query_that_is_not_utf_8_is_the_clients_fault(cloud: Cloud) -> None:
    """Found while routing; answered once the caller is known."""
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    answer = ask(cloud.port, signed("GET", "/bucket?list=%ff", headers, service="s3"))
    assert (answer.status, "<Code>InvalidURI</Code>" in answer.text) == (400, True)
    answer = ask(cloud.port, message("GET", "/bucket?list=%ff", {}))
    assert answer.status in (400, 403)


class Attribute(TypedDict):
    """Half of DynamoDB's AttributeValue."""

    S: NotRequired[str]
    L: NotRequired[list[Attribute]]


class Projection(TypedDict, total=False):
    """A structure of which one member is supported."""

    ProjectionType: str


class Index(TypedDict, total=False):
    """A structure with one that is supported in part."""

    IndexName: str
    KeySchema: list[dict[str, str]]
    Projection: Projection


class CreateTableResult(TypedDict):
    """Nothing of it."""


tables = Service("dynamodb")


@tables.operation(resource=any_resource, harmless={"BillingMode": "there is no bill in a test"})
def create_table(
    ctx: Context,
    table_name: str,
    attribute_definitions: list[dict[str, str]] | None = None,
    key_schema: list[dict[str, str]] | None = None,
    global_secondary_indexes: list[Index] | None = None,
) -> CreateTableResult:
    """An operation that supports a part of its input."""
    return {}


TABLE: dict[str, Any] = {
    "TableName": "table",
    "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
}
INDEX: dict[str, Any] = {"IndexName": "index", "KeySchema": TABLE["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
UNSUPPORTED: dict[str, dict[str, Any]] = {
    "DeletionProtectionEnabled": {"DeletionProtectionEnabled": True},
    "GlobalSecondaryIndexes.WarmThroughput": {
        "GlobalSecondaryIndexes": [{**INDEX, "WarmThroughput": {"ReadUnitsPerSecond": 1}}]
    },
    "GlobalSecondaryIndexes.Projection.NonKeyAttributes": {
        "GlobalSecondaryIndexes": [INDEX, {**INDEX, "Projection": {"NonKeyAttributes": ["b"]}}]
    },
}


def test_a_parameter_that_is_not_here_is_named_wherever_it_stands() -> None:
    """At the top, inside a structure in a list, and deeper; never taken and ignored."""
    with serving(tables) as house:
        client = house.client("dynamodb")
        client.create_table(**TABLE, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[INDEX])
        for path, members in UNSUPPORTED.items():
            with pytest.raises(ClientError) as refused:
                client.create_table(**TABLE, **members)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
            expected = f"The parameter {path} of dynamodb:CreateTable is not supported by Gureum."
            assert refused.value.response["Error"]["Message"] == expected


def test_the_wrong_version_is_another_service(cloud: Cloud) -> None:
    """SES v1 and others share signing names with services of another API version."""
    answer = ask(cloud.port, identity(body="Action=GetCallerIdentity&Version=1999-01-01"))
    assert (answer.status, "NotImplemented" in answer.text) == (501, True)
