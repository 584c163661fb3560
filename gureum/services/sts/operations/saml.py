"""AssumeRoleWithSAML: a role for who shows the response of a SAML 2.0 identity provider.

Nobody signs the request: the assertion says who calls, as which role, and under which name.  The signature is verified
between two attempts of the transaction, under a name that stands for the provider's metadata: if that changes
meanwhile, it is done again.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from gureum.api.context import Caller, Context
from gureum.api.errors import AccessDenied
from gureum.api.guards import Need, request_tags
from gureum.api.policy.model import KeyValue
from gureum.api.principal import Principal, Session
from gureum.identity import tables
from gureum.identity.records import SamlProvider
from gureum.services.sts import sessions
from gureum.services.sts.errors import InvalidIdentityTokenException
from gureum.services.sts.rules import durations, names, saml_keys
from gureum.services.sts.rules import saml as rules
from gureum.services.sts.rules import tags as tag_rules
from gureum.services.sts.rules.saml import Assertion
from gureum.services.sts.rules.tags import SessionTags
from gureum.services.sts.service import parse_iam_arn, role_arn, sts
from gureum.services.sts.sessions import Assumed, PolicyDescriptor


class AssumeRoleWithSamlResult(Assumed):
    """The session, and what of the assertion it is for."""

    Subject: str
    SubjectType: str
    Issuer: str
    Audience: str
    NameQualifier: str


def identify(ctx: Context, values: Mapping[str, Any]) -> tuple[Caller, Mapping[str, KeyValue]]:
    """Who calls, according to the assertion, and the condition keys of his request."""
    provider, assertion = _shown(ctx, values)
    rules.check(assertion, ctx.origin.host_ms)
    if not assertion.allows(values["RoleArn"], provider.arn):
        raise AccessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
    lasting = _lasting_keys(provider, assertion)
    tags, source_identity = _session_tags(assertion), assertion.value("SourceIdentity")
    principal = Principal(
        type="SAMLUser",
        account=provider.account,
        arn="",
        id=f"{lasting['saml:namequalifier']}:{assertion.subject}",
        name=assertion.subject,
        issuer=provider.arn,
    )
    keys: dict[str, KeyValue] = {
        **saml_keys.of_attributes(assertion.attributes),
        **lasting,
        **request_tags(tags.tags.items()),
        "saml:aud": assertion.recipient,
        "saml:iss": assertion.issuer,
        "saml:doc": f"{provider.account}/{provider.name}",
        "sts:rolesessionname": _session_name(assertion),
    }
    if tags.transitive:
        keys["sts:transitivetagkeys"] = tags.transitive
    if source_identity:
        keys["sts:sourceidentity"] = names.check_claimed_source_identity(source_identity)
    return Caller(principal), keys


def further_needs(ctx: Context, values: Mapping[str, Any]) -> Iterator[Need]:
    """The permissions for tags and the source identity that the assertion brings."""
    _, assertion = _shown(ctx, values)
    if _session_tags(assertion).tags:
        yield Need("sts:TagSession", values["RoleArn"])
    if assertion.value("SourceIdentity"):
        yield Need("sts:SetSourceIdentity", values["RoleArn"])


@sts.operation(
    resource=role_arn,
    identify=identify,
    also=further_needs,
    hidden=frozenset({"Credentials.SessionToken"}),
)
def assume_role_with_saml(
    ctx: Context,
    role_arn: str,
    principal_arn: str,
    saml_assertion: str,
    policy_arns: list[PolicyDescriptor] | None = None,
    policy: str | None = None,
    duration_seconds: int | None = None,
) -> AssumeRoleWithSamlResult:
    """Open a session of a role that trusts the provider of the assertion."""
    shown = {"RoleArn": role_arn, "PrincipalArn": principal_arn, "SAMLAssertion": saml_assertion}
    provider, assertion = _shown(ctx, shown)
    role = sessions.find_role(ctx, role_arn)
    seconds = durations.of_assertion(
        duration_seconds,
        role.session_seconds_max,
        assertion.value("SessionDuration"),
        assertion.session_until_ms,
        ctx.origin.host_ms,
    )
    tags, lasting = _session_tags(assertion), _lasting_keys(provider, assertion)
    scope = sessions.scope(ctx, role.account, policy, policy_arns, tags)
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + seconds * 1000,
        policy=scope.policy,
        policy_arns=scope.policy_arns,
        tags=tags.tags,
        transitive=tags.transitive,
        source_identity=assertion.value("SourceIdentity"),
        federation={**lasting},
    )
    return {
        **sessions.assume(ctx, role, _session_name(assertion), session, scope.packed_percent),
        "Subject": assertion.subject,
        "SubjectType": assertion.subject_type,
        "Issuer": assertion.issuer,
        "Audience": assertion.recipient,
        "NameQualifier": lasting["saml:namequalifier"],
    }


def _lasting_keys(provider: SamlProvider, assertion: Assertion) -> dict[str, str]:
    """The condition keys of the request that those of the session have as well."""
    return {
        "aws:federatedprovider": provider.arn,
        "saml:sub": assertion.subject,
        "saml:sub_type": assertion.subject_type,
        "saml:namequalifier": saml_keys.name_qualifier(assertion.issuer, provider.account, provider.name),
    }


def _session_tags(assertion: Assertion) -> SessionTags:
    return tag_rules.claimed(assertion.tags(), assertion.values("TransitiveTagKeys"))


def _session_name(assertion: Assertion) -> str:
    name = assertion.value("RoleSessionName")
    if not name:
        raise InvalidIdentityTokenException("RoleSessionName is required in AuthnResponse")
    return names.check_session_name(name)


def _shown(ctx: Context, values: Mapping[str, Any]) -> tuple[SamlProvider, Assertion]:
    """The provider that the request names, and what it has asserted."""
    account = parse_iam_arn(values["RoleArn"], "role").account
    arn = parse_iam_arn(values["PrincipalArn"], "saml-provider")
    provider = tables.saml_providers.get(ctx.tx, (account, arn.resource.partition("/")[2]))
    if provider is None or provider.arn != values["PrincipalArn"]:
        raise InvalidIdentityTokenException("Specified provider doesn't exist")
    name = f"assertion {provider.arn} {hashlib.sha256(provider.metadata.encode()).hexdigest()}"
    return provider, ctx.obtain(name, partial(_prove, values["SAMLAssertion"], provider.metadata))


async def _prove(response: str, metadata: str) -> Assertion:
    """What `response` asserts, found out in another thread: large documents take their time."""
    return await asyncio.to_thread(rules.verify, response, metadata)
