"""Delivery: each event in exactly one file, named and signed as AWS's own tool expects it."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from gureum.base.clock import to_datetime
from gureum.identity import organization
from gureum.identity.organization import Member, Organization
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.courier import NoBuckets
from tests.services.cloudtrail.local import ACCOUNT, OTHER, Trailed
from tests.services.cloudtrail.shelf import Shelf, served

BUCKET = "logs-of-mine"
MINUTE = 60
HOUR = 3600


def trail(here: Trailed, **members: Any) -> str:
    """The ARN of a trail that logs."""
    client = here.client()
    arn: str = client.create_trail(**{"Name": "main", "S3BucketName": BUCKET, **members})["TrailARN"]
    client.start_logging(Name="main")
    return arn


def create(here: Trailed, *names: str, account: str = ACCOUNT, region: str = "us-east-1") -> None:
    for name in names:
        here.client("sqs", account, region=region).create_queue(QueueName=name)


def queues(shelf: Shelf) -> list[str]:
    """The names of the queues whose making was delivered, in order."""
    made = [event for event in shelf.events() if event["eventName"] == "CreateQueue"]
    return sorted(event["requestParameters"]["queueName"] for event in made)


def test_a_log_file(here: Trailed) -> None:
    """Where it lies, what is in it, and what GetTrailStatus says about it."""
    shelf = Shelf(BUCKET)
    create(here, "before")
    trail(here, S3KeyPrefix="logs/mine")
    create(here, "q1", "q2")
    here.deliver(shelf)
    (key,) = shelf.logs()
    name = rf"{ACCOUNT}_CloudTrail_us-east-1_\d{{8}}T\d{{3}}[05]Z_[A-Za-z0-9]{{16}}\.json\.gz"
    place = rf"logs/mine/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/\d{{4}}/\d\d/\d\d/{name}"
    assert re.fullmatch(place, key), key
    assert queues(shelf) == ["q1", "q2"]
    assert {event["recipientAccountId"] for event in shelf.events()} == {ACCOUNT}
    status = here.client().get_trail_status(Name="main")
    assert "LatestDeliveryTime" in status
    assert "LatestDeliveryError" not in status
    assert set(shelf.puts.values()) == {1}


def test_each_event_once(here: Trailed) -> None:
    """Over many passes, stops and starts."""
    shelf, client = Shelf(BUCKET), here.client()
    trail(here)
    for number in range(4):
        create(here, f"q{number}")
        here.archive()
        create(here, f"r{number}")
        here.deliver(shelf)
        here.house.advance(5 * MINUTE)
    create(here, "last")
    here.house.advance(1)
    client.stop_logging(Name="main")
    here.house.advance(1)
    create(here, "unseen")
    here.deliver(shelf)
    here.house.advance(1)
    client.start_logging(Name="main")
    create(here, "again")
    here.deliver(shelf)
    assert queues(shelf) == sorted([*(f"{c}{n}" for c in "qr" for n in range(4)), "last", "again"])
    ids = [event["eventID"] for event in shelf.events()]
    assert len(ids) == len(set(ids))


def test_without_a_bucket_nothing_is_lost(here: Trailed) -> None:
    """The status says why; when the bucket is there, all of it is delivered."""
    trail(here)
    create(here, "q1")
    here.deliver(NoBuckets())
    status = here.client().get_trail_status(Name="main")
    assert status["LatestDeliveryError"] == "NoSuchBucket"
    assert status["LatestDeliveryAttemptTime"]
    assert "LatestDeliveryTime" not in status
    assert here.transact(tables.parcels.scan) == []
    here.house.advance(30 * 24 * HOUR)
    create(here, "q2")
    shelf = Shelf(BUCKET)
    here.deliver(shelf)
    assert queues(shelf) == ["q1", "q2"]
    assert "LatestDeliveryError" not in here.client().get_trail_status(Name="main")


@pytest.mark.parametrize("puts", range(4))
def test_a_bucket_that_fails_in_between(here: Trailed, puts: int) -> None:
    """What was made is put again as it was, whenever the failure came."""
    shelf = Shelf(BUCKET)
    trail(here, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    for region in ("us-east-1", "eu-west-1"):
        create(here, region, region=region)
    shelf.fail_after = puts
    here.deliver(shelf)
    here.house.advance(HOUR + MINUTE)
    here.deliver(shelf)
    shelf.fail_after = None
    here.deliver(shelf)
    assert queues(shelf) == ["eu-west-1", "us-east-1"]
    ids = [event["eventID"] for event in shelf.events()]
    assert len(ids) == len(set(ids))
    assert here.transact(tables.parcels.scan) == []


def test_selectors_regions_and_global_services(here: Trailed) -> None:
    """A trail of one region has that region; data events when they are selected."""
    shelf = Shelf(BUCKET)
    trail(here)
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::SQS::Queue"]},
        {"Field": "resources.ARN", "EndsWith": [":watched"]},
    ]
    here.client().put_event_selectors(TrailName="main", AdvancedEventSelectors=[{"FieldSelectors": fields}])
    for region in ("us-east-1", "eu-west-1"):
        sqs = here.client("sqs", region=region)
        for name in ("watched", "other"):
            sqs.send_message(QueueUrl=sqs.create_queue(QueueName=name)["QueueUrl"], MessageBody="x")
    here.deliver(shelf)
    (event,) = shelf.events()
    assert (event["eventName"], event["awsRegion"]) == ("SendMessage", "us-east-1")
    assert event["requestParameters"]["messageBody"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert (event["managementEvent"], event["eventCategory"]) == (False, "Data")


def test_all_regions_and_all_accounts(here: Trailed) -> None:
    """A file for each account and region; those of an organization under its id."""
    create(here, "x", account=OTHER)

    def found(tx: Any) -> None:
        organization.organizations.insert(tx, Organization("o-abcdefghij", ACCOUNT, "r-abcd", 1))
        for account in (ACCOUNT, OTHER):
            organization.members.insert(tx, Member(account, "o-abcdefghij", "r-abcd", 1, "CREATED"))

    here.transact(found)
    here.house.advance(1)
    trail(here, IsMultiRegionTrail=True, IsOrganizationTrail=True)
    create(here, "q1")
    create(here, "q2", region="eu-west-1")
    create(here, "q3", account=OTHER)
    shelf = Shelf(BUCKET)
    here.deliver(shelf)
    folders = [key.partition("/20")[0] for key in shelf.logs()]
    root = "AWSLogs/o-abcdefghij"
    assert folders == [
        f"{root}/{ACCOUNT}/CloudTrail/eu-west-1",
        f"{root}/{ACCOUNT}/CloudTrail/us-east-1",
        f"{root}/{OTHER}/CloudTrail/us-east-1",
    ]
    assert queues(shelf) == ["q1", "q2", "q3"]


def validate(here: Trailed, arn: str, endpoint: str, start_ms: int) -> tuple[int, str]:
    """What `aws cloudtrail validate-logs` says; its exit code and output."""
    end_ms = here.house.parts.clock.now_ms()
    program = "import sys; from awscli.clidriver import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--endpoint-url", f"http://localhost:{here.house.port}"]
    command += ["cloudtrail", "validate-logs", "--trail-arn", arn, "--verbose"]
    command += ["--start-time", to_datetime(start_ms).isoformat(), "--end-time", to_datetime(end_ms).isoformat()]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": endpoint,
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_aws_cli_validates_the_files(here: Trailed) -> None:
    """The chain of digests, their signatures and the hashes of the log files; a changed byte is found."""
    shelf, start_ms = Shelf(BUCKET), here.house.parts.clock.now_ms() - 60_000
    arn = trail(here, EnableLogFileValidation=True, S3KeyPrefix="logs")
    for number in range(3):
        create(here, f"q{number}")
        here.deliver(shelf)
        here.house.advance(HOUR)
    here.deliver(shelf)
    here.house.advance(MINUTE)
    assert len(shelf.digests()) == 3
    assert "LatestDigestDeliveryTime" in here.client().get_trail_status(Name="main")
    first, second, _ = (shelf.read(key) for key in shelf.digests())
    assert first["previousDigestSignature"] is None
    assert second["previousDigestS3Object"] == shelf.digests()[0]
    with served(shelf) as endpoint:
        code, said = validate(here, arn, endpoint, start_ms)
        assert code == 0, said
        assert "3/3 digest files valid" in said
        assert "3/3 log files valid" in said
        changed = shelf.logs()[0]
        text = json.dumps(shelf.read(changed)).replace("q0", "q9")
        shelf.objects[changed] = (gzip.compress(text.encode()), {})
        code, said = validate(here, arn, endpoint, start_ms)
        assert (code, "hash value doesn't match" in said) == (1, True)
        del shelf.objects[shelf.digests()[1]]
        code, said = validate(here, arn, endpoint, start_ms)
        assert "INVALID: not found" in said


def test_public_keys(here: Trailed) -> None:
    """A key is valid for a year; old ones stay, so that old digests can be verified."""
    shelf, client = Shelf(BUCKET), here.client()
    trail(here, EnableLogFileValidation=True)
    here.deliver(shelf)
    (key,) = client.list_public_keys()["PublicKeyList"]
    assert len(key["Value"]) > 256
    here.house.advance(400 * 24 * HOUR)
    assert client.list_public_keys()["PublicKeyList"] == []
    here.deliver(shelf)
    (following,) = client.list_public_keys()["PublicKeyList"]
    assert following["Fingerprint"] != key["Fingerprint"]
    both = client.list_public_keys(StartTime=key["ValidityStartTime"])["PublicKeyList"]
    assert [one["Fingerprint"] for one in both] == [key["Fingerprint"], following["Fingerprint"]]


def test_another_bucket_and_no_validation_begin_a_new_chain(here: Trailed) -> None:
    """A digest names its bucket; what is not validated has none."""
    shelf, client = Shelf(BUCKET), here.client()
    trail(here, EnableLogFileValidation=True)
    create(here, "q1")
    here.deliver(shelf)
    here.house.advance(HOUR)
    here.deliver(shelf)
    assert len(shelf.digests()) == 1
    client.update_trail(Name="main", EnableLogFileValidation=False)
    create(here, "q2")
    here.deliver(shelf)
    here.house.advance(HOUR)
    here.deliver(shelf)
    assert len(shelf.digests()) == 1
    client.update_trail(Name="main", EnableLogFileValidation=True)
    create(here, "q3")
    here.deliver(shelf)
    here.house.advance(HOUR)
    here.deliver(shelf)
    assert shelf.read(shelf.digests()[1])["previousDigestSignature"] is None
    assert queues(shelf) == ["q1", "q2", "q3"]


def test_a_deleted_trail_delivers_nothing(here: Trailed) -> None:
    """And leaves nothing behind."""
    shelf = Shelf(BUCKET)
    trail(here, EnableLogFileValidation=True)
    create(here, "q1")
    here.deliver(shelf)
    here.client().delete_trail(Name="main")
    create(here, "q2")
    here.deliver(shelf)
    assert queues(shelf) == ["q1"]
    for table in (tables.trails, tables.deliveries, tables.chains, tables.parcels):
        assert here.transact(table.scan) == []
