"""The credential report: its states, its age, and what it says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gureum.services.iam import iam as service
from tests.services.iam.people import add_user
from tests.support.clouds import Cloud, running
from tests.support.inprocess import serving
from tests.support.refusals import refused

Client = Callable[..., Any]
HOUR = 60 * 60
HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info"
)


@pytest.fixture
def cloud(restless_cloud: Cloud) -> Cloud:
    """These tests put the clock forward."""
    return restless_cloud


def lines(iam: Any, cloud: Cloud) -> dict[str, dict[str, str]]:
    """The lines of a new report by user, with everything that was done before."""
    cloud.advance(1)
    assert iam.generate_credential_report()["State"] == "STARTED"
    cloud.advance(1)
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    text = report["Content"].decode()
    assert text.splitlines()[0] == HEADER
    return {line["user"]: line for line in csv.DictReader(text.splitlines())}


def test_a_report_that_nobody_makes_is_in_progress() -> None:
    """Where no pass runs: nothing, started, in progress, and not ready to be read."""
    with serving(service) as house:
        iam = house.client("iam")
        with refused("ReportNotPresent", status=410):
            iam.get_credential_report()
        started = iam.generate_credential_report()
        assert started["State"] == "STARTED"
        assert started["Description"] == "No report exists. Starting a new report generation task"
        again = iam.generate_credential_report()
        assert (again["State"], "Description" in again) == ("INPROGRESS", False)
        with refused("ReportInProgress", status=404):
            iam.get_credential_report()
        job = iam.generate_service_last_accessed_details(Arn="arn:aws:iam::aws:policy/AdministratorAccess")["JobId"]
        waiting = iam.get_service_last_accessed_details(JobId=job)
        assert (waiting["JobStatus"], waiting["ServicesLastAccessed"]) == ("IN_PROGRESS", [])
        assert "JobCompletionDate" not in waiting
        details = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
        assert (details["JobStatus"], details["EntityDetailsList"]) == ("IN_PROGRESS", [])


def test_a_report_is_good_for_four_hours(tmp_path: Path) -> None:
    """So long it is the same, whatever changes; then it has to be made anew."""
    with running(tmp_path / "cloud") as cloud:
        iam = cloud.client("iam", key=("111122223333", "test"))
        assert list(lines(iam, cloud)) == ["<root_account>"]
        first = iam.get_credential_report()
        iam.create_user(UserName="alice")
        cloud.advance(4 * HOUR - 60)
        assert iam.generate_credential_report()["State"] == "COMPLETE"
        assert iam.get_credential_report()["Content"] == first["Content"]
        assert iam.get_credential_report()["GeneratedTime"] == first["GeneratedTime"]
        cloud.advance(60)
        with refused("ReportExpired", status=410):
            iam.get_credential_report()
        assert list(lines(iam, cloud)) == ["<root_account>", "alice"]


def test_a_user_without_credentials(iam: Any, cloud: Cloud) -> None:
    """Everything that it does not have is false or N/A."""
    user = iam.create_user(UserName="alice", Path="/a/")["User"]
    found = lines(iam, cloud)["alice"]
    assert found.pop("user") == "alice"
    assert found.pop("arn") == user["Arn"]
    assert datetime.fromisoformat(found.pop("user_creation_time")) == user["CreateDate"].replace(microsecond=0)
    active = {name for name, value in found.items() if name.endswith(("active", "enabled")) and value == "false"}
    assert active == {
        "password_enabled",
        "mfa_active",
        "access_key_1_active",
        "access_key_2_active",
        "cert_1_active",
        "cert_2_active",
    }
    assert {value for name, value in found.items() if name not in active} == {"N/A"}


def test_passwords_and_keys(iam: Any, client: Client, cloud: Cloud, name: str) -> None:
    """The age of passwords by the account's policy, keys in the order in which they were made, and their last use."""
    key = add_user(iam)
    iam.create_login_profile(UserName="alice", Password="Correct-Horse-7")
    inactive = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="alice", AccessKeyId=inactive, Status="Inactive")
    iam.update_account_password_policy(MaxPasswordAge=90)
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    client("sqs", key=key, region="eu-west-1").create_queue(QueueName=name[:80])
    found = lines(iam, cloud)["alice"]
    assert (found["password_enabled"], found["password_last_used"]) == ("true", "no_information")
    changed = datetime.fromisoformat(found["password_last_changed"])
    assert datetime.fromisoformat(found["password_next_rotation"]) == changed + timedelta(days=90)
    assert (found["access_key_1_active"], found["access_key_2_active"]) == ("true", "false")
    assert (found["access_key_1_last_used_region"], found["access_key_1_last_used_service"]) == ("eu-west-1", "sqs")
    assert found["access_key_2_last_used_date"] == "N/A"
    assert datetime.fromisoformat(found["access_key_2_last_rotated"]).tzinfo == UTC


def test_the_root_user_comes_first(iam: Any, cloud: Cloud, account: str) -> None:
    """Under a name that no user can have; of its password nothing is known."""
    iam.create_access_key()
    iam.create_user(UserName="+first")
    root, *_ = lines(iam, cloud).values()
    assert (root["user"], root["arn"]) == ("<root_account>", f"arn:aws:iam::{account}:root")
    password = [root[f"password_{column}"] for column in ("enabled", "last_used", "last_changed", "next_rotation")]
    assert password == ["not_supported", "no_information", "not_supported", "not_supported"]
    assert (root["access_key_1_active"], root["mfa_active"]) == ("true", "false")


def test_who_may_have_a_report(iam: Any, client: Client) -> None:
    """To make and to read it are two permissions."""
    alice = client("iam", key=add_user(iam))
    with refused("AccessDenied", "iam:GenerateCredentialReport on resource: *", 403):
        alice.generate_credential_report()
    with refused("AccessDenied", "iam:GetCredentialReport on resource: *", 403):
        alice.get_credential_report()
