"""AssumeRole.

The role's trust policy is asked, and the caller's own where it trusts an account only (`gateway.authorize`).  Who
passes session tags, or opens a session that inherits some, needs `sts:TagSession` as well, and `sts:SetSourceIdentity`
for a source identity, of the caller's policies and of the trust policy.

What a session of a role knows of a second factor ends here: the new session's `aws:MultiFactorAuthPresent` is false.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.api.guards import Need, request_tags
from gureum.api.policy.model import KeyValue
from gureum.api.principal import Session
from gureum.services.sts import factors, sessions
from gureum.services.sts.rules import durations, names
from gureum.services.sts.rules import tags as rules
from gureum.services.sts.rules.tags import Tag
from gureum.services.sts.service import role_arn, sts
from gureum.services.sts.sessions import Assumed, PolicyDescriptor


def asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of a request to assume a role.  Raises AccessDenied for a wrong second factor."""
    if ctx.principal.type == "Root":
        raise AccessDenied("Roles may not be assumed by root accounts.")
    keys: dict[str, KeyValue] = {
        "sts:rolesessionname": values["RoleSessionName"],
        **request_tags((tag["Key"], tag["Value"]) for tag in values.get("Tags", ())),
    }
    if "ExternalId" in values:
        keys["sts:externalid"] = values["ExternalId"]
    if "SourceIdentity" in values:
        keys["sts:sourceidentity"] = values["SourceIdentity"]
    if values.get("TransitiveTagKeys"):
        keys["sts:transitivetagkeys"] = tuple(values["TransitiveTagKeys"])
    if factors.verify(ctx, values.get("SerialNumber"), values.get("TokenCode")):
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = "0"
    return keys


def further_needs(ctx: Context, values: Mapping[str, Any]) -> Iterator[Need]:
    """The permissions to tag the session and to set its source identity, of those who do or pass on either."""
    session = ctx.caller.session
    if values.get("Tags") or (session is not None and session.transitive):
        yield Need("sts:TagSession", values["RoleArn"])
    if "SourceIdentity" in values or (session is not None and session.source_identity):
        yield Need("sts:SetSourceIdentity", values["RoleArn"])


@sts.operation(
    resource=role_arn,
    keys=asked_for,
    also=further_needs,
    hidden=frozenset({"TokenCode", "Credentials.SessionToken"}),
)
def assume_role(
    ctx: Context,
    role_arn: str,
    role_session_name: str,
    policy_arns: list[PolicyDescriptor] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
    tags: list[Tag] | None = None,
    transitive_tag_keys: list[str] | None = None,
    external_id: str | None = None,
    serial_number: str | None = None,
    token_code: str | None = None,
    source_identity: str | None = None,
) -> Assumed:
    """Open a session of a role that trusts the caller."""
    role = sessions.find_role(ctx, role_arn)
    before = ctx.caller.session
    chained = ctx.principal.type == "AssumedRole"
    seconds = durations.of_role(duration_seconds, role.session_seconds_max, chained=chained)
    session_tags = rules.joined(rules.inherited(before), rules.passed(tags or (), transitive_tag_keys or ()))
    scope = sessions.scope(ctx, role.account, policy, policy_arns, session_tags)
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + seconds * 1000,
        policy=scope.policy,
        policy_arns=scope.policy_arns,
        tags=session_tags.tags,
        transitive=session_tags.transitive,
        source_identity=names.source_identity("" if before is None else before.source_identity, source_identity),
    )
    return sessions.assume(ctx, role, role_session_name, session, scope.packed_percent)
