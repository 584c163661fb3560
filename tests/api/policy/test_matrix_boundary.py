"""Permissions boundaries: the most that identity-based policies can grant, which they grant nothing of."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from tests.api.policy.cases import (
    ALICE,
    ALLOWED,
    EXPLICIT,
    FULL,
    IMPLICIT,
    QUEUE,
    WORKER,
    Case,
    allow,
    check,
    deny,
    grant,
    refuse,
    rule,
)

BOUNDARIES = "access_policies_boundaries.html"
LOGIC = BOUNDARIES + "#access_policies_boundaries-eval-logic"

SERVICES = (allow(["s3:*", "cloudwatch:*", "ec2:*"]),)
shirley = partial(Case, who=ALICE, resource="*", boundary=SERVICES)


@rule(
    BOUNDARIES,
    shirley(
        "what only the policy allows",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        action="iam:CreateUser",
        identity=(allow("iam:CreateUser"),),
    ),
    shirley(
        "what only the boundary allows",
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        action="s3:GetObject",
        identity=(allow("iam:*"),),
    ),
    shirley("what both allow", answer=ALLOWED, action="ec2:RunInstances", identity=FULL),
    shirley(
        "what neither allows", answer=IMPLICIT, by=Kind.IDENTITY, action="sqs:SendMessage", identity=(allow("iam:*"),)
    ),
    shirley("a boundary alone grants nothing", answer=IMPLICIT, by=Kind.IDENTITY, action="s3:GetObject"),
    shirley(
        "a boundary of everything grants nothing",
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        action="s3:GetObject",
        boundary=FULL,
    ),
    shirley(
        "a boundary of everything limits nothing", answer=ALLOWED, action="iam:CreateUser", boundary=FULL, identity=FULL
    ),
)
def test_a_boundary_is_the_most_a_user_may(case: Case) -> None:
    """The page's Shirley: it limits the user's permissions but does not provide permissions on its own."""
    check(case)


@rule(
    LOGIC,
    Case("a role session: both allow", WORKER, ALLOWED, identity=FULL, boundary=(allow("sqs:*"),)),
    Case("a role session: only the policy", WORKER, IMPLICIT, Kind.BOUNDARY, identity=FULL, boundary=(allow("s3:*"),)),
    Case("a role session: only the boundary", WORKER, IMPLICIT, Kind.IDENTITY, boundary=FULL),
    Case("a boundary that denies", ALICE, EXPLICIT, Kind.BOUNDARY, identity=FULL, boundary=(allow(), deny("sqs:*"))),
    Case(
        "a boundary that denies a role",
        WORKER,
        EXPLICIT,
        Kind.BOUNDARY,
        identity=FULL,
        boundary=(allow(), deny("sqs:*")),
    ),
    Case("a boundary that only denies", ALICE, IMPLICIT, Kind.BOUNDARY, identity=FULL, boundary=(deny("s3:*"),)),
    Case("a policy that denies", ALICE, EXPLICIT, Kind.IDENTITY, identity=(allow(), deny("sqs:*")), boundary=FULL),
    Case("a boundary for the resource", ALICE, ALLOWED, identity=FULL, boundary=(allow("sqs:*", QUEUE),)),
    Case(
        "a boundary for another resource",
        ALICE,
        IMPLICIT,
        Kind.BOUNDARY,
        identity=FULL,
        boundary=(allow("sqs:*", QUEUE + "2"),),
    ),
    Case(
        "a boundary under a condition that is met",
        ALICE,
        ALLOWED,
        identity=FULL,
        boundary=(allow(condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),),
        keys={"aws:RequestedRegion": "us-east-1"},
    ),
    Case(
        "a boundary under a condition that is not",
        ALICE,
        IMPLICIT,
        Kind.BOUNDARY,
        identity=FULL,
        boundary=(allow(condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),),
        keys={"aws:RequestedRegion": "us-west-2"},
    ),
)
def test_the_effective_permissions_are_the_intersection(case: Case) -> None:
    """The effective permissions are everything allowed by both; an explicit deny in either overrides the allow."""
    check(case)


S3_ONLY = (allow("s3:*"),)


@rule(
    LOGIC,
    Case(
        "a user that is named is not limited",
        ALICE,
        ALLOWED,
        Kind.RESOURCE,
        boundary=S3_ONLY,
        policy=(grant(ALICE.arn),),
    ),
    Case(
        "nor one that * names",
        ALICE,
        ALLOWED,
        Kind.RESOURCE,
        boundary=S3_ONLY,
        policy=(grant("*", condition={"ArnEquals": {"aws:PrincipalArn": ALICE.arn}}),),
        keys={"aws:PrincipalArn": ALICE.arn},
    ),
    Case("nor a session that is named", WORKER, ALLOWED, Kind.RESOURCE, boundary=S3_ONLY, policy=(grant(WORKER.arn),)),
    Case(
        "a role that is named is limited",
        WORKER,
        IMPLICIT,
        Kind.BOUNDARY,
        boundary=S3_ONLY,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "an account that is named changes nothing",
        ALICE,
        IMPLICIT,
        Kind.BOUNDARY,
        identity=FULL,
        boundary=S3_ONLY,
        policy=(grant(ALICE.account),),
    ),
    Case(
        "a boundary that denies holds",
        ALICE,
        EXPLICIT,
        Kind.BOUNDARY,
        boundary=(deny("sqs:*"),),
        policy=(grant(ALICE.arn),),
    ),
    Case(
        "a resource that denies holds",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE,
        identity=FULL,
        boundary=FULL,
        policy=(refuse(ALICE.arn),),
    ),
)
def test_boundaries_and_resource_based_policies(case: Case) -> None:
    """Within an account, they do not limit what a resource-based policy grants a user or session, but a role."""
    check(case)


ALLOW_SQS = (allow("sqs:*"),)
all_three = partial(Case, who=WORKER, action="sqs:SendMessage")


@rule(
    LOGIC,
    all_three(
        "SCP, boundary and policy allow", answer=ALLOWED, identity=ALLOW_SQS, boundary=ALLOW_SQS, scps=(ALLOW_SQS,)
    ),
    all_three(
        "the SCP does not", answer=IMPLICIT, by=Kind.SERVICE_CONTROL, identity=FULL, boundary=FULL, scps=(S3_ONLY,)
    ),
    all_three(
        "the boundary does not", answer=IMPLICIT, by=Kind.BOUNDARY, identity=FULL, boundary=S3_ONLY, scps=(FULL,)
    ),
    all_three("the policy does not", answer=IMPLICIT, by=Kind.IDENTITY, identity=S3_ONLY, boundary=FULL, scps=(FULL,)),
    all_three(
        "session policy, boundary and policy allow",
        answer=ALLOWED,
        identity=FULL,
        boundary=ALLOW_SQS,
        session=ALLOW_SQS,
    ),
    all_three(
        "the session policy does not", answer=IMPLICIT, by=Kind.SESSION, identity=FULL, boundary=FULL, session=S3_ONLY
    ),
    all_three(
        "the boundary of a session does not",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        identity=FULL,
        boundary=S3_ONLY,
        session=FULL,
    ),
    all_three(
        "the policy of a session does not",
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        identity=S3_ONLY,
        boundary=FULL,
        session=FULL,
    ),
    all_three(
        "the SCP explicitly denies",
        answer=EXPLICIT,
        by=Kind.SERVICE_CONTROL,
        identity=FULL,
        boundary=FULL,
        scps=((allow(), deny("sqs:*")),),
    ),
)
def test_boundaries_with_other_limits(case: Case) -> None:
    """With SCPs or session policies, the request is allowed only if all three policy types allow it."""
    check(case)


XCOMPANY = (
    allow(["s3:*", "cloudwatch:*", "ec2:*", "dynamodb:*"]),
    allow(["iam:*AccessKey*", "iam:GetUser"], "arn:aws:iam::*:user/${aws:username}"),
    deny("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]),
    deny("ec2:*", "arn:aws:ec2:*:*:instance/i-1234567890abcdef0"),
)
new_user = partial(Case, who=ALICE, identity=FULL, boundary=XCOMPANY, keys={"aws:username": "alice"})


@rule(
    BOUNDARIES + "#access_policies_boundaries-delegate",
    new_user(
        "a service of the list", answer=ALLOWED, action="dynamodb:GetItem", resource="arn:aws:dynamodb:a:1:table/b"
    ),
    new_user("another service", answer=IMPLICIT, by=Kind.BOUNDARY),
    new_user(
        "users cannot manage users",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        action="iam:CreateUser",
        resource="arn:aws:iam::1:user/x",
    ),
    new_user(
        "their own access keys", answer=ALLOWED, action="iam:CreateAccessKey", resource="arn:aws:iam::1:user/alice"
    ),
    new_user(
        "not those of others",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        action="iam:CreateAccessKey",
        resource="arn:aws:iam::1:user/bob",
    ),
    new_user(
        "the logs bucket", answer=EXPLICIT, by=Kind.BOUNDARY, action="s3:GetObject", resource="arn:aws:s3:::logs/a"
    ),
    new_user(
        "the instance",
        answer=EXPLICIT,
        by=Kind.BOUNDARY,
        action="ec2:StopInstances",
        resource="arn:aws:ec2:a:1:instance/i-1234567890abcdef0",
    ),
)
def test_the_example_of_xcompany(case: Case) -> None:
    """The page's XCompanyBoundaries, as the boundary of a new user who was given every permission."""
    check(case)
