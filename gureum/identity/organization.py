"""Organizations: the tree of accounts, and the policies that control them from above.

The tree, the policies and their attachments decide about requests, and which services are trusted and which accounts
act for them decides about who may become whose root user; so they lie here.  What is only bookkeeping (invitations,
states of account creation) is the business of the Organizations service.  Each write counts up the version
`ORGANIZATIONS` (`identity.tables`).

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from gureum.api.policy import Kind, Source, compile_policy
from gureum.base.topology import PARTITION
from gureum.identity.tables import ORGANIZATIONS, Deciding
from gureum.state.records import Record
from gureum.state.store import Transaction


class PolicyType(StrEnum):
    """The types of policies that decide about requests."""

    SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
    RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"


class Organization(Record, version=1):
    """An organization: `id` is `o-…`, `root` is `r-…`, `management` an account.  `enabled` are types of policies."""

    id: str
    management: str
    root: str
    created_ms: int
    all_features: bool = True
    enabled: tuple[str, ...] = ()
    root_tags: dict[str, str] = {}
    root_access: tuple[str, ...] = ()
    """Features of IAM's central root access (`identity.root_access`)."""

    @property
    def arn(self) -> str:
        """`arn:aws:organizations::111122223333:organization/o-exampleorgid`."""
        return f"arn:{PARTITION}:organizations::{self.management}:organization/{self.id}"

    @property
    def root_arn(self) -> str:
        """`arn:aws:organizations::111122223333:root/o-exampleorgid/r-examplerootid111`."""
        return f"arn:{PARTITION}:organizations::{self.management}:root/{self.id}/{self.root}"


class Unit(Record, version=1):
    """An organizational unit; `parent` is the id of the root or of another unit."""

    organization: str
    id: str
    parent: str
    name: str
    created_ms: int
    tags: dict[str, str] = {}


class Member(Record, version=1):
    """An account in an organization, under `parent`."""

    account: str
    organization: str
    parent: str
    joined_ms: int
    joined_method: str
    tags: dict[str, str] = {}


class ControlPolicy(Record, version=1):
    """A policy of an organization; `type` is a `PolicyType`."""

    organization: str
    id: str
    type: str
    name: str
    description: str
    document: str
    created_ms: int
    tags: dict[str, str] = {}


class ControlAttachment(Record, version=1):
    """A policy attached to the root, a unit or an account."""

    organization: str
    target: str
    type: str
    policy: str


class TrustedService(Record, version=1):
    """A service that may act in every account of an organization; `service` is its principal (`iam.amazonaws.com`)."""

    organization: str
    service: str
    enabled_ms: int


class Delegate(Record, version=1):
    """A member account that administers a trusted service for its organization."""

    organization: str
    account: str
    service: str
    registered_ms: int


def _everyone(record: Record) -> str:
    return ORGANIZATIONS


organizations = Deciding("identity/organizations", Organization, key=lambda o: (o.id,), scope=_everyone)
units = Deciding("identity/units", Unit, key=lambda u: (u.organization, u.id), scope=_everyone)
units_by_parent = units.index("parent", lambda u: (u.organization, u.parent, u.name))
members = Deciding("identity/members", Member, key=lambda m: (m.account,), scope=_everyone)
members_by_parent = members.index("parent", lambda m: (m.organization, m.parent))
members_by_organization = members.index("organization", lambda m: (m.organization,))
control_policies = Deciding(
    "identity/control_policies", ControlPolicy, key=lambda p: (p.organization, p.id), scope=_everyone
)
control_policies_by_name = control_policies.index("name", lambda p: (p.organization, p.type, p.name))
control_attachments = Deciding(
    "identity/control_attachments",
    ControlAttachment,
    key=lambda a: (a.organization, a.target, a.type, a.policy),
    scope=_everyone,
)
control_attachments_by_policy = control_attachments.index("policy", lambda a: (a.organization, a.policy))
trusted_services = Deciding(
    "identity/trusted_services", TrustedService, key=lambda t: (t.organization, t.service), scope=_everyone
)
delegates = Deciding(
    "identity/delegates", Delegate, key=lambda d: (d.organization, d.account, d.service), scope=_everyone
)

MANAGED: Final = {
    "p-FullAWSAccess": (
        PolicyType.SERVICE_CONTROL,
        "FullAWSAccess",
        "Allows access to every operation",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    ),
    "p-RCPFullAWSAccess": (
        PolicyType.RESOURCE_CONTROL,
        "RCPFullAWSAccess",
        "Allows access to every resource",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    ),
}
"""AWS's own policies: id to type, name, description and document."""

_KINDS: Final = {
    PolicyType.SERVICE_CONTROL: Kind.SERVICE_CONTROL,
    PolicyType.RESOURCE_CONTROL: Kind.RESOURCE_CONTROL,
}

Levels = tuple[tuple[Source, ...], ...]
"""Policies from the root of an organization down to an account: one tuple for the root, each unit and the account."""


class Place(msgspec.Struct, frozen=True):
    """An account's place: `organization` is `o-…`, `path` is `o-…/r-…/ou-…/…/`, as in `aws:PrincipalOrgPaths`.

    The levels are empty where policies of that type are not enabled, and for the management account, which none
    restricts.
    """

    organization: str
    management: str
    path: str
    service_controls: Levels = ()
    resource_controls: Levels = ()


def organization_of(tx: Transaction, account: str) -> Organization | None:
    """The organization that an account is in."""
    member = members.get(tx, (account,))
    return None if member is None else organizations.get(tx, (member.organization,))


def place_of(tx: Transaction, account: str) -> Place | None:
    """The place of `account`; None when it is in no organization."""
    member = members.get(tx, (account,))
    found = None if member is None else organizations.get(tx, (member.organization,))
    if member is None or found is None:
        return None
    above = ancestors(tx, found, member.parent)
    path = "/".join((found.id, *above, ""))
    if account == found.management:
        return Place(found.id, found.management, path)
    targets = (*above, account)
    return Place(
        found.id,
        found.management,
        path,
        _levels(tx, found, PolicyType.SERVICE_CONTROL, targets),
        _levels(tx, found, PolicyType.RESOURCE_CONTROL, targets),
    )


def is_delegate(tx: Transaction, organization: str, account: str, service: str | None = None) -> bool:
    """Whether `account` is a delegated administrator, of `service` or of any."""
    prefix = (organization, account) if service is None else (organization, account, service)
    return bool(delegates.scan(tx, prefix, limit=1))


def ancestors(tx: Transaction, organization: Organization, parent: str) -> tuple[str, ...]:
    """The ids from the root down to `parent`, which is the root or a unit."""
    above = [parent]
    while above[-1] != organization.root:
        unit = units.get(tx, (organization.id, above[-1]))
        assert unit is not None, f"{above[-1]} is in no organization"
        above.append(unit.parent)
    return tuple(reversed(above))


def document_of(tx: Transaction, organization: str, policy: str) -> str:
    """The document of a policy, AWS's or the organization's own."""
    if policy in MANAGED:
        return MANAGED[policy][3]
    found = control_policies.get(tx, (organization, policy))
    assert found is not None, f"{policy} is attached and does not exist"
    return found.document


def policy_arn(organization: Organization, policy_type: str, policy: str) -> str:
    """`arn:aws:organizations::111122223333:policy/o-exampleorgid/service_control_policy/p-examplepolicyid111`."""
    if policy in MANAGED:
        return f"arn:{PARTITION}:organizations::aws:policy/{policy_type.lower()}/{policy}"
    owner = organization.management
    return f"arn:{PARTITION}:organizations::{owner}:policy/{organization.id}/{policy_type.lower()}/{policy}"


def _levels(tx: Transaction, organization: Organization, policy_type: PolicyType, targets: tuple[str, ...]) -> Levels:
    if policy_type not in organization.enabled:
        return ()
    kind = _KINDS[policy_type]

    def source(policy: str) -> Source:
        document = document_of(tx, organization.id, policy)
        return Source(kind, policy_arn(organization, policy_type, policy), compile_policy(document, kind))

    return tuple(
        tuple(
            source(attachment.policy)
            for attachment in control_attachments.scan(tx, (organization.id, target, policy_type))
        )
        for target in targets
    )
