"""Principal and NotPrincipal: whom a statement of a resource-based policy names.

Two policies tell who is meant: one that allows, and one that denies what an identity-based policy allows.
"""

from __future__ import annotations

import json
from functools import partial

import pytest

from gureum.api.policy.compile import compile_policy
from gureum.api.policy.model import Kind, MalformedPolicy
from gureum.api.policy.principals import canonical_id
from gureum.api.principal import ANONYMOUS, Principal, service_principal
from tests.api.policy.cases import (
    ACCOUNT,
    ACCOUNT_ARN,
    ALICE,
    ALLOWED,
    BOB,
    CAROL,
    EXPLICIT,
    FULL,
    IMPLICIT,
    OTHER,
    ROOT,
    SNS,
    STRANGER,
    WORKER,
    Case,
    check,
    grant,
    refuse,
    role_session,
    rule,
    user,
)

PRINCIPAL = "reference_policies_elements_principal.html"
NOT_PRINCIPAL = "reference_policies_elements_notprincipal.html"

granted = partial(Case, answer=ALLOWED, by=Kind.RESOURCE)
refused = partial(Case, answer=IMPLICIT)
denied = partial(Case, answer=EXPLICIT, by=Kind.RESOURCE, identity=FULL)
spared = partial(Case, answer=ALLOWED, by=Kind.IDENTITY, identity=FULL)

PAINTER = role_session("painter", "monday", path="/team/blue/")
ANN = user("ann", path="/accounting/")


@rule(
    PRINCIPAL + "#principal-users",
    granted("the user that is named", who=ALICE, policy=(grant(ALICE.arn),)),
    refused("another user", who=BOB, policy=(grant(ALICE.arn),)),
    granted("one of several", who=BOB, policy=(grant([ALICE.arn, BOB.arn]),)),
    refused("the user name is case sensitive", who=ALICE, policy=(grant(ALICE.arn.replace("alice", "Alice")),)),
    refused("the same name in another account", who=ALICE, policy=(grant(user("alice", OTHER).arn),)),
    granted("a user under a path", who=ANN, policy=(grant(ANN.arn),)),
    refused("without its path it is another user", who=ANN, policy=(grant(user("ann").arn),)),
    refused("a role of the same name", who=role_session("alice", "s"), policy=(grant(ALICE.arn),)),
    denied("a Deny names a user", who=ALICE, policy=(refuse(ALICE.arn),)),
    spared("and no other one", who=BOB, policy=(refuse(ALICE.arn),)),
)
def test_users(case: Case) -> None:
    """A user is named by the user's ARN; principals must always name specific users."""
    check(case)


@rule(
    PRINCIPAL + "#principal-roles",
    granted("a session of the role", who=WORKER, policy=(grant(WORKER.issuer),)),
    granted("whatever the session's name", who=role_session("worker", "b"), policy=(grant(WORKER.issuer),)),
    refused("a session of another role", who=role_session("painter", "build-7"), policy=(grant(WORKER.issuer),)),
    granted("a role under a path", who=PAINTER, policy=(grant(PAINTER.issuer),)),
    refused("a user of the same name", who=user("worker"), policy=(grant(WORKER.issuer),)),
    denied("a Deny names a role", who=WORKER, policy=(refuse(WORKER.issuer),)),
    spared("and no other one", who=PAINTER, policy=(refuse(WORKER.issuer),)),
)
def test_roles(case: Case) -> None:
    """Whoever assumes a role becomes a role session principal, which the ARN of the role names."""
    check(case)


@rule(
    PRINCIPAL + "#principal-role-session",
    granted("the session that is named", who=WORKER, policy=(grant(WORKER.arn),)),
    refused("another session of the role", who=role_session("worker", "build-8"), policy=(grant(WORKER.arn),)),
    refused("that session of another role", who=role_session("painter", "build-7"), policy=(grant(WORKER.arn),)),
    granted("an ARN of a session has no path", who=PAINTER, policy=(grant(PAINTER.arn),)),
    denied("a Deny names a session", who=WORKER, policy=(refuse(WORKER.arn),)),
    spared("and no other one", who=role_session("worker", "build-8"), policy=(refuse(WORKER.arn),)),
)
def test_role_sessions(case: Case) -> None:
    """Principals must always name a specific session."""
    check(case)


@rule(
    PRINCIPAL + "#sts-session-principals",
    granted("the federated user that is named", who=CAROL, policy=(grant(CAROL.arn),)),
    refused("a user of that name", who=user("carol"), policy=(grant(CAROL.arn),)),
    refused("the user who federated", who=ALICE, policy=(grant(CAROL.arn),)),
    denied("a Deny names a federated user", who=CAROL, policy=(refuse(CAROL.arn),)),
    spared("and not the user who federated", who=ALICE, policy=(refuse(CAROL.arn),)),
)
def test_federated_users(case: Case) -> None:
    """A session of GetFederationToken is named by the ARN of the federated user."""
    check(case)


@rule(
    PRINCIPAL + "#principal-accounts",
    spared("its ARN delegates: a user with a policy", who=ALICE, policy=(grant(ACCOUNT_ARN),)),
    spared("its number delegates: a user with a policy", who=ALICE, policy=(grant(ACCOUNT),)),
    refused("its ARN grants a user nothing", by=Kind.IDENTITY, who=ALICE, policy=(grant(ACCOUNT_ARN),)),
    refused("its number grants a user nothing", by=Kind.IDENTITY, who=ALICE, policy=(grant(ACCOUNT),)),
    refused("nor a role session", by=Kind.IDENTITY, who=WORKER, policy=(grant(ACCOUNT_ARN),)),
    granted("root is the account", by="unsaid", who=ROOT, policy=(grant(ACCOUNT_ARN),)),
    denied("a Deny is not only for root: users", who=ALICE, policy=(refuse(ACCOUNT_ARN),)),
    denied("a Deny is not only for root: role sessions", who=WORKER, policy=(refuse(ACCOUNT),)),
    Case("a Deny of federated users", CAROL, EXPLICIT, identity=FULL, session=FULL, policy=(refuse(ACCOUNT),)),
    denied("a Deny is for root as well", who=ROOT, identity=(), policy=(refuse(ACCOUNT_ARN),)),
    spared("a Deny of another account", who=ALICE, policy=(refuse(OTHER),)),
    spared(
        "the canonical user id is the account", who=ALICE, policy=(grant({"CanonicalUser": canonical_id(ACCOUNT)}),)
    ),
    granted(
        "root by its canonical user id",
        by="unsaid",
        who=ROOT,
        policy=(grant({"CanonicalUser": canonical_id(ACCOUNT)}),),
    ),
    Case(
        "the canonical user id of another account",
        STRANGER,
        IMPLICIT,
        identity=FULL,
        policy=(grant({"CanonicalUser": canonical_id(ACCOUNT)}),),
    ),
    Case(
        "its own canonical user id",
        STRANGER,
        ALLOWED,
        identity=FULL,
        policy=(grant({"CanonicalUser": canonical_id(OTHER)}),),
    ),
)
def test_accounts(case: Case) -> None:
    """ARN and number behave the same way: they delegate to the account and are not limited to its root user."""
    check(case)


CHINESE = Principal(type="IAMUser", account=ACCOUNT, arn=f"arn:aws-cn:iam::{ACCOUNT}:user/li", id="AIDALI", name="li")


@rule(
    "reference-arns.html",
    granted("a user of another partition", who=CHINESE, policy=(grant(CHINESE.arn),)),
    refused("the same ARN but for the partition", who=CHINESE, policy=(grant(CHINESE.arn.replace("aws-cn", "aws")),)),
    denied("an account of another partition", who=CHINESE, policy=(refuse(ACCOUNT_ARN.replace("aws", "aws-cn")),)),
    denied("its number has no partition", who=CHINESE, policy=(refuse(ACCOUNT),)),
)
def test_partitions(case: Case) -> None:
    """The partition is a part of the ARN: aws, aws-cn, aws-us-gov."""
    check(case)


BOTH = {"Service": ["ecs.amazonaws.com", "sns.amazonaws.com"]}


@rule(
    PRINCIPAL + "#principal-services",
    granted("the service that is named", who=SNS, policy=(grant({"Service": "sns.amazonaws.com"}),)),
    refused("another service", who=service_principal("s3"), policy=(grant({"Service": "sns.amazonaws.com"}),)),
    granted("one of several", who=SNS, policy=(grant(BOTH),)),
    refused("a service is nobody of the account", who=SNS, policy=(grant(ACCOUNT),)),
    refused("a user is no service", who=ALICE, policy=(grant(BOTH),)),
    granted("several types in one element: a service", who=SNS, policy=(grant({**BOTH, "AWS": ALICE.arn}),)),
    granted("several types in one element: a user", who=ALICE, policy=(grant({**BOTH, "AWS": ALICE.arn}),)),
    denied("a Deny names a service", who=SNS, policy=(grant(BOTH), refuse(BOTH))),
)
def test_services(case: Case) -> None:
    """A service principal is an identifier for a service; several are an array of one Service element."""
    check(case)


@rule(
    PRINCIPAL + "#principal-anonymous",
    granted("* is somebody who did not sign", who=ANONYMOUS, policy=(grant("*"),)),
    granted("AWS * is equivalent for them", who=ANONYMOUS, policy=(grant({"AWS": "*"}),)),
    granted("* in a list", who=ANONYMOUS, policy=(grant(["*", ALICE.arn]),)),
    granted("a user of the account needs no more", who=ALICE, policy=(grant("*"),)),
    granted("a role session of the account needs no more", who=WORKER, policy=(grant({"AWS": "*"}),)),
    refused("whoever did not sign is of no account", who=ANONYMOUS, policy=(grant(ACCOUNT),)),
    denied("a Deny of * is for all: users", who=ALICE, policy=(refuse("*"),)),
    denied("a Deny of * is for all: role sessions", who=WORKER, policy=(refuse({"AWS": "*"}),)),
    denied("a Deny of * is for all: root", who=ROOT, identity=(), policy=(refuse("*"),)),
    denied("a Deny of * is for all: unsigned", who=ANONYMOUS, identity=(), policy=(grant("*"), refuse("*"))),
    refused(
        "* with a condition that is not met",
        who=ANONYMOUS,
        policy=(grant("*", condition={"Bool": {"aws:SecureTransport": "true"}}),),
    ),
)
def test_everyone(case: Case) -> None:
    """* with an Allow grants access to all, including anonymous users; within the account no more is needed."""
    check(case)


BUT_BOB = (refuse("*", condition={"ArnNotEquals": {"aws:PrincipalArn": BOB.arn}}),)


@rule(
    PRINCIPAL + "#principal-anonymous",
    denied("everyone but Bob: Alice", who=ALICE, policy=BUT_BOB, keys={"aws:PrincipalArn": ALICE.arn}),
    spared("everyone but Bob: Bob", who=BOB, policy=BUT_BOB, keys={"aws:PrincipalArn": BOB.arn}),
    denied("everyone but Bob: whoever has no ARN", who=ANONYMOUS, identity=(), policy=(grant("*"), *BUT_BOB)),
    denied("everyone but Bob: root", who=ROOT, identity=(), policy=BUT_BOB, keys={"aws:PrincipalArn": ROOT.arn}),
)
def test_a_condition_instead_of_notprincipal(case: Case) -> None:
    """The page's policy that explicitly denies all principals except for those of the Condition element."""
    check(case)


def all_but(*principals: str) -> tuple[dict[str, object], ...]:
    return ({"Effect": "Deny", "NotPrincipal": {"AWS": list(principals)}, "Action": "sqs:*", "Resource": "*"},)


BUT_SERVICE = ({**all_but(ACCOUNT)[0], "NotPrincipal": {"Service": "sns.amazonaws.com"}},)
BUT_WORKER = all_but(WORKER.arn, WORKER.issuer, ACCOUNT_ARN)


@rule(
    NOT_PRINCIPAL + "#notprincipal-key-points",
    spared("the user that is named, with the account", who=BOB, policy=all_but(BOB.arn, ACCOUNT_ARN)),
    denied("a user of another account", who=STRANGER, policy=(*all_but(BOB.arn, ACCOUNT_ARN), grant(STRANGER.arn))),
    denied(
        "somebody who did not sign", who=ANONYMOUS, identity=(), policy=(*all_but(BOB.arn, ACCOUNT_ARN), grant("*"))
    ),
    spared("the session that is named, with role and account", who=WORKER, policy=BUT_WORKER),
    refused("who is named is not allowed by it", who=BOB, policy=all_but(BOB.arn, ACCOUNT_ARN)),
    spared("other actions", who=STRANGER, action="s3:GetObject", owner=OTHER, policy=all_but(BOB.arn, ACCOUNT_ARN)),
    denied("all where nobody of them is named", who=ALICE, policy=all_but(OTHER)),
    denied("root where only others are named", who=ROOT, identity=(), policy=all_but(OTHER)),
    spared("root where the account is named", who=ROOT, by="unsaid", policy=all_but(ACCOUNT_ARN)),
    denied("a service that is not named", who=SNS, identity=(), policy=(*all_but(ACCOUNT_ARN), grant("*"))),
    granted("a service that is named", who=SNS, policy=(*BUT_SERVICE, grant({"Service": "sns.amazonaws.com"}))),
    denied("a user where a service is named", who=ALICE, policy=BUT_SERVICE),
    denied("another session of a role that is named", who=role_session("painter", "x"), policy=BUT_WORKER),
)
def test_notprincipal_with_deny(case: Case) -> None:
    """The actions are explicitly denied to all principals except for the ones specified."""
    check(case)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/al?ce"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/work*"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/*"},
        {"AWS": "arn:aws:iam::*:root"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:group/admins"},
        {"AWS": "alice"},
        {"Group": f"arn:aws:iam::{ACCOUNT}:group/admins"},
        "alice",
    ],
    ids=str,
)
def test_what_is_no_principal(principal: object) -> None:
    """No group, and no wildcard to match part of a principal name or ARN (#Principal_specifying)."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "*"}
    with pytest.raises(MalformedPolicy):
        compile_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}), Kind.RESOURCE)


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        (Kind.RESOURCE, "Allow"),
        (Kind.TRUST, "Deny"),
        (Kind.IDENTITY, "Deny"),
        (Kind.BOUNDARY, "Deny"),
        (Kind.SESSION, "Deny"),
        (Kind.SERVICE_CONTROL, "Deny"),
        (Kind.RESOURCE_CONTROL, "Deny"),
    ],
)
def test_where_notprincipal_must_not_stand(kind: Kind, effect: str) -> None:
    """#notprincipal-key-points: only with Deny, and not in identity policies, trust policies, SCPs and RCPs."""
    resource = {} if kind is Kind.TRUST else {"Resource": "*"}
    statement = {"Effect": effect, "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole", **resource}
    with pytest.raises(MalformedPolicy):
        compile_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}), kind)


@rule(
    "access_policies_boundaries.html",
    denied("a user who is named", who=BOB, boundary=FULL, policy=all_but(BOB.arn, ACCOUNT_ARN)),
    denied("a role session that is named", who=WORKER, boundary=FULL, policy=BUT_WORKER),
    spared("without a boundary", who=WORKER, policy=BUT_WORKER),
    spared(
        "the condition that is recommended instead",
        who=BOB,
        boundary=FULL,
        policy=BUT_BOB,
        keys={"aws:PrincipalArn": BOB.arn},
    ),
)
def test_notprincipal_with_deny_and_a_boundary(case: Case) -> None:
    """It will always deny any IAM principal that has a permissions boundary, regardless of the values specified."""
    check(case)
