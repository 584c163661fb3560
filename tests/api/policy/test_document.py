"""The grammar of each kind of policy, and what AWS says about what breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gureum.api.policy import Kind, MalformedPolicy, document

ALLOW = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
GRANT = {**ALLOW, "Principal": "*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
FITTING: dict[Kind, dict[str, Any]] = {
    Kind.IDENTITY: ALLOW,
    Kind.BOUNDARY: ALLOW,
    Kind.SESSION: ALLOW,
    Kind.RESOURCE: GRANT,
    Kind.ENDPOINT: GRANT,
    Kind.TRUST: TRUST,
    Kind.SERVICE_CONTROL: ALLOW,
    Kind.RESOURCE_CONTROL: DENY,
}


def text(*statements: dict[str, Any], **elements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **elements})


def without(statement: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names} | more


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_takes_what_is_its_own(kind: Kind) -> None:
    """A policy is a list of statements, or one."""
    parsed = document.parse(text(FITTING[kind], Id="x"), kind)
    assert parsed == document.parse(text(Id="x", Statement=FITTING[kind]), kind)
    assert [statement.allows for statement in parsed.statements] == [FITTING[kind]["Effect"] == "Allow"]


def test_what_a_statement_says() -> None:
    """One value is a list of one, and numbers and truth are written as texts."""
    body = without(ALLOW, "Action", "Resource", NotAction=["sqs:*"], NotResource="arn:aws:sqs:::q", Sid="A1")
    body["Condition"] = {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}, "Bool": {"aws:SecureTransport": [True]}}
    (statement,) = document.parse(text(body), Kind.IDENTITY).statements
    assert (statement.sid, statement.not_action, statement.not_resource) == ("A1", True, True)
    assert (statement.actions, statement.resources) == (("sqs:*",), ("arn:aws:sqs:::q",))
    assert [block.values for block in statement.conditions] == [("3600",), ("true",)]


def test_the_version_is_the_first_one_unless_it_is_said() -> None:
    """Without Version a policy is written in the language of 2008, which has no variables."""
    parsed = document.parse(json.dumps({"Statement": ALLOW}), Kind.IDENTITY)
    assert parsed.version == "2008-10-17"
    assert not parsed.has_variables


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "The policy is not in the valid JSON format."),
        ("{", "The policy is not in the valid JSON format."),
        ('{"Statement": NaN}', "The policy is not in the valid JSON format."),
        ("[" * 100_000, "The policy is not in the valid JSON format."),
        ('{"Statement": ' + "1" * 5000 + "}", "The policy is not in the valid JSON format."),
        ("[]", "Syntax errors in policy."),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "The policy failed legacy parsing"),
        (text(ALLOW, Version="2012-10-18"), "Policy document must be version 2012-10-17 or greater."),
        (text(ALLOW, Version=["2012-10-17"]), "The policy failed legacy parsing"),
        (text(ALLOW, Comment="x"), "Has prohibited field Comment"),
        (text(ALLOW, Id=1), "Syntax errors in policy."),
        ('{"Version": "2012-10-17"}', "Missing required field Statement"),
        (text(), "Missing required field Statement cannot be empty!"),
        (
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::日本"}}',
            "Syntax errors in policy.",
        ),
    ],
)
def test_documents_that_are_none(written: str, message: str) -> None:
    """Whatever comes in, what goes out is a sentence."""
    with pytest.raises(MalformedPolicy) as error:
        document.parse(written, Kind.IDENTITY)
    assert str(error.value) == message


VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (Kind.IDENTITY, without(ALLOW, "Effect"), "Missing required field Effect"),
        (Kind.IDENTITY, {**ALLOW, "Effect": "allow"}, "Invalid effect: allow"),
        (Kind.IDENTITY, {**ALLOW, "Effect": ["Allow"]}, "Syntax errors in policy."),
        (Kind.IDENTITY, {**ALLOW, "effect": "Allow"}, "Has prohibited field effect"),
        (Kind.IDENTITY, {**ALLOW, "Sid": "a b"}, SID),
        (Kind.IDENTITY, {**ALLOW, "Sid": 1}, "Syntax errors in policy."),
        (Kind.IDENTITY, GRANT, "Policy document should not specify a principal."),
        (Kind.IDENTITY, without(ALLOW, "Action"), "Policy statement must contain actions."),
        (Kind.IDENTITY, without(ALLOW, "Resource"), "Policy statement must contain resources."),
        (Kind.IDENTITY, {**ALLOW, "NotAction": "*"}, "Statement cannot contain both Action and NotAction."),
        (Kind.IDENTITY, {**ALLOW, "Action": []}, "Missing required field Action cannot be empty!"),
        (Kind.IDENTITY, {**ALLOW, "Action": "SendMessage"}, VENDOR),
        (Kind.IDENTITY, {**ALLOW, "Action": ":SendMessage"}, VENDOR),
        (Kind.IDENTITY, {**ALLOW, "Action": "sqs:a:b"}, "Actions/Conditions can contain only one colon."),
        (Kind.IDENTITY, {**ALLOW, "Action": "sqs:"}, "The policy failed legacy parsing"),
        (Kind.IDENTITY, {**ALLOW, "Action": "s*s:Send"}, "Vendor s*s is not valid"),
        (Kind.IDENTITY, {**ALLOW, "Action": [1]}, "Syntax errors in policy."),
        (Kind.IDENTITY, {**ALLOW, "Resource": "foo"}, 'Resource foo must be in ARN format or "*".'),
        (Kind.IDENTITY, {**ALLOW, "Resource": "arn:aws:s3::b"}, "The policy failed legacy parsing"),
        (
            Kind.IDENTITY,
            {**ALLOW, "Resource": "arn:oops:s3:::b"},
            'Partition "oops" is not valid for resource "arn:oops:s3:::b".',
        ),
        (
            Kind.IDENTITY,
            {**ALLOW, "Resource": "arn:aws:iam:us-east-1:1:user/a"},
            "IAM resource arn:aws:iam:us-east-1:1:user/a cannot contain region information.",
        ),
        (Kind.IDENTITY, {**ALLOW, "Condition": []}, "Syntax errors in policy."),
        (Kind.IDENTITY, {**ALLOW, "Condition": {"Bool": "x"}}, "Syntax errors in policy."),
        (Kind.IDENTITY, {**ALLOW, "Condition": {"Bool": {"SecureTransport": "true"}}}, VENDOR),
        (Kind.IDENTITY, {**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": None}}}, "Syntax errors in policy."),
        (Kind.RESOURCE, ALLOW, "Missing required field Principal"),
        (Kind.RESOURCE, without(GRANT, "Action"), "Missing required field Action"),
        (Kind.RESOURCE, without(GRANT, "Resource"), "Missing required field Resource"),
        (Kind.RESOURCE, {**GRANT, "Principal": "ann"}, "Invalid principal in policy: ann"),
        (Kind.RESOURCE, {**GRANT, "Principal": {}}, "Invalid principal in policy"),
        (Kind.RESOURCE, {**GRANT, "Principal": {"User": "ann"}}, 'Invalid principal in policy: "User"'),
        (Kind.RESOURCE, without(GRANT, "Principal", NotPrincipal="*"), "Allow with NotPrincipal is not allowed."),
        (Kind.TRUST, {**TRUST, "Resource": "*"}, "Has prohibited field Resource"),
        (Kind.TRUST, without(TRUST, "Principal"), "Missing required field Principal"),
        (Kind.TRUST, without(TRUST, "Principal", NotPrincipal="*"), "Has prohibited field NotPrincipal"),
        (Kind.TRUST, {**TRUST, "Action": "sqs:*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        (Kind.TRUST, {**TRUST, "Principal": {"CanonicalUser": "x"}}, 'Invalid principal in policy: "CanonicalUser"'),
        (Kind.SERVICE_CONTROL, GRANT, "Has prohibited field Principal"),
        (
            Kind.RESOURCE_CONTROL,
            {**DENY, "Principal": {"AWS": "111122223333"}},
            'Principal of a resource control policy must be "*".',
        ),
        (Kind.RESOURCE_CONTROL, without(DENY, "Action", NotAction="sqs:*"), "Has prohibited field NotAction"),
        (
            Kind.RESOURCE_CONTROL,
            {**DENY, "Effect": "Allow"},
            "A resource control policy may only deny, and has to name the services of its actions.",
        ),
    ],
)
def test_statements_that_are_none(kind: Kind, body: dict[str, Any], message: str) -> None:
    """What a statement may say depends on its kind."""
    with pytest.raises(MalformedPolicy) as error:
        document.parse(text(body), kind)
    assert str(error.value) == message


def test_sids_are_unique() -> None:
    """A Sid stands for one statement, and none for none."""
    document.parse(text(ALLOW, ALLOW), Kind.IDENTITY)
    with pytest.raises(MalformedPolicy, match=r"Statement IDs \(SID\) in a single policy must be unique."):
        document.parse(text({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}), Kind.IDENTITY)


def test_the_one_resource_control_policy_that_allows() -> None:
    """RCPFullAWSAccess is attached everywhere, and is the only one of AWS's."""
    full = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    assert document.parse(text(full), Kind.RESOURCE_CONTROL).statements[0].allows


@pytest.mark.parametrize("kind", [Kind.SERVICE_CONTROL, Kind.RESOURCE_CONTROL])
def test_policies_of_organizations_say_their_version(kind: Kind) -> None:
    """There the first version of the language never was."""
    with pytest.raises(MalformedPolicy, match="Policy document must be version"):
        document.parse(json.dumps({"Statement": FITTING[kind]}), kind)


@pytest.mark.parametrize(
    "resource", ["*", "**", "arn:aws:sqs:*", "arn:*:s3:::b", "arn:aws-cn:s3:::b", "arn:aws:s3:::b/${aws:username}"]
)
def test_resources_that_are_some(resource: str) -> None:
    """Wildcards may stand for whole parts of an ARN."""
    document.parse(text({**ALLOW, "Resource": resource}), Kind.IDENTITY)
