"""What a denied caller is told, in AWS's sentence.

    User: ARN is not authorized to perform: ACTION on resource: ARN because no TYPE allows the ACTION action
    User: ARN is not authorized to perform: ACTION on resource: ARN with an explicit deny in a TYPE: POLICY

One type of policy is named, also when several deny.  The ARN of a policy that denies is told to callers of the account
that the resource is in; inline policies and those of resources have none.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html,
https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
"""

from __future__ import annotations

from typing import Final

from gureum.api.policy.model import Ask, Decision, Effect, Kind
from gureum.api.principal import FEDERATED, Principal
from gureum.base import arn as arns

_with_arns: Final = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION, Kind.SERVICE_CONTROL, Kind.RESOURCE_CONTROL})


def denial(ask: Ask, decision: Decision) -> str:
    """Why `ask` was refused.  `decision` is not to be one that allows."""
    assert decision.kind is not None, "allowed"
    if ask.principal.type in FEDERATED:
        return f"Not authorized to perform {ask.action}"
    sentence = f"User: {caller(ask.principal)} is not authorized to perform: {ask.action} on resource: {ask.resource}"
    if decision.effect is not Effect.EXPLICIT_DENY:
        return f"{sentence} because no {decision.kind.value} allows the {ask.action} action"
    return (
        f"{sentence} with an explicit deny in {_article(decision.kind)} {decision.kind.value}{_policy(ask, decision)}"
    )


def caller(principal: Principal) -> str:
    """What a principal is called in messages: its ARN, or the name of a service."""
    if principal.type == "Anonymous":
        return "anonymous"
    return principal.arn or principal.name


def _article(kind: Kind) -> str:
    match kind:
        case Kind.IDENTITY:
            return "an"
        case Kind.TRUST:
            return "the"
    return "a"


def _policy(ask: Ask, decision: Decision) -> str:
    if decision.kind not in _with_arns:
        return ""
    resource = arns.parse(ask.resource)
    if resource is not None and resource.account not in ("", ask.principal.account):
        return ""
    first = next(match.source.id for match in decision.matches if match.source.kind is decision.kind)
    return f": {first}" if first.startswith("arn:") else ""
