"""Reports of last access about an organization: which services its policies allow, and which of them are used.

A report is about the root, a unit or an account, named by its path.  The services are those that the service control
policies from the root down to it allow, or those that one policy allows; the use that counts is that of everybody in
the accounts below it, or of those to which the policy applies.  None restricts the management account, so it counts
only in a report about itself.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from gureum.api.activity import Use
from gureum.api.policy import Kind
from gureum.identity import organization as directory
from gureum.identity.organization import Organization, PolicyType
from gureum.services.iam import activity, reference
from gureum.services.iam.errors import InvalidInputException, NoSuchEntityException
from gureum.services.iam.records import OrganizationJob
from gureum.services.iam.rules.granted import granted
from gureum.state.store import Transaction


class Service(msgspec.Struct, frozen=True, array_like=True):
    """A service that is allowed; `accounts` have used it, the last one was that at `path`."""

    namespace: str
    accounts: int = 0
    last_ms: int = 0
    region: str = ""
    path: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Service, ...]).decode


def pack(report: tuple[Service, ...]) -> bytes:
    """A report as it is stored."""
    return zlib.compress(_encode(report))


def unpack(job: OrganizationJob) -> tuple[Service, ...]:
    """The report of a job that is done: services by namespace."""
    return _decode(zlib.decompress(job.content))


def check(tx: Transaction, organization: Organization, path: str, policy: str) -> None:
    """Refuse paths that lead nowhere, and policies that do not exist.  Raises InvalidInput, NoSuchEntity."""
    if PolicyType.SERVICE_CONTROL not in organization.enabled:
        raise InvalidInputException("Service control policies are not enabled for the root of your organization.")
    if _entities(tx, organization, path) is None:
        raise InvalidInputException(f"Invalid entity path: {path}")
    key = (organization.id, policy)
    if policy and policy not in directory.MANAGED and directory.control_policies.get(tx, key) is None:
        raise NoSuchEntityException(f"The policy with id {policy} cannot be found.")


def make(tx: Transaction, job: OrganizationJob, now_ms: int) -> tuple[Service, ...]:
    """The report that a job asks for; an empty one when what it is about has gone."""
    organization = directory.organization_of(tx, job.account)
    entities = None if organization is None else _entities(tx, organization, job.path)
    if organization is None or entities is None:
        return ()
    used: dict[str, dict[str, Use]] = {}
    for account in _accounts(tx, organization, entities, job.policy):
        for use in activity.uses_in(tx, account, now_ms):
            newest = used.setdefault(activity.namespace(use), {})
            if account not in newest or newest[account].last_ms < use.last_ms:
                newest[account] = use
    services = sorted(_services(tx, organization, entities, job.policy))
    return tuple(_service(tx, namespace, used.get(namespace, {})) for namespace in services)


def _service(tx: Transaction, namespace: str, used: dict[str, Use]) -> Service:
    if not used:
        return Service(namespace)
    last = max(used.values(), key=lambda use: use.last_ms)
    place = directory.place_of(tx, last.account)
    path = "" if place is None else f"{place.path}{last.account}"
    return Service(namespace, len(used), last.last_ms, last.region, path)


def _entities(tx: Transaction, organization: Organization, path: str) -> tuple[str, ...] | None:
    """The root, the units and the account that a path goes through; None when there is no such way."""
    first, *entities = path.rstrip("/").split("/")
    if first != organization.id or not entities or entities[0] != organization.root:
        return None
    for above, entity in pairwise(entities):
        unit = directory.units.get(tx, (organization.id, entity))
        member = directory.members.get(tx, (entity,)) if unit is None else None
        if member is not None and (member.organization != organization.id or entity != entities[-1]):
            return None
        parent = unit.parent if unit is not None else member.parent if member is not None else None
        if parent != above:
            return None
    return tuple(entities)


def _accounts(tx: Transaction, organization: Organization, entities: Sequence[str], policy: str) -> list[str]:
    """The accounts at or below the last entity, those to which a policy applies if there is one."""
    members = directory.members_by_organization.scan(tx, (organization.id,))
    found = []
    for member in members:
        above = (*directory.ancestors(tx, organization, member.parent), member.account)
        if entities[-1] not in above or (member.account == organization.management and member.account != entities[-1]):
            continue
        if not policy or any(policy in _attached(tx, organization, target) for target in above):
            found.append(member.account)
    return found


def _services(tx: Transaction, organization: Organization, entities: Sequence[str], policy: str) -> frozenset[str]:
    services = frozenset(reference.services())
    if policy:
        return granted((directory.document_of(tx, organization.id, policy),), services, Kind.SERVICE_CONTROL)
    if entities[-1] == organization.management:
        return services
    for target in entities:
        documents = [directory.document_of(tx, organization.id, each) for each in _attached(tx, organization, target)]
        services &= granted(documents, services, Kind.SERVICE_CONTROL)
    return services


def _attached(tx: Transaction, organization: Organization, target: str) -> list[str]:
    """The service control policies that are attached to a root, unit or account."""
    prefix = (organization.id, target, PolicyType.SERVICE_CONTROL)
    return [attachment.policy for attachment in directory.control_attachments.scan(tx, prefix)]
