"""The password policy of an account.

An account without one has AWS's default policy, which no operation shows.  A policy holds for passwords that are set
from then on; expiry counts from when a password was last changed.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import records, tables
from gureum.services.iam.errors import NoSuchEntityException
from gureum.services.iam.service import iam, password_policy_arn


class PasswordPolicy(TypedDict):
    MinimumPasswordLength: int
    RequireSymbols: bool
    RequireNumbers: bool
    RequireUppercaseCharacters: bool
    RequireLowercaseCharacters: bool
    AllowUsersToChangePassword: bool
    ExpirePasswords: bool
    MaxPasswordAge: NotRequired[int]
    PasswordReusePrevention: NotRequired[int]
    HardExpiry: bool


class GetAccountPasswordPolicyResult(TypedDict):
    PasswordPolicy: PasswordPolicy


@iam.operation(resource=password_policy_arn, readonly=True)
def get_account_password_policy(ctx: Context) -> GetAccountPasswordPolicyResult:
    """The policy, if the account has one of its own."""
    policy = _policy(ctx)
    shown: PasswordPolicy = {
        "MinimumPasswordLength": policy.characters_min,
        "RequireSymbols": policy.symbols,
        "RequireNumbers": policy.numbers,
        "RequireUppercaseCharacters": policy.uppercase,
        "RequireLowercaseCharacters": policy.lowercase,
        "AllowUsersToChangePassword": policy.users_may_change,
        "ExpirePasswords": policy.age_days_max is not None,
        "HardExpiry": policy.hard_expiry,
    }
    if policy.age_days_max is not None:
        shown["MaxPasswordAge"] = policy.age_days_max
    if policy.reuse_prevented is not None:
        shown["PasswordReusePrevention"] = policy.reuse_prevented
    return {"PasswordPolicy": shown}


@iam.operation(resource=any_resource)
def update_account_password_policy(
    ctx: Context,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int | None = None,
    password_reuse_prevention: int | None = None,
    hard_expiry: bool = False,
) -> None:
    """Set the whole policy: what is left out returns to its default."""
    policy = records.PasswordPolicy(
        account=ctx.account,
        characters_min=minimum_password_length,
        symbols=require_symbols,
        numbers=require_numbers,
        uppercase=require_uppercase_characters,
        lowercase=require_lowercase_characters,
        users_may_change=allow_users_to_change_password,
        age_days_max=max_password_age,
        reuse_prevented=password_reuse_prevention,
        hard_expiry=hard_expiry,
    )
    tables.password_policies.put(ctx.tx, policy)


@iam.operation(resource=any_resource)
def delete_account_password_policy(ctx: Context) -> None:
    """Back to the default policy."""
    tables.password_policies.delete(ctx.tx, _policy(ctx))


def _policy(ctx: Context) -> records.PasswordPolicy:
    found = tables.password_policies.get(ctx.tx, (ctx.account,))
    if found is None:
        raise NoSuchEntityException(f"The Password Policy with domain name {ctx.account} cannot be found.")
    return found
