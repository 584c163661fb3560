"""Jobs that report when services were last accessed.  What reports say is in `accesses`.

Only who asked for a report may read it, for a day.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html and its
neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.base.clock import to_datetime
from gureum.services.iam import accesses, catalogue, holdings, paging, reference, tables
from gureum.services.iam.accesses import Access, Entity, Report
from gureum.services.iam.errors import InvalidInputException, NoSuchEntityException
from gureum.services.iam.operations.grants import asked_arn
from gureum.services.iam.paging import more
from gureum.services.iam.records import AccessJob
from gureum.services.iam.service import iam
from gureum.state.keys import Key

_actions: Final = "ACTION_LEVEL"
_services: Final = "SERVICE_LEVEL"
_forever_ms: Final = 1 << 52


class GenerateServiceLastAccessedDetailsResult(TypedDict):
    JobId: str


class TrackedAction(TypedDict, total=False):
    ActionName: str
    LastAccessedEntity: str
    LastAccessedTime: datetime
    LastAccessedRegion: str


class ServiceLastAccessed(TypedDict):
    ServiceName: str
    ServiceNamespace: str
    TotalAuthenticatedEntities: int
    LastAuthenticated: NotRequired[datetime]
    LastAuthenticatedEntity: NotRequired[str]
    LastAuthenticatedRegion: NotRequired[str]
    TrackedActionsLastAccessed: NotRequired[list[TrackedAction]]


class EntityInfo(TypedDict):
    Arn: str
    Name: str
    Type: str
    Id: str
    Path: str


class EntityDetails(TypedDict):
    EntityInfo: EntityInfo
    LastAuthenticated: NotRequired[datetime]


class JobResult(TypedDict):
    JobStatus: str
    JobCreationDate: datetime
    JobCompletionDate: NotRequired[datetime]
    IsTruncated: bool
    Marker: NotRequired[str]


class GetServiceLastAccessedDetailsResult(JobResult):
    JobType: str
    ServicesLastAccessed: list[ServiceLastAccessed]


class GetServiceLastAccessedDetailsWithEntitiesResult(JobResult):
    EntityDetailsList: list[EntityDetails]


@iam.operation(resource=asked_arn)
def generate_service_last_accessed_details(
    ctx: Context, arn: str, granularity: str = _services
) -> GenerateServiceLastAccessedDetailsResult:
    """Have a report made about a user, group, role or managed policy."""
    if accesses.is_policy(arn):
        catalogue.get(ctx.tx, ctx.account, arn)
    else:
        holdings.holder(ctx, arn)
    job = AccessJob(ctx.account, ctx.new_id(), arn, granularity == _actions, ctx.principal.unique_id, ctx.now_ms)
    tables.access_jobs.insert(ctx.tx, job)
    ctx.notify(tables.REPORTS_TOPIC)
    return {"JobId": job.id}


@iam.operation(resource=any_resource, readonly=True)
def get_service_last_accessed_details(
    ctx: Context, job_id: str, max_items: int | None = None, marker: str | None = None
) -> GetServiceLastAccessedDetailsResult:
    """Each service that can be used, by namespace, and who was the last to use it."""
    job = _job(ctx, job_id)
    type_ = _actions if job.by_action else _services
    if job.done_ms is None:
        return {**_state(job), **more(None), "JobType": type_, "ServicesLastAccessed": []}
    report = accesses.unpack(job)

    def position(namespace: str) -> Key:
        return (namespace,)

    scan = paging.scan_of(list(report.services), position)
    found, following = paging.page(ctx, scan, position, f"GetServiceLastAccessedDetails/{job_id}", marker, max_items)
    used: defaultdict[str, list[Access]] = defaultdict(list)
    for access in report.accesses:
        used[access.namespace].append(access)
    return {
        **_state(job),
        **more(following),
        "JobType": type_,
        "ServicesLastAccessed": [_service(report, each, used[each], by_action=job.by_action) for each in found],
    }


@iam.operation(resource=any_resource, readonly=True)
def get_service_last_accessed_details_with_entities(
    ctx: Context, job_id: str, service_namespace: str, max_items: int | None = None, marker: str | None = None
) -> GetServiceLastAccessedDetailsWithEntitiesResult:
    """Who can use a service, the last to do so first."""
    job = _job(ctx, job_id)
    if service_namespace not in reference.services():
        raise InvalidInputException(f"Invalid service namespace: {service_namespace}")
    if job.done_ms is None:
        return {**_state(job), **more(None), "EntityDetailsList": []}
    report = accesses.unpack(job)
    entities = _entities(report, service_namespace) if service_namespace in report.services else []
    scope = f"GetServiceLastAccessedDetailsWithEntities/{job_id}/{service_namespace}"
    found, following = paging.page(ctx, paging.scan_of(entities, _place), _place, scope, marker, max_items)
    return {**_state(job), **more(following), "EntityDetailsList": [_details(*entry) for entry in found]}


def _job(ctx: Context, job_id: str) -> AccessJob:
    job = tables.access_jobs.get(ctx.tx, (ctx.account, job_id))
    if job is None or job.caller_id != ctx.principal.unique_id or job.created_ms + tables.access_job_ms <= ctx.now_ms:
        raise NoSuchEntityException(f"The job with id {job_id} cannot be found.")
    return job


def _state(job: AccessJob) -> JobResult:
    created = to_datetime(job.created_ms)
    if job.done_ms is None:
        return {"JobStatus": "IN_PROGRESS", "JobCreationDate": created, "IsTruncated": False}
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": created,
        "JobCompletionDate": to_datetime(job.done_ms),
        "IsTruncated": False,
    }


def _service(report: Report, namespace: str, found: list[Access], *, by_action: bool) -> ServiceLastAccessed:
    shown: ServiceLastAccessed = {
        "ServiceName": reference.services()[namespace],
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len({access.entity for access in found}),
    }
    if found:
        last = max(found, key=lambda access: access.last_ms)
        shown["LastAuthenticated"] = to_datetime(last.last_ms)
        shown["LastAuthenticatedEntity"] = report.entities[last.entity].arn
        shown["LastAuthenticatedRegion"] = last.region
        if by_action:
            shown["TrackedActionsLastAccessed"] = list(_tracked(report, namespace, found))
    return shown


def _tracked(report: Report, namespace: str, found: list[Access]) -> Iterable[TrackedAction]:
    """All actions of a service, those that were not used without further details."""
    used = {access.action: access for access in sorted(found, key=lambda access: access.last_ms)}
    for action in sorted({*reference.actions(namespace), *used}):
        access = used.get(action)
        if access is None:
            yield {"ActionName": action}
        else:
            yield {
                "ActionName": action,
                "LastAccessedEntity": report.entities[access.entity].arn,
                "LastAccessedTime": to_datetime(access.last_ms),
                "LastAccessedRegion": access.region,
            }


def _entities(report: Report, namespace: str) -> list[tuple[Entity, Access | None]]:
    """All entities with their last use of a service."""
    used: dict[int, Access] = {}
    for access in report.accesses:
        if access.namespace == namespace:
            before = used.get(access.entity)
            if before is None or before.last_ms < access.last_ms:
                used[access.entity] = access
    return sorted(((entity, used.get(at)) for at, entity in enumerate(report.entities)), key=_place)


def _place(entry: tuple[Entity, Access | None]) -> Key:
    entity, access = entry
    return (_forever_ms if access is None else _forever_ms - access.last_ms, entity.arn)


def _details(entity: Entity, access: Access | None) -> EntityDetails:
    info: EntityInfo = {
        "Arn": entity.arn,
        "Name": entity.name,
        "Type": entity.type,
        "Id": entity.id,
        "Path": entity.path,
    }
    if access is None:
        return {"EntityInfo": info}
    return {"EntityInfo": info, "LastAuthenticated": to_datetime(access.last_ms)}
