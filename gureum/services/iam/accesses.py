"""Reports of last access: which services somebody can use, and when he last did.

A report is about a user, group, role or managed policy.  Its entities are those whose use counts: the user or role
itself, the members of a group, or everybody who has a policy, be it by a group.  What they did counts whether or not it
was these policies that allowed it.  A report is made once, by a pass, and does not change with what happens later.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import msgspec

from gureum.base import arn as arns
from gureum.identity import tables
from gureum.identity.records import Owner
from gureum.identity.standing import managed_document
from gureum.services.iam import activity, holdings, reference
from gureum.services.iam.holdings import Holder
from gureum.services.iam.records import AccessJob
from gureum.services.iam.rules.granted import granted
from gureum.state.store import Transaction


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """A user or role whose use counts."""

    arn: str
    id: str
    name: str
    path: str
    type: str


class Access(msgspec.Struct, frozen=True, array_like=True):
    """The last time that an entity used an action of a service."""

    entity: int
    namespace: str
    action: str
    last_ms: int
    region: str


class Report(msgspec.Struct, frozen=True, array_like=True):
    """A report: `services` are the namespaces that can be used, the `entity` of an access counts in `entities`."""

    entities: tuple[Entity, ...]
    services: tuple[str, ...]
    accesses: tuple[Access, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Report).decode


def pack(report: Report) -> bytes:
    """A report as it is stored."""
    return zlib.compress(_encode(report))


def unpack(job: AccessJob) -> Report:
    """The report of a job that is done."""
    return _decode(zlib.decompress(job.content))


def make(tx: Transaction, job: AccessJob, now_ms: int) -> Report:
    """The report that a job asks for; an empty one when what it is about has gone."""
    documents, entities = _about(tx, job)
    services = granted(documents, frozenset(reference.services()))
    found = [
        Access(at, activity.namespace(use), use.operation, use.last_ms, use.region)
        for at, entity in enumerate(entities)
        for use in activity.uses(tx, job.account, entity.id, now_ms)
    ]
    return Report(tuple(entities), tuple(sorted(services)), tuple(each for each in found if each.namespace in services))


def _about(tx: Transaction, job: AccessJob) -> tuple[list[str], list[Entity]]:
    """The documents and entities of what a job is about."""
    if is_policy(job.arn):
        document = managed_document(tx, job.arn)
        return ([] if document is None else [document]), _holders_of(tx, job.account, job.arn)
    _, owner_type, name = holdings.entity(job.arn)
    documents = [policy.document for policy in holdings.all_held(tx, job.account, owner_type, name)]
    return documents, list(_members(tx, job.account, owner_type, name))


def _holders_of(tx: Transaction, account: str, policy_arn: str) -> list[Entity]:
    found: dict[str, Entity] = {}
    for attachment in tables.attachments_by_policy.scan(tx, (account, policy_arn)):
        for entity in _members(tx, account, attachment.owner_type, attachment.owner):
            found[entity.id] = entity
    return list(found.values())


def _members(tx: Transaction, account: str, owner_type: Owner, name: str) -> Iterable[Entity]:
    """The user or role of that name, or all members of the group."""
    found: list[Holder | None] = []
    match owner_type:
        case Owner.USER:
            found = [tables.users.get(tx, (account, name))]
        case Owner.ROLE:
            found = [tables.roles.get(tx, (account, name))]
        case Owner.GROUP:
            members = tables.memberships_by_group.scan(tx, (account, name))
            found = [tables.users.get(tx, (account, member.user)) for member in members]
    type_ = "ROLE" if owner_type is Owner.ROLE else "USER"
    return (Entity(each.arn, each.id, each.name, each.path, type_) for each in found if each is not None)


def is_policy(arn: str) -> bool:
    """Whether `arn` is one of a managed policy."""
    parsed = arns.parse(arn)
    return parsed is not None and parsed.service == "iam" and parsed.resource.startswith("policy/")
