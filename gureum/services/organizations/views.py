"""How answers show organizations, accounts, units, policies and handshakes."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from gureum.base.clock import to_datetime
from gureum.identity import organization as directory
from gureum.identity import tables as identity
from gureum.identity.organization import MANAGED, ControlPolicy, Member, Organization, PolicyType, Unit
from gureum.services.organizations import tables, tree
from gureum.services.organizations.records import AccountRequest, Action, Handshake
from gureum.services.organizations.rules import handshakes
from gureum.state.store import Transaction


class PolicyTypeSummary(TypedDict):
    Type: str
    Status: str


class OrganizationView(TypedDict):
    Id: str
    Arn: str
    FeatureSet: str
    MasterAccountArn: str
    MasterAccountId: str
    MasterAccountEmail: str
    AvailablePolicyTypes: list[PolicyTypeSummary]


class Root(TypedDict):
    Id: str
    Arn: str
    Name: str
    PolicyTypes: list[PolicyTypeSummary]


class OrganizationalUnit(TypedDict):
    Id: str
    Arn: str
    Name: str
    Path: str


class AccountView(TypedDict):
    Id: str
    Arn: str
    Email: str
    Name: str
    Status: str
    State: str
    Paths: list[str]
    JoinedMethod: str
    JoinedTimestamp: datetime


class PolicySummary(TypedDict):
    Id: str
    Arn: str
    Name: str
    Description: str
    Type: str
    AwsManaged: bool


class PolicyView(TypedDict):
    PolicySummary: PolicySummary
    Content: str


class HandshakeParty(TypedDict):
    Id: str
    Type: str


class SenderDetail(TypedDict):
    Value: str
    Type: str


class HandshakeResource(TypedDict):
    Value: str
    Type: str
    Resources: NotRequired[list[SenderDetail]]


class HandshakeView(TypedDict):
    Id: str
    Arn: str
    Parties: list[HandshakeParty]
    State: str
    RequestedTimestamp: datetime
    ExpirationTimestamp: datetime
    Action: str
    Resources: list[HandshakeResource]


class CreateAccountStatus(TypedDict):
    Id: str
    AccountName: str
    State: str
    RequestedTimestamp: datetime
    CompletedTimestamp: NotRequired[datetime]
    AccountId: NotRequired[str]
    FailureReason: NotRequired[str]


def show_organization(tx: Transaction, organization: Organization) -> OrganizationView:
    """An organization."""
    available: list[PolicyTypeSummary] = [{"Type": PolicyType.SERVICE_CONTROL, "Status": "ENABLED"}]
    return {
        "Id": organization.id,
        "Arn": organization.arn,
        "FeatureSet": _feature_set(organization),
        "MasterAccountArn": tree.entity_arn(organization, "account", organization.management),
        "MasterAccountId": organization.management,
        "MasterAccountEmail": _owner(tx, organization.management)[1],
        "AvailablePolicyTypes": available if organization.all_features else [],
    }


def show_root(organization: Organization) -> Root:
    """The root of an organization, with the types of policies that are enabled in it."""
    return {
        "Id": organization.root,
        "Arn": organization.root_arn,
        "Name": "Root",
        "PolicyTypes": [{"Type": policy_type, "Status": "ENABLED"} for policy_type in organization.enabled],
    }


def show_unit(tx: Transaction, organization: Organization, unit: Unit) -> OrganizationalUnit:
    """A unit."""
    return {
        "Id": unit.id,
        "Arn": tree.entity_arn(organization, "ou", unit.id),
        "Name": unit.name,
        "Path": tree.path(tx, organization, unit.parent, unit.id),
    }


def show_account(tx: Transaction, organization: Organization, member: Member) -> AccountView:
    """An account in an organization."""
    name, email = _owner(tx, member.account)
    status, state = _state(tx, member.account)
    return {
        "Id": member.account,
        "Arn": tree.entity_arn(organization, "account", member.account),
        "Email": email,
        "Name": name,
        "Status": status,
        "State": state,
        "Paths": [tree.path(tx, organization, member.parent, member.account)],
        "JoinedMethod": member.joined_method,
        "JoinedTimestamp": to_datetime(member.joined_ms),
    }


def show_policy(organization: Organization, policy: ControlPolicy) -> PolicySummary:
    """A policy without its content."""
    return {
        "Id": policy.id,
        "Arn": directory.policy_arn(organization, policy.type, policy.id),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.id in MANAGED,
    }


def show_handshake(
    tx: Transaction, organization: Organization | None, handshake: Handshake, now_ms: int
) -> HandshakeView:
    """A handshake; `organization` is None when it is gone."""
    parties: list[HandshakeParty] = [{"Id": handshake.organization, "Type": "ORGANIZATION"}]
    resource: HandshakeResource = {"Value": handshake.organization, "Type": "ORGANIZATION"}
    resources = [resource]
    if handshake.action is Action.INVITE:
        name, email = _owner(tx, handshake.management)
        resource["Resources"] = [
            {"Value": email, "Type": "MASTER_EMAIL"},
            {"Value": name, "Type": "MASTER_NAME"},
        ]
        if organization is not None:
            resource["Resources"].append({"Value": _feature_set(organization), "Type": "ORGANIZATION_FEATURE_SET"})
    if handshake.recipient != handshake.organization:
        kind = "EMAIL" if "@" in handshake.recipient else "ACCOUNT"
        parties.append({"Id": handshake.recipient, "Type": kind})
        resources.append({"Value": handshake.recipient, "Type": kind})
    if handshake.notes:
        resources.append({"Value": handshake.notes, "Type": "NOTES"})
    if handshake.parent:
        resources.append({"Value": handshake.parent, "Type": "PARENT_HANDSHAKE"})
    return {
        "Id": handshake.id,
        "Arn": handshake.arn,
        "Parties": parties,
        "State": handshakes.state(handshake, now_ms),
        "RequestedTimestamp": to_datetime(handshake.requested_ms),
        "ExpirationTimestamp": to_datetime(handshake.expires_ms),
        "Action": handshake.action,
        "Resources": resources,
    }


def show_request(request: AccountRequest) -> CreateAccountStatus:
    """How far the creation of an account is."""
    view: CreateAccountStatus = {
        "Id": request.id,
        "AccountName": request.name,
        "State": request.state,
        "RequestedTimestamp": to_datetime(request.requested_ms),
    }
    if request.completed_ms is not None:
        view["CompletedTimestamp"] = to_datetime(request.completed_ms)
    if request.account:
        view["AccountId"] = request.account
    if request.failure:
        view["FailureReason"] = request.failure
    return view


def _feature_set(organization: Organization) -> str:
    return "ALL" if organization.all_features else "CONSOLIDATED_BILLING"


def _owner(tx: Transaction, account: str) -> tuple[str, str]:
    """The name and the email address of an account; one that gave none has one that cannot exist (RFC 2606)."""
    found = identity.accounts.get(tx, (account,))
    name, email = (account, "") if found is None else (found.name, found.email)
    return name, email or f"{account}@account.invalid"


def _state(tx: Transaction, account: str) -> tuple[str, str]:
    """Status and State of an account: clients know the one or the other."""
    closure = tables.closures.get(tx, (account,))
    if closure is None:
        return "ACTIVE", "ACTIVE"
    return ("PENDING_CLOSURE",) * 2 if closure.closed_ms is None else ("SUSPENDED", "CLOSED")
