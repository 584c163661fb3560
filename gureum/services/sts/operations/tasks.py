"""AssumeRoot: the root user of a member account, for one task.

The organization says which accounts may (`identity.root_access`), their own policies who in them.  The session is the
root user's and may do what the task's policy, one of AWS's own, does not deny.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict

from gureum.api.context import Context
from gureum.api.errors import AccessDenied
from gureum.api.policy.model import KeyValue
from gureum.api.principal import Session, root
from gureum.base import arn as arns
from gureum.base.topology import PARTITION
from gureum.identity import credentials, managed
from gureum.services.sts import sessions
from gureum.services.sts.errors import ValidationError
from gureum.services.sts.rules import limits
from gureum.services.sts.service import is_account, sts
from gureum.services.sts.sessions import Credentials, PolicyDescriptor

_tasks: Final = f"arn:{PARTITION}:iam::aws:policy/root-task/"


class AssumeRootResult(TypedDict):
    """The credentials."""

    Credentials: Credentials
    SourceIdentity: NotRequired[str]


def target_arn(ctx: Context, values: Mapping[str, Any]) -> str:
    """The root user of the account that is named, by its number or by its ARN."""
    return root(_account(values["TargetPrincipal"]), PARTITION).arn


def task_asked_for(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, KeyValue]:
    """The condition keys of the request.  Raises AccessDenied for the root user."""
    if ctx.principal.type == "Root":
        raise AccessDenied("AssumeRoot may not be called by root accounts.")
    return {"sts:taskpolicyarn": values["TaskPolicyArn"].get("arn", "")}


@sts.operation(resource=target_arn, keys=task_asked_for, hidden=frozenset({"Credentials.SessionToken"}))
def assume_root(
    ctx: Context,
    target_principal: str,
    task_policy_arn: PolicyDescriptor,
    duration_seconds: int = limits.task_seconds_max,
) -> AssumeRootResult:
    """Open a session of a member account's root user that is limited to a task."""
    task = task_policy_arn.get("arn", "")
    if not task.startswith(_tasks) or managed.find(task) is None:
        raise ValidationError(f"The policy {task} is not a task policy.")
    before = ctx.caller.session
    source_identity = "" if before is None else before.source_identity
    session = Session(
        issued_ms=ctx.now_ms,
        expires_ms=ctx.now_ms + duration_seconds * 1000,
        policy_arns=(task,),
        source_identity=source_identity,
        assumed_root=True,
    )
    principal = root(_account(target_principal), PARTITION)
    answer: AssumeRootResult = {"Credentials": sessions.show(credentials.issue(ctx.vault, ctx.ids, principal, session))}
    if source_identity:
        answer["SourceIdentity"] = source_identity
    return answer


def _account(target: str) -> str:
    parsed = arns.parse(target)
    account = target if parsed is None else parsed.account
    if not is_account(account) or (parsed is not None and target != root(account, PARTITION).arn):
        raise ValidationError(f"{target} is invalid")
    return account
