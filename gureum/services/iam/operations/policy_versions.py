"""Versions of managed policies: up to five documents, one of which is in force.

Numbers are never used twice.  Of AWS's policies only the version in force can be looked at.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.base.clock import to_datetime
from gureum.identity import managed, tables
from gureum.identity.records import Policy
from gureum.identity.records import PolicyVersion as Version
from gureum.services.iam import catalogue, finding, paging
from gureum.services.iam.errors import DeleteConflictException, LimitExceededException, NoSuchEntityException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import documents, quotas
from gureum.services.iam.service import iam, policy_arn


class PolicyVersion(TypedDict):
    VersionId: str
    IsDefaultVersion: bool
    CreateDate: datetime
    Document: NotRequired[str]


class PolicyVersionResult(TypedDict):
    PolicyVersion: PolicyVersion


class ListPolicyVersionsResult(More):
    Versions: list[PolicyVersion]


@iam.operation(resource=policy_arn)
def create_policy_version(
    ctx: Context, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> PolicyVersionResult:
    """A new document of a policy; it is in force at once when it is to be the default."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    documents.check_managed(policy_document)
    if tables.policy_versions.count(ctx.tx, (policy.account, policy.name)) >= quotas.policy_versions.most:
        raise LimitExceededException(
            f"A managed policy can have up to {quotas.policy_versions.most} versions. Before you create a new version, "
            "you must delete an existing version."
        )
    number = policy.last_version + 1
    changed = replace(
        policy,
        last_version=number,
        updated_ms=ctx.now_ms,
        default_version=number if set_as_default else policy.default_version,
    )
    tables.policies.replace(ctx.tx, policy, changed)
    version = Version(policy.account, policy.name, number, policy_document, ctx.now_ms)
    tables.policy_versions.insert(ctx.tx, version)
    return {"PolicyVersion": _listed(changed, version)}


@iam.operation(resource=policy_arn, readonly=True)
def get_policy_version(ctx: Context, policy_arn: str, version_id: str) -> PolicyVersionResult:
    """A version with its document."""
    entry = catalogue.get(ctx.tx, ctx.account, policy_arn)
    if entry.own is None:
        found = managed.find(policy_arn)
        if found is None or found.default_version != version_id:
            raise _no_such_version(policy_arn, version_id)
        return {"PolicyVersion": {**_of_aws(entry), "Document": documents.shown(found.document)}}
    version = _find(ctx, entry.own, version_id)
    return {"PolicyVersion": {**_listed(entry.own, version), "Document": documents.shown(version.document)}}


@iam.operation(resource=policy_arn, readonly=True)
def list_policy_versions(
    ctx: Context, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> ListPolicyVersionsResult:
    """The versions of a policy, the newest first, without their documents."""
    entry = catalogue.get(ctx.tx, ctx.account, policy_arn)
    policy = entry.own
    if policy is None:
        return {"Versions": [_of_aws(entry)], **more(None)}
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.policy_versions.scan(
            ctx.tx, (ctx.account, policy.name), after=after, limit=limit, reverse=True
        ),
        tables.policy_versions.key,
        f"ListPolicyVersions/{policy_arn}",
        marker,
        max_items,
    )
    return {"Versions": [_listed(policy, version) for version in found], **more(following)}


@iam.operation(resource=policy_arn)
def set_default_policy_version(ctx: Context, policy_arn: str, version_id: str) -> None:
    """Put a version in force, for everybody who has the policy."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    version = _find(ctx, policy, version_id)
    tables.policies.replace(ctx.tx, policy, replace(policy, default_version=version.number, updated_ms=ctx.now_ms))


@iam.operation(resource=policy_arn)
def delete_policy_version(ctx: Context, policy_arn: str, version_id: str) -> None:
    """Remove a version that is not in force."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    version = _find(ctx, policy, version_id)
    if version.number == policy.default_version:
        raise DeleteConflictException("Cannot delete the default version of a policy.")
    tables.policy_versions.delete(ctx.tx, version)


def _find(ctx: Context, policy: Policy, version_id: str) -> Version:
    number = version_id.removeprefix("v")
    if number.isdigit() and len(number) < 10:
        found = tables.policy_versions.get(ctx.tx, (policy.account, policy.name, int(number)))
        if found is not None:
            return found
    raise _no_such_version(policy.arn, version_id)


def _no_such_version(policy_arn: str, version_id: str) -> NoSuchEntityException:
    return NoSuchEntityException(f"Policy {policy_arn} version {version_id} does not exist or is not attachable.")


def _listed(policy: Policy, version: Version) -> PolicyVersion:
    return {
        "VersionId": f"v{version.number}",
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": to_datetime(version.created_ms),
    }


def _of_aws(entry: catalogue.Entry) -> PolicyVersion:
    return {
        "VersionId": entry.default_version,
        "IsDefaultVersion": True,
        "CreateDate": to_datetime(entry.updated_ms),
    }
