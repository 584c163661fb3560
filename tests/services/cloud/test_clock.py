"""GetClock and AdvanceClock on a cloud of the tests' own: time is durable, goes forward only, and is everybody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gureum.base.clock import host_ms
from gureum.cli.client import CloudError
from tests.support.clouds import Cloud, running
from tests.support.raw import ask, control, identity

DAY = 24 * 3600


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose clock belongs to these tests."""
    with running(tmp_path_factory.mktemp("clock")) as started:
        yield started


def test_it_is_the_hosts_time_plus_what_was_advanced(own: Cloud) -> None:
    """And says so."""
    before = own.call("GetClock")
    own.advance(30 * DAY)
    after = own.call("GetClock")
    assert after["OffsetSeconds"] == before["OffsetSeconds"] + 30 * DAY
    assert after["Now"] - after["HostNow"] == pytest.approx(after["OffsetSeconds"])
    assert abs(after["HostNow"] - host_ms() / 1000) < 60


def test_the_answer_of_an_advance_is_the_new_time(own: Cloud) -> None:
    """It need not be asked for."""
    advanced = own.call("AdvanceClock", Seconds=0.5)
    assert advanced["Now"] <= own.call("GetClock")["Now"]
    assert advanced["Now"] - advanced["HostNow"] == pytest.approx(advanced["OffsetSeconds"])


def test_who_waits_until_it_has_settled_sees_every_controller_done(own: Cloud) -> None:
    """Many times in a row, so that it is no luck."""
    for _ in range(20):
        own.call("AdvanceClock", Seconds=3600)
        assert own.call("GetClock", WaitUntilSettled=True)["Settled"]
    assert own.call("GetClock")["Settled"]


@pytest.mark.parametrize(
    "seconds", ["0", "-1", "0.0001", "1e300", "3.2e9", '"NaN"', '"Infinity"', '"-Infinity"', "null"]
)
def test_a_step_that_is_none(own: Cloud, seconds: str) -> None:
    """Time neither stands, nor goes back, nor leaves the calendar."""
    before = own.call("GetClock")["OffsetSeconds"]
    answer = ask(own.port, control("AdvanceClock", f'{{"Seconds": {seconds}}}'.encode()))
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] in ("InvalidParameterException", "ValidationException")
    assert own.call("GetClock")["OffsetSeconds"] == before


def test_the_calendar_has_an_end(tmp_path: Path) -> None:
    """Steps that are each allowed lead to a time that no date can say: the last is refused, and the cloud is well."""
    century = 100 * 365.25 * DAY
    with running(tmp_path / "data") as cloud:
        for _ in range(69):
            cloud.advance(century)
        with pytest.raises(CloudError, match="InvalidParameterException"):
            cloud.call("AdvanceClock", Seconds=century)
        assert cloud.call("GetClock", WaitUntilSettled=True)["Settled"]
        assert ask(cloud.port, identity()).status == 200
        assert "bug" not in cloud.log()


def test_an_advance_survives_the_cloud(tmp_path: Path) -> None:
    """It was acknowledged, so it is on disk; and so is the record of it."""
    cloud = Cloud(tmp_path / "data").start()
    try:
        cloud.call("AdvanceClock", Seconds=7 * DAY)
        cloud.kill()
        cloud.start()
        assert cloud.call("GetClock")["OffsetSeconds"] == 7 * DAY
        advances = cloud.call("ListCalls", EventName="AdvanceClock")["Calls"]
        assert [json.loads(item["RequestParameters"])["Seconds"] for item in advances] == [7 * DAY]
    finally:
        cloud.stop()
