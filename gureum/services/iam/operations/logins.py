"""Passwords of users, which IAM calls login profiles.

A new password has to be as the account's policy asks, whoever sets it.  Old ones cannot be guessed for long
(`identity.guesses`).  Hashing takes its time, so it is done between two attempts (`ctx.obtain`).  The root user has no
password here: whoever owns the cloud has its root key.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html and its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.errors import AccessDenied, NotSupported
from gureum.base.clock import to_datetime
from gureum.identity import passwords, tables
from gureum.identity.guesses import Guesses
from gureum.identity.records import Login, User
from gureum.services.iam import people
from gureum.services.iam.errors import (
    EntityAlreadyExistsException,
    InvalidUserTypeException,
    NoSuchEntityException,
    ValidationError,
)
from gureum.services.iam.rules import passwords as rules
from gureum.services.iam.service import iam, user_arn

_guesses: Final = Guesses()


class LoginProfile(TypedDict):
    UserName: str
    CreateDate: datetime
    PasswordResetRequired: bool


class LoginProfileResult(TypedDict):
    LoginProfile: LoginProfile


@iam.operation(resource=user_arn)
def create_login_profile(
    ctx: Context, user_name: str | None = None, password: str | None = None, password_reset_required: bool = False
) -> LoginProfileResult:
    """Give a user a password."""
    user = _user(ctx, user_name)
    if user.login is not None:
        raise EntityAlreadyExistsException(f"Login Profile for user {user.name} already exists.")
    if password is None:
        raise ValidationError("Password must be provided for an IAM user.")
    hashed = _accepted(ctx, user, password)
    login = Login(hashed, ctx.now_ms, ctx.now_ms, password_reset_required)
    tables.users.replace(ctx.tx, user, replace(user, login=login))
    return {"LoginProfile": _shown(user, login)}


@iam.operation(resource=user_arn, readonly=True)
def get_login_profile(ctx: Context, user_name: str | None = None) -> LoginProfileResult:
    """Whether a user has a password, and since when."""
    user = _user(ctx, user_name)
    return {"LoginProfile": _shown(user, _login(user))}


@iam.operation(resource=user_arn)
def update_login_profile(
    ctx: Context, user_name: str, password: str | None = None, password_reset_required: bool | None = None
) -> None:
    """Give a user another password, or have it choose one when it next signs in."""
    user = _user(ctx, user_name)
    login = _login(user)
    if password is not None:
        login = _changed(login, _accepted(ctx, user, password), ctx.now_ms)
    if password_reset_required is not None:
        login = replace(login, must_change=password_reset_required)
    tables.users.replace(ctx.tx, user, replace(user, login=login))


@iam.operation(resource=user_arn)
def delete_login_profile(ctx: Context, user_name: str | None = None) -> None:
    """The user has no password any more; its access keys remain."""
    user = _user(ctx, user_name)
    _login(user)
    tables.users.replace(ctx.tx, user, replace(user, login=None))


@iam.operation(resource=user_arn)
def change_password(ctx: Context, old_password: str, new_password: str) -> None:
    """The caller's own password.

    That it has expired, even for good (`HardExpiry`), does not matter here: AWS documents that users with access keys
    can still change it.
    """
    if ctx.principal.type != "IAMUser":
        raise InvalidUserTypeException("Only IAM Users can change their own password")
    user = people.user_of(ctx, None)
    login = _login(user)
    _check_old(ctx, login, old_password)
    changed = replace(_changed(login, _accepted(ctx, user, new_password), ctx.now_ms), must_change=False)
    tables.users.replace(ctx.tx, user, replace(user, login=changed))


def _check_old(ctx: Context, login: Login, password: str) -> None:
    """Make sure that it is the password of `login`, of which not too many were wrong lately.  Raises AccessDenied.

    Who guesses does not learn whether the last guess was wrong or one too many.
    """
    refusal = AccessDenied("The old password was incorrect.")
    if _guesses.exhausted(login.hash, ctx.origin.host_ms):
        raise refusal
    head = passwords.head_of(login.hash)
    hashed = ctx.obtain("old", lambda: passwords.hash_password(password, head))
    if not passwords.same(hashed, login.hash):
        _guesses.missed(login.hash, hashed, ctx.origin.host_ms)
        raise refusal


def _user(ctx: Context, name: str | None) -> User:
    if name is None and ctx.principal.type == "Root":
        raise NotSupported("A password of the root user is not supported by Gureum.")
    return people.user_of(ctx, name)


def _login(user: User) -> Login:
    if user.login is None:
        raise NoSuchEntityException(f"Login Profile for User {user.name} cannot be found.")
    return user.login


def _accepted(ctx: Context, user: User, password: str) -> bytes:
    """The hash of a new password that satisfies the account's policy.  Raises PasswordPolicyViolation."""
    policy = tables.password_policies.get(ctx.tx, (ctx.account,))
    account = tables.accounts.get(ctx.tx, (ctx.account,))
    rules.check(password, policy, () if account is None else (account.name, account.email))
    head = passwords.new_head(ctx.ids) if user.login is None else passwords.head_of(user.login.hash)
    hashed = ctx.obtain("new", lambda: passwords.hash_password(password, head))
    rules.check_new(hashed, user.login, policy)
    return hashed


def _changed(login: Login, hashed: bytes, now_ms: int) -> Login:
    former = (login.hash, *login.former)[: rules.remembered_max]
    return replace(login, hash=hashed, changed_ms=now_ms, former=former)


def _shown(user: User, login: Login) -> LoginProfile:
    return {
        "UserName": user.name,
        "CreateDate": to_datetime(login.created_ms),
        "PasswordResetRequired": login.must_change,
    }
