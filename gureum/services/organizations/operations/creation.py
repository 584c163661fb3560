"""CreateAccount, and how far it is.  A controller does it.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html and its neighbours.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.services.organizations import callers, roles, tables
from gureum.services.organizations.errors import CreateAccountStatusNotFoundException
from gureum.services.organizations.paging import page
from gureum.services.organizations.records import AccountRequest
from gureum.services.organizations.rules import names
from gureum.services.organizations.rules import tags as tag_rules
from gureum.services.organizations.rules.tags import Tag
from gureum.services.organizations.service import organizations, tagging, tags_asked_for
from gureum.services.organizations.views import CreateAccountStatus, show_request
from gureum.state.keys import Key

_request_id_characters = 32


class CreateAccountResult(TypedDict):
    CreateAccountStatus: CreateAccountStatus


class ListCreateAccountStatusResult(TypedDict):
    CreateAccountStatuses: list[CreateAccountStatus]
    NextToken: NotRequired[str]


@organizations.operation(
    resource=any_resource,
    keys=tags_asked_for,
    also=tagging("account"),
    harmless={"IamUserAccessToBilling": "there is no billing console to let anybody into"},
)
def create_account(
    ctx: Context, email: str, account_name: str, role_name: str = roles.ACCESS_ROLE, tags: list[Tag] | None = None
) -> CreateAccountResult:
    """Ask for a new account in the organization."""
    organization = callers.management(ctx)
    names.check_role(role_name)
    request = AccountRequest(
        organization=organization.id,
        id=names.new_id(ctx.ids, "car", _request_id_characters),
        name=account_name,
        email=email,
        role=role_name,
        requested_ms=ctx.now_ms,
        tags=tag_rules.merge({}, tags),
    )
    tables.account_requests.insert(ctx.tx, request)
    ctx.notify(tables.REQUESTS_TOPIC)
    return {"CreateAccountStatus": show_request(request)}


@organizations.operation(resource=any_resource, readonly=True)
def describe_create_account_status(ctx: Context, create_account_request_id: str) -> CreateAccountResult:
    """How far the creation of an account is."""
    organization = callers.reader(ctx)
    request = tables.account_requests.get(ctx.tx, (organization.id, create_account_request_id))
    if request is None:
        raise CreateAccountStatusNotFoundException
    return {"CreateAccountStatus": show_request(request)}


@organizations.operation(resource=any_resource, readonly=True)
def list_create_account_status(
    ctx: Context, states: list[str] | None = None, next_token: str | None = None, max_results: int | None = None
) -> ListCreateAccountStatusResult:
    """All requests, or those in certain states; the oldest first."""
    organization = callers.reader(ctx)
    index = tables.account_requests_by_time

    def scan(after: Key | None, limit: int) -> list[AccountRequest]:
        return index.scan(ctx.tx, (organization.id,), after=after, limit=limit)

    scope = f"ListCreateAccountStatus {sorted(states or ())}"
    found, token = page(
        ctx, scan, index.position, scope, next_token, max_results, lambda r: not states or r.state in states
    )
    shown = [show_request(request) for request in found]
    return {"CreateAccountStatuses": shown} if token is None else {"CreateAccountStatuses": shown, "NextToken": token}
