"""Policy types: whether policies of a type count, in the root and so everywhere.

Enabling attaches AWS's own policy, which allows everything, to the root, each unit and each account; disabling takes
off all policies of the type, and to enable it again does not bring them back.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html and its neighbour.
"""

from __future__ import annotations

from typing import TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.identity import organization as directory
from gureum.identity.organization import Organization
from gureum.services.organizations import callers, tree
from gureum.services.organizations.errors import (
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from gureum.services.organizations.rules import policies as rules
from gureum.services.organizations.service import about, organizations, policy_type
from gureum.services.organizations.views import Root, show_root


class RootResult(TypedDict):
    Root: Root


@organizations.operation(resource=about("RootId"), keys=policy_type)
def enable_policy_type(ctx: Context, root_id: str, policy_type: str) -> RootResult:
    """Let the policies of a type count."""
    kind = rules.type_of(policy_type)
    organization = callers.with_policies(_manages(ctx, root_id))
    if kind in organization.enabled:
        raise PolicyTypeAlreadyEnabledException
    enabled = replace(organization, enabled=(*organization.enabled, kind.value))
    directory.organizations.replace(ctx.tx, organization, enabled)
    for entity in tree.entities(ctx.tx, organization):
        tree.attach_default(ctx.tx, organization, entity, kind)
    return {"Root": show_root(enabled)}


@organizations.operation(resource=about("RootId"), keys=policy_type)
def disable_policy_type(ctx: Context, root_id: str, policy_type: str) -> RootResult:
    """Let them not count any more; their attachments are gone."""
    kind = rules.type_of(policy_type)
    organization = _manages(ctx, root_id)
    if kind not in organization.enabled:
        raise PolicyTypeNotEnabledException
    left = replace(organization, enabled=tuple(name for name in organization.enabled if name != kind))
    directory.organizations.replace(ctx.tx, organization, left)
    for entity in tree.entities(ctx.tx, organization):
        tree.detach_all(ctx.tx, organization, entity, kind)
    return {"Root": show_root(left)}


def _manages(ctx: Context, root: str) -> Organization:
    """The caller's organization, whose root that is.  Raises RootNotFoundException."""
    organization = callers.management(ctx)
    if root != organization.root:
        raise RootNotFoundException
    return organization
