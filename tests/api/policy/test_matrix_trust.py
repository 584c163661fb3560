"""Role trust policies: who may assume a role.  Without an allow in it nobody may, whatever identity policies say."""

from __future__ import annotations

from functools import partial

from gureum.api.policy.model import Kind
from gureum.api.principal import ANONYMOUS, service_principal
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
    QUEUE,
    SNS,
    STRANGER,
    STRANGER_WORKER,
    WORKER,
    Case,
    allow,
    check,
    deny,
    distrust,
    role_session,
    rule,
    trust,
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
DENY_ALLOW = "reference_policies_evaluation-logic_policy-eval-denyallow.html"
TRUST = "access_policies.html#policies_resource-based"
PRINCIPAL = "reference_policies_elements_principal.html"
CROSS = "reference_policies_evaluation-logic-cross-account.html"

assume = partial(Case, action="sts:AssumeRole", resource=ROLE)
MAY = (allow("sts:AssumeRole", ROLE),)
TRUST_ACCOUNT, TRUST_ALICE = (trust(ACCOUNT_ARN),), (trust(ALICE.arn),)


@rule(
    DENY_ALLOW,
    assume(
        "an identity policy alone", who=ALICE, answer=IMPLICIT, by=Kind.TRUST, identity=FULL, trust=(trust(BOB.arn),)
    ),
    assume(
        "also of a role session", who=WORKER, answer=IMPLICIT, by=Kind.TRUST, identity=FULL, trust=(trust(BOB.arn),)
    ),
    assume(
        "a role that trusts a service only",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.TRUST,
        identity=FULL,
        trust=(trust({"Service": "ec2.amazonaws.com"}),),
    ),
    assume("nobody without any policy", who=BOB, answer=IMPLICIT, trust=TRUST_ALICE),
    assume("somebody who did not sign", who=ANONYMOUS, answer=IMPLICIT, trust=TRUST_ACCOUNT),
)
def test_a_trust_policy_has_to_allow(case: Case) -> None:
    """IAM role trust policies are exceptions: they must explicitly allow access for principals."""
    check(case)


@rule(
    TRUST,
    assume("a user that is named needs no more", who=ALICE, answer=ALLOWED, by=Kind.TRUST, trust=TRUST_ALICE),
    assume(
        "though the user's policy is about something else",
        who=ALICE,
        answer=ALLOWED,
        by=Kind.TRUST,
        identity=(allow("s3:*"),),
        trust=TRUST_ALICE,
    ),
    assume("one of several", who=BOB, answer=ALLOWED, by=Kind.TRUST, trust=(trust([ALICE.arn, BOB.arn]),)),
    assume("another user", who=BOB, answer=IMPLICIT, trust=TRUST_ALICE),
    assume(
        "a role that is named: its sessions", who=WORKER, answer=ALLOWED, by=Kind.TRUST, trust=(trust(WORKER.issuer),)
    ),
    assume("another role", who=role_session("painter", "x"), answer=IMPLICIT, trust=(trust(WORKER.issuer),)),
    assume("a session that is named", who=WORKER, answer=ALLOWED, by=Kind.TRUST, trust=(trust(WORKER.arn),)),
    assume("another session", who=role_session("worker", "x"), answer=IMPLICIT, trust=(trust(WORKER.arn),)),
    assume("a federated user that is named", who=CAROL, answer=ALLOWED, by=Kind.TRUST, trust=(trust(CAROL.arn),)),
    assume("everyone", who=ALICE, answer=ALLOWED, by=Kind.TRUST, trust=(trust("*"),)),
    assume(
        "everyone under a condition that is met",
        who=ALICE,
        answer=ALLOWED,
        trust=(trust("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),),
        keys={"aws:SourceIp": "10.1.2.3"},
    ),
    assume(
        "everyone under a condition that is not",
        who=ALICE,
        answer=IMPLICIT,
        trust=(trust("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),),
        keys={"aws:SourceIp": "192.0.2.1"},
    ),
)
def test_principals_of_the_account_that_are_named(case: Case) -> None:
    """If a resource-based policy grants access to a principal in the same account, no identity policy is required."""
    check(case)


@rule(
    PRINCIPAL + "#principal-accounts",
    assume("with an identity policy", who=ALICE, answer=ALLOWED, identity=MAY, trust=TRUST_ACCOUNT),
    assume("by its number", who=ALICE, answer=ALLOWED, identity=MAY, trust=(trust(ACCOUNT),)),
    assume("without one", who=ALICE, answer=IMPLICIT, by=Kind.IDENTITY, trust=TRUST_ACCOUNT),
    assume(
        "with one for another role",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        identity=(allow("sts:AssumeRole", ROLE + "2"),),
        trust=TRUST_ACCOUNT,
    ),
    assume("a role session with one", who=WORKER, answer=ALLOWED, identity=MAY, trust=TRUST_ACCOUNT),
    assume("a role session without one", who=WORKER, answer=IMPLICIT, by=Kind.IDENTITY, trust=TRUST_ACCOUNT),
    assume(
        "a boundary limits it",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.BOUNDARY,
        identity=MAY,
        boundary=(allow("s3:*"),),
        trust=TRUST_ACCOUNT,
    ),
    assume(
        "a session policy limits it",
        who=WORKER,
        answer=IMPLICIT,
        by=Kind.SESSION,
        identity=MAY,
        session=(allow("s3:*"),),
        trust=TRUST_ACCOUNT,
    ),
    assume("another account", who=ALICE, answer=IMPLICIT, by=Kind.TRUST, identity=MAY, trust=(trust(OTHER),)),
)
def test_a_role_that_trusts_its_account(case: Case) -> None:
    """The account is delegated to: an administrator in it must then grant access to an identity."""
    check(case)


TO_ALICE = (trust(ALICE.arn),)


@rule(
    DENY_ALLOW,
    assume(
        "an identity policy denies",
        who=ALICE,
        answer=EXPLICIT,
        by=Kind.IDENTITY,
        identity=(deny("sts:*"),),
        trust=TO_ALICE,
    ),
    assume(
        "the trust policy denies",
        who=ALICE,
        answer=EXPLICIT,
        by=Kind.TRUST,
        identity=FULL,
        trust=(*TO_ALICE, distrust(ALICE.arn)),
    ),
    assume(
        "the trust policy denies all",
        who=ALICE,
        answer=EXPLICIT,
        by=Kind.TRUST,
        identity=FULL,
        trust=(*TO_ALICE, distrust("*")),
    ),
    assume("the trust policy denies another", who=ALICE, answer=ALLOWED, trust=(*TO_ALICE, distrust(BOB.arn))),
    assume(
        "a boundary denies", who=ALICE, answer=EXPLICIT, by=Kind.BOUNDARY, boundary=(deny("sts:*"),), trust=TO_ALICE
    ),
    assume(
        "an SCP does not allow",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.SERVICE_CONTROL,
        scps=((allow("s3:*"),),),
        trust=TO_ALICE,
    ),
)
def test_denies_when_a_role_is_assumed(case: Case) -> None:
    """An explicit deny in any policy wins; SCPs limit every request of the account's principals."""
    check(case)


EXTERNAL = (trust(OTHER, {"StringEquals": {"sts:ExternalId": "12345"}}),)
NEEDS_MFA = (trust(ALICE.arn, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),)
stranger = partial(assume, who=STRANGER, identity=MAY)


@rule(
    "id_roles_common-scenarios_third-party.html",
    stranger("the external id", answer=ALLOWED, trust=EXTERNAL, keys={"sts:ExternalId": "12345"}),
    stranger("another customer's", answer=IMPLICIT, by=Kind.TRUST, trust=EXTERNAL, keys={"sts:ExternalId": "67890"}),
    stranger("none", answer=IMPLICIT, by=Kind.TRUST, trust=EXTERNAL),
    assume("MFA", who=ALICE, answer=ALLOWED, trust=NEEDS_MFA, keys={"aws:MultiFactorAuthPresent": "true"}),
    assume(
        "no MFA in the session",
        who=ALICE,
        answer=IMPLICIT,
        trust=NEEDS_MFA,
        keys={"aws:MultiFactorAuthPresent": "false"},
    ),
    assume("no MFA with access keys", who=ALICE, answer=IMPLICIT, trust=NEEDS_MFA),
)
def test_conditions_of_trust_policies(case: Case) -> None:
    """Whoever assumes the role must be a principal in the policy and fulfil its Condition element."""
    check(case)


tag = partial(Case, who=ALICE, action="sts:TagSession", resource=ROLE)
BOTH_ACTIONS = (trust(ALICE.arn, action=["sts:AssumeRole", "sts:TagSession"]),)


@rule(
    "id_session-tags.html#id_session-tags_permissions-required",
    tag("not with AssumeRole alone", answer=IMPLICIT, trust=TRUST_ALICE),
    tag("if it is named as well", answer=ALLOWED, by=Kind.TRUST, trust=BOTH_ACTIONS),
    tag("or by a wildcard", answer=ALLOWED, by=Kind.TRUST, trust=(trust(ALICE.arn, action="sts:*"),)),
    assume("AssumeRole if both are named", who=ALICE, answer=ALLOWED, by=Kind.TRUST, trust=BOTH_ACTIONS),
    assume("not if only the tags are", who=ALICE, answer=IMPLICIT, trust=(trust(ALICE.arn, action="sts:TagSession"),)),
)
def test_each_action_has_to_be_trusted(case: Case) -> None:
    """To pass session tags, the trust policy must also allow sts:TagSession."""
    check(case)


EC2, TWO = {"Service": "ec2.amazonaws.com"}, {"Service": ["ecs.amazonaws.com", "sns.amazonaws.com"]}


@rule(
    PRINCIPAL + "#principal-services",
    assume(
        "the service that is trusted", who=service_principal("ec2"), answer=ALLOWED, by=Kind.TRUST, trust=(trust(EC2),)
    ),
    assume("another service", who=SNS, answer=IMPLICIT, by=Kind.TRUST, trust=(trust(EC2),)),
    assume("one of two", who=SNS, answer=ALLOWED, by=Kind.TRUST, trust=(trust(TWO),)),
    assume("an account that is trusted is no service", who=SNS, answer=IMPLICIT, trust=TRUST_ACCOUNT),
    assume(
        "on behalf of a queue",
        who=SNS,
        answer=ALLOWED,
        trust=(trust(TWO, {"ArnLike": {"aws:SourceArn": QUEUE}}),),
        keys={"aws:SourceArn": QUEUE},
    ),
    assume(
        "on behalf of another",
        who=SNS,
        answer=IMPLICIT,
        trust=(trust(TWO, {"ArnLike": {"aws:SourceArn": QUEUE}}),),
        keys={"aws:SourceArn": QUEUE + "2"},
    ),
)
def test_service_roles(case: Case) -> None:
    """The trust policy of a service role names the services that can assume it."""
    check(case)


OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/accounts.example.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/example"
WEB, FROM_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
FOR_APP = {"StringEquals": {"accounts.example.com:aud": "app"}}
web = partial(Case, who=ANONYMOUS, action=WEB, resource=ROLE)
TRUST_OIDC = (trust({"Federated": OIDC}, FOR_APP, WEB),)


@rule(
    PRINCIPAL + "#principal-federated-web-identity",
    web(
        "the provider that is trusted",
        answer=ALLOWED,
        by=Kind.TRUST,
        trust=(trust({"Federated": OIDC}, action=WEB),),
        keys={"aws:FederatedProvider": OIDC},
    ),
    web(
        "one that is no ARN",
        answer=ALLOWED,
        by=Kind.TRUST,
        trust=(trust({"Federated": "accounts.google.com"}, action=WEB),),
        keys={"aws:FederatedProvider": "accounts.google.com"},
    ),
    web(
        "another provider",
        answer=IMPLICIT,
        by=Kind.TRUST,
        trust=(trust({"Federated": OIDC}, action=WEB),),
        keys={"aws:FederatedProvider": OIDC + "2"},
    ),
    web("nobody who vouches", answer=IMPLICIT, by=Kind.TRUST, trust=(trust({"Federated": OIDC}, action=WEB),)),
    web(
        "for the application",
        answer=ALLOWED,
        trust=TRUST_OIDC,
        keys={"aws:FederatedProvider": OIDC, "accounts.example.com:aud": "app"},
    ),
    web(
        "for another application",
        answer=IMPLICIT,
        by=Kind.TRUST,
        trust=TRUST_OIDC,
        keys={"aws:FederatedProvider": OIDC, "accounts.example.com:aud": "b"},
    ),
    web(
        "by the wrong action",
        answer=IMPLICIT,
        action="sts:AssumeRole",
        trust=TRUST_OIDC,
        keys={"aws:FederatedProvider": OIDC, "accounts.example.com:aud": "app"},
    ),
    web(
        "a SAML provider",
        answer=ALLOWED,
        by=Kind.TRUST,
        action=FROM_SAML,
        trust=(trust({"Federated": SAML}, action=FROM_SAML),),
        keys={"aws:FederatedProvider": SAML},
    ),
    web(
        "a SAML provider is no other",
        answer=IMPLICIT,
        action=FROM_SAML,
        trust=(trust({"Federated": SAML}, action=FROM_SAML),),
        keys={"aws:FederatedProvider": OIDC},
    ),
    assume(
        "a user is no provider", who=ALICE, answer=IMPLICIT, action=WEB, trust=(trust({"Federated": OIDC}, action=WEB),)
    ),
)
def test_identity_providers(case: Case) -> None:
    """Whom an identity provider vouches for has no AWS identity before the role: the policy names the provider."""
    check(case)


PINNED_USER, PINNED_ROLE = {ALICE.arn: ALICE.id}, {WORKER.issuer: WORKER.unique_id}


@rule(
    PRINCIPAL + "#principal-users",
    assume("the user of that time", who=ALICE, answer=ALLOWED, by=Kind.TRUST, trust=TRUST_ALICE, pins=PINNED_USER),
    assume(
        "a user made anew",
        who=ALICE,
        answer=IMPLICIT,
        by=Kind.TRUST,
        identity=MAY,
        trust=TRUST_ALICE,
        pins={ALICE.arn: "AIDAOLD"},
    ),
    assume(
        "the role of that time",
        who=WORKER,
        answer=ALLOWED,
        by=Kind.TRUST,
        trust=(trust(WORKER.issuer),),
        pins=PINNED_ROLE,
    ),
    assume(
        "a role made anew",
        who=WORKER,
        answer=IMPLICIT,
        by=Kind.TRUST,
        identity=MAY,
        trust=(trust(WORKER.issuer),),
        pins={WORKER.issuer: "AROAOLD"},
    ),
    assume(
        "a Deny for the one of that time",
        who=ALICE,
        answer=ALLOWED,
        trust=(trust(ACCOUNT), distrust(ALICE.arn)),
        identity=MAY,
        pins={ALICE.arn: "AIDAOLD"},
    ),
    assume(
        "aws:PrincipalArn is not converted",
        who=WORKER,
        answer=ALLOWED,
        trust=(trust("*", {"ArnEquals": {"aws:PrincipalArn": WORKER.issuer}}),),
        pins={WORKER.issuer: "AROAOLD"},
        keys={"aws:PrincipalArn": WORKER.issuer},
    ),
)
def test_a_principal_is_who_it_was_when_the_policy_was_saved(case: Case) -> None:
    """The ARN transforms to the unique principal id: the policy no longer applies to one recreated by that name."""
    check(case)


@rule(
    CROSS,
    stranger("both accounts allow", answer=ALLOWED, trust=(trust(OTHER),)),
    stranger("both allow, the user is named", answer=ALLOWED, trust=(trust(STRANGER.arn),)),
    stranger("only the trusting account", answer=IMPLICIT, by=Kind.IDENTITY, identity=(), trust=(trust(OTHER),)),
    stranger(
        "only the trusting account, the user is named",
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        identity=(),
        trust=(trust(STRANGER.arn),),
    ),
    stranger("only the trusted account", answer=IMPLICIT, by=Kind.TRUST, trust=TRUST_ACCOUNT),
    stranger("a role of it, both allow", who=STRANGER_WORKER, answer=ALLOWED, trust=(trust(STRANGER_WORKER.issuer),)),
    stranger(
        "a role of it, only the trusting account",
        who=STRANGER_WORKER,
        answer=IMPLICIT,
        by=Kind.IDENTITY,
        identity=(),
        trust=(trust(STRANGER_WORKER.issuer),),
    ),
    stranger(
        "the trusted account denies",
        answer=EXPLICIT,
        by=Kind.IDENTITY,
        identity=(allow(), deny("sts:*")),
        trust=(trust(OTHER),),
    ),
    stranger(
        "the trusting account denies", answer=EXPLICIT, by=Kind.TRUST, trust=(trust(OTHER), distrust(STRANGER.arn))
    ),
)
def test_roles_for_other_accounts(case: Case) -> None:
    """The trust policy is one half; the other is a policy in the trusted account that allows to assume the role."""
    check(case)
