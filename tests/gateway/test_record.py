"""The record of calls: every one leaves exactly one, with who, what, from where and how it went.

What it holds is CloudTrail's:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from botocore.exceptions import ClientError

from gureum.api import calls
from gureum.api.calls import Call
from gureum.api.context import Context
from gureum.api.errors import ApiError, NotSupported
from gureum.api.service import Service, any_resource
from gureum.gateway import audit
from gureum.gateway.audit import Recorder
from gureum.services.sqs import sqs
from gureum.services.sts import sts
from gureum.state.memory import MemoryStore
from gureum.state.records import Record
from gureum.state.store import StoreFull, Transaction
from gureum.state.tables import Table
from gureum.wire.sigv4 import Key
from tests.support import jumping
from tests.support.inprocess import ACCOUNT, House, serving
from tests.support.raw import Line, ask, identity, message, signed


class Note(Record, version=1):
    """Something that a call has written."""

    name: str


class SecretResult(TypedDict):
    """Part of CreateSecret's answer."""

    ARN: str
    VersionId: str


class LimitExceededException(ApiError):
    """An error of the model."""

    message = "There are enough."


_notes = Table("test/notes", Note, key=lambda note: (note.name,))
keeper = Service("secretsmanager")


def secret_arn(ctx: Context, values: Any) -> str:
    """The resource that the test service names."""
    return ctx.arn("secretsmanager", f"secret:{values['Name']}")


@keeper.operation(resource=secret_arn, hidden=frozenset({"SecretString", "VersionId"}))
def create_secret(
    ctx: Context, name: str, secret_string: str = "", client_request_token: str | None = None
) -> SecretResult:
    """Write a note, and then find that it may not be."""
    _notes.put(ctx.tx, Note(name))
    if name == "crash":
        raise ZeroDivisionError("a bug of the handler's")
    if name == "limit":
        raise LimitExceededException
    if name == "elsewhere":
        raise NotSupported("The test says so.")
    return {"ARN": ctx.arn("secretsmanager", name), "VersionId": "7" * 32}


@keeper.operation(resource=any_resource, readonly=True)
def describe_secret(ctx: Context, secret_id: str) -> None:
    """Write, which a readonly operation may not."""
    _notes.put(ctx.tx, Note(secret_id))


@pytest.fixture
def house() -> Iterator[House]:
    with serving(keeper, sqs, sts) as started:
        yield started


def only(house: House) -> Call:
    """The one call that was recorded."""
    recorded = house.recorded()
    assert len(recorded) == 1
    return recorded[0]


def notes(house: House) -> list[str]:
    return [note.name for note in house.run(house.parts.store.transact(_notes.scan, readonly=True))]


def test_a_mutation(house: House) -> None:
    """Who, what, from where, with which parameters and what came of it; secrets are not shown."""
    response = house.client("secretsmanager", region="eu-central-1").create_secret(Name="a", SecretString="pssst")
    call = only(house)
    assert call.request_id == response["ResponseMetadata"]["RequestId"]
    assert (call.source, call.operation) == ("secretsmanager.amazonaws.com", "CreateSecret")
    assert (call.account, call.region) == (ACCOUNT, "eu-central-1")
    assert (call.principal_type, call.principal_arn) == ("Root", f"arn:aws:iam::{ACCOUNT}:root")
    assert (call.access_key_id, call.source_ip) == ("test", "127.0.0.1")
    assert call.user_agent.startswith("Boto3/")
    assert not call.readonly
    assert (call.status, call.error_code) == (200, "")
    assert call.resources == (f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:a",)
    shown = json.loads(call.parameters)
    assert (shown["Name"], shown["SecretString"]) == ("a", "HIDDEN_DUE_TO_SECURITY_REASONS")
    assert json.loads(call.response) == {
        "ARN": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:a",
        "VersionId": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert b"pssst" not in call.parameters + call.response
    assert call.bytes_out == int(response["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    assert call.bytes_in > 0


def test_a_read(house: House) -> None:
    """Without response elements, as CloudTrail has it for calls that change nothing."""
    house.client("sts").get_caller_identity()
    call = only(house)
    assert (call.operation, call.readonly, call.response, call.status) == ("GetCallerIdentity", True, b"", 200)
    assert call.resources == ("*",)


REFUSED: dict[str, tuple[str, int, str]] = {
    "limit": ("LimitExceededException", 400, "There are enough."),
    "elsewhere": ("NotImplemented", 501, "The test says so."),
    "crash": ("InternalServerError", 500, "The request processing has failed because of an unknown error"),
    "": ("ValidationException", 400, ""),
}


@pytest.mark.parametrize("secret", REFUSED)
def test_a_refusal(house: House, secret: str) -> None:
    """With its error, and nothing that the handler wrote; inner detail is not for clients, nor for the record."""
    code, status, text = REFUSED[secret]
    with pytest.raises(ClientError) as refused:
        house.client("secretsmanager", parameter_validation=False).create_secret(Name=secret)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    call = only(house)
    assert (call.error_code, call.status) == (code, status)
    assert call.error_message.startswith(text)
    assert "ZeroDivision" not in call.error_message
    assert call.principal_type == "Root"
    assert notes(house) == []


def test_a_readonly_operation_may_not_write(house: House) -> None:
    """Its record is not in the transaction, so it must not change anything: our bug, and nothing is written."""
    with pytest.raises(ClientError, match="InternalServerError"):
        house.client("secretsmanager").describe_secret(SecretId="x")
    assert only(house).status == 500
    assert notes(house) == []


UNKNOWN = {
    "not signed": (
        message("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}),
        "",
        "MissingAuthenticationToken",
    ),
    "unknown key": (identity(Key("AKIANOBODY", "x")), "AKIANOBODY", "InvalidClientTokenId"),
    "wrong secret": (identity(Key("test", "x")), "test", "SignatureDoesNotMatch"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_stranger(house: House, case: str) -> None:
    """The key that was claimed is recorded; whose it is, is not claimed."""
    request, key, code = UNKNOWN[case]
    answer = ask(house.port, request)
    call = only(house)
    assert (call.principal_type, call.principal_arn, call.account) == ("Anonymous", "", "")
    assert (call.access_key_id, call.error_code, call.status) == (key, code, answer.status)
    assert call.operation == "GetCallerIdentity"


def test_what_no_service_has(house: House) -> None:
    """What clients miss is worth knowing: it is recorded by name."""
    with pytest.raises(ClientError):
        house.client("dynamodb").list_tables()
    call = only(house)
    assert (call.source, call.operation, call.status) == ("dynamodb.amazonaws.com", "ListTables", 501)


def test_a_body_that_is_too_large(house: House) -> None:
    """Refused before it was read, and recorded all the same."""
    headers = {"x-amz-target": "AmazonSQS.SendMessage", "content-length": "999999999"}
    assert ask(house.port, message("POST", "/", headers)).status == 413
    call = only(house)
    assert (call.operation, call.error_code, call.bytes_in) == ("SendMessage", "RequestEntityTooLarge", 0)


def test_many_at_once_are_each_recorded_once(house: House) -> None:
    """Pipelined, refused and served, mutations and reads: the request ids of answers and records are the same set."""
    target = {"x-amz-target": "secretsmanager.CreateSecret", "content-type": "application/x-amz-json-1.1"}
    requests = [
        *(signed("POST", "/", target, b'{"Name": "n%d"}' % number, service="secretsmanager") for number in range(20)),
        *([identity()] * 20),
        *([identity(Key("test", "wrong"))] * 20),
    ]
    with Line(house.port) as line:
        line.send(b"".join(requests))
        answered = [line.read().headers["x-amzn-requestid"] for _ in requests]
    assert len(set(answered)) == len(requests)
    assert sorted(call.request_id for call in house.recorded()) == sorted(answered)


LONG = {
    "operation": message("POST", "/", {"x-amz-target": "Foo." + "x" * 60_000}, b"{}"),
    "form": identity(body="Action=" + "%F0%9F%8C%A9" * 20_000),
    "zeros": message("GET", "/?Action=" + "%00" * 10_000, {}),
    "region": identity().replace(b"us-east-1", b"r" * 60_000),
    "key": identity(Key("k" * 60_000, "x")),
    "user agent": identity(headers={"user-agent": "x" * 60_000}),
    "queue": signed(
        "POST",
        "/",
        {"x-amz-target": "AmazonSQS.GetQueueAttributes", "content-type": "application/x-amz-json-1.0"},
        b'{"QueueUrl": "http://localhost/000000000000/%s"}' % (b"\\u0000\\ud83c\\udf29" * 20_000),
        service="sqs",
    ),
}


@pytest.mark.parametrize("what", LONG)
def test_what_clients_write_does_not_stop_the_counting(house: House, what: str) -> None:
    """The names that usage is counted under come from requests, of whoever sends them: they are bounded."""
    ask(house.port, LONG[what])
    call = only(house)
    assert len(call.operation) + len(call.region) + len(call.access_key_id) + len(call.user_agent) < 2000
    assert house.run(house.parts.store.transact(calls.fold)) is False
    assert house.recorded() == []


class FullStore(MemoryStore):
    """A store whose disk is full for a while."""

    full = False

    async def transact(self, work: Any, *, readonly: bool = False) -> Any:
        if self.full and not readonly:
            raise StoreFull("no space")
        return await super().transact(work, readonly=readonly)


def call_of(number: int) -> Call:
    return Call(
        id=f"{number:09}",
        time_ms=number,
        account="",
        region="",
        source="",
        operation="",
        principal_type="",
        principal_arn="",
        principal_id="",
        access_key_id="",
        source_ip="",
        user_agent="",
        request_id="",
        readonly=True,
        status=200,
        bytes_in=0,
        bytes_out=0,
    )


async def written(store: MemoryStore) -> int:
    def count(tx: Transaction) -> int:
        return len(calls.pending.scan(tx))

    return await store.transact(count, readonly=True)


def test_reads_are_written_within_a_second() -> None:
    """And at once when there are many; and all of them when the process stops."""

    async def work() -> None:
        store = MemoryStore()
        await store.open()
        recorder = Recorder(store)
        recorder.start()
        recorder.record(call_of(0))
        await jumping.pause(0.5)
        assert await written(store) == 0
        await jumping.pause(0.6)
        assert await written(store) == 1
        for number in range(1, audit.gathered_max + 1):
            recorder.record(call_of(number))
        await jumping.pause(0.01)
        assert await written(store) == audit.gathered_max + 1
        recorder.record(call_of(audit.gathered_max + 1))
        await recorder.stop()
        assert await written(store) == audit.gathered_max + 2

    jumping.run(work())


def test_what_a_full_disk_refuses_is_kept_for_later() -> None:
    """Nothing is forgotten while space is made."""

    async def work() -> None:
        store = FullStore()
        await store.open()
        recorder = Recorder(store)
        recorder.start()
        store.full = True
        for number in range(3):
            recorder.record(call_of(number))
            await jumping.pause(2)
        store.full = False
        recorder.record(call_of(3))
        await jumping.pause(2)
        assert await written(store) == 4
        await recorder.stop()

    jumping.run(work())
