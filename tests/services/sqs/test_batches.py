"""Batches through boto3, in both protocols."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.refusals import QUERY, refused


def test_ten_messages_travel_in_batches(sqs: Any, url: str) -> None:
    """Send, change and delete ten at a time; a standard queue keeps the order of a batch too."""
    entries = [{"Id": f"id-{n}", "MessageBody": str(n)} for n in range(10)]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == [f"id-{n}" for n in range(10)]
    assert sent.get("Failed", []) == []
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == [str(n) for n in range(10)]
    handles = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
    hours = [{**handle, "VisibilityTimeout": 0} for handle in handles]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=hours)
    assert len(changed["Successful"]) == 10
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 10
    stale = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    assert len(stale["Successful"]) == 10, "an old handle of a standard queue deletes nothing and is no error"


def test_entries_fail_by_themselves(sqs: Any, url: str) -> None:
    """The good entries are sent, deleted and changed; the others are told why."""
    entries = [
        {"Id": "good", "MessageBody": "good"},
        {"Id": "late", "MessageBody": "x", "DelaySeconds": 901},
        {"Id": "character", "MessageBody": "\x01"},
        {"Id": "empty", "MessageBody": ""},
    ]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["good"]
    codes = {entry["Id"]: entry["Code"] for entry in sent["Failed"]}
    assert codes == {
        "late": "InvalidParameterValue",
        "character": "InvalidMessageContents",
        "empty": "MissingParameter",
    }
    assert all(entry["SenderFault"] for entry in sent["Failed"])
    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": "good", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "x"}]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**handle, "VisibilityTimeout": 10} for handle in handles]
    )
    missing = sqs.change_message_visibility_batch(QueueUrl=url, Entries=handles[:1])
    assert missing["Failed"][0]["Code"] == "MissingParameter"
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    for result in (changed, deleted):
        assert [entry["Id"] for entry in result["Successful"]] == ["good"]
        assert [(entry["Id"], entry["Code"]) for entry in result["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]


@pytest.mark.parametrize("operation", ["send_message_batch", "delete_message_batch", "change_message_visibility_batch"])
def test_a_batch_has_rules(sqs: Any, url: str, operation: str) -> None:
    """One to ten entries with proper ids, all different."""
    call = getattr(sqs, operation)
    contents: dict[str, dict[str, Any]] = {
        "send_message_batch": {"MessageBody": "x"},
        "delete_message_batch": {"ReceiptHandle": "x"},
        "change_message_visibility_batch": {"ReceiptHandle": "x", "VisibilityTimeout": 1},
    }

    def entries(*ids: str) -> list[dict[str, Any]]:
        return [{"Id": entry_id, **contents[operation]} for entry_id in ids]

    with refused(f"{QUERY}TooManyEntriesInBatchRequest", "You have sent 11."):
        call(QueueUrl=url, Entries=entries(*map(str, range(11))))
    with refused(f"{QUERY}BatchEntryIdsNotDistinct", "Id a repeated."):
        call(QueueUrl=url, Entries=entries("a", "b", "a"))
    for wrong in ("", "a b", "x" * 81, "é"):
        with refused(f"{QUERY}InvalidBatchEntryId"):
            call(QueueUrl=url, Entries=entries("a", wrong))


def test_an_empty_batch_is_refused(client: Any, url: str) -> None:
    """In JSON, that is: the query protocol cannot write an empty list."""
    with refused(f"{QUERY}EmptyBatchRequest", "at least one SendMessageBatchRequestEntry"):
        client("sqs").send_message_batch(QueueUrl=url, Entries=[])


def test_a_batch_has_a_mebibyte_together(sqs: Any, url: str) -> None:
    """Attributes count; each message alone would fit."""
    entries: list[dict[str, Any]] = [{"Id": str(n), "MessageBody": "x" * 104_857} for n in range(10)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    entries[0]["MessageAttributes"] = {"a": {"DataType": "String", "StringValue": "x"}}
    with refused(f"{QUERY}BatchRequestTooLong", "You have sent 1048578 bytes."):
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
