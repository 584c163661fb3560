"""Who calls, and where principals and their secrets come from.

`KeyRing` is the place where IAM plugs in: today the cloud's root keys, later users, roles and temporary credentials.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

PrincipalType = Literal["Root", "IAMUser", "AssumedRole", "FederatedUser", "AWSService", "Anonymous"]


class Principal(msgspec.Struct, frozen=True):
    """An authenticated caller.  `id` is the unique id that CloudTrail and `aws:userid` show."""

    type: PrincipalType
    account: str
    arn: str
    id: str


class AccessKey(msgspec.Struct, frozen=True):
    """An access key and whose it is.

    `session_token` is set for temporary credentials, which are good until `expires_ms` of the cloud's clock.
    """

    id: str
    secret: str
    principal: Principal
    session_token: str | None = None
    expires_ms: int | None = None

    def __repr__(self) -> str:
        return f"AccessKey({self.id!r})"


class KeyRing(Protocol):
    """Finds access keys."""

    async def find(self, access_key_id: str) -> AccessKey | None:
        """The key of that id if it exists and is active, expired or not."""


def root(account: str, partition: str = "aws") -> Principal:
    """The root user of an account."""
    return Principal(type="Root", account=account, arn=f"arn:{partition}:iam::{account}:root", id=account)
