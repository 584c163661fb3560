"""Requests from one account to a resource of another: both are asked, and both have to allow."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from gureum.api.principal import ANONYMOUS
from tests.api.policy.cases import (
    ACCOUNT_ARN,
    ALLOWED,
    EXPLICIT,
    FULL,
    IMPLICIT,
    KEY,
    OTHER,
    OTHER_ARN,
    QUEUE,
    RCP_FULL,
    SNS,
    STRANGER,
    STRANGER_ROOT,
    STRANGER_WORKER,
    Case,
    allow,
    check,
    deny,
    federated,
    grant,
    refuse,
    role_session,
    rule,
)

CROSS = "reference_policies_evaluation-logic-cross-account.html"
EVALUATION = CROSS + "#policy-eval-cross-account"

cross = partial(Case, who=STRANGER)
NOTHING = (allow("s3:ListAllMyBuckets"),)
TO_OTHER, TO_USER = (grant(OTHER_ARN),), (grant(STRANGER.arn),)


@rule(
    EVALUATION,
    cross("both allow, the account is named", answer=ALLOWED, identity=FULL, policy=TO_OTHER),
    cross("both allow, its number is named", answer=ALLOWED, identity=FULL, policy=(grant(OTHER),)),
    cross("both allow, the user is named", answer=ALLOWED, identity=FULL, policy=TO_USER),
    cross("both allow, everyone is named", answer=ALLOWED, identity=FULL, policy=(grant("*"),)),
    cross("the identity's names the resource", answer=ALLOWED, identity=(allow("sqs:*", QUEUE),), policy=TO_USER),
    cross("only the identity's allows", answer=IMPLICIT, by=Kind.RESOURCE, identity=FULL),
    cross(
        "only the identity's, the resource's is for others",
        answer=IMPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(grant(ACCOUNT_ARN),),
    ),
    cross("only the resource's allows the account", answer=IMPLICIT, by=Kind.IDENTITY, policy=TO_OTHER),
    cross("only the resource's allows the user", answer=IMPLICIT, by=Kind.IDENTITY, policy=TO_USER),
    cross("only the resource's allows everyone", answer=IMPLICIT, by=Kind.IDENTITY, policy=(grant("*"),)),
    cross("neither allows", answer=IMPLICIT),
    cross("they allow different actions", answer=IMPLICIT, identity=(allow("sqs:ReceiveMessage"),), policy=TO_USER),
)
def test_both_accounts_have_to_allow(case: Case) -> None:
    """AWS allows the request only if both account policy evaluations allow the request."""
    check(case)


@rule(
    EVALUATION,
    cross(
        "the identity's denies", answer=EXPLICIT, by=Kind.IDENTITY, identity=(allow(), deny("sqs:*")), policy=TO_USER
    ),
    cross(
        "the resource's denies the user",
        answer=EXPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(*TO_OTHER, refuse(STRANGER.arn)),
    ),
    cross(
        "the resource's denies the account",
        answer=EXPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(*TO_USER, refuse(OTHER)),
    ),
    cross(
        "the resource's denies everyone",
        answer=EXPLICIT,
        by=Kind.RESOURCE,
        identity=FULL,
        policy=(*TO_USER, refuse("*")),
    ),
    cross("the boundary denies", answer=EXPLICIT, by=Kind.BOUNDARY, identity=FULL, boundary=(deny(),), policy=TO_USER),
    cross("without any allow", answer=EXPLICIT, by=Kind.RESOURCE, policy=(refuse(OTHER),)),
)
def test_either_account_can_deny(case: Case) -> None:
    """If the request is explicitly denied within one of the accounts, the final decision is to deny the request."""
    check(case)


@rule(
    EVALUATION,
    cross(
        "a boundary, the user is named",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        identity=FULL,
        boundary=NOTHING,
        policy=TO_USER,
    ),
    cross(
        "a boundary, the account is named",
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        identity=FULL,
        boundary=NOTHING,
        policy=TO_OTHER,
    ),
    cross("a boundary that allows", answer=ALLOWED, identity=FULL, boundary=(allow("sqs:*"),), policy=TO_USER),
    cross(
        "an SCP of the principal's account",
        answer=IMPLICIT,
        by=Kind.SERVICE_CONTROL,
        identity=FULL,
        scps=(NOTHING,),
        policy=TO_USER,
    ),
    cross(
        "an SCP that denies",
        answer=EXPLICIT,
        by=Kind.SERVICE_CONTROL,
        identity=FULL,
        scps=((allow(), deny("sqs:*")),),
        policy=TO_USER,
    ),
    cross("an SCP that allows", answer=ALLOWED, identity=FULL, scps=(FULL, FULL), policy=TO_USER),
    cross(
        "an RCP of the resource's account",
        answer=EXPLICIT,
        by=Kind.RESOURCE_CONTROL,
        identity=FULL,
        policy=TO_USER,
        rcps=([RCP_FULL, (refuse("*", "sqs:*"),)],),
    ),
    cross("RCPs that let it pass", answer=ALLOWED, identity=FULL, policy=TO_USER, rcps=(RCP_FULL, RCP_FULL)),
)
def test_each_account_has_its_limits(case: Case) -> None:
    """For the trusted account identity policies and what limits them, for the trusting one the resource's policies."""
    check(case)


courier = partial(Case, who=STRANGER_WORKER)
TO_ROLE, TO_SESSION = (grant(STRANGER_WORKER.issuer),), (grant(STRANGER_WORKER.arn),)


@rule(
    EVALUATION,
    courier("both allow, the role is named", answer=ALLOWED, identity=FULL, policy=TO_ROLE),
    courier("both allow, the session is named", answer=ALLOWED, identity=FULL, policy=TO_SESSION),
    courier("both allow, the account is named", answer=ALLOWED, identity=FULL, policy=TO_OTHER),
    courier("only the resource's allows the role", answer=IMPLICIT, by=Kind.IDENTITY, policy=TO_ROLE),
    courier("only the resource's allows the session", answer=IMPLICIT, by=Kind.IDENTITY, policy=TO_SESSION),
    courier("only the identity's allows", answer=IMPLICIT, by=Kind.RESOURCE, identity=FULL),
    courier(
        "a session policy does not allow",
        answer=IMPLICIT,
        by=Kind.SESSION,
        identity=FULL,
        session=NOTHING,
        policy=TO_ROLE,
    ),
    courier(
        "a session policy does not, the session is named",
        answer=IMPLICIT,
        by=Kind.SESSION,
        identity=FULL,
        session=NOTHING,
        policy=TO_SESSION,
    ),
    courier("a session policy allows", answer=ALLOWED, identity=FULL, session=(allow("sqs:*"),), policy=TO_ROLE),
    courier(
        "a session policy denies", answer=EXPLICIT, by=Kind.SESSION, identity=FULL, session=(deny(),), policy=TO_SESSION
    ),
    courier(
        "a boundary of the role", answer=IMPLICIT, by=Kind.BOUNDARY, identity=FULL, boundary=NOTHING, policy=TO_SESSION
    ),
    Case(
        "another session of the role",
        role_session("courier", "van-2", OTHER),
        IMPLICIT,
        Kind.RESOURCE,
        identity=FULL,
        policy=TO_SESSION,
    ),
)
def test_role_sessions_of_another_account(case: Case) -> None:
    """A session that is named directly is so only for the resource's account; its own account is asked as well."""
    check(case)


GUEST = federated("guest", STRANGER)
ROOT_GUEST = federated("guest", STRANGER_ROOT)


@rule(
    EVALUATION,
    Case("both allow", GUEST, ALLOWED, identity=FULL, session=FULL, policy=(grant(GUEST.arn),)),
    Case("no session policy", GUEST, IMPLICIT, Kind.SESSION, identity=FULL, policy=(grant(GUEST.arn),)),
    Case("only the resource's allows", GUEST, IMPLICIT, policy=(grant(GUEST.arn),)),
    Case("only the session's allows", GUEST, IMPLICIT, Kind.RESOURCE, identity=FULL, session=FULL),
    Case("the account is named", GUEST, ALLOWED, identity=FULL, session=FULL, policy=TO_OTHER),
    Case("root's, the account is named", ROOT_GUEST, ALLOWED, session=FULL, policy=TO_OTHER),
    Case("root's, nobody is named", ROOT_GUEST, IMPLICIT, Kind.RESOURCE, session=FULL),
)
def test_federated_users_of_another_account(case: Case) -> None:
    """The user's and the session policy in one account, the resource-based policy in the other."""
    check(case)


@rule(
    EVALUATION,
    Case("the account is named", STRANGER_ROOT, ALLOWED, policy=TO_OTHER),
    Case("everyone is named", STRANGER_ROOT, ALLOWED, policy=(grant("*"),)),
    Case("nobody is named", STRANGER_ROOT, IMPLICIT, Kind.RESOURCE),
    Case("somebody else is named", STRANGER_ROOT, IMPLICIT, Kind.RESOURCE, policy=TO_USER),
    Case("it is denied", STRANGER_ROOT, EXPLICIT, Kind.RESOURCE, policy=(*TO_OTHER, refuse(OTHER))),
    Case("an SCP of its account", STRANGER_ROOT, IMPLICIT, Kind.SERVICE_CONTROL, scps=(NOTHING,), policy=TO_OTHER),
)
def test_root_of_another_account(case: Case) -> None:
    """Root has full access in its own account only: the other account has to allow it."""
    check(case)


@rule(
    "reference_policies_elements_principal.html#principal-anonymous",
    Case("everyone is named", ANONYMOUS, ALLOWED, Kind.RESOURCE, policy=(grant("*"),)),
    Case("an account is named", ANONYMOUS, IMPLICIT, policy=TO_OTHER),
    Case("no policy", ANONYMOUS, IMPLICIT),
    Case("denied", ANONYMOUS, EXPLICIT, Kind.RESOURCE, policy=(grant("*"), refuse("*"))),
    Case(
        "a service needs no identity policy",
        SNS,
        ALLOWED,
        Kind.RESOURCE,
        policy=(grant({"Service": "sns.amazonaws.com"}),),
    ),
)
def test_those_of_no_account(case: Case) -> None:
    """Who did not sign, and services, have no account that could be asked."""
    check(case)


in_kms = partial(Case, who=STRANGER, action="kms:Decrypt", resource=KEY, required=True)


@rule(
    "kms/latest/developerguide/key-policy-modifying-external-accounts.html",
    in_kms("both allow", answer=ALLOWED, identity=(allow("kms:Decrypt", KEY),), policy=(grant(OTHER_ARN, "kms:*"),)),
    in_kms("only the key policy", answer=IMPLICIT, by=Kind.IDENTITY, policy=(grant(OTHER_ARN, "kms:*"),)),
    in_kms(
        "only the IAM policy", answer=IMPLICIT, by=Kind.RESOURCE, identity=FULL, policy=(grant(ACCOUNT_ARN, "kms:*"),)
    ),
    in_kms(
        "another action", answer=IMPLICIT, by=Kind.RESOURCE, identity=FULL, policy=(grant(OTHER_ARN, "kms:Encrypt"),)
    ),
)
def test_keys_for_other_accounts(case: Case) -> None:
    """The key policy must give the external account permission, and IAM policies in that account must delegate it."""
    check(case)


PRODUCTION = "arn:aws:s3:::amzn-s3-demo-bucket"
CARLOS = (
    allow("s3:ListAllMyBuckets"),
    allow("s3:*Object*", PRODUCTION + "/*"),
    deny("s3:*", ["arn:aws:s3:::*log*", "arn:aws:s3:::*log*/*"]),
)
BUCKET_POLICY = (grant(STRANGER.arn, ["s3:GetObject*", "s3:PutObject*", "s3:ReplicateObject", "s3:RestoreObject"]),)
carlos = partial(Case, who=STRANGER, identity=CARLOS)


@rule(
    CROSS + "#policies_evaluation_example-cross-account",
    carlos(
        "save to the logs", answer=EXPLICIT, by=Kind.IDENTITY, action="s3:PutObject", resource=PRODUCTION + "-logs/a"
    ),
    carlos(
        "save to the bucket", answer=ALLOWED, action="s3:PutObject", resource=PRODUCTION + "/a", policy=BUCKET_POLICY
    ),
    carlos("read from it", answer=ALLOWED, action="s3:GetObject", resource=PRODUCTION + "/a", policy=BUCKET_POLICY),
    carlos(
        "delete from it",
        answer=IMPLICIT,
        by=Kind.RESOURCE,
        action="s3:DeleteObject",
        resource=PRODUCTION + "/a",
        policy=BUCKET_POLICY,
    ),
    carlos("manage the bucket", answer=IMPLICIT, action="s3:DeleteBucket", resource=PRODUCTION, policy=BUCKET_POLICY),
)
def test_the_example_of_carlos(case: Case) -> None:
    """The page's user of one account and bucket of another."""
    check(case)
