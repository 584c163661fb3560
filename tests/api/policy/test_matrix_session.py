"""Session policies: passed when a session is made, they limit it; a federated user has nothing without them."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from tests.api.policy.cases import (
    ALICE,
    ALLOWED,
    CAROL,
    EXPLICIT,
    FULL,
    IMPLICIT,
    LINKED,
    QUEUE,
    ROOT,
    WORKER,
    Case,
    allow,
    check,
    deny,
    federated,
    grant,
    refuse,
    rule,
)

SESSION = "access_policies.html#policies_session"
DENY_ALLOW = "reference_policies_evaluation-logic_policy-eval-denyallow.html"
FEDERATION = "id_credentials_temp_control-access_getfederationtoken.html"

SQS, S3 = (allow("sqs:*"),), (allow("s3:*"),)


@rule(
    SESSION,
    Case("both allow", WORKER, ALLOWED, identity=FULL, session=SQS),
    Case("only the role's policy allows", WORKER, IMPLICIT, Kind.SESSION, identity=FULL, session=S3),
    Case("only the session policy allows", WORKER, IMPLICIT, Kind.IDENTITY, identity=S3, session=SQS),
    Case("the role has no policy", WORKER, IMPLICIT, Kind.IDENTITY, session=FULL),
    Case("neither allows", WORKER, IMPLICIT, Kind.IDENTITY, identity=S3, session=S3),
    Case("the session policy denies", WORKER, EXPLICIT, Kind.SESSION, identity=FULL, session=(allow(), deny("sqs:*"))),
    Case("the role's policy denies", WORKER, EXPLICIT, Kind.IDENTITY, identity=(allow(), deny("sqs:*")), session=FULL),
    Case("the session policy names the resource", WORKER, ALLOWED, identity=FULL, session=(allow("sqs:*", QUEUE),)),
    Case(
        "the session policy names another",
        WORKER,
        IMPLICIT,
        Kind.SESSION,
        identity=FULL,
        session=(allow("*", QUEUE + "2"),),
    ),
    Case(
        "a condition that is not met",
        WORKER,
        IMPLICIT,
        Kind.SESSION,
        identity=FULL,
        session=(allow(condition={"Null": {"a:b": "false"}}),),
    ),
)
def test_a_session_has_the_intersection(case: Case) -> None:
    """The permissions for a session are the intersection of the identity-based policies and the session policies."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("a role session without a session policy", WORKER, ALLOWED, Kind.IDENTITY, identity=FULL),
    Case("a role session with an empty set of them", WORKER, IMPLICIT, Kind.SESSION, identity=FULL, session=[]),
    Case("a user is no session", ALICE, ALLOWED, Kind.IDENTITY, identity=FULL),
    Case("a federated user without a session policy", CAROL, IMPLICIT, Kind.SESSION, identity=FULL),
    Case("a federated user with one that allows", CAROL, ALLOWED, identity=FULL, session=SQS),
    Case("a service-linked role", LINKED, ALLOWED, Kind.IDENTITY, identity=FULL),
)
def test_without_a_session_policy(case: Case) -> None:
    """If there is none, a role session is allowed; otherwise the request is implicitly denied."""
    check(case)


@rule(
    "STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_RequestParameters",
    Case("an inline and a managed one: the first allows", WORKER, ALLOWED, identity=FULL, session=[SQS, S3]),
    Case("an inline and a managed one: the second allows", WORKER, ALLOWED, identity=FULL, session=[S3, SQS]),
    Case("none of them allows", WORKER, IMPLICIT, Kind.SESSION, identity=FULL, session=[S3, (allow("ec2:*"),)]),
    Case("one of them denies", WORKER, EXPLICIT, Kind.SESSION, identity=FULL, session=[FULL, (deny("sqs:*"),)]),
)
def test_several_session_policies(case: Case) -> None:
    """An inline policy and managed ones can be passed; the permissions are the intersection with their sum."""
    check(case)


ROLE_NAMED, SESSION_NAMED = (grant(WORKER.issuer),), (grant(WORKER.arn),)


@rule(
    SESSION,
    Case(
        "the role is named, the session policy allows", WORKER, ALLOWED, Kind.RESOURCE, session=SQS, policy=ROLE_NAMED
    ),
    Case(
        "the role is named, the session policy does not", WORKER, IMPLICIT, Kind.SESSION, session=S3, policy=ROLE_NAMED
    ),
    Case("the role is named, its policy allows too", WORKER, ALLOWED, identity=FULL, session=SQS, policy=ROLE_NAMED),
    Case("the role is named, no session policy", WORKER, ALLOWED, Kind.RESOURCE, policy=ROLE_NAMED),
    Case(
        "the role is named, the session policy denies",
        WORKER,
        EXPLICIT,
        Kind.SESSION,
        session=(deny(),),
        policy=ROLE_NAMED,
    ),
    Case(
        "the session is named, its policy does not allow",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        session=S3,
        policy=SESSION_NAMED,
    ),
    Case(
        "the session is named, an empty set of policies",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        session=[],
        policy=SESSION_NAMED,
    ),
    Case(
        "the session is named, its policy denies",
        WORKER,
        EXPLICIT,
        Kind.SESSION,
        session=(deny(),),
        policy=SESSION_NAMED,
    ),
    Case(
        "the session is named for another action",
        WORKER,
        IMPLICIT,
        session=S3,
        identity=FULL,
        policy=(grant(WORKER.arn, "s3:*"),),
    ),
    Case(
        "the session is denied by the resource",
        WORKER,
        EXPLICIT,
        Kind.RESOURCE,
        identity=FULL,
        session=FULL,
        policy=(refuse(WORKER.arn),),
    ),
)
def test_session_policies_and_resource_based_policies(case: Case) -> None:
    """What the role's ARN is granted is limited by the session policy; what the session's is granted, is not."""
    check(case)


APP_SESSION = (
    allow("s3:ListBucket", "arn:aws:s3:::productionapp"),
    allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::productionapp/*"),
)
TOKEN_APP = (
    allow(
        [
            "sts:GetFederationToken",
            "dynamodb:ListTables",
            "sqs:ReceiveMessage",
            "s3:ListBucket",
            "sns:ListSubscriptions",
        ]
    ),
)
APP, APP_OBJECT = "arn:aws:s3:::productionapp", "arn:aws:s3:::productionapp/a"
CAROL_NAMED = (grant(CAROL.arn, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]),)
client = partial(Case, who=CAROL, identity=TOKEN_APP)


@rule(
    FEDERATION + "#permissions-get-federation-token-example",
    client("no session policy, no permissions", answer=IMPLICIT, by=Kind.SESSION, action="s3:ListBucket", resource=APP),
    client("what both allow", answer=ALLOWED, action="s3:ListBucket", resource=APP, session=APP_SESSION),
    client("another bucket", answer=IMPLICIT, action="s3:ListBucket", resource="arn:aws:s3:::b", session=APP_SESSION),
    client(
        "what the user may not",
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        action="s3:GetObject",
        resource=APP_OBJECT,
        session=APP_SESSION,
    ),
    client(
        "what the session policy does not name",
        answer=IMPLICIT,
        by=Kind.SESSION,
        action="sqs:ReceiveMessage",
        session=APP_SESSION,
    ),
    client(
        "what the bucket policy grants Carol",
        answer=ALLOWED,
        by=Kind.RESOURCE,
        action="s3:GetObject",
        resource=APP_OBJECT,
        policy=CAROL_NAMED,
    ),
    client(
        "also with a session policy",
        answer=ALLOWED,
        by=Kind.RESOURCE,
        action="s3:PutObject",
        resource=APP_OBJECT,
        policy=CAROL_NAMED,
        session=APP_SESSION,
    ),
    client(
        "a session policy that denies",
        answer=EXPLICIT,
        by=Kind.SESSION,
        action="s3:PutObject",
        resource=APP_OBJECT,
        policy=CAROL_NAMED,
        session=(deny("s3:*"),),
    ),
)
def test_the_example_of_token_app(case: Case) -> None:
    """The page's user token-app, whose federated user Carol has what both were granted, or what names her."""
    check(case)


ROOT_GUEST = federated("guest", ROOT)


@rule(
    FEDERATION,
    Case("what the session policy allows", ROOT_GUEST, ALLOWED, session=SQS),
    Case("not what it does not", ROOT_GUEST, IMPLICIT, Kind.SESSION, session=S3),
    Case("nothing without one", ROOT_GUEST, IMPLICIT, Kind.SESSION),
    Case("what it denies", ROOT_GUEST, EXPLICIT, Kind.SESSION, session=(allow(), deny("sqs:*"))),
    Case(
        "what a resource grants root, as far as it allows", ROOT_GUEST, ALLOWED, session=SQS, policy=(grant(ROOT.arn),)
    ),
    Case(
        "not what it does not, though root is named",
        ROOT_GUEST,
        IMPLICIT,
        Kind.SESSION,
        session=S3,
        policy=(grant(ROOT.arn),),
    ),
    Case("nothing without one, though root is named", ROOT_GUEST, IMPLICIT, Kind.SESSION, policy=(grant(ROOT.arn),)),
    Case("what a resource grants", ROOT_GUEST, ALLOWED, Kind.RESOURCE, policy=(grant(ROOT_GUEST.arn),)),
)
def test_a_federated_root_user(case: Case) -> None:
    """The intersection with what the account may, which is everything, is the session policy."""
    check(case)
