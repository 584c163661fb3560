"""Quotas that nobody reaches by calling, and states that a controller leaves at once: with the store at hand, and
without controllers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gureum.base.clock import host_ms
from gureum.identity import organization as directory
from gureum.identity.organization import ControlPolicy, Member, Unit
from gureum.services.iam import iam
from gureum.services.organizations import organizations, tables
from gureum.services.organizations.records import Closure
from gureum.services.organizations.rules import limits
from gureum.state.store import Transaction
from tests.services.organizations.company import RCP, document, refused
from tests.support.inprocess import House, serving

MANAGEMENT, MEMBER = "111122223333", "444455556666"


class Prepared:
    """An organization in a house without controllers."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.api = house.client("organizations", key=(MANAGEMENT, "test"))
        self.id: str = self.api.create_organization()["Organization"]["Id"]
        self.root: str = self.api.list_roots()["Roots"][0]["Id"]

    def write(self, work: Callable[[Transaction], Any]) -> None:
        """Change the store."""
        self.house.run(self.house.parts.store.transact(work))

    def invite(self) -> None:
        """Let the member in."""
        target = {"Type": "ACCOUNT", "Id": MEMBER}
        sent = self.api.invite_account_to_organization(Target=target)["Handshake"]["Id"]
        self.house.client("organizations", key=(MEMBER, "test")).accept_handshake(HandshakeId=sent)


@pytest.fixture
def prepared() -> Iterator[Prepared]:
    """An organization whose store is at hand."""
    with serving(organizations, iam) as house:
        yield Prepared(house)


def test_an_account_is_closed_once(prepared: Prepared) -> None:
    """While it is being closed it cannot be closed again, and still works."""
    prepared.invite()
    prepared.api.close_account(AccountId=MEMBER)
    shown = prepared.api.describe_account(AccountId=MEMBER)["Account"]
    assert (shown["Status"], shown["State"]) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    with refused("ConflictException", "The account is being closed."):
        prepared.api.close_account(AccountId=MEMBER)
    prepared.house.client("organizations", key=(MEMBER, "test")).describe_organization()


def test_not_too_many_accounts_are_closed(prepared: Prepared) -> None:
    """250 in thirty days, as long as a fifth of the accounts is less."""
    prepared.invite()

    def close(tx: Transaction) -> None:
        for index in range(250):
            tables.closures.insert(tx, Closure(f"{index:012d}", prepared.id, host_ms(), host_ms()))

    prepared.write(close)
    with refused("ConstraintViolationException", reason="CLOSE_ACCOUNT_QUOTA_EXCEEDED"):
        prepared.api.close_account(AccountId=MEMBER)
    prepared.house.advance(limits.closure_window_ms // 1000 + 1)
    prepared.api.close_account(AccountId=MEMBER)


def test_an_organization_that_creates_accounts_is_not_deleted(prepared: Prepared) -> None:
    """They would belong to nobody."""
    prepared.api.create_account(AccountName="x", Email="x@example.com")
    with refused("OrganizationNotEmptyException"):
        prepared.api.delete_organization()


def test_an_organization_has_a_number_of_units(prepared: Prepared) -> None:
    """2000, wherever they are."""

    def fill(tx: Transaction) -> None:
        for index in range(limits.units_max):
            unit = Unit(prepared.id, f"ou-{index}", prepared.root, f"unit-{index}", 0)
            directory.units.insert(tx, unit)

    prepared.write(fill)
    with refused("ConstraintViolationException", reason="OU_NUMBER_LIMIT_EXCEEDED"):
        prepared.api.create_organizational_unit(ParentId=prepared.root, Name="x")


def test_an_organization_has_a_number_of_policies(prepared: Prepared) -> None:
    """Of each type: 1000 resource control policies."""

    def fill(tx: Transaction) -> None:
        for index in range(1000):
            policy = ControlPolicy(prepared.id, f"p-{index}", RCP, f"policy-{index}", "", "{}", 0)
            directory.control_policies.insert(tx, policy)

    prepared.write(fill)
    content = document({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"})
    with refused("ConstraintViolationException", reason="POLICY_NUMBER_LIMIT_EXCEEDED"):
        prepared.api.create_policy(Content=content, Description="", Name="x", Type=RCP)


def test_an_organization_has_a_number_of_accounts(prepared: Prepared) -> None:
    """Neither can more be invited, nor can those join that were."""
    target = {"Type": "ACCOUNT", "Id": MEMBER}
    sent = prepared.api.invite_account_to_organization(Target=target)["Handshake"]["Id"]

    def fill(tx: Transaction) -> None:
        for index in range(limits.accounts_max - 1):
            directory.members.insert(tx, Member(f"5{index:011d}", prepared.id, prepared.root, 0, "CREATED"))

    prepared.write(fill)
    member = prepared.house.client("organizations", key=(MEMBER, "test"))
    with refused("ConstraintViolationException", reason="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        member.accept_handshake(HandshakeId=sent)
    with refused("HandshakeConstraintViolationException", reason="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
        prepared.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "777788889999"})
