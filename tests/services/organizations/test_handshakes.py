"""Invitations, and what becomes of them.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html and its
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.organizations.company import Company, number, refused
from tests.support.clouds import running


def invite(company: Company, target: str, **more: Any) -> dict[str, Any]:
    """An invitation."""
    kind = "EMAIL" if "@" in target else "ACCOUNT"
    asked = company.api.invite_account_to_organization(Target={"Type": kind, "Id": target}, **more)
    handshake: dict[str, Any] = asked["Handshake"]
    return handshake


def test_an_invitation_is_accepted(company: Company) -> None:
    """Both sides see it; with it the account gets the tags that it was to have."""
    account = number(company.name + "a")
    sent = invite(company, account, Notes="come", Tags=[{"Key": "a", "Value": "1"}])
    organization = company.organization["Id"]
    assert sent["Arn"] == f"arn:aws:organizations::{company.management}:handshake/{organization}/invite/{sent['Id']}"
    assert (sent["Action"], sent["State"]) == ("INVITE", "OPEN")
    assert sent["Parties"] == [{"Id": organization, "Type": "ORGANIZATION"}, {"Id": account, "Type": "ACCOUNT"}]
    assert {"Type": "NOTES", "Value": "come"} in sent["Resources"]
    assert (sent["ExpirationTimestamp"] - sent["RequestedTimestamp"]).days == 15
    guest = company.client("organizations", account)
    assert guest.list_handshakes_for_account()["Handshakes"] == [sent]
    assert guest.describe_handshake(HandshakeId=sent["Id"])["Handshake"] == sent
    assert company.api.list_handshakes_for_organization()["Handshakes"] == [sent]
    with refused("AccessDeniedException", "You don't have permissions"):
        company.api.accept_handshake(HandshakeId=sent["Id"])
    with refused("AccessDeniedException", "You don't have permissions"):
        guest.cancel_handshake(HandshakeId=sent["Id"])
    assert guest.accept_handshake(HandshakeId=sent["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert company.api.describe_account(AccountId=account)["Account"]["JoinedMethod"] == "INVITED"
    assert company.api.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "a", "Value": "1"}]
    with refused("HandshakeAlreadyInStateException"):
        guest.accept_handshake(HandshakeId=sent["Id"])
    with refused("HandshakeConstraintViolationException", reason="ALREADY_IN_AN_ORGANIZATION"):
        invite(company, account)


def test_an_account_is_invited_by_its_address(company: Company, found: Callable[..., Company]) -> None:
    """Whatever the case of the letters; the same account is not invited twice."""
    email = f"{number(company.name)}@example.com"
    account = company.cloud.call("CreateAccount", Email=email)["Account"]["AccountId"]
    guest = company.client("organizations", account)
    sent = invite(company, email.upper())
    assert guest.list_handshakes_for_account()["Handshakes"][0]["Parties"][1] == {"Id": email, "Type": "EMAIL"}
    for target in (email, account):
        with refused("DuplicateHandshakeException"):
            invite(company, target)
    guest.accept_handshake(HandshakeId=sent["Id"])
    assert company.api.describe_account(AccountId=account)["Account"]["Email"] == email


def test_who_has_been_created_meanwhile_is_not_invited_any_more(company: Company) -> None:
    """An address may become that of a member account."""
    email = f"{number(company.name + 'a')}@example.com"
    sent = invite(company, email)["Id"]
    account = company.create("a")
    assert company.api.describe_account(AccountId=account)["Account"]["Email"] == email
    with refused("HandshakeConstraintViolationException", reason="ALREADY_IN_AN_ORGANIZATION"):
        company.client("organizations", account).accept_handshake(HandshakeId=sent)


def test_invitations_are_declined_and_canceled(company: Company) -> None:
    """Then another one can be sent; nobody else knows of them."""
    account = number(company.name + "a")
    guest = company.client("organizations", account)
    stranger = company.client("organizations", number(company.name + "stranger"))
    first = invite(company, account)["Id"]
    with refused("HandshakeNotFoundException"):
        stranger.describe_handshake(HandshakeId=first)
    assert guest.decline_handshake(HandshakeId=first)["Handshake"]["State"] == "DECLINED"
    with refused("InvalidHandshakeTransitionException"):
        company.api.cancel_handshake(HandshakeId=first)
    second = invite(company, account)["Id"]
    assert company.api.cancel_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    with refused("InvalidHandshakeTransitionException"):
        guest.accept_handshake(HandshakeId=second)
    with refused("HandshakeNotFoundException"):
        guest.accept_handshake(HandshakeId="h-00000000")
    states = {each["Id"]: each["State"] for each in guest.list_handshakes_for_account()["Handshakes"]}
    assert states == {first: "DECLINED", second: "CANCELED"}
    with refused("InvalidInputException", reason="MAX_LIMIT_EXCEEDED_FILTER"):
        guest.list_handshakes_for_account(Filter={"ActionType": "INVITE", "ParentHandshakeId": first})


def test_an_invitation_expires(tmp_path: Path, name: str) -> None:
    """After fifteen days of cloud time; thirty days later nobody remembers."""
    with running(tmp_path / "cloud") as cloud:
        company = Company(cloud, name)
        account = number(name + "a")
        guest = company.client("organizations", account)
        sent = invite(company, account)["Id"]
        cloud.advance(15 * 86400)
        assert guest.describe_handshake(HandshakeId=sent)["Handshake"]["State"] == "EXPIRED"
        with refused("InvalidHandshakeTransitionException"):
            guest.accept_handshake(HandshakeId=sent)
        invite(company, account)
        cloud.advance(30 * 86400)
        with refused("HandshakeNotFoundException"):
            guest.describe_handshake(HandshakeId=sent)


def test_a_member_of_another_organization_changes_over(company: Company, found: Callable[..., Company]) -> None:
    """It leaves the one by joining the other; a management account stays."""
    other = found("other")
    account = company.invite("a")
    sent = invite(other, account)["Id"]
    company.client("organizations", account).accept_handshake(HandshakeId=sent)
    assert len(company.api.list_accounts()["Accounts"]) == 1
    assert len(other.api.list_accounts()["Accounts"]) == 2
    with refused("MasterCannotLeaveOrganizationException"):
        company.api.accept_handshake(HandshakeId=invite(other, company.management)["Id"])


def test_the_invitations_of_a_deleted_organization_are_canceled(company: Company) -> None:
    """There is nothing left to join."""
    account = number(company.name + "a")
    sent = invite(company, account)["Id"]
    company.api.delete_organization()
    guest = company.client("organizations", account)
    assert guest.describe_handshake(HandshakeId=sent)["Handshake"]["State"] == "CANCELED"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Type": "ORGANIZATION", "Id": "o-aaaaaaaaaa"}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Type": "EMAIL", "Id": "nobody"}, "INVALID_EMAIL_ADDRESS_TARGET"),
        ({"Type": "ACCOUNT", "Id": "12345"}, "INVALID_PATTERN"),
    ],
)
def test_only_accounts_and_addresses_are_invited(company: Company, target: dict[str, str], reason: str) -> None:
    """What is neither is refused at once."""
    with refused("InvalidInputException", reason=reason):
        company.api.invite_account_to_organization(Target=target)
