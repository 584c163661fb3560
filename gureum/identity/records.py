"""What is stored about accounts, principals, their credentials and their policies.

Times are milliseconds of the cloud's clock, secrets are sealed (`api.vault`) or hashed.  Names are as they were given;
IAM holds names that differ only in case for the same.
"""

from __future__ import annotations

from enum import StrEnum

from gureum.base.topology import PARTITION
from gureum.state.records import Record


class Owner(StrEnum):
    """What policies can be attached to."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"


class Account(Record, version=1):
    """An account.  `email` is empty where nobody gave one; `suspended` ones cannot do anything."""

    id: str
    name: str
    email: str
    created_ms: int
    suspended: bool = False


class Login(Record, version=1):
    """A user's password: `hash` is scrypt's, `former` are the hashes before, the newest first."""

    hash: bytes
    created_ms: int
    changed_ms: int
    must_change: bool
    former: tuple[bytes, ...] = ()
    used_ms: int | None = None


class PasswordPolicy(Record, version=1):
    """What an account asks of its users' passwords.  `reuse_prevented` counts the last ones that cannot come again."""

    account: str
    characters_min: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_may_change: bool = False
    age_days_max: int | None = None
    reuse_prevented: int | None = None
    hard_expiry: bool = False


class User(Record, version=1):
    """An IAM user.  `boundary` is the ARN of a managed policy, or empty."""

    account: str
    name: str
    id: str
    path: str
    created_ms: int
    tags: dict[str, str] = {}
    boundary: str = ""
    login: Login | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:user/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:user{self.path}{self.name}"


class Group(Record, version=1):
    """A group of users."""

    account: str
    name: str
    id: str
    path: str
    created_ms: int

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:group/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:group{self.path}{self.name}"


class Membership(Record, version=1):
    """A user in a group."""

    account: str
    user: str
    group: str


class Role(Record, version=1):
    """A role.  `pins` maps the ARNs of users and roles in `trust` to their unique ids when it was saved.

    `service` is the service that a service-linked role belongs to, else empty.
    """

    account: str
    name: str
    id: str
    path: str
    created_ms: int
    trust: str
    pins: dict[str, str] = {}
    description: str = ""
    session_seconds_max: int = 3600
    tags: dict[str, str] = {}
    boundary: str = ""
    service: str = ""

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:role/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:role{self.path}{self.name}"


class InstanceProfile(Record, version=1):
    """A container by which an instance gets a role; `role` is a name, or empty."""

    account: str
    name: str
    id: str
    path: str
    created_ms: int
    role: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:instance-profile/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:instance-profile{self.path}{self.name}"


class Policy(Record, version=1):
    """A customer managed policy; its documents are `PolicyVersion`s.  `last_version` was the highest number ever."""

    account: str
    name: str
    id: str
    path: str
    created_ms: int
    updated_ms: int
    default_version: int
    last_version: int
    description: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:policy/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:policy{self.path}{self.name}"


class PolicyVersion(Record, version=1):
    """A version of a managed policy: `v1` is number 1."""

    account: str
    policy: str
    number: int
    document: str
    created_ms: int


class InlinePolicy(Record, version=1):
    """A policy that is part of a user, group or role."""

    account: str
    owner_type: Owner
    owner: str
    name: str
    document: str


class Attachment(Record, version=1):
    """A managed policy attached to a user, group or role."""

    account: str
    owner_type: Owner
    owner: str
    policy_arn: str
    attached_ms: int


class AccessKeyRecord(Record, version=1):
    """A long-term access key.  `user` is a name, or empty for the root user's."""

    account: str
    user: str
    id: str
    sealed: bytes
    created_ms: int
    active: bool = True


class MfaDevice(Record, version=1):
    """A virtual MFA device.  `user` is the user's name, `ROOT`, or empty while it is nobody's.

    `step` is the last time step (RFC 6238) whose code was used: no code works twice.  `drift` is by how many steps the
    device is ahead of the host's clock, where that is more than is tolerated.
    """

    account: str
    serial: str
    sealed: bytes
    created_ms: int
    user: str = ""
    enabled_ms: int | None = None
    step: int = 0
    tags: dict[str, str] = {}
    drift: int = 0


ROOT_USER = "<root_account>"
"""The name under which the root user's MFA device is kept: no IAM user can have it."""


class OidcProvider(Record, version=1):
    """An OpenID Connect identity provider; `url` is without scheme."""

    account: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created_ms: int
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:oidc-provider/accounts.example.com`."""
        return f"arn:{PARTITION}:iam::{self.account}:oidc-provider/{self.url}"


class SamlProvider(Record, version=1):
    """A SAML 2.0 identity provider, with its metadata document."""

    account: str
    name: str
    uuid: str
    metadata: str
    created_ms: int
    valid_until_ms: int
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:saml-provider/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:saml-provider/{self.name}"


class ServerCertificate(Record, version=1):
    """A certificate that servers show, with its private key (PEM, sealed).  `chain` may be empty."""

    account: str
    name: str
    id: str
    path: str
    uploaded_ms: int
    expires_ms: int
    body: str
    chain: str
    sealed: bytes
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """`arn:aws:iam::123456789012:server-certificate/path/name`."""
        return f"arn:{PARTITION}:iam::{self.account}:server-certificate{self.path}{self.name}"


class LinkedRoleDeletion(Record, version=1):
    """A service-linked role that was deleted.  `id` is `task/aws-service-role/SERVICE/ROLE/UUID`."""

    account: str
    id: str
    deleted_ms: int


class Version(Record, version=1):
    """How often what decides about an account's requests has changed."""

    account: str
    number: int
