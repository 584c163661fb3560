"""Who may do what in CloudTrail: resources, tags and the permissions that come with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudtrail.local import ACCOUNT, Trailed

BUCKET = "a-bucket"
TRAILS = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail"


def user(here: Trailed, *statements: dict[str, Any]) -> Any:
    """A client of a user with this policy."""
    iam = here.client("iam")
    iam.create_user(UserName="anna")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    iam.put_user_policy(UserName="anna", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="anna")["AccessKey"]
    return here.house.client("cloudtrail", key=(key["AccessKeyId"], key["SecretAccessKey"]))


def denied(call: Any, action: str, **members: Any) -> None:
    with pytest.raises(ClientError, match=f"not authorized to perform: cloudtrail:{action}") as caught:
        call(**members)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_trail_is_a_resource(here: Trailed) -> None:
    """By name and by ARN, the same one."""
    for name in ("mine", "other"):
        here.client().create_trail(Name=name, S3BucketName=BUCKET)
    anna = user(here, {"Action": "cloudtrail:*", "Resource": f"{TRAILS}/mine"})
    assert anna.get_trail(Name="mine")["Trail"]["Name"] == "mine"
    assert anna.get_trail(Name=f"{TRAILS}/mine")["Trail"]["Name"] == "mine"
    anna.start_logging(Name="mine")
    anna.put_event_selectors(TrailName="mine", EventSelectors=[{}])
    denied(anna.get_trail, "GetTrail", Name="other")
    denied(anna.stop_logging, "StopLogging", Name=f"{TRAILS}/other")
    denied(anna.get_event_selectors, "GetEventSelectors", TrailName="other")
    denied(anna.list_trails, "ListTrails")


def test_tags_decide(here: Trailed) -> None:
    """Those of the trail, those of the request, and to give some is a permission of its own."""
    for name in ("red", "blue"):
        here.client().create_trail(Name=name, S3BucketName=BUCKET, TagsList=[{"Key": "color", "Value": name}])
    anna = user(
        here,
        {
            "Action": "cloudtrail:GetTrail",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/color": "red"}},
        },
        {
            "Action": "cloudtrail:CreateTrail",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/color": "red"}},
        },
        {"Action": "cloudtrail:AddTags", "Resource": f"{TRAILS}/new"},
        {
            "Action": "cloudtrail:RemoveTags",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["color"]}},
        },
    )
    assert anna.get_trail(Name="red")
    denied(anna.get_trail, "GetTrail", Name="blue")
    denied(anna.create_trail, "CreateTrail", Name="new", S3BucketName=BUCKET)
    red = [{"Key": "color", "Value": "red"}]
    denied(anna.create_trail, "AddTags", Name="newer", S3BucketName=BUCKET, TagsList=red)
    anna.create_trail(Name="new", S3BucketName=BUCKET, TagsList=red)
    denied(anna.remove_tags, "RemoveTags", ResourceId=f"{TRAILS}/red", TagsList=[{"Key": "stage"}])
    anna.remove_tags(ResourceId=f"{TRAILS}/red", TagsList=red)
    denied(anna.get_trail, "GetTrail", Name="red")


def test_a_query_needs_all_of_its_stores(here: Trailed) -> None:
    """To ask one is not to ask the other; what comes of a query belongs to its stores."""
    stores = [here.client().create_event_data_store(Name=name)["EventDataStoreArn"] for name in ("one", "two")]
    ids = [arn.rpartition("/")[2] for arn in stores]
    both = f"SELECT a.eventName FROM {ids[0]} a, {ids[1]} b"
    anna = user(
        here,
        {"Action": ["cloudtrail:StartQuery", "cloudtrail:GetQueryResults"], "Resource": stores[0]},
        {"Action": "cloudtrail:CancelQuery", "Resource": stores[1]},
    )
    query = anna.start_query(QueryStatement=f"SELECT eventName FROM {ids[0]}")["QueryId"]
    assert anna.get_query_results(QueryId=query)["QueryStatus"] == "QUEUED"
    denied(anna.start_query, "StartQuery", QueryStatement=both)
    denied(anna.cancel_query, "CancelQuery", QueryId=query)
    denied(anna.describe_query, "DescribeQuery", QueryId=query)
    other = here.client().start_query(QueryStatement=both)["QueryId"]
    denied(anna.get_query_results, "GetQueryResults", QueryId=other)
