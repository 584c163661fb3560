"""Which services policies give access to, and which type of resource an ARN is of: rules of reports and simulations."""

from __future__ import annotations

from typing import Any

import pytest

from gureum.services.iam import reference
from gureum.services.iam.reference.resources import template
from gureum.services.iam.rules.granted import granted
from tests.services.iam.documents import EVERYTHING, allow, policy

SERVICES = frozenset({"s3", "sqs", "iam", "rds", "rds-db"})


def deny(*actions: str, **elements: Any) -> dict[str, Any]:
    """A statement that denies."""
    return {**allow(*actions), "Effect": "Deny", **elements}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow("*")], SERVICES),
        ([allow("*:*")], SERVICES),
        ([allow("S3:getobject")], {"s3"}),
        ([allow("s3:*", "sqs:Send*")], {"s3", "sqs"}),
        ([allow("rds:Describe*")], {"rds"}),
        ([allow("s3:GetObject", resource="arn:aws:s3:::b/*", Condition={"Null": {"aws:userid": "true"}})], {"s3"}),
        ([{"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}], SERVICES - {"iam"}),
        ([allow("*"), deny("s3:*", "rds-db:Connect")], SERVICES - {"s3"}),
        ([allow("*"), deny("*")], set()),
        ([allow("s3:*"), deny("s3:*", Resource="arn:aws:s3:::b")], {"s3"}),
        ([allow("s3:*"), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})], {"s3"}),
        ([allow("s3:*"), {"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}], {"s3"}),
        ([deny("s3:*")], set()),
    ],
)
def test_what_policies_grant(statements: list[dict[str, Any]], expected: set[str]) -> None:
    """By statements of one policy or each in one of its own."""
    assert granted([policy(*statements)], SERVICES) == expected
    assert granted([policy(statement) for statement in statements], SERVICES) == expected


def test_an_administrator_is_granted_every_service() -> None:
    """And nobody is granted one without a policy."""
    everything = frozenset(reference.services())
    assert granted([EVERYTHING], everything) == everything
    assert granted([], everything) == frozenset()


@pytest.mark.parametrize(
    ("action", "arn", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/a/b", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
        ("S3:getobject", "arn:aws:s3:::b/a/b", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
        ("s3:ListBucket", "arn:aws:s3:::b", "arn:${Partition}:s3:::${BucketName}"),
        ("s3:ListBucket", "arn:aws:sqs:us-east-1:111122223333:q", "*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::b", "*"),
        ("s3:GetObject", "*", "*"),
        ("s3:NoSuch", "arn:aws:s3:::b", "*"),
        ("nosuch:Action", "arn:aws:s3:::b", "*"),
    ],
)
def test_templates_of_resources(action: str, arn: str, expected: str) -> None:
    """As the service authorization reference has them."""
    assert template(action, arn) == expected
