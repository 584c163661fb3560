"""Service-linked roles: predefined by a service, with one of AWS's policies, and changed by nobody.

A role is deleted at once: no service here has resources that would need one.  Who asks for the status of a deletion
learns that it succeeded.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from gureum.api.context import Context
from gureum.api.errors import NotSupported
from gureum.identity import tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Attachment, LinkedRoleDeletion, Owner, Role
from gureum.services.iam import finding, views
from gureum.services.iam.conditions import linked_service
from gureum.services.iam.errors import InvalidInputException, NoSuchEntityException
from gureum.services.iam.rules import linked_services, names, quotas
from gureum.services.iam.rules.linked_services import PATH, LinkedService
from gureum.services.iam.service import global_arn, iam, role_arn

_task: Final = "task"


class CreateServiceLinkedRoleResult(TypedDict):
    Role: views.Role


class DeleteServiceLinkedRoleResult(TypedDict):
    DeletionTaskId: str


class GetServiceLinkedRoleDeletionStatusResult(TypedDict):
    Status: str


def new_role_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The role that the service will have."""
    service = _service(values["AWSServiceName"])
    return global_arn(ctx, f"role{service.path}{linked_services.role_name(service, values.get('CustomSuffix'))}")


def deleted_role_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The role of a deletion task: `task/aws-service-role/SERVICE/ROLE/UUID`."""
    task: str = values["DeletionTaskId"]
    parts = task.split("/")
    if len(parts) != 5 or not task.startswith(f"{_task}{PATH}"):
        raise InvalidInputException(f"Deletion task {task} is not valid.")
    return global_arn(ctx, f"role/{'/'.join(parts[1:4])}")


@iam.operation(resource=new_role_arn, keys=linked_service)
def create_service_linked_role(
    ctx: Context, aws_service_name: str, description: str | None = None, custom_suffix: str | None = None
) -> CreateServiceLinkedRoleResult:
    """The role of a service, which has one unless it allows for suffixes."""
    service = _service(aws_service_name)
    if custom_suffix is not None and not service.suffix:
        raise InvalidInputException(f"Custom suffix is not allowed for {aws_service_name}")
    name = linked_services.role_name(service, custom_suffix)
    if tables.roles_by_folded_name.first(ctx.tx, (ctx.account, names.fold(name))) is not None:
        raise InvalidInputException(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    quotas.roles.check(tables.roles.count(ctx.tx, (ctx.account,)))
    role = Role(
        account=ctx.account,
        name=name,
        id=new_unique_id(ctx.ids, "AROA"),
        path=service.path,
        created_ms=ctx.now_ms,
        trust=service.trust,
        description=service.description if description is None else description,
        service=service.principal,
    )
    tables.roles.insert(ctx.tx, role)
    tables.attachments.insert(ctx.tx, Attachment(ctx.account, Owner.ROLE, role.name, service.policy_arn, ctx.now_ms))
    return {"Role": views.role(ctx.tx, role)}


@iam.operation(resource=role_arn)
def delete_service_linked_role(ctx: Context, role_name: str) -> DeleteServiceLinkedRoleResult:
    """Remove the role of a service, and with it what is attached to it."""
    role = finding.role(ctx.tx, ctx.account, role_name)
    if not role.service:
        raise InvalidInputException(f"Role {role_name} is not a service-linked role.")
    for attachment in tables.attachments.scan(ctx.tx, (ctx.account, Owner.ROLE, role_name)):
        tables.attachments.delete(ctx.tx, attachment)
    tables.roles.delete(ctx.tx, role)
    task = f"{_task}{role.path}{role.name}/{ctx.new_id()}"
    tables.linked_role_deletions.insert(ctx.tx, LinkedRoleDeletion(ctx.account, task, ctx.now_ms))
    return {"DeletionTaskId": task}


@iam.operation(resource=deleted_role_arn, readonly=True)
def get_service_linked_role_deletion_status(
    ctx: Context, deletion_task_id: str
) -> GetServiceLinkedRoleDeletionStatusResult:
    """What became of a deletion."""
    if tables.linked_role_deletions.get(ctx.tx, (ctx.account, deletion_task_id)) is None:
        raise NoSuchEntityException(f"Deletion task {deletion_task_id} cannot be found.")
    return {"Status": "SUCCEEDED"}


def _service(principal: str) -> LinkedService:
    found = linked_services.find(principal)
    if found is None:
        raise NotSupported(f"A service-linked role for {principal} is not supported by Gureum.")
    return found
