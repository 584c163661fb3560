"""May this principal do this?

Every request passes here, in the transaction of its operation, so a decision and what it lets through belong to the
same state.  The policies of the principal come from `identity`, those of the resource from its service, the decision
from `api.policy`.  Nothing turns this off.

The rules for which no policy is asked: operations that AWS does not guard (`unguarded`), and what temporary credentials
can never do (`_check_session`).
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from gureum.api.binding import Binding
from gureum.api.context import Context
from gureum.api.errors import AccessDenied, InvalidClientTokenId
from gureum.api.guards import ResourcePolicy
from gureum.api.policy import Ask, Decision, Guard, Kind, MalformedPolicy, Source, compile_policy, decide, denial
from gureum.api.policy.model import KeyValue
from gureum.api.principal import EXTERNAL, Session
from gureum.api.service import Service
from gureum.base import arn as arns
from gureum.base.log import Log
from gureum.gateway.keys import RequestKeys
from gureum.identity import denials
from gureum.identity.organization import Place
from gureum.identity.standing import Bearings, Standings

log = Log("authorize")

_account_digits: Final = 12
_lasting_actions: Final = ("sts:GetFederationToken", "sts:GetSessionToken")
_federated_actions: Final = ("sts:GetCallerIdentity",)
_token_actions: Final = ("sts:AssumeRole", "sts:GetCallerIdentity")
_deny_all: Final = '{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}'
_no_tags: Final[Mapping[str, str]] = {}


class Authorizer:
    """Decides about calls of the operations of `services`."""

    def __init__(self, services: Iterable[Service], standings: Standings | None = None) -> None:
        self._services = {service.name: service for service in services}
        self._standings = standings or Standings()

    def authorize(self, ctx: Context, binding: Binding, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The ARNs that the call concerns, if it may be made.  Raises AccessDenied."""
        endpoint = binding.endpoint
        declared: Mapping[str, KeyValue] = {}
        if endpoint.identify is not None:
            caller, declared = endpoint.identify(ctx, values)
            ctx.become(caller)
        found = binding.resource(ctx, values)
        resources = (found,) if isinstance(found, str) else tuple(found)
        if endpoint.keys is not None:
            declared = {**declared, **endpoint.keys(ctx, values)}
        bearings = self._standings.of(ctx.tx, ctx.principal, ctx.caller.session)
        session = ctx.caller.session
        if session is not None:
            _check_session(session, ctx, binding.action)
        if endpoint.unguarded:
            return resources
        for resource in resources:
            self._check(ctx, bearings, binding.action, resource, declared)
        if endpoint.also is not None:
            for need in endpoint.also(ctx, values):
                self._check(ctx, bearings, need.action, need.resource, {**declared, **need.keys})
        return resources

    def require(self, ctx: Context, action: str, resource: str, keys: Mapping[str, KeyValue]) -> None:
        """Raise AccessDenied unless the caller may do `action` on `resource`."""
        bearings = self._standings.of(ctx.tx, ctx.principal, ctx.caller.session)
        self._check(ctx, bearings, action, resource, keys)

    def _check(
        self, ctx: Context, bearings: Bearings, action: str, resource: str, declared: Mapping[str, KeyValue]
    ) -> None:
        ask, decision = self._decide(ctx, bearings, action, resource, declared)
        if not decision.allowed:
            raise AccessDenied(denial(ask, decision), partial(denials.encode, ctx.vault, ctx.ids, ask, decision))

    def _decide(
        self, ctx: Context, bearings: Bearings, action: str, resource: str, declared: Mapping[str, KeyValue]
    ) -> tuple[Ask, Decision]:
        owner, service = self._owner(ctx, resource)
        home = self._home(ctx, bearings, owner)
        tags = _no_tags_of if service is None or service.tags is None else partial(service.tags, ctx, resource)
        keys = RequestKeys(ctx, bearings, declared, owner, home, tags)
        ask = Ask(ctx.principal, action, resource, keys)
        return ask, decide(ask, bearings.standing, _guard(ctx, service, ask, owner, home))

    def _owner(self, ctx: Context, resource: str) -> tuple[str, Service | None]:
        """The account and the service that a resource belongs to; what belongs to no account is the caller's."""
        parsed = arns.parse(resource)
        if parsed is None:
            return ctx.account, None
        owner = parsed.account if len(parsed.account) == _account_digits else ctx.account
        return owner, self._services.get(parsed.service)

    def _home(self, ctx: Context, bearings: Bearings, owner: str) -> Place | None:
        """Where the owner of the resource stands in its organization."""
        if owner == ctx.principal.account and ctx.principal.type not in EXTERNAL:
            return bearings.place
        return self._standings.place(ctx.tx, owner) if owner else None


def _guard(ctx: Context, service: Service | None, ask: Ask, owner: str, home: Place | None) -> Guard:
    found = None
    if service is not None and service.guardian is not None:
        found = service.guardian(ctx, ask.action, ask.resource)
    controls = () if home is None else home.resource_controls
    if found is None:
        return Guard(owner, controls=controls)
    return Guard(owner, _source(found, ask.resource), found.required, controls)


def _source(found: ResourcePolicy, resource: str) -> Source:
    try:
        compiled = compile_policy(found.text, found.kind)
    except MalformedPolicy as error:
        # Checked when it was set; if it is not one any more, nobody is let in.
        log.error("unreadable resource policy", resource=resource, why=error)
        compiled = compile_policy(_deny_all, Kind.RESOURCE)
    return Source(found.kind, resource, compiled, found.pins)


def _check_session(session: Session, ctx: Context, action: str) -> None:
    """What temporary credentials can never do, whatever policies say.

    None of them gives out new credentials of the same principal, which would outlive them and be free of what limits
    them.  Those of GetSessionToken do nothing in IAM without MFA, and in STS only AssumeRole and GetCallerIdentity;
    those of GetFederationToken nothing in IAM, and in STS only GetCallerIdentity.
    """
    if action in _lasting_actions:
        raise AccessDenied(f"Cannot call {action.removeprefix('sts:')} with session credentials")
    federated = ctx.principal.type == "FederatedUser"
    if not (session.token_only or federated) or ctx.caller.via:
        return
    if action.startswith("iam:") and not (session.token_only and session.mfa_ms is not None):
        raise InvalidClientTokenId
    if action.startswith("sts:") and action not in (_federated_actions if federated else _token_actions):
        raise AccessDenied(f"Cannot call {action.removeprefix('sts:')} with session credentials")


def _no_tags_of() -> Mapping[str, str]:
    return _no_tags
