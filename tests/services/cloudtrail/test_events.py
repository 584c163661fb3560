"""From records to events: who it was, in each of the ways in which somebody can call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gureum.api import calls
from gureum.api.calls import Call
from gureum.api.context import Caller
from gureum.api.principal import Principal, Session, root, service_principal
from gureum.services.cloudtrail.rules import events
from gureum.services.cloudtrail.shapes import describe

ACCOUNT = "111122223333"
TIME_MS = 1_800_000_000_000
ROLE = Principal(
    "AssumedRole",
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/anna",
    "AROAEXAMPLE:anna",
    "reader",
    f"arn:aws:iam::{ACCOUNT}:role/team/reader",
)


def call(caller: Caller, account: str = ACCOUNT, **values: Any) -> Call:
    empty = {field.name: "" for field in msgspec.structs.fields(Call) if field.type is str}
    derived = ("account", "principal_type", "principal_arn", "principal_id", "principal_name", "invoked_by", "owner")
    known: dict[str, Any] = {name: text for name, text in empty.items() if name not in derived}
    known |= {"readonly": False, "status": 200, "bytes_in": 1, "bytes_out": 2, "resources": ()}
    known |= {"id": "c0ffee00-0000-4000-8000-000000000001", "time_ms": TIME_MS}
    return calls.record(caller, account, **{**known, "source": "sqs.amazonaws.com", **values})


def event(one: Call, recipient: str = ACCOUNT) -> dict[str, Any]:
    return events.event(one, recipient, describe)


def test_a_role() -> None:
    """With the session's context: who issued it, when, with which second factor, on whose behalf."""
    session = Session(TIME_MS - 1000, TIME_MS + 1000, mfa_ms=TIME_MS, source_identity="anna@example.com")
    identity = event(call(Caller(ROLE, session), access_key_id="ASIAEXAMPLE"))["userIdentity"]
    assert identity == {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:anna",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/anna",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/team/reader",
                "accountId": ACCOUNT,
                "userName": "reader",
            },
            "attributes": {"creationDate": "2027-01-15T07:59:59Z", "mfaAuthenticated": "true"},
            "sourceIdentity": "anna@example.com",
        },
    }


@pytest.mark.parametrize(
    ("principal", "expected", "username"),
    [
        (root(ACCOUNT), {"type": "Root", "principalId": ACCOUNT, "accountId": ACCOUNT}, "root"),
        (
            Principal("IAMUser", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/x/anna", "AIDAEXAMPLE", "anna"),
            {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "anna"},
            "anna",
        ),
        (ROLE, {"type": "AssumedRole", "principalId": "AROAEXAMPLE:anna"}, "anna"),
        (
            Principal("FederatedUser", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/bo", f"{ACCOUNT}:bo", "bo"),
            {"type": "FederatedUser", "principalId": f"{ACCOUNT}:bo"},
            "bo",
        ),
        (
            Principal("WebIdentityUser", ACCOUNT, "", "accounts.example.com:app:anna", "anna", "arn:x"),
            {
                "type": "WebIdentityUser",
                "principalId": "accounts.example.com:app:anna",
                "userName": "anna",
                "identityProvider": "accounts.example.com:app",
            },
            "anna",
        ),
        (
            service_principal("sns"),
            {"type": "AWSService", "invokedBy": "sns.amazonaws.com"},
            "sns.amazonaws.com",
        ),
    ],
)
def test_everybody_else(principal: Principal, expected: dict[str, str], username: str) -> None:
    """The elements that AWS documents for each type."""
    one = call(Caller(principal))
    assert expected.items() <= event(one)["userIdentity"].items()
    assert events.username(one, ACCOUNT) == username


def test_through_another_service() -> None:
    """The principal stays, and the service that called for it is named."""
    identity = event(call(Caller(root(ACCOUNT), via=("sns.amazonaws.com",))))["userIdentity"]
    assert (identity["type"], identity["invokedBy"]) == ("Root", "sns.amazonaws.com")


def test_names_of_members() -> None:
    """In lower camel case through lists and structures; keys of maps, and values, stay."""
    parameters = {
        "QueueUrl": "u",
        "Entries": [{"Id": "1", "MessageAttributes": {"Color": {"DataType": "String", "StringValue": "Red"}}}],
    }
    one = call(Caller(root(ACCOUNT)), operation="SendMessageBatch", parameters=msgspec.json.encode(parameters))
    assert event(one)["requestParameters"] == {
        "queueUrl": "u",
        "entries": [{"id": "1", "messageAttributes": {"Color": {"dataType": "String", "stringValue": "Red"}}}],
    }


def test_what_no_model_knows() -> None:
    """A record of an unknown operation is shown without a model."""
    one = call(Caller(root(ACCOUNT)), source="nowhere.amazonaws.com", operation="Do", parameters=b'{"A":{"B":1}}')
    assert event(one)["requestParameters"] == {"a": {"b": 1}}
    assert event(call(Caller(root(ACCOUNT)), source="monitoring.amazonaws.com", operation="Nothing"))


def test_reads_have_no_response_and_errors_are_shown() -> None:
    """As documented."""
    one = call(Caller(root(ACCOUNT)), readonly=True, response=b'{"A":1}', error_code="AccessDenied", error_message="no")
    found = event(one)
    assert found["responseElements"] is None
    assert (found["errorCode"], found["errorMessage"]) == ("AccessDenied", "no")
    assert found["readOnly"] is True


def test_a_shared_event() -> None:
    """Each recipient has an id of its own, both have one in common, and they follow from the call."""
    one = call(Caller(root(ACCOUNT)), resources=("arn:aws:sqs:us-east-1:444455556666:q",))
    mine, theirs = event(one), event(one, "444455556666")
    assert mine["eventID"] == one.id
    assert len({mine["eventID"], theirs["eventID"], mine["sharedEventID"]}) == 3
    assert theirs["sharedEventID"] == mine["sharedEventID"]
    assert theirs == event(one, "444455556666")
    assert events.username(one, "444455556666") == ""
