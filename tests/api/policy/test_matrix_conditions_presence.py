"""Keys that a request does not have: what every operator makes of it, IfExists, and Null.

The sentence "this logic applies to all condition operators" is checked operator by operator; `SAMPLES` has for each a
key, a value of the policy, and a request value of which the operator is false.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gureum.api.policy.compile import compile_policy
from gureum.api.policy.model import Kind, MalformedPolicy
from tests.api.policy.cases import ALICE, ALLOWED, EXPLICIT, Case, allow, check, deny, fails, holds, rule

OPERATORS = "reference_policies_elements_condition_operators.html"
IF_EXISTS = OPERATORS + "#Conditions_IfExists"
NULL = OPERATORS + "#Conditions_Null"

NOON = "2020-04-01T12:00:00Z"
POSITIVE: dict[str, tuple[str, Any, str]] = {
    "StringEquals": ("aws:username", "ann", "bob"),
    "StringEqualsIgnoreCase": ("aws:username", "ann", "bob"),
    "StringLike": ("aws:username", "a*", "bob"),
    "NumericEquals": ("s3:max-keys", "10", "11"),
    "NumericLessThan": ("s3:max-keys", "10", "11"),
    "NumericLessThanEquals": ("s3:max-keys", "10", "11"),
    "NumericGreaterThan": ("s3:max-keys", "10", "9"),
    "NumericGreaterThanEquals": ("s3:max-keys", "10", "9"),
    "DateEquals": ("aws:CurrentTime", NOON, "2021-01-01T00:00:00Z"),
    "DateLessThan": ("aws:CurrentTime", NOON, "2021-01-01T00:00:00Z"),
    "DateLessThanEquals": ("aws:CurrentTime", NOON, "2021-01-01T00:00:00Z"),
    "DateGreaterThan": ("aws:CurrentTime", NOON, "2019-01-01T00:00:00Z"),
    "DateGreaterThanEquals": ("aws:CurrentTime", NOON, "2019-01-01T00:00:00Z"),
    "Bool": ("aws:SecureTransport", "true", "false"),
    "BinaryEquals": ("x:bytes", "QUJD", "WFla"),
    "IpAddress": ("aws:SourceIp", "203.0.113.0/24", "198.51.100.1"),
    "ArnEquals": ("aws:SourceArn", "arn:aws:sns:*:*:a", "arn:aws:sns:us-east-1:111122223333:b"),
    "ArnLike": ("aws:SourceArn", "arn:aws:sns:*:*:a", "arn:aws:sns:us-east-1:111122223333:b"),
}
NEGATED: dict[str, tuple[str, Any, str]] = {
    "StringNotEquals": ("aws:username", "ann", "ann"),
    "StringNotEqualsIgnoreCase": ("aws:username", "ann", "ANN"),
    "StringNotLike": ("aws:username", "a*", "ann"),
    "NumericNotEquals": ("s3:max-keys", "10", "10"),
    "DateNotEquals": ("aws:CurrentTime", NOON, NOON),
    "NotIpAddress": ("aws:SourceIp", "203.0.113.0/24", "203.0.113.7"),
    "ArnNotEquals": ("aws:SourceArn", "arn:aws:sns:*:*:a", "arn:aws:sns:us-east-1:111122223333:a"),
    "ArnNotLike": ("aws:SourceArn", "arn:aws:sns:*:*:a", "arn:aws:sns:us-east-1:111122223333:a"),
}
SAMPLES = POSITIVE | NEGATED


@rule(OPERATORS, *(fails(operator, {operator: {key: value}}, {}) for operator, (key, value, _) in POSITIVE.items()))
def test_a_missing_key_does_not_match(case: Case) -> None:
    """If the key is not present in the request context, the values do not match and the condition is false."""
    check(case)


@rule(OPERATORS, *(holds(operator, {operator: {key: value}}, {}) for operator, (key, value, _) in NEGATED.items()))
def test_a_missing_key_matches_a_negated_operator(case: Case) -> None:
    """If the condition requires that the key is not matched, and the key is not present, the condition is true."""
    check(case)


@rule(
    IF_EXISTS,
    *(holds(name, {f"{name}IfExists": {key: value}}, {}) for name, (key, value, _) in SAMPLES.items()),
)
def test_if_exists_is_true_of_a_missing_key(case: Case) -> None:
    """You can add IfExists to any operator except Null: if the key is not present, the condition is true."""
    check(case)


@rule(
    IF_EXISTS,
    *(fails(name, {f"{name}IfExists": {key: value}}, {key: other}) for name, (key, value, other) in SAMPLES.items()),
)
def test_if_exists_compares_a_key_that_is_there(case: Case) -> None:
    """If the key is present in the context of the request, process the key as specified in the policy."""
    check(case)


@pytest.mark.parametrize("operator", ["NullIfExists", "StringIs", "ForSomeValues:StringEquals", "IfExists"])
def test_what_is_no_operator(operator: str) -> None:
    """IfExists goes with every operator but Null (#Conditions_IfExists); others than the documented do not exist."""
    statement = allow(condition={operator: {"aws:TokenIssueTime": "true"}})
    with pytest.raises(MalformedPolicy):
        compile_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}), Kind.IDENTITY)


TYPE, TYPES = "ec2:InstanceType", ["t1.*", "t2.*", "m3.*"]
LIKE, LIKE_IF = {"StringLike": {TYPE: TYPES}}, {"StringLikeIfExists": {TYPE: TYPES}}
MFA = "aws:MultiFactorAuthPresent"
TAG = "aws:PrincipalTag/team"
ONLY_BLUE = (allow(), deny(condition={"StringNotEqualsIfExists": {TAG: "blue"}}))
NEEDS_MFA = (allow(), deny(condition={"BoolIfExists": {MFA: "false"}}))
WEAK_MFA = (allow(), deny(condition={"Bool": {MFA: "false"}}))


@rule(
    IF_EXISTS,
    fails("RunInstances: an image has no instance type", LIKE, {}),
    holds("RunInstances with IfExists: an image", LIKE_IF, {}),
    holds("RunInstances with IfExists: a t2", LIKE_IF, {TYPE: "t2.micro"}),
    fails("RunInstances with IfExists: an x1", LIKE_IF, {TYPE: "x1.32xlarge"}),
    fails("another element still fails", {**LIKE_IF, "StringEquals": {"aws:RequestedRegion": "a"}}, {}),
    Case("a Deny that is negated: the tag is missing", ALICE, EXPLICIT, Kind.IDENTITY, identity=ONLY_BLUE),
    Case("a Deny that is negated: another tag", ALICE, EXPLICIT, Kind.IDENTITY, identity=ONLY_BLUE, keys={TAG: "red"}),
    Case("a Deny that is negated: the tag", ALICE, ALLOWED, Kind.IDENTITY, identity=ONLY_BLUE, keys={TAG: "blue"}),
    Case("BoolIfExists denies keys without MFA", ALICE, EXPLICIT, Kind.IDENTITY, identity=NEEDS_MFA),
    Case("BoolIfExists denies sessions without MFA", ALICE, EXPLICIT, identity=NEEDS_MFA, keys={MFA: "false"}),
    Case("BoolIfExists lets MFA pass", ALICE, ALLOWED, identity=NEEDS_MFA, keys={MFA: "true"}),
    Case("Bool does not deny keys without MFA", ALICE, ALLOWED, identity=WEAK_MFA),
)
def test_examples_with_if_exists(case: Case) -> None:
    """The page's example of instance types, a negated Deny, and MFA as the page of global keys tells it."""
    check(case)


TOKEN = "aws:TokenIssueTime"
ISSUED = {TOKEN: "2026-11-21T09:00:00Z"}


@rule(
    NULL,
    holds("true: the key is missing", {"Null": {TOKEN: "true"}}, {}),
    fails("true: the key is there", {"Null": {TOKEN: "true"}}, ISSUED),
    holds("false: the key is there", {"Null": {TOKEN: "false"}}, ISSUED),
    fails("false: the key is missing", {"Null": {TOKEN: "false"}}, {}),
    holds("JSON's true", {"Null": {TOKEN: True}}, {}),
    fails("JSON's false", {"Null": {TOKEN: False}}, {}),
    holds("true: several values of none", {"Null": {"aws:TagKeys": "true"}}, {"aws:TagKeys": ()}),
    holds("false: several values", {"Null": {"aws:TagKeys": "false"}}, {"aws:TagKeys": ("a", "b")}),
    holds("two keys: both missing", {"Null": {TOKEN: "true", TAG: "true"}}, {}),
    fails("two keys: one there", {"Null": {TOKEN: "true", TAG: "true"}}, {TAG: "blue"}),
    holds("one there and one missing", {"Null": {TOKEN: "false", TAG: "true"}}, ISSUED),
    holds("with another operator", {"Null": {TAG: "false"}, "StringNotEquals": {TAG: "red"}}, {TAG: "blue"}),
    fails("guards a negated operator", {"Null": {TAG: "false"}, "StringNotEquals": {TAG: "red"}}, {}),
    holds("names ignore case", {"Null": {"AWS:TOKENISSUETIME": "false"}}, ISSUED),
)
def test_null(case: Case) -> None:
    """true: the key does not exist; false: the key exists and its value is not null."""
    check(case)
