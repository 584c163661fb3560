"""Collects the policies that apply to a principal, and remembers them until something changes.

What was collected is kept with the versions of the account and of organizations that it was read under
(`identity.tables`), so a request costs two reads of a number, not one of each policy; documents are compiled once for
all principals that have them (`api.policy.compile_policy`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from gureum.api.errors import InvalidClientTokenId
from gureum.api.policy import Kind, Source, Standing, compile_policy
from gureum.api.principal import EXTERNAL, Principal, Session
from gureum.base import arn as arns
from gureum.identity import managed, organization, tables
from gureum.identity.organization import Place
from gureum.identity.records import Owner
from gureum.state.store import Transaction

K = TypeVar("K")
V = TypeVar("V")

_remembered_max: Final = 10_000
_linked_path: Final = "/aws-service-role/"


class Bearings(msgspec.Struct, frozen=True):
    """What applies to a principal, whatever session it comes in: its standing, tags and place.

    `arn` is the one that `aws:PrincipalArn` shows: of the user, or of the role behind a session.
    """

    standing: Standing
    arn: str = ""
    tags: Mapping[str, str] = {}
    place: Place | None = None


_NOTHING: Final = Bearings(Standing())


class Standings:
    """Finds what applies to principals; one per process."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[tuple[Any, ...], tuple[int, int, Bearings]] = OrderedDict()
        self._places: OrderedDict[str, tuple[int, Place | None]] = OrderedDict()

    def of(self, tx: Transaction, principal: Principal, session: Session | None) -> Bearings:
        """What applies to `principal`.  Raises InvalidClientTokenId when it does not exist any more."""
        if principal.type == "AWSService" or principal.type in EXTERNAL:
            return _NOTHING
        bearings = self._base(tx, principal, session)
        if session is None or not session.tags:
            return bearings
        return msgspec.structs.replace(bearings, tags=_overridden(bearings.tags, session.tags))

    def place(self, tx: Transaction, account: str) -> Place | None:
        """The place of an account in its organization, if it is in one."""
        version = tables.version(tx, tables.ORGANIZATIONS)
        found = self._places.get(account)
        if found is not None and found[0] == version:
            return found[1]
        place = organization.place_of(tx, account)
        _remember(tx, self._places, account, (version, place))
        return place

    def _base(self, tx: Transaction, principal: Principal, session: Session | None) -> Bearings:
        own = tables.version(tx, principal.account)
        shared = tables.version(tx, tables.ORGANIZATIONS)
        # Sessions of one role that were given the same policies share an entry, whatever their names.
        federated = principal.type == "FederatedUser"
        who = (principal.id, principal.issuer, principal.issuer_id) if federated else principal.unique_id
        key = (principal.account, who, session.policy, session.policy_arns) if session else (principal.account, who)
        found = self._remembered.get(key)
        if found is not None and found[0] == own and found[1] == shared:
            return found[2]
        bearings = _collect(tx, principal, self.place(tx, principal.account))
        passed = None if session is None else _session_policies(tx, principal, session)
        if session is not None and session.assumed_root:
            # What a task may not do is all that its policy says: the root user needs nobody to allow the rest.
            tasks = tuple(_managed(tx, session.policy_arns, Kind.IDENTITY))
            bearings = msgspec.structs.replace(
                bearings, standing=msgspec.structs.replace(bearings.standing, identity=tasks)
            )
        elif passed is not None:
            standing = msgspec.structs.replace(bearings.standing, session=passed)
            bearings = msgspec.structs.replace(bearings, standing=standing)
        _remember(tx, self._remembered, key, (own, shared, bearings))
        return bearings


def _remember(tx: Transaction, memory: OrderedDict[K, V], key: K, value: V) -> None:
    """Remember what was read in `tx`, unless that has written before.

    A transaction that fails takes back what it has changed, and the versions that it counted up to become those of
    other changes: what it read in between must not be taken for those.
    """
    if tx.wrote:
        return
    memory[key] = value
    if len(memory) > _remembered_max:
        memory.popitem(last=False)


def identity_policies(tx: Transaction, account: str, owner_type: Owner, owner: str) -> tuple[Source, ...]:
    """The inline and attached policies of a user (without those of its groups), group or role."""
    inline = tables.inline_policies.scan(tx, (account, owner_type, owner))
    attached = tables.attachments.scan(tx, (account, owner_type, owner))
    return (
        *(
            Source(Kind.IDENTITY, f"{owner_type}_{owner}_{policy.name}", compile_policy(policy.document, Kind.IDENTITY))
            for policy in inline
        ),
        *_managed(tx, (attachment.policy_arn for attachment in attached), Kind.IDENTITY),
    )


def user_policies(tx: Transaction, account: str, name: str) -> tuple[Source, ...]:
    """The policies of a user and of the groups that it is in."""
    groups = tables.memberships.scan(tx, (account, name))
    return (
        *identity_policies(tx, account, Owner.USER, name),
        *(source for group in groups for source in identity_policies(tx, account, Owner.GROUP, group.group)),
    )


def boundary(tx: Transaction, policy_arn: str) -> Source | None:
    """The permissions boundary of that ARN; None for an empty one.

    A managed policy cannot be deleted while it is a boundary; if it were gone all the same, nothing would be allowed.
    """
    return next(_managed(tx, (policy_arn,), Kind.BOUNDARY)) if policy_arn else None


def managed_document(tx: Transaction, policy_arn: str) -> str | None:
    """The default version's document of a managed policy, AWS's or a customer's; None when there is no such policy."""
    parsed = arns.parse(policy_arn)
    if parsed is None:
        return None
    if parsed.account == "aws":
        found = managed.find(policy_arn)
        return None if found is None else found.document
    policy = tables.policies.get(tx, (parsed.account, policy_arn.rpartition("/")[2]))
    if policy is None or policy.arn != policy_arn:
        return None
    version = tables.policy_versions.get(tx, (policy.account, policy.name, policy.default_version))
    assert version is not None, f"{policy_arn} has no default version"
    return version.document


def _managed(tx: Transaction, policy_arns: Iterable[str], kind: Kind) -> Iterator[Source]:
    for policy_arn in policy_arns:
        document = managed_document(tx, policy_arn)
        yield Source(kind, policy_arn, compile_policy(_NO_PERMISSIONS if document is None else document, kind))


_NO_PERMISSIONS: Final = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'  # a policy that is gone
)


_EVERYTHING: Final = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'


def _collect(tx: Transaction, principal: Principal, place: Place | None) -> Bearings:
    account = tables.accounts.get(tx, (principal.account,))
    if account is not None and account.suspended:
        raise InvalidClientTokenId
    controls = () if place is None else place.service_controls
    if principal.type == "Root":
        return Bearings(Standing(controls=controls), principal.arn, {}, place)
    if principal.type == "AssumedRole":
        return _collect_role(tx, principal, place)
    if principal.type == "FederatedUser" and not principal.issuer_id:
        everything = Source(Kind.IDENTITY, "root", compile_policy(_EVERYTHING, Kind.IDENTITY))
        return Bearings(Standing((everything,), controls=controls), principal.arn, {}, place)
    # By id, because the name may have changed since a session began.
    user = tables.users_by_id.first(tx, (principal.issuer_id or principal.unique_id,))
    if user is None:
        raise InvalidClientTokenId
    standing = Standing(user_policies(tx, user.account, user.name), boundary(tx, user.boundary), None, controls)
    if principal.type == "FederatedUser":
        return Bearings(standing, principal.arn, user.tags, place)
    return Bearings(standing, user.arn, user.tags, place)


def _collect_role(tx: Transaction, principal: Principal, place: Place | None) -> Bearings:
    role = tables.roles.get(tx, (principal.account, principal.name))
    if role is None or role.id != principal.unique_id:
        raise InvalidClientTokenId
    restricted = place is not None and not role.path.startswith(_linked_path)
    standing = Standing(
        identity_policies(tx, role.account, Owner.ROLE, role.name),
        boundary(tx, role.boundary),
        None,
        place.service_controls if place is not None and restricted else (),
    )
    return Bearings(standing, role.arn, role.tags, place)


def _overridden(tags: Mapping[str, str], session: Mapping[str, str]) -> dict[str, str]:
    """A principal's tags with those of its session, which override them whatever the case of their keys."""
    keys = {key.lower() for key in session}
    return {**{key: value for key, value in tags.items() if key.lower() not in keys}, **session}


def _session_policies(tx: Transaction, principal: Principal, session: Session) -> tuple[Source, ...] | None:
    if session.token_only or session.assumed_root:
        return None
    if session.policy is None and not session.policy_arns:
        return () if principal.type == "FederatedUser" else None
    inline = () if session.policy is None else (compile_policy(session.policy, Kind.SESSION),)
    return (
        *(Source(Kind.SESSION, "session", compiled) for compiled in inline),
        *_managed(tx, session.policy_arns, Kind.SESSION),
    )
