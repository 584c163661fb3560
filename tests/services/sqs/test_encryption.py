"""SSE-SQS: bodies lie encrypted on the disk where the queue says so, and nobody who may read them notices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gureum.api import models
from gureum.api.errors import InternalFailure
from gureum.api.vault import VaultError
from gureum.gateway.faults import error_value
from gureum.services.sqs import tables
from gureum.services.sqs.records import Message
from tests.services.sqs.local import ACCOUNT, REGION, Local
from tests.support.clouds import Cloud, running

BODY = "a body that stands nowhere else"


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose files hold only what these tests send."""
    with running(tmp_path_factory.mktemp("encryption") / "data") as started:
        yield started


def on_disk(folder: Path) -> bytes:
    """All that is written in the directory of a cloud, or of its state: at least the state and its log."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert {"state.db", "state.db-wal"} <= {path.name for path in files}
    return b"".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("encrypted", ["true", "false"])
def test_the_disk_shows_bodies_only_where_nothing_is_encrypted(own_cloud: Cloud, encrypted: str, name: str) -> None:
    """Neither the body nor its digest, which would confirm a guess; other attributes of a message stay readable."""
    sqs, body = own_cloud.client("sqs"), f"{BODY}: {encrypted}"
    url = sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": encrypted})["QueueUrl"]
    entries = [{"Id": "1", "MessageBody": body}]
    attributes = {"trace": {"DataType": "String", "StringValue": f"attribute of {name}"}}
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    for _ in range(2):
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
        assert [message["Body"] for message in received] == [body]
    stored = on_disk(own_cloud.data)
    readable = encrypted == "false"
    assert (body.encode() in stored) is readable
    digest = md5(body.encode(), usedforsecurity=False)
    assert (digest.digest() in stored) is readable
    assert digest.hexdigest().encode() not in stored, "the record of calls shows it"
    assert f"attribute of {name}".encode() in stored


def test_encrypted_messages_survive_kill_9(own_cloud: Cloud, name: str) -> None:
    """The root key is found again at the next start; it is private, and not part of the state."""
    url = own_cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    own_cloud.client("sqs").send_message(QueueUrl=url, MessageBody=BODY)
    secret = own_cloud.data / "root-key"
    before = secret.read_bytes()
    own_cloud.kill()
    own_cloud.start()
    [message] = own_cloud.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == BODY
    assert (secret.read_bytes(), secret.stat().st_mode & 0o777) == (before, 0o600)
    assert before not in on_disk(own_cloud.data / "state")


def test_a_cloud_does_not_start_with_another_root_key(tmp_path: Path) -> None:
    """It could open nothing that is there, and would only make it worse."""
    cloud = Cloud(tmp_path / "data").start()
    cloud.stop()
    secret = cloud.data / "root-key"
    right = secret.read_bytes()
    for wrong, reason in ((bytes(32), "another root-key"), (b"", "restore it from a copy")):
        secret.write_bytes(wrong)
        cloud.launch()
        assert cloud.process.wait(30) == 1
        cloud.stop()
        assert reason in cloud.log()
    secret.write_bytes(right)
    cloud.start()
    cloud.stop()


@pytest.mark.parametrize("before", ["true", "false"])
def test_a_change_of_the_setting_leaves_messages_readable(sqs: Any, name: str, before: str) -> None:
    """Each message is as it was when it was sent, whatever the queue says by now."""
    after = "false" if before == "true" else "true"
    url = sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": before})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="before")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": after})
    sqs.send_message(QueueUrl=url, MessageBody="after")
    bodies = [sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] for _ in range(2)]
    assert bodies == ["before", "after"]


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_a_message_stays_sealed_wherever_it_goes(local: Local, suffix: str) -> None:
    """To a dead-letter queue that does not encrypt and back: nobody opens it on the way, whoever receives it can."""
    dead = local.create(f"dead{suffix}", SqsManagedSseEnabled="false")
    arns = [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}{suffix}" for name in ("dead", "source")]
    policy = json.dumps({"deadLetterTargetArn": arns[0], "maxReceiveCount": 1})
    source = local.create(f"source{suffix}", RedrivePolicy=policy)
    fifo = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if suffix else {}
    local.call("SendMessage", QueueUrl=source, MessageBody=BODY, **fifo)
    sealed = stored(local)
    assert sealed.key
    assert BODY.encode() not in sealed.body
    assert [message["Body"] for message in local.receive(source)] == [BODY]
    local.advance(31)
    assert local.receive(source) == []
    [received] = local.receive(dead)
    assert (received["Body"], received["MD5OfBody"]) == (BODY, md5(BODY.encode()).hexdigest())
    local.advance(31)
    local.call("StartMessageMoveTask", SourceArn=arns[0])
    local.control()
    assert [message["Body"] for message in local.receive(source)] == [BODY]
    assert (stored(local).key, stored(local).body) == (sealed.key, sealed.body)


def test_a_key_is_used_for_a_day(local: Local) -> None:
    """So that no key seals more values than random nonces allow; those of earlier days still open."""
    url = local.create("queue")
    for day in range(3):
        local.call("SendMessage", QueueUrl=url, MessageBody=str(day))
        local.advance(24 * 3600)
    found = local.transact(tables.messages.scan)
    assert len({message.key for message in found}) == 3
    assert [message["Body"] for message in local.receive(url)] == ["0", "1", "2"]


def test_equal_bodies_look_different(local: Local) -> None:
    """Nobody sees on the disk that the same was sent twice."""
    url = local.create("queue")
    for _ in range(2):
        local.call("SendMessage", QueueUrl=url, MessageBody=BODY)
    first, second = local.transact(tables.messages.scan)
    assert first.body != second.body


@given(
    st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1)
)
def test_any_body_comes_back(body: str) -> None:
    """With the digest that the sender was told, encrypted or not."""
    local = Local()
    for encrypted in ("true", "false"):
        url = local.create(encrypted, SqsManagedSseEnabled=encrypted)
        sent = local.call("SendMessage", QueueUrl=url, MessageBody=body)
        [received] = local.receive(url)
        assert (received["Body"], received["MD5OfBody"]) == (body, sent["MD5OfMessageBody"])
    local.close()


def test_a_damaged_message_is_not_delivered(local: Local) -> None:
    """And the client learns no more than that something is wrong inside."""
    url = local.create("queue")
    local.call("SendMessage", QueueUrl=url, MessageBody=BODY)
    sealed = stored(local)
    damaged = replace(sealed, body=sealed.body[:-1] + bytes([sealed.body[-1] ^ 1]))
    local.transact(lambda tx: tables.messages.replace(tx, sealed, damaged))
    with pytest.raises(VaultError) as raised:
        local.receive(url)
    shown = error_value(raised.value, models.UNKNOWN, "json")
    assert (shown.code, shown.status) == ("InternalServerError", 500)
    assert shown.message == InternalFailure.message
    assert local.count(url) == (1, 0, 0)


def stored(local: Local) -> Message:
    """The one message there is."""
    [message] = local.transact(tables.messages.scan)
    return message
