"""Who calls, and with which credentials."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

PrincipalType = Literal[
    "Root", "IAMUser", "AssumedRole", "FederatedUser", "WebIdentityUser", "SAMLUser", "AWSService", "Anonymous"
]

FEDERATED: Final = frozenset({"WebIdentityUser", "SAMLUser"})
"""Those who show a token of an identity provider."""
EXTERNAL: Final = FEDERATED | {"Anonymous"}
"""Those without credentials of this cloud: they have no policies, and belong to no account that could be trusted."""


class Principal(msgspec.Struct, frozen=True):
    """A caller.

    `arn` and `id` are what GetCallerIdentity, `aws:PrincipalArn` (but for roles) and `aws:userid` show.  `issuer` is
    the ARN of the role of an assumed-role session, or of the user (or root) behind a federated user.  `name` is the
    name of a user, of a role, or the domain name of a service.  `issuer_id` is the unique id of the user behind a
    federated user.

    Somebody who shows a token of an identity provider is called by its subject (`name`); `issuer` is the ARN of the
    provider, and `account` that of the role that is asked for, which the call is made in.
    """

    type: PrincipalType
    account: str
    arn: str
    id: str
    name: str = ""
    issuer: str = ""
    issuer_id: str = ""

    @property
    def unique_id(self) -> str:
        """The unique id of the user or role: `AIDA…`, `AROA…` without the name of the session."""
        return self.id.partition(":")[0]


class Session(msgspec.Struct, frozen=True):
    """What temporary credentials know beyond who uses them.

    `policy` and `policy_arns` are session policies; None and empty where none was passed.  `tags` are the session's;
    `transitive` names those that follow into the next role.  `federation` holds condition keys of the identity provider
    (`aws:FederatedProvider`, `saml:aud`, …), lower case.  `assumed_root` marks sessions of AssumeRoot.
    """

    issued_ms: int
    expires_ms: int
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    mfa_ms: int | None = None
    federation: dict[str, str | tuple[str, ...]] = {}
    assumed_root: bool = False
    token_only: bool = False
    """Made by GetSessionToken: a user's or root's own credentials, only temporary."""


class AccessKey(msgspec.Struct, frozen=True):
    """An access key and whose it is.  `session` and `session_token` are set for temporary credentials."""

    id: str
    secret: str
    principal: Principal
    session_token: str | None = None
    session: Session | None = None

    def __repr__(self) -> str:
        return f"AccessKey({self.id!r})"


def root(account: str, partition: str = "aws") -> Principal:
    """The root user of an account."""
    return Principal(type="Root", account=account, arn=f"arn:{partition}:iam::{account}:root", id=account)


def service_principal(name: str) -> Principal:
    """An AWS service that acts for itself; `name` is `sqs` or `sqs.amazonaws.com`."""
    host = name if "." in name else f"{name}.amazonaws.com"
    return Principal(type="AWSService", account="", arn="", id=host, name=host)


ANONYMOUS = Principal(type="Anonymous", account="", arn="", id="")
"""Somebody who did not sign."""
