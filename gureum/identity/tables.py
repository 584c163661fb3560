"""Under which keys identities lie: the only code that builds them.

Whatever decides about requests is in a `Deciding` table: each write also counts up the version of its account, in the
same transaction.  A process that has worked out the policies of a principal keeps them with the version it saw; every
request reads the version (one key) in its own transaction and so never acts on what has been changed, in this process
or in another one.  Rejected: notifying the other processes, which would leave a moment in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from gureum.identity.records import (
    AccessKeyRecord,
    Account,
    Attachment,
    Group,
    InlinePolicy,
    InstanceProfile,
    LinkedRoleDeletion,
    Membership,
    MfaDevice,
    OidcProvider,
    PasswordPolicy,
    Policy,
    PolicyVersion,
    Role,
    SamlProvider,
    ServerCertificate,
    User,
    Version,
)
from gureum.state.keys import Key
from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

R = TypeVar("R", bound=Record)

_versions = Table("identity/versions", Version, key=lambda v: (v.account,))

ORGANIZATIONS: Final = "organizations"
"""The version that counts changes of organizations; it concerns every account."""


def version(tx: Transaction, account: str) -> int:
    """How often what decides about `account` (or `ORGANIZATIONS`) has changed."""
    found = _versions.get(tx, (account,))
    return 0 if found is None else found.number


def count_up(tx: Transaction, account: str) -> None:
    """Note that something changed that decides about `account`."""
    _versions.put(tx, Version(account, version(tx, account) + 1))


class Deciding(Table[R]):
    """A table whose rows decide about requests.  `scope` says whose version a row counts."""

    def __init__(
        self,
        name: str,
        record_type: type[R],
        key: Callable[[R], Key],
        scope: Callable[[Any], str] = lambda record: record.account,
    ) -> None:
        super().__init__(name, record_type, key)
        self._scope = scope

    def insert(self, tx: Transaction, record: R) -> None:
        count_up(tx, self._scope(record))
        super().insert(tx, record)

    def replace(self, tx: Transaction, old: R, new: R) -> None:
        count_up(tx, self._scope(new))
        super().replace(tx, old, new)

    def put(self, tx: Transaction, record: R) -> None:
        count_up(tx, self._scope(record))
        super().put(tx, record)

    def delete(self, tx: Transaction, record: R) -> None:
        count_up(tx, self._scope(record))
        super().delete(tx, record)


accounts = Deciding("identity/accounts", Account, key=lambda a: (a.id,), scope=lambda a: a.id)
accounts_by_email = accounts.index("email", lambda a: (a.email.lower(),) if a.email else None)

users = Deciding("identity/users", User, key=lambda u: (u.account, u.name))
users_by_folded_name = users.index("folded", lambda u: (u.account, u.name.lower()))
users_by_id = users.index("id", lambda u: (u.id,))
users_by_boundary = users.index("boundary", lambda u: (u.account, u.boundary) if u.boundary else None)
groups = Deciding("identity/groups", Group, key=lambda g: (g.account, g.name))
groups_by_folded_name = groups.index("folded", lambda g: (g.account, g.name.lower()))
memberships = Deciding("identity/memberships", Membership, key=lambda m: (m.account, m.user, m.group))
memberships_by_group = memberships.index("group", lambda m: (m.account, m.group))
roles = Deciding("identity/roles", Role, key=lambda r: (r.account, r.name))
roles_by_folded_name = roles.index("folded", lambda r: (r.account, r.name.lower()))
roles_by_id = roles.index("id", lambda r: (r.id,))
roles_by_boundary = roles.index("boundary", lambda r: (r.account, r.boundary) if r.boundary else None)
instance_profiles = Table("identity/instance_profiles", InstanceProfile, key=lambda p: (p.account, p.name))
instance_profiles_by_folded_name = instance_profiles.index("folded", lambda p: (p.account, p.name.lower()))
instance_profiles_by_role = instance_profiles.index("role", lambda p: (p.account, p.role) if p.role else None)

policies = Deciding("identity/policies", Policy, key=lambda p: (p.account, p.name))
policies_by_folded_name = policies.index("folded", lambda p: (p.account, p.name.lower()))
policy_versions = Deciding("identity/policy_versions", PolicyVersion, key=lambda v: (v.account, v.policy, v.number))
inline_policies = Deciding(
    "identity/inline_policies", InlinePolicy, key=lambda p: (p.account, p.owner_type, p.owner, p.name)
)
attachments = Deciding(
    "identity/attachments", Attachment, key=lambda a: (a.account, a.owner_type, a.owner, a.policy_arn)
)
attachments_by_policy = attachments.index("policy", lambda a: (a.account, a.policy_arn))

access_keys = Deciding("identity/access_keys", AccessKeyRecord, key=lambda k: (k.id,))
access_keys_by_user = access_keys.index("user", lambda k: (k.account, k.user))
mfa_devices = Table("identity/mfa_devices", MfaDevice, key=lambda d: (d.account, d.serial))
mfa_devices_by_user = mfa_devices.index("user", lambda d: (d.account, d.user) if d.user else None)
password_policies = Deciding("identity/password_policies", PasswordPolicy, key=lambda p: (p.account,))
oidc_providers = Table("identity/oidc_providers", OidcProvider, key=lambda p: (p.account, p.url))
saml_providers = Table("identity/saml_providers", SamlProvider, key=lambda p: (p.account, p.name))
server_certificates = Table("identity/server_certificates", ServerCertificate, key=lambda c: (c.account, c.name))
server_certificates_by_folded_name = server_certificates.index("folded", lambda c: (c.account, c.name.lower()))
linked_role_deletions = Table("identity/linked_role_deletions", LinkedRoleDeletion, key=lambda d: (d.account, d.id))


def ensure_account(tx: Transaction, account: str, name: str, now_ms: int) -> Account:
    """The account of that id, made when there is none."""
    found = accounts.get(tx, (account,))
    if found is None:
        found = Account(account, name, "", now_ms)
        accounts.insert(tx, found)
    return found
