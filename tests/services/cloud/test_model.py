"""The model of the cloud's own service is one that every AWS client could load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.model
import pytest

import gureum

MODEL = Path(gureum.__file__).parent / "services" / "cloud" / "service-2.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(MODEL.read_text())
    return loaded


def test_botocore_reads_every_operation(document: dict[str, Any]) -> None:
    """No shape is referred to that is not there."""
    service = botocore.model.ServiceModel(document, "gureum")
    assert list(service.operation_names) == [
        "AdvanceClock",
        "CreateAccount",
        "DescribeCloud",
        "GetClock",
        "GetUsage",
        "ListAccounts",
        "ListCalls",
    ]
    for name in service.operation_names:
        operation = service.operation_model(name)
        assert operation.input_shape is not None
        assert operation.output_shape is not None
        assert {error.name for error in operation.error_shapes} == {"InvalidParameterException", "ValidationException"}


def test_every_member_is_documented(document: dict[str, Any]) -> None:
    """The model is the reference."""
    bare = [
        f"{name}.{member}"
        for name, shape in document["shapes"].items()
        for member, reference in shape.get("members", {}).items()
        if not reference.get("documentation")
    ]
    assert not bare


def test_no_shape_is_left_over(document: dict[str, Any]) -> None:
    """What nothing refers to is a mistake."""
    assert set(document["shapes"]) == {
        reference["shape"]
        for holder in (*document["operations"].values(), *document["shapes"].values())
        for reference in references(holder)
    }


def references(holder: dict[str, Any]) -> list[dict[str, Any]]:
    """What an operation or a shape refers to."""
    singles = [holder[key] for key in ("input", "output", "member", "key", "value") if key in holder]
    return [*singles, *holder.get("errors", ()), *holder.get("members", {}).values()]
