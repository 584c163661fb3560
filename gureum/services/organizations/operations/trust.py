"""Services that an organization trusts, and member accounts that administer them.

A service that is not trusted any more has no administrators, and IAM then gives nobody root access to members.  How
many accounts may administer one service differs from service to service, and is not limited here.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnableAWSServiceAccess.html and
its neighbours.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.identity import organization as directory
from gureum.identity import root_access
from gureum.identity.organization import Delegate, Organization, TrustedService
from gureum.services.organizations import callers, membership, tables
from gureum.services.organizations.errors import (
    AccountAlreadyRegisteredException,
    AccountNotRegisteredException,
    violates,
)
from gureum.services.organizations.paging import page
from gureum.services.organizations.rules import names
from gureum.services.organizations.service import about, organizations, service_principal
from gureum.services.organizations.views import show_account
from gureum.state.keys import Key


class EnabledServicePrincipal(TypedDict):
    ServicePrincipal: str
    DateEnabled: datetime


class ListAWSServiceAccessForOrganizationResult(TypedDict):
    EnabledServicePrincipals: list[EnabledServicePrincipal]
    NextToken: NotRequired[str]


class DelegatedAdministrator(TypedDict):
    Id: str
    Arn: str
    Email: str
    Name: str
    Status: str
    State: str
    JoinedMethod: str
    JoinedTimestamp: datetime
    DelegationEnabledDate: datetime


class ListDelegatedAdministratorsResult(TypedDict):
    DelegatedAdministrators: list[DelegatedAdministrator]
    NextToken: NotRequired[str]


class DelegatedService(TypedDict):
    ServicePrincipal: str
    DelegationEnabledDate: datetime


class ListDelegatedServicesForAccountResult(TypedDict):
    DelegatedServices: list[DelegatedService]
    NextToken: NotRequired[str]


@organizations.operation(resource=any_resource, keys=service_principal)
def enable_aws_service_access(ctx: Context, service_principal: str) -> None:
    """Trust a service; to do it again changes nothing."""
    organization = callers.all_features(callers.management(ctx))
    names.check_service(service_principal)
    if directory.trusted_services.get(ctx.tx, (organization.id, service_principal)) is None:
        trusted = TrustedService(organization.id, service_principal, ctx.now_ms)
        directory.trusted_services.insert(ctx.tx, trusted)


@organizations.operation(resource=any_resource, keys=service_principal)
def disable_aws_service_access(ctx: Context, service_principal: str) -> None:
    """Trust a service no longer; to do it again changes nothing."""
    organization = callers.all_features(callers.management(ctx))
    names.check_service(service_principal)
    trusted = directory.trusted_services.get(ctx.tx, (organization.id, service_principal))
    if trusted is None:
        return
    directory.trusted_services.delete(ctx.tx, trusted)
    if service_principal == root_access.IAM:
        directory.organizations.replace(ctx.tx, organization, replace(organization, root_access=()))
    for delegate in directory.delegates.scan(ctx.tx, (organization.id,)):
        if delegate.service == service_principal:
            directory.delegates.delete(ctx.tx, delegate)


@organizations.operation(resource=any_resource, readonly=True)
def list_aws_service_access_for_organization(
    ctx: Context, next_token: str | None = None, max_results: int | None = None
) -> ListAWSServiceAccessForOrganizationResult:
    """The services that are trusted, by name."""
    organization = callers.all_features(callers.reader(ctx))
    table = directory.trusted_services

    def scan(after: Key | None, limit: int) -> list[TrustedService]:
        return table.scan(ctx.tx, (organization.id,), after=after, limit=limit)

    found, token = page(ctx, scan, table.key, "ListAWSServiceAccessForOrganization", next_token, max_results)
    shown: list[EnabledServicePrincipal] = [
        {"ServicePrincipal": trusted.service, "DateEnabled": to_datetime(trusted.enabled_ms)} for trusted in found
    ]
    if token is None:
        return {"EnabledServicePrincipals": shown}
    return {"EnabledServicePrincipals": shown, "NextToken": token}


@organizations.operation(resource=about("AccountId"), keys=service_principal)
def register_delegated_administrator(ctx: Context, account_id: str, service_principal: str) -> None:
    """Let a member account administer a service, and look at the organization."""
    organization = callers.all_features(callers.management(ctx))
    names.check_service(service_principal)
    if account_id == organization.management:
        raise violates("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    membership.find_member(ctx.tx, organization, account_id)
    if tables.closures.get(ctx.tx, (account_id,)) is not None:
        raise violates("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if directory.trusted_services.get(ctx.tx, (organization.id, service_principal)) is None:
        raise violates("SERVICE_ACCESS_NOT_ENABLED")
    delegate = Delegate(organization.id, account_id, service_principal, ctx.now_ms)
    if directory.delegates.get(ctx.tx, directory.delegates.key(delegate)) is not None:
        raise AccountAlreadyRegisteredException
    directory.delegates.insert(ctx.tx, delegate)


@organizations.operation(resource=about("AccountId"), keys=service_principal)
def deregister_delegated_administrator(ctx: Context, account_id: str, service_principal: str) -> None:
    """Take that back."""
    organization = callers.all_features(callers.management(ctx))
    names.check_service(service_principal)
    membership.find_member(ctx.tx, organization, account_id)
    delegate = directory.delegates.get(ctx.tx, (organization.id, account_id, service_principal))
    if delegate is None:
        raise AccountNotRegisteredException
    directory.delegates.delete(ctx.tx, delegate)


@organizations.operation(resource=any_resource, keys=service_principal, readonly=True)
def list_delegated_administrators(
    ctx: Context,
    service_principal: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> ListDelegatedAdministratorsResult:
    """The accounts that administer a service, or any; each once."""
    organization = callers.all_features(callers.reader(ctx))
    if service_principal is not None:
        names.check_service(service_principal)
    first: dict[str, Delegate] = {}
    for delegate in directory.delegates.scan(ctx.tx, (organization.id,)):
        if service_principal in (None, delegate.service):
            known = first.setdefault(delegate.account, delegate)
            first[delegate.account] = min(known, delegate, key=lambda each: each.registered_ms)

    def scan(after: Key | None, limit: int) -> list[Delegate]:
        return [each for account, each in first.items() if after is None or (account,) > after][:limit]

    scope = f"ListDelegatedAdministrators {service_principal}"
    found, token = page(ctx, scan, lambda each: (each.account,), scope, next_token, max_results)
    shown = [_show_delegate(ctx, organization, delegate) for delegate in found]
    if token is None:
        return {"DelegatedAdministrators": shown}
    return {"DelegatedAdministrators": shown, "NextToken": token}


@organizations.operation(resource=about("AccountId"), readonly=True)
def list_delegated_services_for_account(
    ctx: Context, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> ListDelegatedServicesForAccountResult:
    """The services that an account administers, by name."""
    organization = callers.all_features(callers.reader(ctx))
    membership.find_member(ctx.tx, organization, account_id)
    if not directory.is_delegate(ctx.tx, organization.id, account_id):
        raise AccountNotRegisteredException
    table = directory.delegates

    def scan(after: Key | None, limit: int) -> list[Delegate]:
        return table.scan(ctx.tx, (organization.id, account_id), after=after, limit=limit)

    scope = f"ListDelegatedServicesForAccount {account_id}"
    found, token = page(ctx, scan, table.key, scope, next_token, max_results)
    shown: list[DelegatedService] = [
        {"ServicePrincipal": each.service, "DelegationEnabledDate": to_datetime(each.registered_ms)} for each in found
    ]
    return {"DelegatedServices": shown} if token is None else {"DelegatedServices": shown, "NextToken": token}


def _show_delegate(ctx: Context, organization: Organization, delegate: Delegate) -> DelegatedAdministrator:
    member = membership.find_member(ctx.tx, organization, delegate.account)
    account = show_account(ctx.tx, organization, member)
    return {
        "Id": account["Id"],
        "Arn": account["Arn"],
        "Email": account["Email"],
        "Name": account["Name"],
        "Status": account["Status"],
        "State": account["State"],
        "JoinedMethod": account["JoinedMethod"],
        "JoinedTimestamp": account["JoinedTimestamp"],
        "DelegationEnabledDate": to_datetime(delegate.registered_ms),
    }
