"""What IAM keeps of its own: nothing here decides about a request.

Users are named by their unique ids, so that a rename leaves these records alone; the root user's id is empty.
"""

from __future__ import annotations

from gureum.state.records import Record


class SshPublicKey(Record, version=1):
    """A public key that a user signs in with by SSH.  `body` is as it was uploaded, `fingerprint` MD5 in hex."""

    account: str
    user_id: str
    id: str
    body: str
    fingerprint: str
    uploaded_ms: int
    active: bool = True


class SigningCertificate(Record, version=1):
    """An X.509 certificate that a user signs with.  `fingerprint` is SHA-256."""

    account: str
    user_id: str
    id: str
    body: str
    fingerprint: bytes
    uploaded_ms: int
    active: bool = True


class ServiceCredential(Record, version=1):
    """A user's name and password, or API key, for one service.

    `hash` is SHA-256 of the secret, which is random and long: nobody finds it by trying.
    """

    account: str
    user_id: str
    id: str
    service: str
    alias: str
    hash: bytes
    created_ms: int
    expires_ms: int | None = None
    active: bool = True


class Alias(Record, version=1):
    """The name of an account."""

    alias: str
    account: str


class Preferences(Record, version=1):
    """What an account prefers.  `token_version` is of the tokens of STS's global endpoint."""

    account: str
    token_version: int = 1


class CredentialReport(Record, version=1):
    """The last credential report of an account: `content` is CSV, compressed, once it was generated."""

    account: str
    requested_ms: int
    generated_ms: int | None = None
    content: bytes = b""


class AccessJob(Record, version=1):
    """A report of what a user, group, role or policy last accessed; `content` is made by `accesses` once it is done.

    `caller_id` is the unique id of who asked for it and alone may read it.
    """

    account: str
    id: str
    arn: str
    by_action: bool
    caller_id: str
    created_ms: int
    done_ms: int | None = None
    content: bytes = b""


class OrganizationJob(Record, version=1):
    """A report of what the accounts below `path` last accessed; `policy` is a service control policy, or empty.

    `content` is made by `organization_accesses` once it is done.
    """

    account: str
    id: str
    path: str
    policy: str
    created_ms: int
    done_ms: int | None = None
    content: bytes = b""
