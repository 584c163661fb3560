"""Wildcards, variables and the colons of ARNs."""

from __future__ import annotations

import pytest

from gureum.api.policy import MalformedPolicy, patterns

NONE: dict[str, str] = {}
QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"


def read(text: str, *, variables: bool = True) -> patterns.Template:
    return patterns.read(text, variables=variables, wildcards=True)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("?", "", False),
        ("a*", "abc", True),
        ("*c", "abc", True),
        ("a*c", "ac", True),
        ("ab*b", "ab", False),
        ("a?c", "abc", True),
        ("a?c*e", "abcde", True),
        ("*b?d*", "abcde", True),
        ("*b?d*", "abde", False),
        ("*a*b*", "ba", False),
        ("a.c", "abc", False),
        ("**a**", "xay", True),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    """`*` is any number of characters, `?` one, and everything else is itself."""
    assert patterns.glob(str(read(pattern)))(text) is expected


def test_hostile_patterns_end() -> None:
    """What takes a regular expression for ever takes no time here: a test that did would never be over."""
    pattern, text = "*a" * 1000 + "*b", "a" * 5000
    assert not patterns.glob(str(read(pattern)))(text)
    assert not patterns.glob(str(read("*?a" * 300 + "b")))(text)
    assert not patterns.resource(str(read("arn:aws:s*s:" + "*a" * 1000 + "*b")))("arn:aws:sqs:" + text)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (QUEUE, True),
        ("arn:aws:sqs:*:*:orders", True),
        ("arn:aws:sqs:*:orders", True),
        ("arn:aws:sqs:us-*-1:111122223333:orders", True),
        ("arn:aws:sqs:u*1:111122223333:orders", True),
        ("arn:aws:sqs:u*3:orders:x", False),
        ("arn:aws:s*s:*:orders", True),
        ("arn:aws:sqs:u*3:orders", False),
        ("arn:aws:sqs:us-east-?:111122223333:ord?rs", True),
        ("arn:aws:sqs:us-east-1?111122223333:orders:*", False),
        ("arn:aws:sqs:us-east-1:111122223333:ORDERS", False),
        ("arn:aws:sqs:us-*:1*3:orders*", True),
        ("*orders", True),
    ],
)
def test_asterisks_in_resources_know_colons(pattern: str, expected: bool) -> None:
    """Within one of the first five segments an asterisk stays there; at its end it may go on."""
    assert patterns.resource(str(read(pattern)))(QUEUE) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:sqs:*:*:orders", QUEUE, True),
        ("arn:aws:sqs:*:orders", QUEUE, False),
        ("arn:aws:sqs:*", QUEUE, False),
        ("*", QUEUE, True),
        (QUEUE, QUEUE, True),
        ("arn:aws:logs:*:*:group:*", "arn:aws:logs:eu-west-1:1:group:a:b", True),
        ("arn:aws:sqs:*:*:*", "orders", False),
    ],
)
def test_arns_in_conditions_are_compared_by_segment(pattern: str, text: str, expected: bool) -> None:
    """Each of the six segments is checked by itself."""
    assert patterns.arn(str(read(pattern)))(text) is expected


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        ("home/${aws:username}/x", {"aws:username": "ann"}, "home/ann/x"),
        ("${AWS:UserName}", {"aws:username": "ann"}, "ann"),
        ("${aws:PrincipalTag/cost center}", {"aws:principaltag/cost center": "7"}, "7"),
        ("${aws:username, 'nobody'}", NONE, "nobody"),
        ("${aws:username, 'nobody'}", {"aws:username": "ann"}, "ann"),
        ("${aws:username}", NONE, None),
        ("${aws:TagKeys}", {"aws:tagkeys": ("a", "b")}, None),
    ],
)
def test_variables(text: str, keys: dict[str, str | tuple[str, ...]], expected: str | None) -> None:
    """A variable is the value of a key, its default, or nothing at all."""
    assert patterns.fill(read(text), keys) == expected


def test_values_of_variables_have_no_wildcards() -> None:
    """Who may choose a tag must not choose what it matches."""
    template = read("team-${aws:PrincipalTag/team}-*")
    text = patterns.fill(template, {"aws:principaltag/team": "*"})
    assert text is not None
    assert patterns.glob(text)("team-*-1")
    assert not patterns.glob(text)("team-red-1")
    assert patterns.fill(template, {"aws:principaltag/team": "\ufdd0"}) is None


def test_wildcards_as_characters() -> None:
    """`${*}`, `${?}` and `${$}` are those characters."""
    assert patterns.glob(str(read("a${*}b${?}c${$}")))("a*b?c$")
    assert not patterns.glob(str(read("a${*}")))("ab")


def test_the_first_version_has_no_variables() -> None:
    """In it `${` is text."""
    assert patterns.glob(str(read("${aws:username}", variables=False)))("${aws:username}")


@pytest.mark.parametrize("text", ["${", "${}", "${a", "${a{b}}", "${aws:username, nobody}", "a\ufdd0"])
def test_bad_variables_are_malformed(text: str) -> None:
    """Half a variable is a mistake of the author, better told than taken as text."""
    with pytest.raises(MalformedPolicy):
        read(text)
