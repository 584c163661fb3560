"""Resource-based policies and what else allows, in one account: the table of principals, root, services, KMS keys."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from gureum.api.principal import ANONYMOUS
from tests.api.policy.cases import (
    ACCOUNT_ARN,
    ALICE,
    ALLOWED,
    BOB,
    CAROL,
    EXPLICIT,
    FULL,
    IMPLICIT,
    KEY,
    QUEUE,
    ROOT,
    SNS,
    WORKER,
    Case,
    allow,
    check,
    deny,
    grant,
    refuse,
    rule,
)

DENY_ALLOW = "reference_policies_evaluation-logic_policy-eval-denyallow.html"
BASICS = "reference_policies_evaluation-logic_policy-eval-basics.html"

NOTHING = (allow("s3:ListAllMyBuckets"),)
"""A boundary or session policy that implicitly denies what is asked."""


@rule(
    BASICS + "#reference_policies_evaluation-logic_policies_evaluation_example",
    Case("the identity's allows, the resource has none", ALICE, ALLOWED, Kind.IDENTITY, identity=FULL),
    Case(
        "the identity's allows, the resource's does not",
        ALICE,
        ALLOWED,
        Kind.IDENTITY,
        identity=FULL,
        policy=(grant(BOB.arn),),
    ),
    Case("the resource's allows, the identity has none", ALICE, ALLOWED, Kind.RESOURCE, policy=(grant(ALICE.arn),)),
    Case(
        "the resource's allows, the identity's does not",
        ALICE,
        ALLOWED,
        Kind.RESOURCE,
        identity=NOTHING,
        policy=(grant(ALICE.arn),),
    ),
    Case("both allow", ALICE, ALLOWED, identity=FULL, policy=(grant(ALICE.arn),)),
    Case("neither allows", ALICE, IMPLICIT, Kind.IDENTITY, identity=NOTHING, policy=(grant(BOB.arn),)),
    Case("the resource's denies", ALICE, EXPLICIT, Kind.RESOURCE, identity=FULL, policy=(refuse(ALICE.arn),)),
    Case("the identity's denies", ALICE, EXPLICIT, Kind.IDENTITY, identity=(deny(),), policy=(grant(ALICE.arn),)),
    Case("both deny", ALICE, EXPLICIT, identity=(deny(),), policy=(refuse(ALICE.arn),)),
    Case(
        "the resource's denies what it allows", ALICE, EXPLICIT, Kind.RESOURCE, policy=(grant(ALICE.arn), refuse("*"))
    ),
)
def test_either_of_both_policies_suffices(case: Case) -> None:
    """If either policy within the account allows the request and the other doesn't, it is still allowed."""
    check(case)


@rule(
    DENY_ALLOW,
    Case(
        "an action it does not name", ALICE, IMPLICIT, Kind.IDENTITY, policy=(grant(ALICE.arn, "sqs:ReceiveMessage"),)
    ),
    Case(
        "a resource it does not name",
        ALICE,
        IMPLICIT,
        Kind.IDENTITY,
        policy=({**grant(ALICE.arn), "Resource": QUEUE + "2"},),
    ),
    Case("the resource it names", ALICE, ALLOWED, Kind.RESOURCE, policy=({**grant(ALICE.arn), "Resource": QUEUE},)),
    Case("a condition that is met", ALICE, ALLOWED, policy=(grant(ALICE.arn, condition={"Null": {"a:b": "true"}}),)),
    Case("a condition that is not", ALICE, IMPLICIT, policy=(grant(ALICE.arn, condition={"Null": {"a:b": "false"}}),)),
    Case("one of several statements", ALICE, ALLOWED, Kind.RESOURCE, policy=(grant(BOB.arn), grant(ALICE.arn))),
    Case(
        "a Deny for another does not matter", ALICE, ALLOWED, Kind.RESOURCE, policy=(grant(ALICE.arn), refuse(BOB.arn))
    ),
)
def test_every_element_of_a_statement_has_to_match(case: Case) -> None:
    """It grants the named principal the named actions on that resource, under the named conditions."""
    check(case)


@rule(
    DENY_ALLOW,
    Case(
        "a role session, by the role: boundary",
        WORKER,
        IMPLICIT,
        Kind.BOUNDARY,
        boundary=NOTHING,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "a role session, by the role: session policy",
        WORKER,
        IMPLICIT,
        Kind.SESSION,
        session=NOTHING,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "a role session, by the role: both",
        WORKER,
        IMPLICIT,
        boundary=NOTHING,
        session=NOTHING,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "a role session, by the role: only the identity's",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        identity=NOTHING,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "a role session, by the role: none of them",
        WORKER,
        ALLOWED,
        identity=NOTHING,
        boundary=FULL,
        session=FULL,
        policy=(grant(WORKER.issuer),),
    ),
    Case(
        "a role session, by itself: identity's",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        identity=NOTHING,
        policy=(grant(WORKER.arn),),
    ),
    Case(
        "a role session, by itself: boundary",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        boundary=NOTHING,
        policy=(grant(WORKER.arn),),
    ),
    Case(
        "a role session, by itself: session policy",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        session=NOTHING,
        policy=(grant(WORKER.arn),),
    ),
    Case(
        "a role session, by itself: all",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        identity=NOTHING,
        boundary=NOTHING,
        session=NOTHING,
        policy=(grant(WORKER.arn),),
    ),
    Case("a user: identity's", ALICE, ALLOWED, Kind.RESOURCE, identity=NOTHING, policy=(grant(ALICE.arn),)),
    Case("a user: boundary", ALICE, ALLOWED, Kind.RESOURCE, boundary=NOTHING, policy=(grant(ALICE.arn),)),
    Case("a user: both", ALICE, ALLOWED, Kind.RESOURCE, identity=NOTHING, boundary=NOTHING, policy=(grant(ALICE.arn),)),
    Case(
        "a federated user, by the user: all",
        CAROL,
        IMPLICIT,
        identity=NOTHING,
        boundary=NOTHING,
        session=NOTHING,
        policy=(grant(ALICE.arn),),
    ),
    Case(
        "a federated user, by the user: boundary",
        CAROL,
        IMPLICIT,
        Kind.BOUNDARY,
        boundary=NOTHING,
        session=FULL,
        policy=(grant(ALICE.arn),),
    ),
    Case(
        "a federated user, by the user: session policy",
        CAROL,
        IMPLICIT,
        Kind.SESSION,
        session=NOTHING,
        policy=(grant(ALICE.arn),),
    ),
    Case("a federated user, by the user: none", CAROL, ALLOWED, session=FULL, policy=(grant(ALICE.arn),)),
    Case(
        "a federated user, by itself: all",
        CAROL,
        ALLOWED,
        Kind.RESOURCE,
        identity=NOTHING,
        boundary=NOTHING,
        session=NOTHING,
        policy=(grant(CAROL.arn),),
    ),
    Case("a federated user, by itself: no session policy", CAROL, ALLOWED, Kind.RESOURCE, policy=(grant(CAROL.arn),)),
    Case("root", ROOT, ALLOWED, policy=(grant(ROOT.arn),)),
    Case("a service", SNS, ALLOWED, Kind.RESOURCE, policy=(grant({"Service": "sns.amazonaws.com"}),)),
)
def test_which_implicit_denies_matter(case: Case) -> None:
    """The page's table: what implicit denies do to an Allow for a user, a role, a session, root and a service."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("in the identity's policy", WORKER, EXPLICIT, Kind.IDENTITY, identity=(deny(),), policy=(grant(WORKER.arn),)),
    Case("in the boundary", WORKER, EXPLICIT, Kind.BOUNDARY, boundary=(deny(),), policy=(grant(WORKER.arn),)),
    Case("in the session policy", WORKER, EXPLICIT, Kind.SESSION, session=(deny(),), policy=(grant(WORKER.arn),)),
    Case("in the boundary of a user", ALICE, EXPLICIT, Kind.BOUNDARY, boundary=(deny(),), policy=(grant(ALICE.arn),)),
    Case(
        "in the session policy of a federated user",
        CAROL,
        EXPLICIT,
        Kind.SESSION,
        session=(deny(),),
        policy=(grant(CAROL.arn),),
    ),
)
def test_explicit_denies_always_matter(case: Case) -> None:
    """If even one explicit deny applies, the final decision is Deny, whoever is granted access directly."""
    check(case)


BY_ARN = (grant("*", condition={"ArnEquals": {"aws:PrincipalArn": WORKER.issuer}}),)
WORKER_KEYS = {"aws:PrincipalArn": WORKER.issuer}


@rule(
    "reference_policies_elements_principal.html#principal-roles",
    Case("the role's sessions", WORKER, ALLOWED, Kind.RESOURCE, policy=BY_ARN, keys=WORKER_KEYS),
    Case(
        "a boundary does not limit it",
        WORKER,
        ALLOWED,
        Kind.RESOURCE,
        boundary=NOTHING,
        policy=BY_ARN,
        keys=WORKER_KEYS,
    ),
    Case("nor does a session policy", WORKER, ALLOWED, Kind.RESOURCE, session=NOTHING, policy=BY_ARN, keys=WORKER_KEYS),
    Case("a boundary that denies does", WORKER, EXPLICIT, boundary=(deny(),), policy=BY_ARN, keys=WORKER_KEYS),
    Case("others", ALICE, IMPLICIT, Kind.IDENTITY, policy=BY_ARN, keys={"aws:PrincipalArn": ALICE.arn}),
    Case("nobody without an ARN", ANONYMOUS, IMPLICIT, policy=BY_ARN),
)
def test_everyone_with_a_principal_arn(case: Case) -> None:
    """Boundaries and session policies do not limit what * with aws:PrincipalArn grants, unless they explicitly deny."""
    check(case)


PROVIDER = "arn:aws:iam::111122223333:oidc-provider/accounts.example.com"
NO_PROVIDER = (refuse({"Federated": PROVIDER}),)


@rule(
    "reference_policies_elements_principal.html#principal-federated-web-identity",
    Case(
        "a session it vouched for",
        WORKER,
        EXPLICIT,
        Kind.RESOURCE,
        identity=FULL,
        policy=NO_PROVIDER,
        keys={"aws:FederatedProvider": PROVIDER},
    ),
    Case(
        "a session that another vouched for",
        WORKER,
        ALLOWED,
        identity=FULL,
        policy=NO_PROVIDER,
        keys={"aws:FederatedProvider": PROVIDER + "2"},
    ),
    Case("a session without a provider", WORKER, ALLOWED, identity=FULL, policy=NO_PROVIDER),
)
def test_sessions_of_identity_providers(case: Case) -> None:
    """Use this principal type to allow or deny access based on the trusted web identity provider."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("the own account", ROOT, ALLOWED, None),
    Case("a policy for others", ROOT, ALLOWED, None, policy=(grant(BOB.arn),)),
    Case("a Deny for it", ROOT, EXPLICIT, Kind.RESOURCE, policy=(refuse(ROOT.arn),)),
    Case("a Deny for others", ROOT, ALLOWED, None, policy=(refuse(BOB.arn),)),
    Case("a Deny of other actions", ROOT, ALLOWED, None, policy=(refuse("*", "sqs:DeleteQueue"),)),
)
def test_root_has_full_access(case: Case) -> None:
    """The root user is allowed without a policy; an explicit deny of a resource-based policy holds for it."""
    check(case)


FROM_TOPIC = (
    grant(
        {"Service": "sns.amazonaws.com"}, "sqs:SendMessage", {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:*:news"}}
    ),
)


@rule(
    "confused-deputy.html",
    Case(
        "for the topic",
        SNS,
        ALLOWED,
        Kind.RESOURCE,
        policy=FROM_TOPIC,
        keys={"aws:SourceArn": "arn:aws:sns:us-east-1:1:news"},
    ),
    Case("for another topic", SNS, IMPLICIT, policy=FROM_TOPIC, keys={"aws:SourceArn": "arn:aws:sns:us-east-1:1:ads"}),
    Case("for nobody", SNS, IMPLICIT, policy=FROM_TOPIC),
    Case(
        "another action",
        SNS,
        IMPLICIT,
        action="sqs:ReceiveMessage",
        policy=FROM_TOPIC,
        keys={"aws:SourceArn": "arn:aws:sns:us-east-1:1:news"},
    ),
    Case("without a policy", SNS, IMPLICIT, Kind.RESOURCE),
)
def test_services_act_only_where_a_policy_lets_them(case: Case) -> None:
    """A service principal has the permissions of a resource-based policy, under its conditions, and no others."""
    check(case)


in_kms = partial(Case, action="kms:Decrypt", resource=KEY, required=True)
DELEGATED = (grant(ACCOUNT_ARN, "kms:*"),)


@rule(
    "kms/latest/developerguide/key-policies.html",
    in_kms(
        "an IAM policy alone does not suffice",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(grant(BOB.arn),),
    ),
    in_kms(
        "it does where the key policy names the account", who=ALICE, answer=ALLOWED, identity=FULL, policy=DELEGATED
    ),
    in_kms("then it is needed", who=ALICE, answer=IMPLICIT, by=Kind.IDENTITY, policy=DELEGATED),
    in_kms(
        "the key policy alone suffices for a user",
        who=ALICE,
        answer=ALLOWED,
        by=Kind.RESOURCE,
        policy=(grant(ALICE.arn),),
    ),
    in_kms("and for a role", who=WORKER, answer=ALLOWED, by=Kind.RESOURCE, policy=(grant(WORKER.issuer),)),
    in_kms("root has none unless it is named", who=ROOT, answer=IMPLICIT, policy=(grant(BOB.arn),)),
    in_kms("root where the account is named", who=ROOT, answer=ALLOWED, policy=DELEGATED),
    in_kms(
        "a boundary limits what is delegated",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        identity=FULL,
        boundary=NOTHING,
        policy=DELEGATED,
    ),
    in_kms(
        "a key policy that denies",
        who=ALICE,
        answer=EXPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(*DELEGATED, refuse(ALICE.arn)),
    ),
    in_kms(
        "a service that is named",
        who=SNS,
        answer=ALLOWED,
        by=Kind.RESOURCE,
        policy=(grant({"Service": "sns.amazonaws.com"}),),
    ),
    in_kms("a service that is not", who=SNS, answer=IMPLICIT, policy=DELEGATED),
)
def test_a_policy_that_is_required(case: Case) -> None:
    """No principal, root included, has any permissions to a KMS key unless the key policy allows or delegates."""
    check(case)
