"""A function that does not fit the model is found when it is bound, by its name; and nothing is bound by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

import pytest

from gureum.api import models
from gureum.api.binding import Binding
from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.api.service import Service, any_resource


class Url(TypedDict):
    """A result that SQS's CreateQueue has."""

    QueueUrl: str


class Address(TypedDict):
    """A result that it does not have."""

    QueueAddress: str


class Entry(TypedDict):
    """Part of a batch entry."""

    Id: str
    MessageBody: str


class StrangeEntry(Entry):
    """With a member that the model does not know."""

    Colour: NotRequired[str]


class StrangeMessage(TypedDict, total=False):
    """A message that cannot be written."""

    Body: str
    Colour: str


class Messages(TypedDict):
    """A result whose inside does not fit."""

    Messages: list[StrangeMessage]


def bind(function: Callable[..., Any], **options: Any) -> Binding | None:
    """The function as an operation of SQS."""
    service = Service("sqs")
    service.operation(resource=any_resource, **options)(function)
    return service.binding(models.load("sqs"), "CreateQueue")


def create_queue(ctx: Context, queue_name: str, attributes: dict[str, str] | None = None) -> Url:
    """One that fits."""
    return {"QueueUrl": queue_name}


def test_one_that_fits() -> None:
    """Its name and its parameters are found in the model, whatever their case."""
    binding = bind(create_queue, harmless={"tags": "for a test"}, hidden=frozenset({"Attributes"}))
    assert binding is not None
    assert (binding.operation.id, binding.action) == ("sqs.CreateQueue", "sqs:CreateQueue")
    assert binding.arguments({"QueueName": "q", "tags": {"a": "b"}}) == {"queue_name": "q"}
    assert binding.hidden == {"Attributes": None}


def test_the_action_can_have_another_name() -> None:
    """s3:GetObject allows HeadObject, and so on."""
    binding = bind(create_queue, action="sqs:MakeQueue")
    assert binding is not None
    assert binding.action == "sqs:MakeQueue"


def test_an_operation_that_is_not_bound() -> None:
    """None, and the router refuses it."""
    assert Service("sqs").binding(models.load("sqs"), "CreateQueue") is None


def no_such_operation(ctx: Context) -> None:
    """SQS has none of this name."""


def test_the_operation_must_exist() -> None:
    """A typing error in the name."""
    with pytest.raises(AssertionError, match=r"test_binding\.no_such_operation: sqs has no such operation"):
        bind(no_such_operation)


def test_parameters_must_exist() -> None:
    """A typing error in a parameter."""

    def create_queue(ctx: Context, queue_title: str) -> None: ...

    with pytest.raises(AssertionError, match=r"sqs\.CreateQueue has no member queue_title"):
        bind(create_queue)


def test_what_may_be_left_out_needs_a_default() -> None:
    """Else a request without it would be our bug."""

    def create_queue(ctx: Context, queue_name: str, attributes: dict[str, str]) -> None: ...

    with pytest.raises(AssertionError, match="attributes may be left out and has no default"):
        bind(create_queue)


def test_harmless_members_must_exist() -> None:
    """Of a list that nobody would read again."""
    with pytest.raises(AssertionError, match=r"harmless names \{'Colour'\}"):
        bind(create_queue, harmless={"Colour": "for a test"})


def test_results_must_exist() -> None:
    """The serializer would not know them."""

    def create_queue(ctx: Context, queue_name: str) -> Address:
        raise NotImplementedError

    with pytest.raises(AssertionError, match=r"the result has \['QueueAddress'\]"):
        bind(create_queue)


def test_results_must_exist_inside() -> None:
    """In a structure in a list as well."""

    def receive_message(ctx: Context, queue_url: str) -> Messages:
        raise NotImplementedError

    with pytest.raises(AssertionError, match=r"StrangeMessage has \['Colour'\], which Message does not have"):
        bind(receive_message)


@pytest.mark.parametrize("annotation", [dict, dict[str, str], str])
def test_results_say_what_they_are(annotation: Any) -> None:
    """A TypedDict or None: anything else could not be checked."""

    def create_queue(ctx: Context, queue_name: str) -> Any: ...

    create_queue.__annotations__["return"] = annotation
    with pytest.raises(AssertionError, match="the result is annotated with a TypedDict or None"):
        bind(create_queue)


def test_structures_inside_parameters_must_exist() -> None:
    """A key of a TypedDict is a member of the structure."""

    def send_message_batch(ctx: Context, queue_url: str, entries: list[StrangeEntry]) -> None: ...

    with pytest.raises(AssertionError, match=r"StrangeEntry has \['Colour'\], which SendMessageBatchRequestEntry"):
        bind(send_message_batch)


def test_one_operation_is_one_function() -> None:
    """Two of them would be decided by the order of imports."""
    service = Service("sqs")
    for _ in range(2):
        service.operation(resource=any_resource)(create_queue)
    with pytest.raises(AssertionError, match="CreateQueue is defined twice"):
        service.binding(models.load("sqs"), "CreateQueue")


def test_members_without_a_parameter_are_refused_by_name() -> None:
    """Also inside of structures, where the annotation names a part of them."""
    service = Service("sqs")

    def send_message_batch(ctx: Context, queue_url: str, entries: list[Entry] | None) -> None: ...

    service.operation(resource=any_resource)(send_message_batch)
    binding = service.binding(models.load("sqs"), "SendMessageBatch")
    assert binding is not None
    good = {"Id": "1", "MessageBody": "b"}
    assert binding.arguments({"QueueUrl": "u", "Entries": [good]}) == {"queue_url": "u", "entries": [good]}
    with pytest.raises(NotSupported, match=r"The parameter Entries\.DelaySeconds of sqs:SendMessageBatch"):
        binding.arguments({"QueueUrl": "u", "Entries": [good, {**good, "DelaySeconds": 1}]})
    plain = bind(create_queue)
    assert plain is not None
    with pytest.raises(NotSupported, match="The parameter tags of sqs:CreateQueue"):
        plain.arguments({"QueueName": "q", "tags": {}})


def test_a_service_says_what_it_has() -> None:
    """For the coverage table, and for who debugs."""
    service = Service("sqs")
    service.operation(resource=any_resource)(create_queue)
    assert (service.operations, repr(service)) == (1, "<Service sqs>")
    assert [endpoint.function for endpoint in service.endpoints] == [create_queue]
