"""Names of operators, values that have no meaning, and how values are read.  What operators decide is in the matrix."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gureum.api.policy import MalformedPolicy, conditions
from gureum.api.policy.document import Block
from gureum.api.policy.model import KeyValue


def holds(operator: str, wanted: str | tuple[str, ...], found: KeyValue | None, *, variables: bool = True) -> bool:
    values = (wanted,) if isinstance(wanted, str) else wanted
    test = conditions.compile_condition(Block(operator, "aws:Key", values), variables=variables)
    return test({} if found is None else {"aws:key": found})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StringEquals", conditions.Operator("StringEquals", False, False, "")),
        ("StringNotLikeIfExists", conditions.Operator("StringNotLike", True, True, "")),
        ("ForAnyValue:ArnLike", conditions.Operator("ArnLike", False, False, "ForAnyValue")),
        ("ForAllValues:NotIpAddressIfExists", conditions.Operator("NotIpAddress", True, True, "ForAllValues")),
    ],
)
def test_names_of_operators(name: str, expected: conditions.Operator) -> None:
    """A name is taken apart into what it says."""
    assert conditions.operator_named(name) == expected


@pytest.mark.parametrize(
    "name", ["", "stringequals", "StringEqualz", "NullIfExists", "ForSomeValues:StringEquals", "ForAnyValue:", ":Bool"]
)
def test_operators_that_do_not_exist(name: str) -> None:
    """Nothing is accepted and ignored."""
    with pytest.raises(MalformedPolicy, match="Invalid Condition type : "):
        conditions.operator_named(name)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "x"),
        ("NumericEquals", "1e400"),
        ("NumericEquals", "NaN"),
        ("DateLessThan", "tomorrow"),
        ("DateLessThan", "2026-13-01"),
        ("IpAddress", "10.0.0.0/33"),
        ("NotIpAddress", "localhost"),
        ("BinaryEquals", "?"),
        ("Null", "perhaps"),
        ("NumericEquals", "${aws:MultiFactorAuthAge}"),
    ],
)
def test_values_without_a_meaning(operator: str, value: str) -> None:
    """A condition that can never hold is a mistake of its author."""
    with pytest.raises(MalformedPolicy, match="Invalid value"):
        holds(operator, value, None)


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [("NumericEquals", "1"), ("DateEquals", "2026-01-01"), ("IpAddress", "10.0.0.0/8"), ("BinaryEquals", "YQ==")],
)
def test_values_of_requests_without_a_meaning(operator: str, wanted: str) -> None:
    """They do not match, and a negated operator is the opposite of that."""
    assert not holds(operator, wanted, "!")
    if operator.endswith("Equals") and operator != "BinaryEquals":
        assert holds(operator.replace("Equals", "NotEquals"), wanted, "!")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970", 0),
        ("1970-02", 31 * 86400),
        ("1970-01-02", 86400),
        ("1970-01-01T00:01Z", 60),
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01t00:00:01.5z", "1.5"),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00-0130", 5400),
        ("86400", 86400),
        ("-1", -1),
    ],
)
def test_dates(text: str, seconds: int | str) -> None:
    """The forms of the W3C's note, and seconds since 1970."""
    assert conditions.instant(text) == Decimal(seconds)


@pytest.mark.parametrize("text", ["1970-1-1", "1970-01-01T", "1970-01-32", "1970-01-01T25:00Z", "", "*"])
def test_dates_that_are_none(text: str) -> None:
    """Nothing is guessed."""
    assert conditions.instant(text) is None


def test_addresses_of_both_kinds() -> None:
    """An IPv4 address that came in IPv6's clothes is one of IPv4; others are never within each other's blocks."""
    assert holds("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3")
    assert not holds("IpAddress", "10.0.0.0/8", "2001:db8::1")
    assert not holds("IpAddress", "0.0.0.0/0", "2001:db8::1")
    assert holds("IpAddress", ("10.0.0.0/8", "2001:DB8::/32"), "2001:db8::1")


def test_variables_are_filled_in_texts_only() -> None:
    """In the first version of the language they are text everywhere."""
    test = conditions.compile_condition(Block("StringLike", "s3:prefix", ("home/${aws:username}/*",)), variables=True)
    assert test({"s3:prefix": "home/ann/x", "aws:username": "ann"})
    assert not test({"s3:prefix": "home/bob/x", "aws:username": "ann"})
    assert holds("StringEquals", "${aws:username}", "${aws:username}", variables=False)


@pytest.mark.parametrize("operator", ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike", "ArnEquals"])
def test_a_variable_without_a_value_is_like_nothing(operator: str) -> None:
    """So what must not be equal to it is not; AWS's page has a denial that relies on it."""
    negated = operator.replace("Equals", "NotEquals").replace("Like", "NotLike")
    found, wanted = "arn:aws:sns:us-east-1:1:red", "arn:aws:sns:*:*:${aws:PrincipalTag/team}"
    assert not holds(operator, wanted, found)
    assert holds(negated, wanted, found)


def test_an_empty_list_of_values_is_no_value() -> None:
    """A multivalued key without values is as good as absent."""
    assert holds("Null", "true", ())
    assert not holds("StringEquals", "a", ())
    assert holds("StringNotEquals", "a", ())
    assert holds("ForAllValues:StringEquals", "a", ())
    assert not holds("ForAnyValue:StringEquals", "a", ())
