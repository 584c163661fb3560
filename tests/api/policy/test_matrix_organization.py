"""Service control policies, which limit the principals of an account, and resource control policies, its resources.

Neither grants anything.  A service principal is of no account, so no SCP reaches it; an RCP does: AWS's own example
against the confused deputy is one for service principals.
"""

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
    OTHER,
    QUEUE,
    RCP_FULL,
    ROOT,
    SNS,
    STRANGER,
    WORKER,
    Case,
    allow,
    check,
    deny,
    grant,
    refuse,
    rule,
)

SCPS = "organizations/latest/userguide/orgs_manage_policies_scps.html"
SCP_EVALUATION = "organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"
SCP_SYNTAX = "organizations/latest/userguide/orgs_manage_policies_scps_syntax.html"
RCPS = "organizations/latest/userguide/orgs_manage_policies_rcps.html"
RCP_EVALUATION = "organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html"
RCP_EXAMPLES = "organizations/latest/userguide/orgs_manage_policies_rcps_examples.html"
DENY_ALLOW = "reference_policies_evaluation-logic_policy-eval-denyallow.html"

SQS, S3 = (allow("sqs:*"),), (allow("s3:*"),)
NO_SQS = (deny("sqs:*"),)

admin = partial(Case, who=ALICE, identity=FULL)
allowed = partial(admin, answer=ALLOWED)
blocked = partial(admin, answer=IMPLICIT, by=Kind.SERVICE_CONTROL)
denied = partial(admin, answer=EXPLICIT, by=Kind.SERVICE_CONTROL)


@rule(
    SCP_EVALUATION + "#how_scps_allow",
    allowed("every level allows everything", scps=(FULL, FULL, FULL)),
    allowed("every level allows the service", scps=(SQS, SQS, SQS)),
    blocked("the root does not", scps=(S3, FULL, FULL)),
    blocked("a unit does not", scps=(FULL, S3, FULL)),
    blocked("the account does not", scps=(FULL, FULL, S3)),
    blocked("a level without any policy", scps=(FULL, (), FULL)),
    blocked("no level does", scps=(S3, S3, S3)),
    allowed("one of the policies of a level does", scps=(FULL, [S3, SQS], FULL)),
    blocked("none of the policies of a level does", scps=(FULL, [S3, (allow("ec2:*"),)], FULL)),
    blocked("levels that allow different services", scps=(SQS, S3)),
    allowed("no organization, no limits", scps=()),
    blocked("a policy that only denies something else", scps=(FULL, (deny("s3:*"),))),
)
def test_every_level_has_to_allow(case: Case) -> None:
    """For a permission to be allowed, there must be an explicit Allow at every level from the root to the account."""
    check(case)


@rule(
    SCP_EVALUATION + "#how_scps_deny",
    denied("at the root", scps=([FULL, NO_SQS], FULL, FULL)),
    denied("at a unit", scps=(FULL, [FULL, NO_SQS], FULL)),
    denied("at the account", scps=(FULL, FULL, [FULL, NO_SQS])),
    denied("in one policy with the allow", scps=((allow(), deny("sqs:SendMessage")), FULL)),
    allowed("of other services", scps=([FULL, (deny("s3:*"),)], FULL)),
    denied(
        "under a condition that is met",
        scps=([FULL, (deny(condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),)],),
        keys={"aws:RequestedRegion": "us-east-1"},
    ),
    allowed(
        "under a condition that is not",
        scps=([FULL, (deny(condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}),)],),
        keys={"aws:RequestedRegion": "eu-west-1"},
    ),
    denied("of a resource", scps=([FULL, (deny("sqs:*", QUEUE),)],)),
    denied("of all actions but some", scps=([FULL, (deny(NotAction=["iam:*", "s3:*"]),)],)),
    allowed("of all actions but this", scps=([FULL, (deny(NotAction="sqs:*"),)],)),
)
def test_any_level_can_deny(case: Case) -> None:
    """Any SCP from the root through each unit to the account can deny a permission."""
    check(case)


@rule(
    SCPS + "#scp-effects-on-permissions",
    Case("an SCP grants nothing", ALICE, IMPLICIT, Kind.IDENTITY, scps=(FULL, FULL)),
    Case("a user with AdministratorAccess", ALICE, IMPLICIT, Kind.SERVICE_CONTROL, identity=FULL, scps=(S3,)),
    Case("a role session", WORKER, IMPLICIT, Kind.SERVICE_CONTROL, identity=FULL, scps=(S3,)),
    Case(
        "a role session that is denied",
        WORKER,
        EXPLICIT,
        Kind.SERVICE_CONTROL,
        identity=FULL,
        scps=((allow(), deny("sqs:*")),),
    ),
    Case("a federated user", CAROL, IMPLICIT, Kind.SERVICE_CONTROL, identity=FULL, session=FULL, scps=(S3,)),
    Case(
        "a user that the resource names", ALICE, IMPLICIT, Kind.SERVICE_CONTROL, policy=(grant(ALICE.arn),), scps=(S3,)
    ),
    Case(
        "a session that the resource names",
        WORKER,
        IMPLICIT,
        Kind.SERVICE_CONTROL,
        policy=(grant(WORKER.arn),),
        scps=(S3,),
    ),
    Case(
        "a user that the resource names, allowed",
        ALICE,
        ALLOWED,
        Kind.RESOURCE,
        policy=(grant(ALICE.arn),),
        scps=(SQS,),
    ),
    Case("users of accounts outside", STRANGER, ALLOWED, identity=FULL, policy=(grant(STRANGER.arn),)),
)
def test_scps_limit_users_and_roles(case: Case) -> None:
    """They limit what identity-based and resource-based policies grant to users and roles of member accounts."""
    check(case)


@rule(
    SCPS + "#scp-effects-on-permissions",
    Case("root where all levels allow", ROOT, ALLOWED, None, scps=(FULL, SQS)),
    Case("root where one does not", ROOT, IMPLICIT, Kind.SERVICE_CONTROL, scps=(FULL, S3)),
    Case("root where one denies", ROOT, EXPLICIT, Kind.SERVICE_CONTROL, scps=(FULL, (allow(), deny("sqs:*")))),
    Case(
        "only root",
        ROOT,
        EXPLICIT,
        Kind.SERVICE_CONTROL,
        scps=([FULL, (deny(condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}),)],),
        keys={"aws:PrincipalArn": ROOT.arn},
    ),
    Case(
        "all but root",
        ALICE,
        ALLOWED,
        identity=FULL,
        scps=([FULL, (deny(condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}),)],),
        keys={"aws:PrincipalArn": ALICE.arn},
    ),
)
def test_scps_limit_the_root_user(case: Case) -> None:
    """SCPs affect all users and roles in attached accounts, including the root user."""
    check(case)


EXEMPT = (deny("sqs:*", condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin*"}}),)


@rule(
    SCP_SYNTAX + "#scp-syntax-condition",
    denied("others", scps=([FULL, EXEMPT],), keys={"aws:PrincipalArn": ALICE.arn}),
    allowed(
        "the role that is exempt", scps=([FULL, EXEMPT],), keys={"aws:PrincipalArn": "arn:aws:iam::1:role/admin-a"}
    ),
    allowed("an Allow with a resource", scps=((allow("sqs:*", QUEUE),),)),
    blocked("an Allow of another resource", scps=((allow("sqs:*", QUEUE + "2"),),)),
    allowed("an Allow with NotAction", scps=((allow(NotAction="iam:*"),),)),
    allowed("an Allow whose condition is met", scps=((allow(condition={"Null": {"a:b": "true"}}),),)),
    blocked("an Allow whose condition is not", scps=((allow(condition={"Null": {"a:b": "false"}}),),)),
)
def test_the_full_language_in_scps(case: Case) -> None:
    """SCPs have conditions, resources and NotAction in statements of either effect."""
    check(case)


DENIED_SQS = (refuse("*", "sqs:*"),)


@rule(
    RCPS + "#rcp-effects-on-permissions",
    Case(
        "a user of the account", ALICE, EXPLICIT, Kind.RESOURCE_CONTROL, identity=FULL, rcps=([RCP_FULL, DENIED_SQS],)
    ),
    Case(
        "a role session of the account",
        WORKER,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case("the root user of a member account", ROOT, EXPLICIT, Kind.RESOURCE_CONTROL, rcps=([RCP_FULL, DENIED_SQS],)),
    Case(
        "a user of another account",
        STRANGER,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        policy=(grant(OTHER),),
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case(
        "somebody who did not sign",
        ANONYMOUS,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        policy=(grant("*"),),
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case(
        "a federated user",
        CAROL,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        session=FULL,
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case(
        "who is named directly",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        policy=(grant(ALICE.arn),),
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case("other services", ALICE, ALLOWED, identity=FULL, rcps=([RCP_FULL, (refuse("*", "s3:*"),)],)),
    Case("an RCP grants nothing", ALICE, IMPLICIT, Kind.IDENTITY, rcps=(RCP_FULL, RCP_FULL)),
    Case("nor to those who did not sign", ANONYMOUS, IMPLICIT, rcps=(RCP_FULL,)),
    Case(
        "a service-linked role is not affected",
        LINKED,
        ALLOWED,
        Kind.IDENTITY,
        identity=FULL,
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
)
def test_rcps_limit_whoever_comes_to_a_resource(case: Case) -> None:
    """They apply to all principals, root and those outside of the organization included, but service-linked roles."""
    check(case)


@rule(
    RCP_EVALUATION + "#how_rcps_deny",
    Case(
        "at the root",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=([RCP_FULL, DENIED_SQS], RCP_FULL, RCP_FULL),
    ),
    Case(
        "at a unit",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=(RCP_FULL, [RCP_FULL, DENIED_SQS], RCP_FULL),
    ),
    Case(
        "at the account",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=(RCP_FULL, RCP_FULL, [RCP_FULL, DENIED_SQS]),
    ),
    Case("nowhere", ALICE, ALLOWED, identity=FULL, rcps=(RCP_FULL, RCP_FULL, RCP_FULL)),
    Case(
        "of another resource",
        ALICE,
        ALLOWED,
        identity=FULL,
        rcps=([RCP_FULL, ({**refuse("*", "sqs:*"), "Resource": QUEUE + "2"},)],),
    ),
)
def test_any_level_can_deny_access_to_a_resource(case: Case) -> None:
    """Any RCP from the root through each unit to the account can deny; RCPFullAWSAccess lets all else pass."""
    check(case)


@rule(
    DENY_ALLOW,
    Case("no RCP allows", ALICE, IMPLICIT, Kind.RESOURCE_CONTROL, identity=FULL, rcps=((refuse("*", "s3:*"),),)),
    Case(
        "not at one of the levels",
        ALICE,
        IMPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=(RCP_FULL, (refuse("*", "s3:*"),)),
    ),
    Case(
        "RCPs come before SCPs",
        ALICE,
        IMPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        rcps=((refuse("*", "s3:*"),),),
        scps=(S3,),
    ),
    Case("SCPs come before identity's", ALICE, IMPLICIT, Kind.SERVICE_CONTROL, identity=S3, scps=(S3,)),
    Case("identity's come before boundaries", ALICE, IMPLICIT, Kind.IDENTITY, identity=S3, boundary=S3),
    Case(
        "boundaries come before session policies",
        WORKER,
        IMPLICIT,
        Kind.BOUNDARY,
        identity=FULL,
        boundary=S3,
        session=S3,
    ),
    Case(
        "an explicit deny comes before all",
        WORKER,
        EXPLICIT,
        Kind.SESSION,
        boundary=S3,
        session=(deny(),),
        scps=(S3,),
        rcps=((refuse("*", "s3:*"),),),
    ),
)
def test_in_which_order_policies_are_looked_at(case: Case) -> None:
    """Deny evaluation, then RCPs, SCPs, resource-based, identity-based policies, boundaries, session policies."""
    check(case)


PERIMETER = refuse(
    "*",
    "sqs:*",
    {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-mine"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    },
)
DEPUTY = refuse(
    "*",
    "sqs:*",
    {
        "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-mine"},
        "Bool": {"aws:PrincipalIsAWSService": "true"},
        "Null": {"aws:SourceAccount": "false"},
    },
)
FOR_SNS = (grant({"Service": "sns.amazonaws.com"}),)
IS_SERVICE = {"aws:PrincipalIsAWSService": "true"}
NO_SERVICE = {"aws:PrincipalIsAWSService": "false"}
guarded = partial(Case, rcps=([RCP_FULL, (PERIMETER,), (DEPUTY,)],))


@rule(
    RCP_EXAMPLES,
    guarded(
        "the own organization",
        who=ALICE,
        answer=ALLOWED,
        identity=FULL,
        keys={"aws:PrincipalOrgID": "o-mine", **NO_SERVICE},
    ),
    guarded(
        "another organization",
        who=STRANGER,
        answer=EXPLICIT,
        identity=FULL,
        policy=(grant(OTHER),),
        keys={"aws:PrincipalOrgID": "o-other", **NO_SERVICE},
    ),
    guarded("no organization", who=STRANGER, answer=EXPLICIT, identity=FULL, policy=(grant(OTHER),), keys=NO_SERVICE),
    guarded(
        "a service for the own organization",
        who=SNS,
        answer=ALLOWED,
        policy=FOR_SNS,
        keys={"aws:SourceAccount": "1", "aws:SourceOrgID": "o-mine", **IS_SERVICE},
    ),
    guarded(
        "a service for another organization",
        who=SNS,
        answer=EXPLICIT,
        by=Kind.RESOURCE_CONTROL,
        policy=FOR_SNS,
        keys={"aws:SourceAccount": "2", "aws:SourceOrgID": "o-other", **IS_SERVICE},
    ),
    guarded(
        "a service for an account without one",
        who=SNS,
        answer=EXPLICIT,
        by=Kind.RESOURCE_CONTROL,
        policy=FOR_SNS,
        keys={"aws:SourceAccount": "2", **IS_SERVICE},
    ),
    guarded("a service for nobody", who=SNS, answer=ALLOWED, policy=FOR_SNS, keys=IS_SERVICE),
)
def test_the_examples_of_rcps(case: Case) -> None:
    """AWS's RCPs for identities of the organization only, and for services only on its behalf (confused deputy)."""
    check(case)


@rule(
    SCPS + "#scp-effects-on-permissions",
    Case("SCP and RCP allow", ALICE, ALLOWED, identity=FULL, scps=(FULL,), rcps=(RCP_FULL,)),
    Case("the SCP does not", ALICE, IMPLICIT, Kind.SERVICE_CONTROL, identity=FULL, scps=(S3,), rcps=(RCP_FULL,)),
    Case(
        "the RCP denies",
        ALICE,
        EXPLICIT,
        Kind.RESOURCE_CONTROL,
        identity=FULL,
        scps=(FULL,),
        rcps=([RCP_FULL, DENIED_SQS],),
    ),
    Case("neither grants", ALICE, IMPLICIT, Kind.IDENTITY, scps=(FULL,), rcps=(RCP_FULL,)),
)
def test_scps_and_rcps_together(case: Case) -> None:
    """Effective is what SCPs and RCPs allow and an identity-based or resource-based policy grants."""
    check(case)
