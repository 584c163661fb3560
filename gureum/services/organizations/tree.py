"""The tree of an organization: its root, units and accounts, and what is attached to them.

The root is kept as part of the organization: there is exactly one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from gureum.base.topology import PARTITION
from gureum.identity import organization as directory
from gureum.identity.organization import (
    MANAGED,
    ControlAttachment,
    ControlPolicy,
    Member,
    Organization,
    PolicyType,
    Unit,
)
from gureum.services.organizations.errors import OrganizationalUnitNotFoundException
from gureum.state.store import Transaction

Entity = Organization | Unit | Member | ControlPolicy
"""What can be tagged; all but policies can have policies attached.  An organization stands for its root."""


def entity_arn(organization: Organization, kind: str, entity: str) -> str:
    """`arn:aws:organizations::111122223333:KIND/o-exampleorgid/ENTITY`."""
    return f"arn:{PARTITION}:organizations::{organization.management}:{kind}/{organization.id}/{entity}"


def find(tx: Transaction, organization: Organization, entity: str) -> Organization | Unit | Member | None:
    """The root, unit or account of that id in `organization`."""
    if entity.startswith("r-"):
        return organization if entity == organization.root else None
    if entity.startswith("ou-"):
        return directory.units.get(tx, (organization.id, entity))
    member = directory.members.get(tx, (entity,))
    return member if member is not None and member.organization == organization.id else None


def find_unit(tx: Transaction, organization: Organization, unit_id: str) -> Unit:
    """The unit of that id.  Raises OrganizationalUnitNotFoundException."""
    unit = directory.units.get(tx, (organization.id, unit_id))
    if unit is None:
        raise OrganizationalUnitNotFoundException
    return unit


def is_parent(tx: Transaction, organization: Organization, entity: str) -> bool:
    """Whether there is such a root or unit."""
    return isinstance(find(tx, organization, entity), Organization | Unit)


def path(tx: Transaction, organization: Organization, parent: str, entity: str) -> str:
    """`o-exampleorgid/r-…/ou-…/ENTITY/`, with what lies between."""
    return "/".join((organization.id, *directory.ancestors(tx, organization, parent), entity, ""))


def tags_of(tx: Transaction, organization: Organization, entity: str) -> dict[str, str] | None:
    """The tags of a root, unit, account or policy; None when there is none such."""
    found = _find_taggable(tx, organization, entity)
    if found is None:
        return None
    return found.root_tags if isinstance(found, Organization) else found.tags


def set_tags(tx: Transaction, organization: Organization, entity: str, tags: dict[str, str]) -> None:
    """Give a root, unit, account or policy that exists these tags."""
    match _find_taggable(tx, organization, entity):
        case Organization() as found:
            directory.organizations.replace(tx, found, replace(found, root_tags=tags))
        case Unit() as found:
            directory.units.replace(tx, found, replace(found, tags=tags))
        case Member() as found:
            directory.members.replace(tx, found, replace(found, tags=tags))
        case ControlPolicy() as found:
            directory.control_policies.replace(tx, found, replace(found, tags=tags))


def _find_taggable(tx: Transaction, organization: Organization, entity: str) -> Entity | None:
    if entity.startswith("p-"):
        return directory.control_policies.get(tx, (organization.id, entity))
    return find(tx, organization, entity)


def type_of_policy(tx: Transaction, organization: Organization, policy: str) -> PolicyType:
    """The type of a policy, AWS's or the organization's own; one that does not exist controls services."""
    if policy in MANAGED:
        return MANAGED[policy][0]
    found = directory.control_policies.get(tx, (organization.id, policy))
    return PolicyType.SERVICE_CONTROL if found is None else PolicyType(found.type)


def entities(tx: Transaction, organization: Organization) -> Iterator[str]:
    """The ids of all that policies can be attached to."""
    yield organization.root
    for unit in directory.units.scan(tx, (organization.id,)):
        yield unit.id
    for member in directory.members_by_organization.scan(tx, (organization.id,)):
        yield member.account


def attach_default(tx: Transaction, organization: Organization, entity: str, policy_type: PolicyType) -> None:
    """Attach AWS's own policy of a type, which allows everything."""
    policy = next(policy for policy, managed in MANAGED.items() if managed[0] is policy_type)
    directory.control_attachments.insert(tx, ControlAttachment(organization.id, entity, policy_type, policy))


def attach_defaults(tx: Transaction, organization: Organization, entity: str) -> None:
    """What is attached to a new unit or account: AWS's own policy of each type that is enabled."""
    for policy_type in organization.enabled:
        attach_default(tx, organization, entity, PolicyType(policy_type))


def detach_all(tx: Transaction, organization: Organization, entity: str, policy_type: str | None = None) -> None:
    """Take off what is attached to `entity`: all, or the policies of a type."""
    prefix = (organization.id, entity) if policy_type is None else (organization.id, entity, policy_type)
    for attachment in directory.control_attachments.scan(tx, prefix):
        directory.control_attachments.delete(tx, attachment)
