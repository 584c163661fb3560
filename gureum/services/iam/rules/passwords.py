"""What a password has to be like: as the account's policy says, or AWS's default one.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html;
wordings as the users of AWS report them.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Final

from gureum.identity import passwords
from gureum.identity.records import Login, PasswordPolicy
from gureum.services.iam.errors import PasswordPolicyViolationException

_symbols: Final = frozenset("!@#$%^&*()_+-=[]{}|'")
_default_characters_min: Final = 8
_default_classes_min: Final = 3
remembered_max: Final = 24
"""How many former passwords are kept: as many as a policy can forbid."""


def _holds(characters: frozenset[str]) -> Callable[[str], bool]:
    return lambda password: not characters.isdisjoint(password)


has_uppercase: Final = _holds(frozenset(string.ascii_uppercase))
has_lowercase: Final = _holds(frozenset(string.ascii_lowercase))
has_number: Final = _holds(frozenset(string.digits))
has_symbol: Final = _holds(_symbols)


def check(password: str, policy: PasswordPolicy | None, account_names: tuple[str, ...]) -> None:
    """Raise PasswordPolicyViolation unless `password` is as `policy` asks; the default one asks when it is None.

    `account_names` are the account's name and email address, which no password may be by default.
    """
    if policy is None:
        _check_by_default(password, account_names)
        return
    _check_length(password, policy.characters_min)
    for asked, holds, what in (
        (policy.uppercase, has_uppercase, "uppercase letter"),
        (policy.lowercase, has_lowercase, "lowercase letter"),
        (policy.numbers, has_number, "number"),
        (policy.symbols, has_symbol, "symbol"),
    ):
        if asked and not holds(password):
            raise PasswordPolicyViolationException(f"Password should have at least one {what}")


def check_new(hashed: bytes, login: Login | None, policy: PasswordPolicy | None) -> None:
    """Raise PasswordPolicyViolation when `policy` forbids a password because it was used before."""
    if login is None or policy is None or policy.reuse_prevented is None:
        return
    last = (login.hash, *login.former)[: policy.reuse_prevented]
    if any(passwords.same(hashed, former) for former in last):
        raise PasswordPolicyViolationException(
            "Policy constraint violation with password reuse prevention during password change"
        )


def _check_length(password: str, characters_min: int) -> None:
    if len(password) < characters_min:
        raise PasswordPolicyViolationException(f"Password should have a minimum length of {characters_min}")


def _check_by_default(password: str, account_names: tuple[str, ...]) -> None:
    _check_length(password, _default_characters_min)
    classes = sum(holds(password) for holds in (has_uppercase, has_lowercase, has_number, has_symbol))
    if classes < _default_classes_min or password in account_names:
        raise PasswordPolicyViolationException("Password does not conform to the account password policy.")
