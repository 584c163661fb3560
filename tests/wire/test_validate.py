"""Constraints of the models, and the words in which AWS says that they are broken."""

from __future__ import annotations

from typing import Any

import pytest

from gureum.wire.errors import WireError
from gureum.wire.model import ServiceModel, Shape
from gureum.wire.validate import (
    Violation,
    compile_validator,
    coral,
    missing_parameter,
    to_error,
    validate,
    violations_max,
)

SHAPES: dict[str, Any] = {
    "Input": {
        "type": "structure",
        "required": ["TableName"],
        "members": {
            "TableName": {"shape": "Name", "location": "header", "locationName": "x-name"},
            "Count": {"shape": "Count"},
            "Kind": {"shape": "Kind"},
            "Entries": {"shape": "Entries"},
            "Tags": {"shape": "Tags"},
            "Ids": {"shape": "Ids"},
            "ById": {"shape": "ById"},
            "Secret": {"shape": "Secret"},
            "Secrets": {"shape": "Secrets"},
            "Data": {"shape": "Data"},
            "Choice": {"shape": "Choice"},
            "Loose": {"shape": "Loose"},
            "Ratio": {"shape": "Ratio"},
        },
    },
    "Name": {"type": "string", "min": 3, "max": 5, "pattern": "[a-z]+"},
    "Count": {"type": "integer", "min": 1, "max": 10},
    "Ratio": {"type": "double", "min": 0.5},
    "Kind": {"type": "string", "enum": ["S", "N", "B"]},
    "Entries": {"type": "list", "member": {"shape": "Entry"}, "max": 200},
    "Entry": {
        "type": "structure",
        "required": ["Id"],
        "members": {"Id": {"shape": "Name"}, "Entries": {"shape": "Entries"}, "Loose": {"shape": "Loose"}},
    },
    "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Name"}, "max": 2},
    "Ids": {"type": "list", "member": {"shape": "Name"}},
    "ById": {"type": "map", "key": {"shape": "Loose"}, "value": {"shape": "Entry"}},
    "Secret": {"type": "string", "max": 3, "sensitive": True},
    "Secrets": {"type": "list", "member": {"shape": "Secret"}, "max": 2},
    "Data": {"type": "blob", "max": 2},
    "Choice": {"type": "structure", "union": True, "members": {"A": {"shape": "Loose"}, "B": {"shape": "Loose"}}},
    "Loose": {"type": "string"},
    "LooseInput": {"type": "structure", "members": {"Loose": {"shape": "Loose"}, "Self": {"shape": "LooseInput"}}},
}
MODEL = ServiceModel(
    "example",
    {
        "metadata": {"apiVersion": "1", "serviceId": "e", "endpointPrefix": "e", "protocol": "json"},
        "operations": {},
        "shapes": SHAPES,
    },
)
INPUT: Shape = MODEL.shape("Input")
NAME = "Member must have length less than or equal to 5, Member must have length greater than or equal to 3"
NAME += ", Member must satisfy regular expression pattern: [a-z]+"


def words(protocol: str = "json", **values: Any) -> str:
    """The message for a value that is all right but for `values`."""
    violations = validate(INPUT, {"TableName": "abc", **values})
    return to_error(violations, protocol).message


def test_a_valid_value_has_no_violations() -> None:
    """At the bounds, and with members that are None as good as left out."""
    good = {
        "TableName": "abc",
        "Count": 10,
        "Kind": "S",
        "Entries": [{"Id": "abcde", "Entries": [{"Id": "abc"}]}],
        "Tags": {"abc": "abc"},
        "ById": {"X": {"Id": "abc"}},
        "Secret": None,
        "Data": b"12",
        "Choice": {"A": "x", "B": None},
        "Ratio": 0.5,
    }
    assert validate(INPUT, good) == []


def test_nothing_to_check_compiles_to_nothing() -> None:
    """Also for a recursive shape."""
    assert compile_validator(MODEL.shape("LooseInput")) is None
    assert validate(MODEL.shape("LooseInput"), {}) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"TableName": None}, "Value null at 'tableName' failed to satisfy constraint: Member must not be null"),
        (
            {"TableName": "ab"},
            (
                "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater "
                "than or equal to 3"
            ),
        ),
        (
            {"TableName": "abcdef"},
            (
                "Value 'abcdef' at 'tableName' failed to satisfy constraint: Member must have length "
                "less than or equal to 5"
            ),
        ),
        (
            {"TableName": "ABC"},
            (
                "Value 'ABC' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: [a-z]+"
            ),
        ),
        (
            {"TableName": "'abc'"},
            (
                "Value ''abc'' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: [a-z]+"
            ),
        ),
        (
            {"Count": 0},
            ("Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1"),
        ),
        (
            {"Count": 11},
            ("Value '11' at 'count' failed to satisfy constraint: Member must have value less than or equal to 10"),
        ),
        (
            {"Ratio": float("nan")},
            (
                "Value 'nan' at 'ratio' failed to satisfy constraint: Member must have value greater "
                "than or equal to 0.5"
            ),
        ),
        (
            {"Kind": "SS"},
            ("Value 'SS' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"),
        ),
        (
            {"Entries": [{"Id": "abc"}, {"Entries": [{"Id": "a"}]}]},
            (
                "2 validation errors detected: Value null at 'entries.2.member.id' failed to satisfy constraint: "
                "Member must not be null; Value 'a' at 'entries.2.member.entries.1.member.id' failed to satisfy "
                "constraint: Member must have length greater than or equal to 3"
            ),
        ),
        (
            {"ById": {"Key": {"Id": "a"}}},
            (
                "Value 'a' at 'byId.Key.member.id' failed to satisfy constraint: Member must "
                "have length greater than or equal to 3"
            ),
        ),
        (
            {"Ids": ["abc", "x"]},
            (f"Value '[abc, x]' at 'ids' failed to satisfy constraint: Member must satisfy constraint: [{NAME}]"),
        ),
        (
            {"Tags": {"x": "abc"}},
            (f"Value '{{x=abc}}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [{NAME}]"),
        ),
        (
            {"Tags": {"abc": "x"}},
            (f"Value '{{abc=x}}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [{NAME}]"),
        ),
        (
            {"Choice": {}},
            ("Value at 'choice' failed to satisfy constraint: Member must have exactly one of these set: [A, B]"),
        ),
        (
            {"Choice": {"A": "1", "B": "2"}},
            ("Value at 'choice' failed to satisfy constraint: Member must have exactly one of these set: [A, B]"),
        ),
        ({"Data": b"123"}, "at 'data' failed to satisfy constraint: Member must have length less than or equal to 2"),
    ],
)
def test_words(values: dict[str, Any], expected: str) -> None:
    """Clients match on them, and people read them."""
    assert expected in words(**values)


def test_lengths_count_code_points() -> None:
    """Not octets."""
    assert not validate(MODEL.shape("Entry"), {"Id": "abc"})
    assert [v.kind for v in validate(MODEL.shape("Entry"), {"Id": "구구름"})] == ["pattern"]


def test_sensitive_values_are_never_shown() -> None:
    """Neither alone nor inside a list."""
    for values in ({"Secret": "hunter2"}, {"Secrets": ["hunter2"]}, {"Secrets": ["a", "b", "hunter2"]}):
        message = words(**values)
        assert "hunter2" not in message
        assert message.startswith("1 validation error detected: Value at 'secret") or "2 validation errors" in message


def test_values_are_shown_within_reason() -> None:
    """A megabyte in an error message helps nobody."""
    assert len(words(TableName="x" * 1_000_000)) < 2000
    assert len(validate(INPUT, {"TableName": "abc", "Entries": [{}] * 150})) == violations_max


def error(protocol: str, **values: Any) -> WireError:
    return to_error(validate(INPUT, values), protocol)


def test_each_protocol_family_has_its_words() -> None:
    """The code is what clients match on."""
    for protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        assert (error(protocol).code, error(protocol).status) == ("ValidationException", 400)
    assert error("query").code == "ValidationError"
    assert error("query").message.startswith("1 validation error detected: Value null at 'tableName'")
    assert error("ec2").code == "MissingParameter"
    assert error("ec2").message == "The request must contain the parameter TableName"
    assert error("ec2", TableName="ab").code == "InvalidParameterValue"
    assert error("ec2", TableName="ab").message.startswith("Value (ab) for parameter tableName is invalid.")
    assert error("rest-xml").code == "InvalidRequest"
    assert error("rest-xml", TableName="ab").code == "InvalidArgument"
    assert error("rest-xml", TableName="abc", Kind="x").code == "MalformedXML"


def test_a_service_may_say_it_differently() -> None:
    """Three ways that several services share, or one of its own."""
    violations = validate(INPUT, {})
    assert to_error(violations, "query", missing_parameter).message == (
        "The request must contain the parameter TableName."
    )
    assert to_error(validate(INPUT, {"TableName": "a"}), "query", missing_parameter).code == "InvalidParameterValue"
    assert to_error(violations, "query", coral("InvalidParameter")).code == "InvalidParameter"
    assert to_error(violations, "json", lambda found: WireError("Own", found[0].name)).message == "TableName"


def test_a_violation_says_where_the_member_travels() -> None:
    """S3 answers differently for headers and bodies."""
    (violation,) = validate(INPUT, {})
    assert violation == Violation(
        "tableName", "TableName", "required", "Member must not be null", "TableName", location="header"
    )
