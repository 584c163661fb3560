"""ListCalls and GetUsage over a real gateway: exact over pages and through the archive, and forgotten in time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from gureum.api import calls
from gureum.api.principal import AccessKey, root
from gureum.services.cloud import cloud
from gureum.services.cloud.service import OWNER
from gureum.services.sts import sts
from gureum.state.store import Transaction
from gureum.wire.sigv4 import Key
from tests.support.inprocess import House, serving
from tests.support.raw import TEST_KEY, Answer, Line, ask, control, identity

DAY = 24 * 3600
START_MS = 1_800_000_000_000
STRANGER = AccessKey("STRANGER", "secret", root("444455556666"))


@pytest.fixture
def house() -> Iterator[House]:
    """A cloud whose controllers run when the test says so."""
    keys = [AccessKey("test", "test", root(OWNER)), STRANGER]
    with serving(cloud, sts, keys=keys, host=lambda: START_MS) as started:
        yield started


def call(house: House, operation: str, **members: Any) -> dict[str, Any]:
    """An operation of the cloud's own service."""
    answer = try_call(house, operation, **members)
    assert answer.status == 200, answer.text
    document: dict[str, Any] = json.loads(answer.body)
    return document


def try_call(house: House, operation: str, key: Key = TEST_KEY, **members: Any) -> Answer:
    return ask(house.port, control(operation, json.dumps(members).encode(), key, at_ms=START_MS))


def identities(house: House, count: int, key: Key = TEST_KEY) -> list[str]:
    """Make calls; their request ids, the oldest first."""
    with Line(house.port) as line:
        line.send(identity(key, at_ms=START_MS) * count)
        return [line.read().headers["x-amzn-requestid"] for _ in range(count)]


def archive(house: House) -> None:
    """What the controllers do: count and archive all that was recorded."""

    async def work() -> None:
        await house.parts.recorder.flush()
        while await house.parts.store.transact(calls.fold):
            pass

    house.run(work())


def listed(house: House, page: int, **filters: Any) -> list[str]:
    """The request ids of GetCallerIdentity over all pages, the newest first."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        result = call(house, "ListCalls", EventName="GetCallerIdentity", MaxResults=page, **filters, **token)
        assert len(result["Calls"]) <= page
        found += [item["RequestId"] for item in result["Calls"]]
        if "NextToken" not in result:
            return found
        token = {"NextToken": result["NextToken"]}


@pytest.mark.parametrize("where", ["pending", "archived", "both"])
def test_pages_are_exact(house: House, where: str) -> None:
    """Each call once, whatever lies where, and though the listing itself is recorded meanwhile."""
    made = []
    for _ in range(3):
        made += identities(house, 40)
        house.advance(1800)
        if where != "pending":
            archive(house)
    if where == "both":
        made += identities(house, 40)
        house.run(house.parts.recorder.flush())
    if where == "pending":
        house.run(house.parts.recorder.flush())
    for page in (7, 1000):
        found = listed(house, page)
        assert len(found) == len(set(found))
        assert sorted(found) == sorted(made)


def test_a_page_is_the_same_though_the_archive_moves_on(house: House) -> None:
    """A token is a position, so what is archived between two pages neither comes twice nor is left out."""
    made = identities(house, 30)
    house.run(house.parts.recorder.flush())
    first = call(house, "ListCalls", EventName="GetCallerIdentity", MaxResults=10)
    archive(house)
    later = identities(house, 5)
    archive(house)
    rest = call(house, "ListCalls", EventName="GetCallerIdentity", MaxResults=1000, NextToken=first["NextToken"])
    found = [item["RequestId"] for item in first["Calls"] + rest["Calls"]]
    assert len(found) == len(set(found))
    assert set(made) <= set(found) <= {*made, *later}


def test_order_and_times(house: House) -> None:
    """The newest first; StartTime and EndTime bound it, in cloud time."""
    early = identities(house, 3)
    house.advance(DAY)
    late = identities(house, 3)
    archive(house)
    middle = START_MS / 1000 + DAY / 2
    assert set(listed(house, 100)[:3]) == set(late)
    assert set(listed(house, 100, EndTime=middle)) == set(early)
    assert set(listed(house, 100, StartTime=middle)) == set(late)
    assert listed(house, 100, StartTime=middle, EndTime=middle + 1) == []


def test_filters(house: House) -> None:
    """By account, source and name, alone and together; refused calls are there like others."""
    identities(house, 2)
    identities(house, 3, Key("STRANGER", "secret"))
    identities(house, 4, Key("test", "wrong"))
    archive(house)
    assert len(listed(house, 100)) == 9
    assert len(listed(house, 100, AccountId=STRANGER.principal.account)) == 3
    assert len(listed(house, 100, EventSource="sts.amazonaws.com")) == 9
    assert len(listed(house, 100, EventSource="sqs.amazonaws.com")) == 0
    items = call(house, "ListCalls", EventName="GetCallerIdentity")["Calls"]
    assert Counter(item.get("ErrorCode") for item in items) == {None: 5, "SignatureDoesNotMatch": 4}
    refused = next(item for item in items if "ErrorCode" in item)
    assert "PrincipalArn" not in refused
    assert refused["AccessKeyId"] == "test"


@pytest.mark.parametrize("token", ["nonsense", "", "x" * 2049])
def test_a_token_that_was_not_given_out(house: House, token: str) -> None:
    """Nothing can be read with it."""
    assert try_call(house, "ListCalls", NextToken=token).status == 400
    assert try_call(house, "GetUsage", NextToken=token).status == 400


def test_a_token_of_another_listing(house: House) -> None:
    """It belongs to its filters."""
    identities(house, 3)
    archive(house)
    token = call(house, "ListCalls", EventName="GetCallerIdentity", MaxResults=1)["NextToken"]
    answer = try_call(house, "ListCalls", EventName="GetClock", MaxResults=1, NextToken=token)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "InvalidParameterException")


def usage_of(house: House, **filters: Any) -> list[dict[str, Any]]:
    """Usage of STS over all pages of two."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        result = call(house, "GetUsage", Service="sts", MaxResults=2, **filters, **token)
        found += result["Usage"]
        if "NextToken" not in result:
            return found
        token = {"NextToken": result["NextToken"]}


def test_usage_equals_requests(house: House) -> None:
    """Per account, service, operation, resource and hour; refused ones count as errors, of nobody's account."""
    for _ in range(3):
        identities(house, 11)
        identities(house, 5, Key("STRANGER", "secret"))
        identities(house, 2, Key("test", "wrong"))
        archive(house)
        archive(house)
        house.advance(3600)
    found = usage_of(house)
    hours = {item["Hour"] for item in found}
    assert len(hours) == 3
    for hour in hours:
        counts = {item.get("AccountId"): (item["Requests"], item["Errors"]) for item in found if item["Hour"] == hour}
        assert counts == {OWNER: (11, 0), STRANGER.principal.account: (5, 0), None: (2, 2)}
    assert {(item["Service"], item["Operation"], item["Resource"]) for item in found} == {
        ("sts", "GetCallerIdentity", "*")
    }
    one = next(item for item in found if item.get("AccountId") == OWNER)
    body = len(b"Action=GetCallerIdentity&Version=2011-06-15")
    assert (one["BytesIn"], one["BytesOut"] % 11) == (11 * body, 0)
    assert [item["Hour"] for item in found] == sorted(item["Hour"] for item in found)
    assert len(usage_of(house, AccountId=OWNER)) == 3
    assert len(usage_of(house, StartTime=sorted(hours)[1])) == 6
    assert len(usage_of(house, EndTime=sorted(hours)[1])) == 3


def test_the_record_is_kept_for_ninety_days(house: House) -> None:
    """As CloudTrail's event history; what was used stays known, for the bill."""
    old = identities(house, 3)
    archive(house)
    house.advance(60 * DAY)
    recent = identities(house, 3)
    archive(house)
    house.advance(31 * DAY)
    now_ms = START_MS + house.parts.clock.offset_ms

    def pass_by(tx: Transaction) -> bool:
        return calls.forget(tx, now_ms)

    assert not house.run(house.parts.store.transact(pass_by))
    found = set(listed(house, 100))
    assert found & set(old) == set()
    assert set(recent) <= found
    assert sum(item["Requests"] for item in usage_of(house)) == 6


def test_only_the_owner_of_the_cloud_may_look(house: House) -> None:
    """The root user of another account is a stranger here."""
    stranger = Key("STRANGER", "secret")
    for operation in ("ListCalls", "GetUsage", "GetClock", "DescribeCloud", "AdvanceClock"):
        answer = try_call(house, operation, stranger, **({"Seconds": 1} if operation == "AdvanceClock" else {}))
        assert (answer.status, json.loads(answer.body)["__type"]) == (400, "AccessDeniedException")
    assert house.parts.clock.offset_ms == 0
