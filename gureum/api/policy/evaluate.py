"""The decision: which of the policies around a request allow it, which deny it, and which of them counts.

The order is that of AWS's flow chart, and the first that denies is the one that is reported:

1. An explicit deny, in whatever policy, wins.
2. Resource control policies, then service control policies: every level has to allow.
3. The resource's own policy.  How directly it names the principal (`principals.Reach`) says what is left to ask.  In
   the same account, one that names the caller itself or everyone is enough; one that names the role behind a session
   replaces the identity policies, while boundary and session policies still limit; one that names the account leaves
   it to the identity policies.  In another account it has to allow, and so do all the policies of the caller.
4. Identity policies, the permissions boundary, session policies: each has to allow.

The root user needs no identity policy and has no boundary.  Services and anonymous callers have no policies of their
own: the resource's has to allow, and a service may use what belongs to nobody.  Service control policies are for users
and roles; resource control policies are for all callers but service-linked roles (who attaches them leaves out those
of the management account).

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gureum.api.policy.compile import Statement
from gureum.api.policy.model import Ask, Candidates, Decision, Effect, Guard, Kind, Match, Source, Standing
from gureum.api.policy.principals import Reach
from gureum.api.principal import EXTERNAL, Principal
from gureum.base import arn as arns

_linked_path: Final = "role/aws-service-role/"
_actions_max: Final = 256
"""For how many actions a standing remembers its statements."""

Levels = tuple[tuple[Source, ...], ...]


def decide(ask: Ask, standing: Standing, guard: Guard) -> Decision:
    """Whether the request is allowed, and what decided."""
    resource_controls = () if guard.controls and _is_linked(ask.principal) else guard.controls
    denied = _explicit(ask, standing, guard, resource_controls)
    if denied is not None:
        return denied
    if resource_controls and not _every_level_allows(resource_controls, ask):
        return _missing(Kind.RESOURCE_CONTROL)
    if standing.controls and not _every_level_allows(standing.controls, ask):
        return _missing(Kind.SERVICE_CONTROL)
    reach, granted = (Reach.NONE, ()) if guard.policy is None else _granted(guard.policy, ask)
    return _by_own_policies(ask, standing, guard, reach, granted)


def _by_own_policies(ask: Ask, standing: Standing, guard: Guard, reach: Reach, granted: tuple[Match, ...]) -> Decision:
    """What is left to decide once nothing denies and the organization allows."""
    principal = ask.principal
    resource_kind = _resource_kind(guard)
    if principal.type == "AWSService" or principal.type in EXTERNAL:
        if reach:
            return Decision(Effect.ALLOWED, resource_kind, granted)
        if principal.type == "AWSService" and not guard.account and not guard.required:
            return Decision(Effect.ALLOWED, None)
        return _missing(resource_kind)
    same_account = guard.account in ("", principal.account)
    if not reach and (guard.required or not same_account):
        return _missing(resource_kind)
    if same_account and reach >= Reach.ANYONE:
        return Decision(Effect.ALLOWED, resource_kind, granted)
    kind: Kind | None
    if same_account and reach is Reach.ROLE:
        kind, matches = resource_kind, granted
    elif _is_root(principal):
        kind, matches = resource_kind if granted else None, granted
    else:
        kind, matches = Kind.IDENTITY, _applying(_candidates(standing, ask.action).allowing, ask, allows=True)
        if not matches:
            return _missing(Kind.IDENTITY)
        if granted:
            matches = granted + matches
    if standing.boundary is not None and principal.type != "Root" and not _allows((standing.boundary,), ask):
        return _missing(Kind.BOUNDARY)
    # Who passes no policy to GetFederationToken gets a session that may nothing.
    session = () if standing.session is None and principal.type == "FederatedUser" else standing.session
    if session is not None and not _allows(session, ask):
        return _missing(Kind.SESSION)
    return Decision(Effect.ALLOWED, kind, matches)


def _missing(kind: Kind) -> Decision:
    return _MISSING[kind]


_MISSING: Final = {kind: Decision(Effect.IMPLICIT_DENY, kind) for kind in Kind}


def _resource_kind(guard: Guard) -> Kind:
    if guard.policy is not None:
        return guard.policy.kind
    return Kind.TRUST if guard.required else Kind.RESOURCE


def _is_root(principal: Principal) -> bool:
    """Whether it is the root user, or a session that has its permissions."""
    return principal.type == "Root" or (principal.type == "FederatedUser" and principal.issuer.endswith(":root"))


def _is_linked(principal: Principal) -> bool:
    """Whether it is a session of a service-linked role.  Only the beginning of its path says so: the rest is free."""
    issuer = arns.parse(principal.issuer) if principal.type == "AssumedRole" else None
    return issuer is not None and issuer.resource.startswith(_linked_path)


def _explicit(ask: Ask, standing: Standing, guard: Guard, resource_controls: Levels) -> Decision | None:
    """All statements that deny; the kind is that of the first, in the order in which policies are asked."""
    found: list[Match] = []
    for level in resource_controls:
        _add_denials(level, ask, found)
    for level in standing.controls:
        _add_denials(level, ask, found)
    if guard.policy is not None:
        _add_resource_denials(guard.policy, ask, standing.boundary is not None, found)
    if denying := _candidates(standing, ask.action).denying:
        found += _applying(denying, ask, allows=False)
    if standing.boundary is not None and ask.principal.type != "Root":
        _add_denials((standing.boundary,), ask, found)
    if standing.session:
        _add_denials(standing.session, ask, found)
    return Decision(Effect.EXPLICIT_DENY, found[0].source.kind, tuple(found)) if found else None


def _add_denials(sources: Iterable[Source], ask: Ask, found: list[Match]) -> None:
    action, resource, keys = ask.action, ask.resource, ask.keys
    for source in sources:
        for statement in source.compiled.concerning(action)[0]:
            if statement.applies(resource, keys):
                found.append(Match(source, statement.index, allows=False))  # noqa: PERF401 - rare


def _add_resource_denials(source: Source, ask: Ask, bounded: bool, found: list[Match]) -> None:
    """A denial with NotPrincipal is about everybody who has a permissions boundary, whomever it names."""
    for statement in source.compiled.concerning(ask.action)[0]:
        principals = statement.principals
        if principals is None or (bounded and principals.inverse):
            named = Reach.ANYONE
        else:
            named = principals.reach(ask.principal, source.pins, ask.keys)
        if named and statement.applies(ask.resource, ask.keys):
            found.append(Match(source, statement.index, allows=False))


def _granted(source: Source, ask: Ask) -> tuple[Reach, tuple[Match, ...]]:
    """How directly the resource's policy allows the principal, and the statements that do."""
    reach = Reach.NONE
    matches: list[Match] = []
    for statement in source.compiled.concerning(ask.action)[1]:
        principals = statement.principals
        named = Reach.ANYONE if principals is None else principals.reach(ask.principal, source.pins, ask.keys)
        if named and statement.applies(ask.resource, ask.keys):
            reach = max(reach, named)
            matches.append(Match(source, statement.index, allows=True))
    return reach, tuple(matches)


def _every_level_allows(levels: Levels, ask: Ask) -> bool:
    return all(_allows(level, ask) for level in levels)


def _allows(sources: Iterable[Source], ask: Ask) -> bool:
    action, resource, keys = ask.action, ask.resource, ask.keys
    for source in sources:
        for statement in source.compiled.concerning(action)[1]:
            if statement.applies(resource, keys):
                return True
    return False


def _candidates(standing: Standing, action: str) -> Candidates:
    """The statements of the identity policies that are about `action`."""
    found = standing.concerning.get(action)
    if found is None or found.of is not standing.identity:  # copies of a standing with other policies share the memory
        concerning = [(source, source.compiled.concerning(action)) for source in standing.identity]
        found = Candidates(
            standing.identity,
            tuple((source, statement) for source, (denying, _) in concerning for statement in denying),
            tuple((source, statement) for source, (_, allowing) in concerning for statement in allowing),
        )
        if len(standing.concerning) >= _actions_max:
            standing.concerning.clear()
        standing.concerning[action] = found
    return found


def _applying(candidates: Iterable[tuple[Source, Statement]], ask: Ask, *, allows: bool) -> tuple[Match, ...]:
    resource, keys = ask.resource, ask.keys
    return tuple(
        [
            Match(source, statement.index, allows)
            for source, statement in candidates
            if statement.applies(resource, keys)
        ]
    )
