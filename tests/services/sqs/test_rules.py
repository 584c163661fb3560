"""The pure rules: what they take and refuse, and what holds for all values."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gureum.api import models
from gureum.api.errors import ApiError
from gureum.services.sqs import errors
from gureum.services.sqs.records import Attribute, MoveStatus, Settings
from gureum.services.sqs.rules import attributes, digest, fairness, fifo, messages, moves, names, policy, receipts

IDS = st.binary(min_size=8, max_size=8)


@given(IDS, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=14), st.integers(0, 2**47), st.data())
def test_receipt_handles_come_back_whole(
    queue_id: bytes, epoch: bytes, stamp: bytes, visible_ms: int, data: st.DataObject
) -> None:
    """And are refused by every other queue."""
    receipt = data.draw(st.binary(min_size=receipts.receipt_bytes, max_size=receipts.receipt_bytes))
    handle = receipts.encode(queue_id + epoch, stamp, visible_ms, receipt)
    assert receipts.decode(handle, queue_id) == (queue_id + epoch, stamp, visible_ms, receipt)
    other = data.draw(IDS.filter(lambda other: other != queue_id))
    with pytest.raises(errors.ReceiptHandleIsInvalid):
        receipts.decode(handle, other)


@given(st.text(max_size=100), IDS)
def test_any_text_as_a_receipt_handle_is_refused_properly(handle: str, queue_id: bytes) -> None:
    """Never another exception, whatever comes."""
    with pytest.raises(errors.ReceiptHandleIsInvalid):
        receipts.decode(handle, queue_id)


@given(st.text(max_size=200))
def test_any_text_as_a_task_handle_is_refused_properly(handle: str) -> None:
    """As above."""
    with pytest.raises(errors.ResourceNotFoundException):
        moves.decode(handle)


@given(st.text(max_size=50))
def test_any_text_as_an_attribute_is_taken_or_refused(text: str) -> None:
    """Every settable attribute with every text: settings or an error of the API."""
    for fifo_queue in (False, True):
        for name in attributes.select(["All"]):
            with suppress(ApiError):
                assert isinstance(attributes.change(Settings(), fifo_queue, {name: text}), Settings)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_any_json_as_a_policy_is_taken_or_refused(value: object) -> None:
    """Also where parts of a policy are of the wrong type."""
    statement = {"Effect": "Allow", "Principal": value, "Action": value, "Resource": value}
    for document in (value, {"Statement": value}, {"Statement": [value]}, {"Statement": statement}):
        for name in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
            with suppress(ApiError):
                attributes.change(Settings(), False, {name: json.dumps(document)})
        with suppress(ApiError):
            checked = policy.check(json.dumps(document))
            added = policy.add(checked, "q", "a", ["1" * 12], ["*"])
            assert json.loads(policy.remove(added, "a"))["Statement"] == policy.statements_of(json.loads(checked))


@given(st.text(max_size=5))
def test_characters_are_those_of_xml(text: str) -> None:
    """The short cut for printable text decides nothing."""
    allowed = all(
        character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
        for character in text
    )
    if allowed:
        messages.check_characters(text, "x")
    else:
        with pytest.raises(errors.InvalidMessageContents):
            messages.check_characters(text, "x")


def test_every_printable_character_is_allowed() -> None:
    """What the short cut relies on."""
    printable = "".join(c for c in map(chr, range(0x110000)) if c.isprintable())
    assert messages._forbidden.search(printable) is None


def test_digests_are_the_documented_ones() -> None:
    """A vector of X-Ray's documentation, and that the order of attributes does not matter."""
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert digest.of_attributes({"AWSTraceHeader": Attribute("String", header)}) == "5ae4d5d7636402d80f4eb6d213245a88"
    a, b = Attribute("String", "x"), Attribute("Binary", data=b"x")
    assert digest.of_attributes({"a": a, "b": b}) == digest.of_attributes({"b": b, "a": a})


def test_urls_lead_to_queues_by_their_last_two_parts() -> None:
    """Whatever the host, as AWS's own old and new forms do."""
    for url in (
        "http://localhost:4566/123456789012/q",
        "https://sqs.us-east-1.amazonaws.com/123456789012/q",
        "https://queue.amazonaws.com/123456789012/q",
        "/123456789012/q",
        "http://localhost:4566/123456789012/q?x=y",
    ):
        assert names.from_url(url) == ("123456789012", "q")
    for url in ("", "q", "http://localhost/q", "http://localhost/123456789012/", "http://[/1/"):
        with pytest.raises(errors.InvalidAddress):
            names.from_url(url)


def test_a_tenant_is_noisy_by_number_and_by_share() -> None:
    """At least 30, and more than a tenth."""
    assert fairness.fair_rank(29, lambda: 29) == 0
    assert fairness.fair_rank(30, lambda: 299) == 30
    assert fairness.fair_rank(30, lambda: 300) == 0


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_sequence_numbers_and_stamps_order_alike(one: int, other: int) -> None:
    """As numbers, as text and as bytes."""
    assert (one < other) == (fifo.sequence_number(one) < fifo.sequence_number(other))
    assert (one < other) == (fifo.stamp(one) < fifo.stamp(other))
    assert len(fifo.sequence_number(one)) == 20


def test_every_state_of_a_move_task_has_an_end() -> None:
    """From each state an end is reached, and no end is left again."""
    ends = {MoveStatus.COMPLETED, MoveStatus.CANCELLED, MoveStatus.FAILED}
    following: dict[MoveStatus, set[MoveStatus]] = {status: set() for status in MoveStatus}
    for (status, _), after in moves.TRANSITIONS.items():
        following[status].add(after)
    assert all(not following[status] for status in ends)
    assert following[MoveStatus.CANCELLING] <= ends
    assert following[MoveStatus.RUNNING] <= ends | {MoveStatus.CANCELLING}


def test_every_error_of_ours_is_the_models() -> None:
    """Names that the model does not know are only those that AWS's models leave out; its codes are those of the API."""
    unmodelled = {"InvalidParameterValue", "MissingParameter"}
    for protocol in ("json", "query"):
        model = models.load("sqs", protocol)
        known = {shape.name: shape for shape in model.error_shapes()}
        ours = {e.__name__ for e in vars(errors).values() if isinstance(e, type) and e.__module__ == errors.__name__}
        assert ours - known.keys() == unmodelled
        assert all(shape.error_status is not None for shape in known.values())
        assert known["QueueDoesNotExist"].error_code == "AWS.SimpleQueueService.NonExistentQueue"
        assert (known["RequestThrottled"].error_code, known["RequestThrottled"].error_status) == (
            "RequestThrottled",
            403,
        )
