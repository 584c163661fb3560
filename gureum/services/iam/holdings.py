"""Which policies users, groups and roles hold: what simulations and reports are about.

A user also holds the policies of its groups.  Boundaries are not held: they allow nothing.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from gureum.api.context import Context
from gureum.api.policy import Kind, Source, compile_policy
from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.identity import tables
from gureum.identity.records import Group, Owner, Role, User
from gureum.identity.standing import managed_document
from gureum.services.iam import finding
from gureum.services.iam.errors import InvalidInputException, NoSuchEntityException
from gureum.state.store import Transaction

Holder = User | Group | Role

_aws_arn: Final = f"arn:{PARTITION}:iam::aws:"
_entity: Final = re.compile(r"(user|group|role)/(?:[^*?]*/)?([^/*?]+)")


class Holding(msgspec.Struct, frozen=True):
    """A policy that `owner` holds; `arn` is empty for an inline one."""

    owner_type: Owner
    owner: str
    name: str
    arn: str
    document: str

    @property
    def inline(self) -> bool:
        """Whether it is part of its owner."""
        return not self.arn

    @property
    def type(self) -> str:
        """What the policy simulator calls it: `aws-managed`, `user-managed`, or the type of its owner."""
        if self.inline:
            return self.owner_type.value
        return "aws-managed" if self.arn.startswith(_aws_arn) else "user-managed"

    @property
    def source(self) -> Source:
        """The policy as decisions have it."""
        name = self.arn or f"{self.owner_type}_{self.owner}_{self.name}"
        return Source(Kind.IDENTITY, name, compile_policy(self.document, Kind.IDENTITY))


def entity(arn: str) -> tuple[str, Owner, str]:
    """The account, type and name that the ARN of a user, group or role tells.  Raises InvalidInputException."""
    parsed = arns.parse(arn)
    if parsed is not None and (parsed.partition, parsed.service, parsed.region) == (PARTITION, "iam", ""):
        match = _entity.fullmatch(parsed.resource)
        if match is not None and len(parsed.account) == 12 and parsed.account.isdigit():
            return parsed.account, Owner(match[1]), match[2]
    raise InvalidInputException(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")


def holder(ctx: Context, arn: str) -> tuple[Owner, Holder]:
    """The user, group or role of the calling account with this ARN.  Raises InvalidInput, NoSuchEntity."""
    account, owner_type, name = entity(arn)
    found = finding.owner(ctx.tx, ctx.account, owner_type, name) if account == ctx.account else None
    if found is None or found.arn != arn:
        raise NoSuchEntityException(f"{arn} cannot be found.")
    return owner_type, found


def held(tx: Transaction, account: str, owner_type: Owner, owner: str) -> list[Holding]:
    """The policies that are part of or attached to a user, group or role itself."""
    inline = tables.inline_policies.scan(tx, (account, owner_type, owner))
    found = [Holding(owner_type, owner, policy.name, "", policy.document) for policy in inline]
    for attachment in tables.attachments.scan(tx, (account, owner_type, owner)):
        document = managed_document(tx, attachment.policy_arn)
        assert document is not None, f"{attachment.policy_arn} is attached and does not exist"
        name = attachment.policy_arn.rpartition("/")[2]
        found.append(Holding(owner_type, owner, name, attachment.policy_arn, document))
    return found


def all_held(tx: Transaction, account: str, owner_type: Owner, owner: str) -> list[Holding]:
    """The same, and for a user those of its groups."""
    found = held(tx, account, owner_type, owner)
    if owner_type is Owner.USER:
        for membership in tables.memberships.scan(tx, (account, owner)):
            found += held(tx, account, Owner.GROUP, membership.group)
    return found
