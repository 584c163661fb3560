"""Users and groups: whom a request means, and how answers show them.

Many operations act on the caller when they name nobody.  The root user has no name: what belongs to it lies under an
empty one, and answers leave it out.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html, API_GetUser.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NotRequired, TypedDict

from gureum.api import principal
from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.identity import records, tables
from gureum.services.iam import finding, views
from gureum.services.iam import tables as own_tables
from gureum.services.iam.errors import ValidationError
from gureum.services.iam.rules import tags as tag_rules
from gureum.services.iam.rules.tags import Tag

ROOT_NAME: Final = ""
"""Under which the root user's credentials are kept."""


class User(TypedDict, total=False):
    Path: str
    UserName: str
    UserId: str
    Arn: str
    CreateDate: datetime
    PasswordLastUsed: datetime
    PermissionsBoundary: views.PermissionsBoundary
    Tags: list[Tag]


class Group(TypedDict):
    Path: str
    GroupName: str
    GroupId: str
    Arn: str
    CreateDate: datetime


class Named(TypedDict):
    """Whose a credential is; nothing for the root user's."""

    UserName: NotRequired[str]


def named(name: str) -> Named:
    """The name of a user in an answer."""
    return {"UserName": name} if name else {}


def user_of(ctx: Context, name: str | None) -> records.User:
    """The user called `name`, or the calling one.  Raises NoSuchEntity, or ValidationError when no user calls."""
    if name is not None:
        return finding.user(ctx.tx, ctx.account, name)
    if ctx.principal.type != "IAMUser":
        raise ValidationError("Must specify userName when calling with non-User credentials")
    found = tables.users_by_id.first(ctx.tx, (ctx.principal.unique_id,))
    assert found is not None, "a user that does not exist was let in"
    return found


def user_or_root_of(ctx: Context, name: str | None) -> records.User | None:
    """The same; None for the root user, when it calls and names nobody."""
    return None if name is None and ctx.principal.type == "Root" else user_of(ctx, name)


def listed_user(user: records.User) -> User:
    """A user as listings show it: without boundary and tags."""
    shown: User = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": to_datetime(user.created_ms),
    }
    if user.login is not None and user.login.used_ms is not None:
        shown["PasswordLastUsed"] = to_datetime(user.login.used_ms)
    return shown


def user(user: records.User) -> User:
    """A user with all that belongs to it."""
    shown = listed_user(user)
    if user.boundary:
        shown["PermissionsBoundary"] = views.boundary(user.boundary)
    if user.tags:
        shown["Tags"] = tag_rules.show(user.tags)
    return shown


def root(ctx: Context) -> User:
    """The root user of the calling account; its name is the account's alias, if there is one."""
    account = tables.accounts.get(ctx.tx, (ctx.account,))
    created_ms = ctx.now_ms if account is None else account.created_ms
    shown: User = {
        "UserId": ctx.account,
        "Arn": principal.root(ctx.account).arn,
        "CreateDate": to_datetime(created_ms),
    }
    alias = own_tables.alias_of(ctx.tx, ctx.account)
    if alias is not None:
        shown["UserName"] = alias
    return shown


def group(group: records.Group) -> Group:
    """A group."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": to_datetime(group.created_ms),
    }
