"""Service-specific credentials through boto3."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from gureum.services.iam import iam as service
from tests.services.iam.documents import allow
from tests.services.iam.people import add_user
from tests.support.inprocess import ACCOUNT, serving
from tests.support.refusals import refused

Client = Callable[..., Any]

GIT = "codecommit.amazonaws.com"
TABLES = "cassandra.amazonaws.com"
MODELS = "bedrock.amazonaws.com"


def make(iam: Any, service: str = GIT, user: str = "u", **options: Any) -> dict[str, Any]:
    """A new credential as it is answered."""
    made = iam.create_service_specific_credential(UserName=user, ServiceName=service, **options)
    found: dict[str, Any] = made["ServiceSpecificCredential"]
    return found


def test_a_credential_is_made_reset_deactivated_and_deleted(iam: Any, account: str) -> None:
    """Its password is answered when it is made and when it is reset."""
    iam.create_user(UserName="u")
    made = make(iam)
    assert (made["ServiceUserName"], made["Status"]) == (f"u-at-{account}", "Active")
    assert made["ServiceSpecificCredentialId"].startswith("ACCA")
    asked = {"UserName": "u", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    reset = iam.reset_service_specific_credential(**asked)["ServiceSpecificCredential"]
    assert reset["ServicePassword"] != made["ServicePassword"]
    assert {**reset, "ServicePassword": made["ServicePassword"]} == made
    iam.update_service_specific_credential(**asked, Status="Inactive")
    [listed] = iam.list_service_specific_credentials(UserName="u")["ServiceSpecificCredentials"]
    del made["ServicePassword"]
    assert listed == {**made, "Status": "Inactive"}
    with refused("InvalidInput", "Active or Inactive"):
        iam.update_service_specific_credential(**asked, Status="Expired")
    iam.delete_service_specific_credential(**asked)
    for call, values in (
        (iam.delete_service_specific_credential, {}),
        (iam.reset_service_specific_credential, {}),
        (iam.update_service_specific_credential, {"Status": "Active"}),
    ):
        with refused("NoSuchEntity", "cannot be found", 404):
            call(**asked, **values)


def test_two_for_each_service_and_user(iam: Any, account: str) -> None:
    """With names of their own."""
    iam.create_user(UserName="u")
    assert [make(iam)["ServiceUserName"] for _ in range(2)] == [f"u-at-{account}", f"u+1-at-{account}"]
    with refused("LimitExceeded", "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2", 409):
        make(iam)
    make(iam, TABLES)


def test_api_keys_expire() -> None:
    """Those of Bedrock, if they are to; passwords never do."""
    with serving(service) as house:
        iam = house.client("iam")
        iam.create_user(UserName="u")
        made = make(iam, MODELS, CredentialAgeDays=2)
        secret = made["ServiceCredentialSecret"]
        assert secret.startswith("ABSK")
        assert base64.b64decode(secret[4:]).startswith(f"u-at-{ACCOUNT}:".encode())
        assert made["ServiceCredentialAlias"] == f"u-at-{ACCOUNT}"
        assert (made["ExpirationDate"] - made["CreateDate"]).days == 2
        assert "ServicePassword" not in made
        assert "ExpirationDate" not in make(iam, MODELS)
        house.advance(3 * 24 * 3600)
        listed = iam.list_service_specific_credentials(UserName="u")["ServiceSpecificCredentials"]
        assert sorted(each["Status"] for each in listed) == ["Active", "Expired"]
        with refused("InvalidInput", "CredentialAgeDays"):
            make(iam, CredentialAgeDays=2)


def test_services_that_take_none(iam: Any) -> None:
    """Unknown ones as AWS refuses them, and by name the one that AWS has and this cloud has not."""
    iam.create_user(UserName="u")
    with refused("NotSupportedService", "sqs.amazonaws.com", 404):
        make(iam, "sqs.amazonaws.com")
    with refused("NotImplemented", "logs.amazonaws.com", 501):
        make(iam, "logs.amazonaws.com")
    with refused("NotSupportedService", "", 404):
        iam.list_service_specific_credentials(UserName="u", ServiceName="x")


def test_credentials_are_listed_by_service_and_for_all_users(client: Client, iam: Any) -> None:
    """Under the names that their users have now."""
    for user in ("u", "v"):
        iam.create_user(UserName=user)
        make(iam, GIT, user)
        make(iam, TABLES, user)
    iam.update_user(UserName="v", NewUserName="w")
    [listed] = iam.list_service_specific_credentials(UserName="w", ServiceName=GIT)["ServiceSpecificCredentials"]
    assert (listed["UserName"], listed["ServiceName"]) == ("w", GIT)
    everybody = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert sorted(each["UserName"] for each in everybody) == ["u", "u", "w", "w"]
    first = iam.list_service_specific_credentials(AllUsers=True, MaxItems=3)
    rest = iam.list_service_specific_credentials(AllUsers=True, Marker=first["Marker"])
    assert first["ServiceSpecificCredentials"] + rest["ServiceSpecificCredentials"] == everybody
    with refused("ValidationError", "AllUsers"):
        iam.list_service_specific_credentials(UserName="u", AllUsers=True)


def test_policies_can_say_for_which_service(client: Client, iam: Any) -> None:
    """By iam:ServiceSpecificCredentialServiceName, for new ones and for those that are there."""
    only = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": GIT}}
    me = client("iam", key=add_user(iam, "u", allow("iam:*ServiceSpecificCredential", Condition=only)))
    made = make(me)
    me.delete_service_specific_credential(ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])
    with refused("AccessDenied", "", 403):
        make(me, TABLES)
    theirs = make(iam, TABLES)["ServiceSpecificCredentialId"]
    with refused("AccessDenied", "", 403):
        me.delete_service_specific_credential(ServiceSpecificCredentialId=theirs)
