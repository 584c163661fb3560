"""ARNs, ids, topology and the log: small, and used everywhere."""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gureum.base import arn, log, topology
from gureum.base.arn import Arn
from gureum.base.ids import Ids

TEXT = st.text(st.characters(exclude_characters=":"), min_size=1)


@settings(deadline=None, derandomize=True)
@given(TEXT, TEXT, TEXT, TEXT, st.text(min_size=1))
def test_arns_there_and_back(partition: str, service: str, region: str, account: str, resource: str) -> None:
    """The resource may itself have colons and slashes."""
    made = Arn(partition, service, region, account, resource)
    assert arn.parse(str(made)) == made


@pytest.mark.parametrize("text", ["", "*", "arn", "arn:aws:sqs", "arn:aws:sqs:::", "urn:aws:s3:::b", "arn::s3:::b"])
def test_what_is_no_arn(text: str) -> None:
    """None, rather than half an answer."""
    assert arn.parse(text) is None


def test_arns_without_region_or_account() -> None:
    """Buckets have neither."""
    assert arn.parse("arn:aws:s3:::bucket/key:x") == Arn("aws", "s3", "", "", "bucket/key:x")


def test_ids_have_their_forms() -> None:
    """https://www.rfc-editor.org/rfc/rfc9562#section-5.4"""
    ids = Ids()
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids.uuid())
    assert re.fullmatch("[0-9a-f]{17}", ids.hex(17))
    assert len(ids.bytes(5)) == 5
    assert len({ids.uuid() for _ in range(1000)}) == 1000


def test_threads_never_get_the_same_id() -> None:
    """Transactions on PostgreSQL run in threads that share the ids of their process; here at every turn."""

    def step_aside(frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_opcodes = True
        Path.cwd().stat()  # lets another thread run
        return step_aside

    ids, before = Ids(), threading.gettrace()
    threading.settrace(step_aside)
    try:
        with ThreadPoolExecutor(4) as threads:
            made = [*threads.map(lambda _: [ids.bytes(16) for _ in range(200)], range(4))]
    finally:
        threading.settrace(before)
    assert len(set().union(*made)) == 800


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 10**30), st.binary(min_size=64, max_size=64))
def test_integers_are_below(below: int, seed: bytes) -> None:
    """Whatever the generator gives."""
    assert 0 <= Ids(lambda count: seed[:count]).integer(below) < below


def test_a_seed_gives_the_same_again() -> None:
    """So that a test sees what it saw before."""

    def constant(count: int) -> bytes:
        return bytes(range(count))

    assert Ids(constant).uuid() == Ids(constant).uuid() == "00010203-0405-4607-8809-0a0b0c0d0e0f"


def test_zones_belong_to_regions() -> None:
    """Each region has at least three, and their names begin with its."""
    assert topology.DEFAULT_REGION in topology.REGIONS
    for region, count in topology.REGIONS.items():
        zones = topology.zones(region)
        assert len(set(zones)) == count >= 3
        assert all(zone[:-1] == region for zone in zones)
    with pytest.raises(KeyError):
        topology.zones("mars-north-1")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged."""
    stream = io.StringIO()
    log.configure("INFO", stream)
    yield stream
    log.configure()


def test_a_line_an_event(lines: io.StringIO) -> None:
    """For grep: time, level, source, event, values; quoted where they would break the line."""
    source = log.Log("test")
    source.info("something happened", port=1, name="a b", empty="", text='x="y"\n', word="구름")
    source.debug("not shown")
    shown = lines.getvalue()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    test something happened .*\n", shown)
    assert r'port=1 name="a b" empty="" text="x=\"y\"\n" word=구름' in shown


def test_what_libraries_find_broken_is_in_it(lines: io.StringIO) -> None:
    """In the same form; what they merely remark is not."""
    logging.getLogger("asyncio").warning("Executing a task took 0.2 seconds")
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert lines.getvalue().count("\n") == 1
    assert "ERROR   asyncio Task exception was never retrieved" in lines.getvalue()


def test_an_error_has_its_cause(lines: io.StringIO) -> None:
    """The traceback is for who repairs it."""
    try:
        raise ZeroDivisionError("inner detail")
    except ZeroDivisionError as error:
        log.Log("test").error("bug", cause=error)
    assert "ZeroDivisionError: inner detail" in lines.getvalue()
