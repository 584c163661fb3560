"""GetSessionToken and GetFederationToken: temporary credentials of users and of the root user.

Both are for those who sign with long-term keys; sessions cannot make sessions of themselves (`gateway.authorize`).
GetSessionToken needs no permission: it only authenticates.  A federated user can do what the user who made it can and
the session policies allow; without any he can do nothing but what a resource's policy allows him by name.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.api.guards import Need, request_tags
from gureum.api.policy.model import KeyValue
from gureum.api.principal import Principal, Session
from gureum.api.service import any_resource
from gureum.identity import credentials
from gureum.services.sts import factors, sessions
from gureum.services.sts.rules import durations
from gureum.services.sts.rules import tags as rules
from gureum.services.sts.rules.tags import Tag
from gureum.services.sts.service import federated_user_arn, sts
from gureum.services.sts.sessions import Credentials, PolicyDescriptor


class GetSessionTokenResult(TypedDict):
    """The credentials."""

    Credentials: Credentials


class FederatedUser(TypedDict):
    """Who a federated session is."""

    FederatedUserId: str
    Arn: str


class GetFederationTokenResult(TypedDict):
    """The credentials and whose they are."""

    Credentials: Credentials
    FederatedUser: FederatedUser
    PackedPolicySize: NotRequired[int]


def tags_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of tags that a request brings."""
    return request_tags((tag["Key"], tag["Value"]) for tag in values.get("Tags", ()))


def tagging(ctx: Context, values: Mapping[str, Any]) -> Iterator[Need]:
    """The permission to tag a federated session, of those who do."""
    if values.get("Tags"):
        yield Need("sts:TagSession", federated_user_arn(ctx, values))


@sts.operation(
    resource=any_resource,
    unguarded="it only authenticates: policies cannot deny it, and the session may do what its user may",
    hidden=frozenset({"TokenCode", "Credentials.SessionToken"}),
)
def get_session_token(
    ctx: Context, duration_seconds: int | None = None, serial_number: str | None = None, token_code: str | None = None
) -> GetSessionTokenResult:
    """Temporary credentials of the caller, which know of a second factor when one is shown."""
    _check_lasting(ctx, "GetSessionToken")
    shown = factors.verify(ctx, serial_number, token_code)
    seconds = durations.of_user(duration_seconds, root=ctx.principal.type == "Root")
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + seconds * 1000,
        mfa_ms=ctx.now_ms if shown else None,
        token_only=True,
    )
    return {"Credentials": sessions.show(credentials.issue(ctx.vault, ctx.ids, ctx.principal, session))}


@sts.operation(
    resource=federated_user_arn,
    keys=tags_asked_for,
    also=tagging,
    hidden=frozenset({"Credentials.SessionToken"}),
)
def get_federation_token(
    ctx: Context,
    name: str,
    policy: str | None = None,
    policy_arns: list[PolicyDescriptor] | None = None,
    duration_seconds: int | None = None,
    tags: list[Tag] | None = None,
) -> GetFederationTokenResult:
    """Temporary credentials for somebody whom the caller vouches for."""
    _check_lasting(ctx, "GetFederationToken")
    session_tags = rules.passed(tags or (), ())
    scope = sessions.scope(ctx, ctx.account, policy, policy_arns, session_tags)
    seconds = durations.of_user(duration_seconds, root=ctx.principal.type == "Root")
    principal = Principal(
        type="FederatedUser",
        account=ctx.account,
        arn=federated_user_arn(ctx, {"Name": name}),
        id=f"{ctx.account}:{name}",
        name=name,
        issuer=ctx.principal.arn,
        issuer_id=ctx.principal.unique_id if ctx.principal.type == "IAMUser" else "",
    )
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + seconds * 1000,
        policy=scope.policy,
        policy_arns=scope.policy_arns,
        tags=session_tags.tags,
    )
    answer: GetFederationTokenResult = {
        "Credentials": sessions.show(credentials.issue(ctx.vault, ctx.ids, principal, session)),
        "FederatedUser": {"FederatedUserId": principal.id, "Arn": principal.arn},
    }
    if scope.packed_percent is not None:
        answer["PackedPolicySize"] = scope.packed_percent
    return answer


def _check_lasting(ctx: Context, operation: str) -> None:
    """The caller is a user or the root user."""
    if ctx.principal.type not in ("Root", "IAMUser"):
        raise AccessDenied(f"Only users and the root user can call {operation}.")
