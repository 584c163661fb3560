"""Rules of names, quotas and tags that are tedious to show with requests."""

from __future__ import annotations

import pytest

from gureum.services.iam.errors import (
    EntityAlreadyExistsException,
    LimitExceededException,
    PasswordPolicyViolationException,
)
from gureum.services.iam.rules import names, passwords, qr, quotas
from gureum.services.iam.rules.quotas import Quota


def test_a_quota_is_full_when_there_is_no_room() -> None:
    """The last one fits; the refusal names quota and number."""
    quota = Quota("UsersPerAccount", 5000)
    quota.check(4999)
    quota.check(4000, adding=1000)
    for have, adding in ((5000, 1), (4000, 1001)):
        with pytest.raises(LimitExceededException, match="Cannot exceed quota for UsersPerAccount: 5000"):
            quota.check(have, adding)


def test_quotas_are_those_of_the_documentation() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, defaults."""
    assert [quotas.users.most, quotas.groups.most, quotas.roles.most, quotas.policies.most] == [5000, 300, 1000, 1500]
    assert [quotas.mfa_devices.most, quotas.ssh_public_keys.most, quotas.signing_certificates.most] == [8, 5, 2]


def test_names_are_compared_without_case() -> None:
    """Whoever has the name, in whatever case, has it alone."""
    names.check_free(None, "User", "alice")
    with pytest.raises(EntityAlreadyExistsException, match="User with name alice already exists"):
        names.check_free(object(), "User", "alice")
    assert names.fold("Alice") == names.fold("aLICE")


def test_the_default_policy_forbids_the_accounts_name() -> None:
    """Or its email address."""
    with pytest.raises(PasswordPolicyViolationException):
        passwords.check("Acme-Corp-1", None, ("Acme-Corp-1", "a@example.com"))
    passwords.check("Acme-Corp-2", None, ("Acme-Corp-1", "a@example.com"))


def test_what_a_qr_code_says() -> None:
    """As authenticator apps read it."""
    assert qr.key_uri("my=phone", "acme", "ABC") == "otpauth://totp/my%3Dphone@acme?secret=ABC"
