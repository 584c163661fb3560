"""Compiled policies: found by action, shared by text, honest about the keys that they ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gureum.api.policy import Compiled, Kind, MalformedPolicy, compile_policy

QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"


def compiled(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY, version: str = "2012-10-17") -> Compiled:
    bodies = [{"Effect": "Allow", "Action": "*", "Resource": "*", **statement} for statement in statements]
    bodies = [{name: value for name, value in body.items() if value is not None} for body in bodies]
    return compile_policy(json.dumps({"Version": version, "Statement": bodies}), kind)


def indexes(policy: Compiled, action: str) -> list[int]:
    denying, allowing = policy.concerning(action)
    return sorted(statement.index for statement in (*denying, *allowing))


def test_statements_are_found_by_action() -> None:
    """By the whole name, by wildcards in it or in the service, by exclusion; in any case."""
    policy = compiled(
        {"Action": "sqs:SendMessage"},
        {"Action": ["SQS:send*", "sqs:SendMessage"]},
        {"Action": "s3:*"},
        {"Action": "*:SendMessage"},
        {"Action": None, "NotAction": "sqs:*"},
        {"Effect": "Deny", "Action": "sqs:SendMessag?"},
        {},
    )
    assert indexes(policy, "sqs:SendMessage") == [0, 1, 3, 5, 6]
    assert indexes(policy, "SQS:sendmessage") == [0, 1, 3, 5, 6]
    assert indexes(policy, "s3:GetObject") == [2, 4, 6]
    assert [statement.index for statement in policy.concerning("sqs:SendMessage")[0]] == [5]


def test_what_is_remembered_is_bounded() -> None:
    """Many actions are answered as the first time."""
    policy = compiled({"Action": "sqs:A*"}, {"Action": "sqs:*9"})
    for number in range(300):
        assert indexes(policy, f"sqs:A{number}") == ([0, 1] if number % 10 == 9 else [0])


def test_equal_texts_share_a_policy() -> None:
    """Ten thousand roles with the same policy compile it once; as another kind it is another policy."""
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    assert compile_policy(text, Kind.IDENTITY) is compile_policy(str(text), Kind.IDENTITY)
    assert compile_policy(text, Kind.IDENTITY) is not compile_policy(text, Kind.BOUNDARY)


def test_the_document_is_what_was_written() -> None:
    """For those who show or change it."""
    policy = compiled({"Sid": "A"})
    assert policy.document["Statement"][0]["Sid"] == policy.statements[0].sid == "A"
    assert json.loads(policy.text) == policy.document


@pytest.mark.parametrize(
    ("elements", "resource", "expected"),
    [
        ({}, QUEUE, True),
        ({"Resource": QUEUE}, QUEUE, True),
        ({"Resource": QUEUE}, QUEUE.upper(), False),
        ({"Resource": QUEUE}, "*", False),
        ({"Resource": "arn:aws:sqs:*:*:*"}, "*", False),
        ({"Resource": ["arn:aws:sqs:*:*:a", "arn:aws:sqs:*:*:o*"]}, QUEUE, True),
        ({"Resource": None, "NotResource": "arn:aws:s3:::*"}, QUEUE, True),
        ({"Resource": None, "NotResource": ["arn:aws:s3:::*", QUEUE]}, QUEUE, False),
        ({"Resource": None, "NotResource": "*"}, QUEUE, False),
        ({"Resource": "arn:aws:sqs:*:*:${aws:username}"}, QUEUE, True),
        ({"Resource": "arn:aws:sqs:*:*:${aws:nothing}"}, QUEUE, False),
        ({"Resource": ["arn:aws:sqs:*:*:${aws:nothing}", QUEUE]}, QUEUE, True),
        ({"Resource": None, "NotResource": "arn:aws:sqs:*:*:${aws:username}"}, QUEUE, False),
        ({"Resource": None, "NotResource": "arn:aws:sqs:*:*:${aws:nothing}"}, QUEUE, False),
        ({"Effect": "Deny", "Resource": None, "NotResource": "arn:aws:sqs:*:*:${aws:nothing}"}, QUEUE, True),
    ],
)
def test_resources(elements: dict[str, Any], resource: str, expected: bool) -> None:
    """Resource and NotResource; a variable without a value names nothing, and lets nobody in."""
    (statement,) = compiled(elements).statements
    assert statement.applies(resource, {"aws:username": "orders"}) is expected


def test_the_first_version_takes_variables_for_text() -> None:
    """In it a resource is called `${aws:username}`."""
    (statement,) = compiled({"Resource": "arn:aws:s3:::b/${aws:username}"}, version="2008-10-17").statements
    assert statement.applies("arn:aws:s3:::b/${aws:username}", {"aws:username": "ann"})
    assert not statement.applies("arn:aws:s3:::b/ann", {"aws:username": "ann"})


def test_all_conditions_have_to_hold() -> None:
    """Operators and keys are joined by and."""
    (statement,) = compiled(
        {"Condition": {"StringEquals": {"aws:username": "ann", "aws:PrincipalType": "User"}, "Null": {"x:y": "true"}}}
    ).statements
    keys = {"aws:username": "ann", "aws:principaltype": "User"}
    assert statement.applies(QUEUE, keys)
    assert not statement.applies(QUEUE, {**keys, "x:y": ""})
    assert not statement.applies(QUEUE, {"aws:username": "ann"})


def test_what_is_malformed_is_found_when_it_is_compiled() -> None:
    """Not when somebody asks: variables, operators and principals as well as the grammar."""
    for broken in (
        {"Resource": "arn:aws:s3:::${"},
        {"Condition": {"StringEquals": {"aws:username": "${"}}},
        {"Condition": {"Equals": {"aws:username": "a"}}},
    ):
        with pytest.raises(MalformedPolicy):
            compiled(broken)
    with pytest.raises(MalformedPolicy):
        compiled({"Principal": {"AWS": "ann"}}, kind=Kind.RESOURCE)


def test_the_principals() -> None:
    """Those of all statements together."""
    ann, worker = "arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:role/worker"
    policy = compiled({"Principal": {"AWS": ann}}, {"Principal": {"AWS": [worker, ann]}}, kind=Kind.RESOURCE)
    assert policy.principals == {ann, worker}
    assert compiled({}).principals == frozenset()
