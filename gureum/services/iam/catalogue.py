"""Managed policies of both kinds as one: the account's own, and AWS's, which every account has.

Of AWS's policies only the default version is known (`identity.managed`).
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from gureum.base.topology import PARTITION
from gureum.identity import managed, tables
from gureum.identity.managed import ManagedPolicy
from gureum.identity.records import Policy
from gureum.services.iam.errors import NoSuchEntityException, PolicyNotAttachableException
from gureum.services.iam.service import checked_arn
from gureum.state.keys import Key
from gureum.state.store import Transaction

_service_roles_path: Final = "/aws-service-role/"
_aws_arn: Final = f"arn:{PARTITION}:iam::aws:"
_aws: Final = 1
_own: Final = 0


class Entry(msgspec.Struct, frozen=True):
    """A managed policy.  `own` is the record of a customer's, None for one of AWS's."""

    arn: str
    name: str
    path: str
    id: str
    description: str
    default_version: str
    created_ms: int
    updated_ms: int
    own: Policy | None = None

    @property
    def position(self) -> Key:
        """Where it stands in listings: the account's own before AWS's, each by name."""
        return (_aws if self.own is None else _own, self.name)


class Use(msgspec.Struct, frozen=True):
    """How often policies are used in an account, by their ARNs."""

    attached: Counter[str]
    bounding: Counter[str]

    def total(self, arn: str) -> int:
        """Both together."""
        return self.attached[arn] + self.bounding[arn]


def own(policy: Policy) -> Entry:
    """The entry of a customer managed policy."""
    return Entry(
        policy.arn,
        policy.name,
        policy.path,
        policy.id,
        policy.description,
        f"v{policy.default_version}",
        policy.created_ms,
        policy.updated_ms,
        policy,
    )


def of_aws(policy: ManagedPolicy) -> Entry:
    """The entry of one of AWS's policies."""
    return Entry(
        policy.arn,
        policy.name,
        policy.path,
        policy.id,
        policy.description,
        policy.default_version,
        policy.created_ms,
        policy.updated_ms,
    )


def find(tx: Transaction, account: str, arn: str) -> Entry | None:
    """The policy with this ARN that `account` can use.  Raises InvalidInputException when it is no policy's ARN."""
    if checked_arn(arn, "policy").startswith(_aws_arn):
        found = managed.find(arn)
        return None if found is None else of_aws(found)
    policy = tables.policies.get(tx, (account, arn.rpartition("/")[2]))
    return own(policy) if policy is not None and policy.arn == arn else None


def get(tx: Transaction, account: str, arn: str) -> Entry:
    """The same.  Raises NoSuchEntityException."""
    found = find(tx, account, arn)
    if found is None:
        raise NoSuchEntityException(f"Policy {arn} was not found.")
    return found


def attachable(tx: Transaction, account: str, arn: str) -> Entry:
    """The same, for attaching it to what is the customer's.  Raises NoSuchEntity or PolicyNotAttachable."""
    found = find(tx, account, arn)
    if found is None:
        raise NoSuchEntityException(f"Policy {arn} does not exist or is not attachable.")
    if found.own is None and found.path.startswith(_service_roles_path):
        raise PolicyNotAttachableException("Cannot attach a Service Role Policy to a Customer Role.")
    return found


def check_boundary(tx: Transaction, account: str, arn: str) -> None:
    """Refuse what cannot be a permissions boundary.  Raises NoSuchEntity, InvalidInput or PolicyNotAttachable."""
    if find(tx, account, arn) is None:
        raise NoSuchEntityException(f"Scope ARN: {arn} does not exist or is not attachable.")
    attachable(tx, account, arn)


def use_of(tx: Transaction, account: str, arn: str) -> Use:
    """How often one policy is used in an account."""
    bounded = len(tables.users_by_boundary.scan(tx, (account, arn))) + len(
        tables.roles_by_boundary.scan(tx, (account, arn))
    )
    return Use(Counter({arn: len(tables.attachments_by_policy.scan(tx, (account, arn)))}), Counter({arn: bounded}))


def use(tx: Transaction, account: str) -> Use:
    """How often each policy is used in an account."""
    attached = tables.attachments_by_policy.scan(tx, (account,))
    users = tables.users_by_boundary.scan(tx, (account,))
    roles = tables.roles_by_boundary.scan(tx, (account,))
    return Use(
        Counter(attachment.policy_arn for attachment in attached),
        Counter([*(user.boundary for user in users), *(role.boundary for role in roles)]),
    )


def page(tx: Transaction, account: str, scope: str, after: Key | None, limit: int) -> list[Entry]:
    """Entries behind the position `after`, at most `limit`: of `Local`, `AWS` or `All` policies."""
    found: list[Entry] = []
    if scope != "AWS" and (after is None or after[0] == _own):
        behind = None if after is None else (account, after[1])
        found += [own(policy) for policy in tables.policies.scan(tx, (account,), after=behind, limit=limit)]
    if scope != "Local":
        name = str(after[1]) if after is not None and after[0] == _aws else ""
        policies = managed.all_policies()
        start = bisect_right(policies, name, key=lambda policy: policy.name)
        found += [of_aws(policy) for policy in policies[start : start + limit - len(found)]]
    return found


def used(tx: Transaction, account: str, arns: Iterable[str]) -> list[Entry]:
    """The policies with these ARNs, which are in use, in the order of listings."""
    return sorted((get(tx, account, arn) for arn in arns), key=lambda entry: entry.position)
