"""Principal and NotPrincipal: whom a statement of a resource's policy is about, and how directly it names them.

How directly decides what else has to allow a request (`Reach`).  An ARN of a user or role stands for the one that had
it when the policy was saved (`Source.pins`): made anew under the same name, it is another one.

NotPrincipal leaves out a principal only when it lists what stands above it as well: a user needs its account there, a
session its role and the account.  AWS's documentation asks for that because services may validate the account first and
then the rest; here it is always needed.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Final

from gureum.api.policy.model import Keys, MalformedPolicy
from gureum.api.principal import EXTERNAL, Principal

_account: Final = re.compile(r"\d{12}", re.ASCII)
_unique_id: Final = re.compile(r"A[A-Z0-9]{15,127}", re.ASCII)
_arn: Final = re.compile(
    r"arn:aws[a-z-]*:(iam|sts)::(\d{12}):(root|(user|role|assumed-role|federated-user)/[^*?]+)", re.ASCII
)
_provider: Final = "aws:federatedprovider"


class Reach(IntEnum):
    """How directly a statement names a principal; the more directly, the greater.

    ACCOUNT delegates to the account: its own policies have to allow as well.  ROLE names the role of a session or the
    user behind a federated one: its boundary and session policies still limit it.  ANYONE (`*`) and DIRECT, which names
    the caller itself, are limited by explicit denies alone.
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    ANYONE = 3
    DIRECT = 4


class Principals:
    """The principals of a statement, ready to match."""

    __slots__ = ("_aws", "_canonical", "_everyone", "_federated", "_services", "inverse")

    def __init__(self, named: Mapping[str, tuple[str, ...]], *, inverse: bool) -> None:
        aws = named.get("AWS", ())
        self.inverse = inverse
        self._everyone = "*" in named or "*" in aws
        self._aws = frozenset(_checked(name) for name in aws if name != "*")
        self._services = frozenset(named.get("Service", ()))
        self._federated = frozenset(named.get("Federated", ()))
        self._canonical = frozenset(named.get("CanonicalUser", ()))

    @property
    def named(self) -> frozenset[str]:
        """The `AWS` ones among them, but for everyone: accounts, ARNs and unique ids."""
        return self._aws

    def reach(self, principal: Principal, pins: Mapping[str, str], keys: Keys) -> Reach:
        """How directly the statement is about `principal`; NONE when it is not."""
        if self.inverse:
            return Reach.NONE if self._is_left_out(principal, pins, keys) else Reach.ANYONE
        return self._named(principal, pins, keys)

    def _named(self, principal: Principal, pins: Mapping[str, str], keys: Keys) -> Reach:
        if self._everyone:
            # Naming the caller beside everyone changes nothing: both are limited by explicit denies alone.
            return Reach.ANYONE
        if principal.type == "AWSService":
            known = principal.name in self._services or "*" in self._services
            return Reach.DIRECT if known else Reach.NONE
        reach = Reach.NONE
        if self._federated and keys.get(_provider) in self._federated:
            reach = Reach.ROLE if principal.type == "AssumedRole" else Reach.DIRECT
        if principal.type in EXTERNAL:
            return reach
        if self._aws:
            reach = max(reach, self._aws_reach(principal, pins))
        if self._canonical and canonical_id(principal.account) in self._canonical:
            reach = max(reach, Reach.ACCOUNT)
        return reach

    def _aws_reach(self, principal: Principal, pins: Mapping[str, str]) -> Reach:
        match principal.type:
            case "IAMUser":
                if self._has(principal.arn, principal, pins) or principal.unique_id in self._aws:
                    return Reach.DIRECT
            case "AssumedRole":
                if principal.arn in self._aws:
                    return Reach.DIRECT
                if self._has(principal.issuer, principal, pins) or principal.unique_id in self._aws:
                    return Reach.ROLE
            case "FederatedUser":
                if principal.arn in self._aws:
                    return Reach.DIRECT
                if self._has(principal.issuer, principal, pins) and not principal.issuer.endswith(":root"):
                    return Reach.ROLE
        return Reach.ACCOUNT if self._has_account(principal) else Reach.NONE

    def _has(self, arn: str, principal: Principal, pins: Mapping[str, str]) -> bool:
        if arn not in self._aws:
            return False
        unique_id = principal.issuer_id or principal.unique_id
        return not pins or pins.get(arn, unique_id) == unique_id

    def _has_account(self, principal: Principal) -> bool:
        return principal.account in self._aws or root_arn(principal) in self._aws

    def _is_left_out(self, principal: Principal, pins: Mapping[str, str], keys: Keys) -> bool:
        if self._everyone:
            return True
        if principal.type == "AWSService" or principal.type in EXTERNAL:
            return self._named(principal, pins, keys) is not Reach.NONE
        if self._named(principal, pins, keys) is Reach.NONE or not self._has_account(principal):
            return False
        if principal.type == "Root":
            return True
        return self._has(principal.issuer if principal.type == "AssumedRole" else principal.arn, principal, pins)


def _checked(name: str) -> str:
    if _account.fullmatch(name) or _unique_id.fullmatch(name) or _arn.fullmatch(name):
        return name
    raise MalformedPolicy(f'Invalid principal in policy: "AWS":"{name}"')


def root_arn(principal: Principal) -> str:
    """The ARN of the account of a principal."""
    partition = principal.arn.split(":", 2)[1] if principal.arn.startswith("arn:") else "aws"
    return f"arn:{partition}:iam::{principal.account}:root"


@lru_cache(maxsize=1024)
def canonical_id(account: str) -> str:
    """The canonical user id of an account: 64 hexadecimal digits that always are the same, as S3 shows and takes it."""
    return hashlib.sha256(f"canonical user {account}".encode()).hexdigest()
