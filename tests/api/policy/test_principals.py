"""Whom a statement is about, how directly, and whom NotPrincipal leaves out."""

from __future__ import annotations

import pytest

from gureum.api.policy import MalformedPolicy, Reach, canonical_id
from gureum.api.policy.principals import Principals
from gureum.api.principal import ANONYMOUS, Principal, service_principal
from tests.api.policy.cases import ACCOUNT, ALICE, BOB, CAROL, OTHER, ROOT, SNS, WORKER

NOBODY: dict[str, str] = {}
ROLE = WORKER.issuer
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com"


def reach(
    principal: Principal,
    *,
    pins: dict[str, str] = NOBODY,
    keys: dict[str, str] = NOBODY,
    inverse: bool = False,
    **named: str | tuple[str, ...],
) -> Reach:
    values = {name: (value,) if isinstance(value, str) else value for name, value in named.items()}
    return Principals(values, inverse=inverse).reach(principal, pins, keys)


@pytest.mark.parametrize(
    ("named", "principal", "expected"),
    [
        (ACCOUNT, ALICE, Reach.ACCOUNT),
        (ROOT.arn, ALICE, Reach.ACCOUNT),
        (ROOT.arn, ROOT, Reach.ACCOUNT),
        (ROOT.arn, CAROL, Reach.ACCOUNT),
        (ACCOUNT, CAROL, Reach.ACCOUNT),
        (OTHER, ALICE, Reach.NONE),
        (ALICE.arn, ALICE, Reach.DIRECT),
        (ALICE.id, ALICE, Reach.NONE),
        (ALICE.arn, BOB, Reach.NONE),
        (ALICE.arn, CAROL, Reach.ROLE),
        (CAROL.arn, CAROL, Reach.DIRECT),
        (CAROL.arn, ALICE, Reach.NONE),
        (WORKER.arn, WORKER, Reach.DIRECT),
        (ROLE, WORKER, Reach.ROLE),
        (ROLE, ALICE, Reach.NONE),
        ("*", ALICE, Reach.ANYONE),
        ("*", ANONYMOUS, Reach.ANYONE),
        ("*", SNS, Reach.ANYONE),
        (ACCOUNT, ANONYMOUS, Reach.NONE),
        (ACCOUNT, SNS, Reach.NONE),
    ],
)
def test_aws_principals(named: str, principal: Principal, expected: Reach) -> None:
    """How directly an element of `AWS` names somebody."""
    aws = Principals({"AWS": (named,)}, inverse=False) if named != ALICE.id else None
    assert (Reach.NONE if aws is None else aws.reach(principal, {}, {})) is expected


def test_unique_ids() -> None:
    """What is left in a policy of a principal that is gone; only that one has it."""
    ann = Principal("IAMUser", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AIDAABCDEFGHIJKLMNOP", "ann")
    assert reach(ann, AWS=ann.id) is Reach.DIRECT
    assert reach(ALICE, AWS=ann.id) is Reach.NONE


def test_a_pinned_principal_made_anew_is_another_one() -> None:
    """An ARN means who had it when the policy was saved; what is not pinned means who has it."""
    assert reach(ALICE, AWS=ALICE.arn, pins={ALICE.arn: ALICE.id}) is Reach.DIRECT
    assert reach(ALICE, AWS=ALICE.arn, pins={ALICE.arn: "AIDAOLD"}) is Reach.NONE
    assert reach(ALICE, AWS=ALICE.arn, pins={BOB.arn: "AIDAOLD"}) is Reach.DIRECT
    assert reach(WORKER, AWS=ROLE, pins={ROLE: WORKER.unique_id}) is Reach.ROLE
    assert reach(WORKER, AWS=ROLE, pins={ROLE: "AROAOLD"}) is Reach.NONE
    guest = Principal("FederatedUser", ACCOUNT, "arn", f"{ACCOUNT}:guest", "guest", ALICE.arn, ALICE.id)
    assert reach(guest, AWS=ALICE.arn, pins={ALICE.arn: ALICE.id}) is Reach.ROLE
    assert reach(guest, AWS=ALICE.arn, pins={ALICE.arn: "AIDAOLD"}) is Reach.NONE


def test_the_most_direct_name_counts() -> None:
    """A principal that is named twice is named as the better of both says."""
    assert reach(ALICE, AWS=(ACCOUNT, ALICE.arn)) is Reach.DIRECT
    assert reach(WORKER, AWS=(ACCOUNT, ROLE)) is Reach.ROLE


def test_services() -> None:
    """By their names, one or all."""
    assert reach(SNS, Service="sns.amazonaws.com") is Reach.DIRECT
    assert reach(SNS, Service="*") is Reach.DIRECT
    assert reach(service_principal("sqs"), Service="sns.amazonaws.com") is Reach.NONE
    assert reach(ALICE, Service="*") is Reach.NONE


def test_federated_principals() -> None:
    """Who comes from a provider says so in a key; a role session that began there is named by its role."""
    keys = {"aws:federatedprovider": PROVIDER}
    assert reach(ANONYMOUS, Federated=PROVIDER, keys=keys) is Reach.DIRECT
    assert reach(WORKER, Federated=PROVIDER, keys=keys) is Reach.ROLE
    assert reach(ANONYMOUS, Federated=PROVIDER) is Reach.NONE
    assert reach(ANONYMOUS, Federated="accounts.google.com", keys=keys) is Reach.NONE


def test_bearers_of_tokens() -> None:
    """They are not yet anybody of the account in which the role that they ask for is."""
    bearer = Principal("WebIdentityUser", ACCOUNT, "", "subject", "subject", PROVIDER)
    assert reach(bearer, Federated=PROVIDER, keys={"aws:federatedprovider": PROVIDER}) is Reach.DIRECT
    assert reach(bearer, AWS=(ACCOUNT, ROOT.arn), keys={"aws:federatedprovider": PROVIDER}) is Reach.NONE


def test_canonical_users() -> None:
    """The other name of an account, which always is the same."""
    assert reach(ALICE, CanonicalUser=canonical_id(ACCOUNT)) is Reach.ACCOUNT
    assert reach(ALICE, CanonicalUser=canonical_id(OTHER)) is Reach.NONE


@pytest.mark.parametrize(
    ("named", "principal", "left_out"),
    [
        ((ALICE.arn, ROOT.arn), ALICE, True),
        ((ALICE.arn, ACCOUNT), ALICE, True),
        ((ALICE.arn,), ALICE, False),
        ((ROOT.arn,), ALICE, False),
        ((ROOT.arn,), ROOT, True),
        ((ALICE.arn, ROOT.arn), BOB, False),
        ((ROLE, ROOT.arn), WORKER, True),
        ((WORKER.arn, ROLE, ROOT.arn), WORKER, True),
        ((WORKER.arn, ROOT.arn), WORKER, False),
        ((ALICE.arn, ROOT.arn), ANONYMOUS, False),
        ((ALICE.arn, ROOT.arn), SNS, False),
    ],
)
def test_notprincipal_needs_the_account_as_well(named: tuple[str, ...], principal: Principal, left_out: bool) -> None:
    """AWS may validate the account first and then the rest, so whom it leaves out has to be listed with the account."""
    assert reach(principal, inverse=True, AWS=named) is (Reach.NONE if left_out else Reach.ANYONE)


def test_notprincipal_with_services() -> None:
    """A service stands above nothing."""
    assert reach(SNS, inverse=True, Service="sns.amazonaws.com") is Reach.NONE
    assert reach(ALICE, inverse=True, Service="sns.amazonaws.com") is Reach.ANYONE


@pytest.mark.parametrize(
    "name",
    [
        "ann",
        "",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        f"arn:aws:iam::{ACCOUNT}:group/a",
        f"{ACCOUNT}1",
        "arn:aws:iam::1:root",
    ],
)
def test_names_that_are_none(name: str) -> None:
    """No wildcards in parts of names, and no groups."""
    with pytest.raises(MalformedPolicy, match="Invalid principal in policy: "):
        Principals({"AWS": (name,)}, inverse=False)


def test_who_is_named() -> None:
    """All who may have to exist; everyone does."""
    names = (ALICE.arn, ROLE, WORKER.arn, CAROL.arn, ACCOUNT, ROOT.arn)
    assert Principals({"AWS": (*names, "*")}, inverse=False).named == set(names)
