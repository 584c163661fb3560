"""The policies that an introduction to AWS gives as examples, as they stand there: what they allow and what not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.services.iam.people import add_user
from tests.support.refusals import refused

LEAST_PRIVILEGE = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject"  // S3에서 파일 읽기만 허용
      ],
      "Resource": "arn:aws:s3:::my-bucket/*"  // 특정 버킷만
    }
  ]
}"""
WITHOUT_COMMENTS = re.sub(r"  //.*", "", LEAST_PRIVILEGE)
SHOPPING_MALL = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AllowS3ReadOnly",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:ListBucket"
      ],
      "Resource": [
        "arn:aws:s3:::my-shopping-mall-images",
        "arn:aws:s3:::my-shopping-mall-images/*"
      ]
    },
    {
      "Sid": "AllowRDSConnect",
      "Effect": "Allow",
      "Action": [
        "rds-db:connect"
      ],
      "Resource": "arn:aws:rds-db:ap-northeast-2:123456789012:dbuser:db-instance-id/app-user"
    }
  ]
}"""
IMAGES = "arn:aws:s3:::my-shopping-mall-images"
DATABASE = "arn:aws:rds-db:ap-northeast-2:123456789012:dbuser:db-instance-id/app-user"
BUCKET = "arn:aws:s3:::my-bucket"

Case = tuple[str, str, str, str]
CASES: list[Case] = [
    (WITHOUT_COMMENTS, "s3:GetObject", f"{BUCKET}/photo.jpg", "allowed"),
    (WITHOUT_COMMENTS, "s3:GetObject", f"{BUCKET}/2026/11/photo.jpg", "allowed"),
    (WITHOUT_COMMENTS, "s3:PutObject", f"{BUCKET}/photo.jpg", "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:DeleteObject", f"{BUCKET}/photo.jpg", "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:GetObjectVersion", f"{BUCKET}/photo.jpg", "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:GetObject", "arn:aws:s3:::other-bucket/photo.jpg", "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:GetObject", "arn:aws:s3:::my-bucket-2/photo.jpg", "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:ListBucket", BUCKET, "implicitDeny"),
    (WITHOUT_COMMENTS, "s3:ListAllMyBuckets", "*", "implicitDeny"),
    (SHOPPING_MALL, "s3:GetObject", f"{IMAGES}/product-1.jpg", "allowed"),
    (SHOPPING_MALL, "s3:ListBucket", IMAGES, "allowed"),
    (SHOPPING_MALL, "s3:PutObject", f"{IMAGES}/product-1.jpg", "implicitDeny"),
    (SHOPPING_MALL, "s3:DeleteBucket", IMAGES, "implicitDeny"),
    (SHOPPING_MALL, "s3:ListBucket", "arn:aws:s3:::my-shopping-mall-invoices", "implicitDeny"),
    (SHOPPING_MALL, "rds-db:connect", DATABASE, "allowed"),
    (SHOPPING_MALL, "rds-db:connect", DATABASE.replace("app-user", "admin"), "implicitDeny"),
    (SHOPPING_MALL, "rds-db:connect", DATABASE.replace("ap-northeast-2", "us-east-1"), "implicitDeny"),
    (SHOPPING_MALL, "rds-db:connect", DATABASE.replace("123456789012", "210987654321"), "implicitDeny"),
    (SHOPPING_MALL, "rds:DescribeDBInstances", "*", "implicitDeny"),
]


def _named(case: Case) -> str:
    return f"{case[1]}-{case[2].rpartition(':')[2]}"


def _decided(results: dict[str, Any]) -> str:
    [result] = results["EvaluationResults"]
    decision: str = result["EvalDecision"]
    for specific in result.get("ResourceSpecificResults", ()):
        assert specific["EvalResourceDecision"] == decision
    return decision


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_the_examples_decide_as_they_are_described(iam: Any, case: Case) -> None:
    """As texts, and as the only policy of a user, the same is decided."""
    document, action, resource, expected = case
    asked = {"ActionNames": [action], "ResourceArns": [resource]}
    assert _decided(iam.simulate_custom_policy(PolicyInputList=[document], **asked)) == expected
    arn = iam.create_user(UserName="developer")["User"]["Arn"]
    iam.put_user_policy(UserName="developer", PolicyName="example", PolicyDocument=document)
    assert _decided(iam.simulate_principal_policy(PolicySourceArn=arn, **asked)) == expected


def test_a_policy_with_comments_is_none(iam: Any) -> None:
    """JSON has no comments, and policies are Latin-1: what explains the example has to go.  Nothing is left behind."""
    add_user(iam, "developer")
    in_ascii = re.sub(r"//.*", "// read only", LEAST_PRIVILEGE)
    for document, code in ((LEAST_PRIVILEGE, "ValidationError"), (in_ascii, "MalformedPolicyDocument")):
        with refused(code):
            iam.create_policy(PolicyName="example", PolicyDocument=document)
        with refused(code):
            iam.put_user_policy(UserName="developer", PolicyName="example", PolicyDocument=document)
    with refused("InvalidInput", "PolicyInputList.1"):
        iam.simulate_custom_policy(PolicyInputList=[in_ascii], ActionNames=["s3:GetObject"])
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_user_policies(UserName="developer")["PolicyNames"] == []
    iam.create_policy(PolicyName="example", PolicyDocument=WITHOUT_COMMENTS)


def test_what_the_shopping_mall_grants_is_two_services(iam: Any) -> None:
    """The statement that decided is told, and so is which policy lets somebody use a service."""
    arn = iam.create_user(UserName="developer")["User"]["Arn"]
    policy = iam.create_policy(PolicyName="Mall", PolicyDocument=SHOPPING_MALL)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="developer", PolicyArn=policy)
    [result] = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["rds-db:connect"], ResourceArns=[DATABASE]
    )["EvaluationResults"]
    [statement] = result["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == ("Mall", "user-managed")
    start, end = statement["StartPosition"]["Line"], statement["EndPosition"]["Line"]
    assert "AllowRDSConnect" in SHOPPING_MALL.splitlines()[start]
    assert SHOPPING_MALL.splitlines()[end - 1].strip() == "}"
    granting = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["s3", "rds-db", "rds"])
    found = {each["ServiceNamespace"]: each["Policies"] for each in granting["PoliciesGrantingServiceAccess"]}
    managed = [{"PolicyName": "Mall", "PolicyType": "MANAGED", "PolicyArn": policy}]
    assert found == {"s3": managed, "rds-db": managed, "rds": []}
