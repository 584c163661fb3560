"""Jobs that report which services the accounts of an organization last accessed.

Only the management account can ask for them.  What reports say is in `organization_accesses`.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html and
API_GetOrganizationsAccessReport
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.api.policy.model import KeyValue
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.identity import organization as directory
from gureum.identity.organization import Organization
from gureum.services.iam import organization_accesses, paging, reference, tables
from gureum.services.iam.errors import NoSuchEntityException
from gureum.services.iam.organization_accesses import Service
from gureum.services.iam.paging import more
from gureum.services.iam.records import OrganizationJob
from gureum.services.iam.service import global_arn, iam
from gureum.state.keys import Key

_by_namespace: Final = "SERVICE_NAMESPACE_ASCENDING"
_by_time: Final = "LAST_AUTHENTICATED_TIME"
_descending: Final = "_DESCENDING"


class GenerateOrganizationsAccessReportResult(TypedDict):
    JobId: str


class AccessDetail(TypedDict):
    ServiceName: str
    ServiceNamespace: str
    TotalAuthenticatedEntities: int
    Region: NotRequired[str]
    EntityPath: NotRequired[str]
    LastAuthenticatedTime: NotRequired[datetime]


class GetOrganizationsAccessReportResult(TypedDict):
    JobStatus: str
    JobCreationDate: datetime
    JobCompletionDate: NotRequired[datetime]
    NumberOfServicesAccessible: NotRequired[int]
    NumberOfServicesNotAccessed: NotRequired[int]
    AccessDetails: NotRequired[list[AccessDetail]]
    IsTruncated: bool
    Marker: NotRequired[str]


def _report_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    return global_arn(ctx, f"access-report/{values['EntityPath']}")


def _policy_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    policy = values.get("OrganizationsPolicyId")
    return {} if policy is None else {"iam:organizationspolicyid": policy}


@iam.operation(resource=_report_arn, keys=_policy_asked_for)
def generate_organizations_access_report(
    ctx: Context, entity_path: str, organizations_policy_id: str = ""
) -> GenerateOrganizationsAccessReportResult:
    """Have a report made about the root, a unit or an account, or about a policy there."""
    organization_accesses.check(ctx.tx, _managed(ctx), entity_path, organizations_policy_id)
    job = OrganizationJob(ctx.account, ctx.new_id(), entity_path, organizations_policy_id, ctx.now_ms)
    tables.organization_jobs.insert(ctx.tx, job)
    ctx.notify(tables.REPORTS_TOPIC)
    return {"JobId": job.id}


@iam.operation(resource=any_resource, readonly=True)
def get_organizations_access_report(
    ctx: Context,
    job_id: str,
    max_items: int | None = None,
    marker: str | None = None,
    sort_key: str = _by_namespace,
) -> GetOrganizationsAccessReportResult:
    """The services that are allowed, and when which account was the last to use them."""
    job = tables.organization_jobs.get(ctx.tx, (ctx.account, job_id))
    if job is None or job.created_ms + tables.access_job_ms <= ctx.now_ms:
        raise NoSuchEntityException(f"The job with id {job_id} cannot be found.")
    created = to_datetime(job.created_ms)
    if job.done_ms is None:
        return {"JobStatus": "IN_PROGRESS", "JobCreationDate": created, "IsTruncated": False}
    report = organization_accesses.unpack(job)
    ranked = list(enumerate(_sorted(report, sort_key)))
    scope = f"GetOrganizationsAccessReport/{job_id}/{sort_key}"
    found, following = paging.page(ctx, paging.scan_of(ranked, _rank), _rank, scope, marker, max_items)
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": created,
        "JobCompletionDate": to_datetime(job.done_ms),
        "NumberOfServicesAccessible": len(report),
        "NumberOfServicesNotAccessed": sum(not service.accounts for service in report),
        "AccessDetails": [_detail(service) for _, service in found],
        **more(following),
    }


def _managed(ctx: Context) -> Organization:
    """The organization that the caller's account manages.  Raises AccessDenied."""
    found = directory.organization_of(ctx.tx, ctx.account)
    if found is None or found.management != ctx.account:
        raise AccessDenied("Only the management account of an organization can generate this report.")
    return found


def _sorted(report: tuple[Service, ...], key: str) -> list[Service]:
    return sorted(
        report,
        key=lambda service: (service.last_ms if key.startswith(_by_time) else 0, service.namespace),
        reverse=key.endswith(_descending),
    )


def _rank(item: tuple[int, Service]) -> Key:
    return (item[0],)


def _detail(service: Service) -> AccessDetail:
    shown: AccessDetail = {
        "ServiceName": reference.services()[service.namespace],
        "ServiceNamespace": service.namespace,
        "TotalAuthenticatedEntities": service.accounts,
    }
    if service.accounts:
        shown["Region"] = service.region
        shown["EntityPath"] = service.path
        shown["LastAuthenticatedTime"] = to_datetime(service.last_ms)
    return shown
