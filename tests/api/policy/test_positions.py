"""Where statements stand in the text of a policy."""

from __future__ import annotations

import pytest

from gureum.api.policy import MalformedPolicy, statement_positions

POLICY = """{
  "Version": "2012-10-17", "Id": "a \\"Statement\\": {",
  "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"} ,
    {
      "Effect": "Deny", "Action": "}]", "Resource": "*"
    }
  ]
}"""


def test_each_statement_of_a_list() -> None:
    """Lines and columns from 1; the end is behind the last character."""
    assert statement_positions(POLICY) == (((4, 5), (4, 60)), ((5, 5), (7, 6)))


def test_one_statement_without_a_list() -> None:
    """It is the first of one."""
    assert statement_positions('{"Statement":{"Effect":"Deny"}}') == (((1, 14), (1, 31)),)


def test_what_is_pointed_at_is_the_statement() -> None:
    """The places cut the text where the statement is."""
    lines = POLICY.splitlines()
    first, _ = statement_positions(POLICY)
    assert lines[first.start.line - 1][first.start.column - 1 : first.end.column - 1].startswith('{"Effect": "Allow"')


def test_no_statements() -> None:
    """What is no policy has no places."""
    for text in (
        "",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement"',
        '{"Statement":[{}',
        '{"a":1 "Statement":[]}',
        '{"Statement":' + "[" * 9999,
    ):
        with pytest.raises(MalformedPolicy):
            statement_positions(text)
