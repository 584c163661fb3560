"""AssumeRoleWithWebIdentity: a role for who shows a token of an OpenID Connect provider.

Nobody signs the request: the token says who calls.  It has to be one of a provider that is registered in the role's
account, signed with one of the keys that the provider publishes, good now, and meant for one of the provider's client
ids.  The keys are read and the signature is verified between two attempts of the transaction (`Context.obtain`), under
a name that has all that was used of the provider's record in it: if that changes meanwhile, it is done again.

The providers that AWS knows without registration (Login with Amazon, Facebook, Google, Cognito) are not known here; a
token of Google's is accepted like all others when Google is registered.  `ProviderId`, which names the first two, is
refused.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from gureum.api.context import Caller, Context
from gureum.api.guards import Need, request_tags
from gureum.api.policy.model import KeyValue
from gureum.api.principal import Principal, Session
from gureum.identity import tables
from gureum.identity.records import OidcProvider
from gureum.services.sts import sessions
from gureum.services.sts.errors import InvalidIdentityTokenException
from gureum.services.sts.keysets import NO_KEY, KeySets
from gureum.services.sts.rules import claims as rules
from gureum.services.sts.rules import durations
from gureum.services.sts.rules.claims import Claims, UnknownKey
from gureum.services.sts.service import parse_iam_arn, role_arn, sts
from gureum.services.sts.sessions import Assumed, PolicyDescriptor

_scheme: Final = "https://"
_key_sets: Final = KeySets()
"""Of this process: only what is public, and all of it can be read again."""


class AssumeRoleWithWebIdentityResult(Assumed):
    """The session, and what of the token it is for."""

    SubjectFromWebIdentityToken: str
    Provider: str
    Audience: str


def identify(ctx: Context, values: Mapping[str, Any]) -> tuple[Caller, Mapping[str, KeyValue]]:
    """Who calls, according to the token, and the condition keys of his request."""
    provider, claims = _shown(ctx, values)
    rules.check(claims, provider.client_ids, ctx.origin.host_ms)
    principal = Principal(
        type="WebIdentityUser",
        account=provider.account,
        arn="",
        id=f"{provider.arn}:{claims.audience}:{claims.subject}",
        name=claims.subject,
        issuer=provider.arn,
    )
    keys: dict[str, KeyValue] = {
        **_lasting_keys(provider, claims),
        **request_tags(claims.tags.tags.items()),
        "sts:rolesessionname": values["RoleSessionName"],
    }
    if claims.tags.transitive:
        keys["sts:transitivetagkeys"] = claims.tags.transitive
    if claims.source_identity:
        keys["sts:sourceidentity"] = claims.source_identity
    return Caller(principal), keys


def further_needs(ctx: Context, values: Mapping[str, Any]) -> Iterator[Need]:
    """The permissions for tags and the source identity that the token brings."""
    _, claims = _shown(ctx, values)
    if claims.tags.tags:
        yield Need("sts:TagSession", values["RoleArn"])
    if claims.source_identity:
        yield Need("sts:SetSourceIdentity", values["RoleArn"])


@sts.operation(
    resource=role_arn,
    identify=identify,
    also=further_needs,
    hidden=frozenset({"Credentials.SessionToken"}),
)
def assume_role_with_web_identity(
    ctx: Context,
    role_arn: str,
    role_session_name: str,
    web_identity_token: str,
    policy_arns: list[PolicyDescriptor] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
) -> AssumeRoleWithWebIdentityResult:
    """Open a session of a role that trusts the provider of the token."""
    provider, claims = _shown(ctx, {"RoleArn": role_arn, "WebIdentityToken": web_identity_token})
    role = sessions.find_role(ctx, role_arn)
    seconds = durations.of_role(duration_seconds, role.session_seconds_max)
    scope = sessions.scope(ctx, role.account, policy, policy_arns, claims.tags)
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + seconds * 1000,
        policy=scope.policy,
        policy_arns=scope.policy_arns,
        tags=claims.tags.tags,
        transitive=claims.tags.transitive,
        source_identity=claims.source_identity,
        federation=_lasting_keys(provider, claims),
    )
    return {
        **sessions.assume(ctx, role, role_session_name, session, scope.packed_percent),
        "SubjectFromWebIdentityToken": claims.subject,
        "Provider": provider.arn,
        "Audience": claims.audience,
    }


def _lasting_keys(provider: OidcProvider, claims: Claims) -> dict[str, str | tuple[str, ...]]:
    """The condition keys of the request that those of the session have as well."""
    return {"aws:federatedprovider": provider.arn, **claims.keys(provider.url)}


def _shown(ctx: Context, values: Mapping[str, Any]) -> tuple[OidcProvider, Claims]:
    """The provider of the request's token, and the claims, whose signature holds."""
    token: str = values["WebIdentityToken"]
    provider = _find_provider(ctx, parse_iam_arn(values["RoleArn"], "role").account, rules.issuer(token))
    name = f"claims {provider.arn} {','.join(provider.thumbprints)}"
    claims = ctx.obtain(name, partial(_prove, provider.url, provider.thumbprints, token, ctx.origin.host_ms))
    return provider, claims


def _find_provider(ctx: Context, account: str, issuer: str) -> OidcProvider:
    found = None
    if issuer.startswith(_scheme):
        found = tables.oidc_providers.get(ctx.tx, (account, issuer.removeprefix(_scheme)))
    if found is None:
        raise InvalidIdentityTokenException(f"No OpenIDConnect provider found in your account for {issuer[:512]}")
    return found


async def _prove(url: str, thumbprints: tuple[str, ...], token: str, now_ms: int) -> Claims:
    """The claims of `token`, verified with the keys that the provider at `url` publishes.

    In another thread: a millisecond for a token that says which key it was signed with, several for one that does not.
    """
    keys = await _key_sets.of(url, thumbprints, now_ms)
    try:
        return await asyncio.to_thread(rules.verify, token, keys)
    except UnknownKey:
        keys = await _key_sets.of(url, thumbprints, now_ms, again=True)
    try:
        return await asyncio.to_thread(rules.verify, token, keys)
    except UnknownKey as error:
        raise InvalidIdentityTokenException(NO_KEY) from error
