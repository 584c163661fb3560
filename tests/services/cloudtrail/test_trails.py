"""Trails: their names and settings, in which regions they are seen, and the life of logging."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from gureum.identity import organization
from gureum.identity.organization import Member, Organization
from tests.services.cloudtrail.local import ACCOUNT, OTHER, Trailed, refused

BUCKET = "logs-of-mine"


def test_create_and_describe(here: Trailed) -> None:
    """What is given comes back, with defaults for the rest."""
    client = here.client()
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
    made = client.create_trail(Name="main", S3BucketName=BUCKET, S3KeyPrefix="a/b", EnableLogFileValidation=True)
    assert made["TrailARN"] == arn
    trail = client.get_trail(Name="main")["Trail"]
    assert trail == {
        "Name": "main",
        "S3BucketName": BUCKET,
        "S3KeyPrefix": "a/b",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "HomeRegion": "us-east-1",
        "TrailARN": arn,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
        "RecursiveLogging": True,
    }
    assert client.get_trail(Name=arn)["Trail"] == trail
    assert client.describe_trails()["trailList"] == [trail]
    assert client.list_trails()["Trails"] == [{"TrailARN": arn, "Name": "main", "HomeRegion": "us-east-1"}]
    assert refused(client.create_trail, Name="main", S3BucketName=BUCKET) == "TrailAlreadyExistsException"


def test_update_and_delete(here: Trailed) -> None:
    """What is not named stays; what is deleted is gone."""
    client = here.client()
    client.create_trail(Name="main", S3BucketName=BUCKET)
    client.update_trail(Name="main", S3BucketName="another-bucket", IsMultiRegionTrail=True)
    trail = client.get_trail(Name="main")["Trail"]
    assert (trail["S3BucketName"], trail["IsMultiRegionTrail"]) == ("another-bucket", True)
    client.update_trail(Name="main", S3KeyPrefix="logs")
    assert client.get_trail(Name="main")["Trail"]["IsMultiRegionTrail"]
    client.delete_trail(Name="main")
    assert refused(client.get_trail, Name="main") == "TrailNotFoundException"
    assert refused(client.delete_trail, Name="main") == "TrailNotFoundException"
    assert client.describe_trails(trailNameList=["main"])["trailList"] == []


def test_regions(here: Trailed) -> None:
    """A multi-region trail is seen everywhere and changed only at home."""
    client, far = here.client(), here.client(region="eu-west-1")
    arn = client.create_trail(Name="wide", S3BucketName=BUCKET, IsMultiRegionTrail=True)["TrailARN"]
    client.create_trail(Name="narrow", S3BucketName=BUCKET)
    assert [trail["Name"] for trail in far.describe_trails()["trailList"]] == ["wide"]
    assert far.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert far.get_trail(Name=arn)["Trail"]["HomeRegion"] == "us-east-1"
    assert refused(far.get_trail, Name="wide") == "TrailNotFoundException"
    assert refused(far.start_logging, Name=arn) == "InvalidHomeRegionException"
    assert refused(far.update_trail, Name=arn, S3KeyPrefix="x") == "InvalidHomeRegionException"
    assert len(far.list_trails()["Trails"]) == 2


@pytest.mark.parametrize("name", ["ab", "x" * 129, "-abc", "abc_", "a..b", "my-_space", "192.168.5.4", "naïve", "a b"])
def test_names(here: Trailed, name: str) -> None:
    """Those that AWS refuses."""
    assert refused(here.client().create_trail, Name=name, S3BucketName=BUCKET) == "InvalidTrailNameException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"S3BucketName": "Upper"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "a..b"}, "InvalidS3BucketNameException"),
        ({"S3BucketName": "10.0.0.1"}, "InvalidS3BucketNameException"),
        ({"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
        ({"S3KeyPrefix": "{}"}, "InvalidS3PrefixException"),
        (
            {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False},
            "InvalidParameterCombinationException",
        ),
        ({"IsOrganizationTrail": True}, "OrganizationsNotInUseException"),
        ({"KmsKeyId": "alias/x"}, "NotImplemented"),
        ({"SnsTopicName": "x"}, "NotImplemented"),
        ({"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:1:log-group:x"}, "NotImplemented"),
        ({"TagsList": [{"Key": "aws:x", "Value": "y"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": "x"}, {"Key": "x"}]}, "InvalidTagParameterException"),
        ({"TagsList": [{"Key": f"k{n}"} for n in range(51)]}, "TagsLimitExceededException"),
    ],
)
def test_bad_settings(here: Trailed, members: dict[str, Any], code: str) -> None:
    """Refused as AWS does, and nothing is made."""
    client = here.client()
    assert code in refused(client.create_trail, **{"Name": "main", "S3BucketName": BUCKET, **members})
    assert client.describe_trails()["trailList"] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("arn:aws:cloudtrail:us-east-1:12:trail/main", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:us-east-1:111122223333:trail", "CloudTrailARNInvalidException"),
        ("arn:aws:s3:us-east-1:111122223333:trail/main", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:nowhere:111122223333:trail/main", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "TrailNotFoundException"),
        ("main", "TrailNotFoundException"),
        ("m", "InvalidTrailNameException"),
    ],
)
def test_wrong_trails(here: Trailed, name: str, code: str) -> None:
    """Every operation finds its trail in the same way."""
    client = here.client()
    for call in (client.get_trail, client.get_trail_status, client.start_logging, client.stop_logging):
        assert refused(call, Name=name) == code
    assert refused(client.get_event_selectors, TrailName=name) == code


def test_five_trails_in_a_region(here: Trailed) -> None:
    """A trail for all regions counts in each of them."""
    client, far = here.client(), here.client(region="eu-west-1")
    client.create_trail(Name="wide", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    for number in range(4):
        far.create_trail(Name=f"trail{number}", S3BucketName=BUCKET)
    assert refused(far.create_trail, Name="one-more", S3BucketName=BUCKET) == "MaximumNumberOfTrailsExceededException"
    client.create_trail(Name="here", S3BucketName=BUCKET)
    wide = {"S3BucketName": BUCKET, "IsMultiRegionTrail": True}
    assert refused(client.create_trail, Name="wider", **wide) == "MaximumNumberOfTrailsExceededException"
    assert refused(client.update_trail, Name="here", **wide) == "MaximumNumberOfTrailsExceededException"


def test_logging(here: Trailed) -> None:
    """Start and stop are remembered with their times; to say it twice changes nothing."""
    client = here.client()
    client.create_trail(Name="main", S3BucketName=BUCKET)
    assert client.get_trail_status(Name="main")["IsLogging"] is False
    client.start_logging(Name="main")
    started = client.get_trail_status(Name="main")
    assert started["IsLogging"]
    here.house.advance(60)
    client.start_logging(Name="main")
    assert client.get_trail_status(Name="main")["StartLoggingTime"] == started["StartLoggingTime"]
    client.stop_logging(Name="main")
    stopped = client.get_trail_status(Name="main")
    assert not stopped["IsLogging"]
    assert (stopped["StopLoggingTime"] - stopped["StartLoggingTime"]).total_seconds() >= 60
    client.start_logging(Name="main")
    assert client.get_trail_status(Name="main")["IsLogging"]


def test_tags(here: Trailed) -> None:
    """Added, overwritten, removed, and given when the trail is made."""
    client = here.client()
    made = client.create_trail(Name="main", S3BucketName=BUCKET, TagsList=[{"Key": "team", "Value": "a"}])
    arn = made["TrailARN"]
    client.add_tags(ResourceId=arn, TagsList=[{"Key": "team", "Value": "b"}, {"Key": "stage"}])
    client.remove_tags(ResourceId=arn, TagsList=[{"Key": "stage"}, {"Key": "none"}])
    expected = [{"ResourceId": arn, "TagsList": [{"Key": "team", "Value": "b"}]}]
    assert client.list_tags(ResourceIdList=[arn])["ResourceTagList"] == expected
    assert refused(client.list_tags, ResourceIdList=["main"]) == "CloudTrailARNInvalidException"
    assert refused(client.list_tags, ResourceIdList=[f"{arn}x"]) == "ResourceNotFoundException"
    other = arn.replace("trail/main", "thing/x")
    assert refused(client.add_tags, ResourceId=other, TagsList=[]) == "ResourceTypeNotSupportedException"


def test_trails_of_an_organization(here: Trailed) -> None:
    """Only the management account makes them; members see them."""
    here.client(account=OTHER).list_trails()
    client = here.client()
    client.list_trails()

    def found(tx: Any) -> None:
        organization.organizations.insert(tx, Organization("o-abcdefghij", ACCOUNT, "r-abcd", 1))
        for account in (ACCOUNT, OTHER):
            organization.members.insert(tx, Member(account, "o-abcdefghij", "r-abcd", 1, "CREATED"))

    here.transact(found)
    made = client.create_trail(Name="all", S3BucketName=BUCKET, IsOrganizationTrail=True)
    assert made["IsOrganizationTrail"]
    member = here.client(account=OTHER)
    assert [trail["TrailARN"] for trail in member.describe_trails()["trailList"]] == [made["TrailARN"]]
    assert member.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert member.get_trail(Name=made["TrailARN"])["Trail"]["Name"] == "all"
    assert refused(member.delete_trail, Name=made["TrailARN"]) == "AccessDeniedException"
    assert refused(here.client(account="777788889999").get_trail, Name=made["TrailARN"]) == "AccessDeniedException"
    code = refused(member.create_trail, Name="mine", S3BucketName=BUCKET, IsOrganizationTrail=True)
    assert code == "NotOrganizationMasterAccountException"


def test_nothing_of_another_account(here: Trailed) -> None:
    """A trail's ARN opens nothing to strangers."""
    arn = here.client().create_trail(Name="main", S3BucketName=BUCKET)["TrailARN"]
    stranger = here.client(account=OTHER)
    for call in (stranger.get_trail, stranger.delete_trail, stranger.start_logging, stranger.get_trail_status):
        assert refused(call, Name=arn) == "AccessDeniedException"
    assert refused(stranger.list_tags, ResourceIdList=[arn]) == "AccessDeniedException"


def test_what_is_not_there_is_named(here: Trailed) -> None:
    """Insights and channels are refused, not ignored."""
    client = here.client()
    client.create_trail(Name="main", S3BucketName=BUCKET)
    selectors = [{"InsightType": "ApiCallRateInsight"}]
    with pytest.raises(ClientError, match="PutInsightSelectors is not supported"):
        client.put_insight_selectors(TrailName="main", InsightSelectors=selectors)
    with pytest.raises(ClientError, match="GetInsightSelectors is not supported"):
        client.get_insight_selectors(TrailName="main")


def test_there_are_no_keys_before_the_first_digest(here: Trailed) -> None:
    """Keys are made when they are needed."""
    assert here.client().list_public_keys()["PublicKeyList"] == []
    assert refused(here.client().list_public_keys, StartTime=2, EndTime=1) == "InvalidTimeRangeException"
