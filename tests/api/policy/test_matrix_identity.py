"""Identity-based policies alone, and the default: who may do what when nothing else applies."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from gureum.api.principal import ANONYMOUS
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
    SNS,
    WORKER,
    Case,
    allow,
    check,
    deny,
    rule,
)

DENY_ALLOW = "reference_policies_evaluation-logic_policy-eval-denyallow.html"
BASICS = "reference_policies_evaluation-logic_policy-eval-basics.html"
INTERPLAY = "reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html"


@rule(
    DENY_ALLOW,
    Case("a user", ALICE, IMPLICIT, Kind.IDENTITY),
    Case("a role session", WORKER, IMPLICIT, Kind.IDENTITY),
    Case("a federated user", CAROL, IMPLICIT),
    Case("a service", SNS, IMPLICIT),
    Case("a service-linked role", LINKED, IMPLICIT, Kind.IDENTITY),
    Case("somebody who did not sign", ANONYMOUS, IMPLICIT),
    Case("the root user", ROOT, ALLOWED, None),
    Case("the root user on what is nobody's", ROOT, ALLOWED, None, action="sqs:ListQueues", resource="*"),
)
def test_by_default_all_but_root_are_denied(case: Case) -> None:
    """By default, all requests are implicitly denied with the exception of the root user, which has full access."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("a user", ALICE, ALLOWED, Kind.IDENTITY, identity=FULL),
    Case("a role session", WORKER, ALLOWED, Kind.IDENTITY, identity=FULL),
    Case("a service-linked role", LINKED, ALLOWED, Kind.IDENTITY, identity=(allow("sqs:SendMessage", QUEUE),)),
    Case("a user, of a statement for others", ALICE, IMPLICIT, Kind.IDENTITY, identity=(allow("s3:*"),)),
    Case("a role session, of a statement for others", WORKER, IMPLICIT, Kind.IDENTITY, identity=(allow("s3:*"),)),
    Case("a user, where a condition is met", ALICE, ALLOWED, identity=(allow(condition={"Null": {"a:b": "true"}}),)),
    Case("a user, where it is not", ALICE, IMPLICIT, identity=(allow(condition={"Null": {"a:b": "false"}}),)),
    Case("on what is nobody's", ALICE, ALLOWED, action="sqs:ListQueues", resource="*", owner="", identity=FULL),
    Case("on what is nobody's, without an allow", ALICE, IMPLICIT, resource="*", owner=""),
)
def test_an_identity_based_policy_has_to_allow(case: Case) -> None:
    """If no statement in the identity-based policies allows the action, the request is implicitly denied."""
    check(case)


@rule(
    "id_credentials_temp_control-access_getsessiontoken.html",
    Case("what the user may", ALICE, ALLOWED, identity=FULL, keys={"aws:TokenIssueTime": "2026-11-21T09:00:00Z"}),
    Case(
        "what the user may with MFA",
        ALICE,
        ALLOWED,
        identity=(allow(condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
        keys={"aws:TokenIssueTime": "2026-11-21T09:00:00Z", "aws:MultiFactorAuthPresent": "true"},
    ),
    Case("not without", ALICE, IMPLICIT, identity=(allow(condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),)),
    Case("of root: everything", ROOT, ALLOWED, None, keys={"aws:TokenIssueTime": "2026-11-21T09:00:00Z"}),
    Case("no session policy is needed", ALICE, ALLOWED, Kind.IDENTITY, identity=FULL, session=None),
)
def test_credentials_of_get_session_token(case: Case) -> None:
    """They have the same permissions as the user, or root, whose credentials called the operation."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("over an allow", ALICE, EXPLICIT, Kind.IDENTITY, identity=(allow(), deny("sqs:SendMessage"))),
    Case("before the allow", ALICE, EXPLICIT, Kind.IDENTITY, identity=(deny("sqs:SendMessage"), allow())),
    Case("in another policy", WORKER, EXPLICIT, Kind.IDENTITY, identity=[(allow(),), (deny("sqs:*"),)]),
    Case("without any allow", ALICE, EXPLICIT, Kind.IDENTITY, identity=(deny(),)),
    Case("of a service-linked role", LINKED, EXPLICIT, Kind.IDENTITY, identity=(allow(), deny())),
    Case(
        "if its condition is met",
        ALICE,
        EXPLICIT,
        Kind.IDENTITY,
        identity=(allow(), deny(condition={"StringEquals": {"aws:username": "alice"}})),
        keys={"aws:username": "alice"},
    ),
    Case(
        "not if its condition is not met",
        ALICE,
        ALLOWED,
        Kind.IDENTITY,
        identity=(allow(), deny(condition={"StringEquals": {"aws:username": "bob"}})),
        keys={"aws:username": "alice"},
    ),
)
def test_an_explicit_deny_overrides_an_allow(case: Case) -> None:
    """An explicit deny overrides an explicit allow."""
    check(case)


GET_LIST = (allow(["iam:Get*", "iam:List*"]), deny("iam:*Report"))
in_iam = partial(Case, who=ALICE, resource="*", by=Kind.IDENTITY)


@rule(
    INTERPLAY,
    in_iam("what starts with Get", answer=ALLOWED, action="iam:GetUser", identity=GET_LIST),
    in_iam("what starts with List", answer=ALLOWED, action="iam:ListUsers", identity=GET_LIST),
    in_iam("other actions", answer=IMPLICIT, action="iam:CreatePolicy", identity=GET_LIST),
    in_iam(
        "reports, though they start with Get",
        answer=EXPLICIT,
        action="iam:GetOrganizationsAccessReport",
        identity=GET_LIST,
    ),
    in_iam(
        "reports, though somebody adds them",
        answer=EXPLICIT,
        action="iam:GenerateCredentialReport",
        identity=[GET_LIST, (allow("iam:GenerateCredentialReport"),)],
    ),
)
def test_explicit_and_implicit_denies(case: Case) -> None:
    """The page's policy AllowGetList and DenyReports: what it allows, implicitly denies, and explicitly denies."""
    check(case)


OWN = ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]
CARLOS = (
    allow(["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAllMyBuckets"], "arn:aws:s3:::*"),
    allow("s3:*", OWN),
    deny("s3:*", "arn:aws:s3:::*log*"),
)


@rule(
    BASICS + "#reference_policies_evaluation-logic_policies_evaluation_example",
    Case("save to the own bucket", ALICE, ALLOWED, action="s3:PutObject", resource=OWN[1] + "/a", identity=CARLOS),
    Case("the logs", ALICE, EXPLICIT, action="s3:PutObject", resource=OWN[1] + "-logs/a", identity=CARLOS),
    Case("any log", ALICE, EXPLICIT, action="s3:GetObject", resource="arn:aws:s3:::blog/a", identity=CARLOS),
    Case("other buckets", ALICE, IMPLICIT, action="s3:PutObject", resource="arn:aws:s3:::b/a", identity=CARLOS),
    Case(
        "where a bucket is", ALICE, ALLOWED, action="s3:GetBucketLocation", resource="arn:aws:s3:::b", identity=CARLOS
    ),
)
def test_the_example_of_carlos(case: Case) -> None:
    """The page's user, who may use his own bucket and never one that has log in its name."""
    check(case)
