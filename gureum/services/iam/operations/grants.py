"""Which policies let somebody use a service.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.services.iam import holdings, paging, reference
from gureum.services.iam.errors import InvalidInputException
from gureum.services.iam.holdings import Holding
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules.granted import granted
from gureum.services.iam.service import iam
from gureum.state.keys import Key


class GrantingPolicy(TypedDict):
    PolicyName: str
    PolicyType: str
    PolicyArn: NotRequired[str]
    EntityType: NotRequired[str]
    EntityName: NotRequired[str]


class Granted(TypedDict):
    ServiceNamespace: str
    Policies: list[GrantingPolicy]


class ListPoliciesGrantingServiceAccessResult(More):
    PoliciesGrantingServiceAccess: list[Granted]


def asked_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The user, group, role or policy that is asked about."""
    arn: str = values["Arn"]
    return arn


@iam.operation(resource=asked_arn, readonly=True)
def list_policies_granting_service_access(
    ctx: Context, arn: str, service_namespaces: list[str], marker: str | None = None
) -> ListPoliciesGrantingServiceAccessResult:
    """The policies by which a user, group or role can access each of some services."""
    owner_type, owner = holdings.holder(ctx, arn)
    for namespace in service_namespaces:
        if namespace not in reference.services():
            raise InvalidInputException(f"Invalid service namespace: {namespace}")
    held = holdings.all_held(ctx.tx, ctx.account, owner_type, owner.name)

    def position(namespace: str) -> Key:
        return (namespace,)

    scan = paging.scan_of(sorted(set(service_namespaces)), position)
    scope = f"ListPoliciesGrantingServiceAccess/{arn}/{','.join(service_namespaces)}"
    found, following = paging.page(ctx, scan, position, scope, marker, None)
    return {"PoliciesGrantingServiceAccess": [_granting(held, namespace) for namespace in found], **more(following)}


def _granting(held: list[Holding], namespace: str) -> Granted:
    wanted = frozenset({namespace})
    shown = {(policy.arn or policy.source.id): _shown(policy) for policy in held if granted((policy.document,), wanted)}
    return {"ServiceNamespace": namespace, "Policies": list(shown.values())}


def _shown(policy: Holding) -> GrantingPolicy:
    if not policy.inline:
        return {"PolicyName": policy.name, "PolicyType": "MANAGED", "PolicyArn": policy.arn}
    return {
        "PolicyName": policy.name,
        "PolicyType": "INLINE",
        "EntityType": policy.owner_type.upper(),
        "EntityName": policy.owner,
    }
