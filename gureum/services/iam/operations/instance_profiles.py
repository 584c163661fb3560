"""Instance profiles: by them an EC2 instance gets a role, at most one.

To put a role into one passes it to EC2, so it needs `iam:PassRole` on the role.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.guards import Need
from gureum.identity import tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import InstanceProfile
from gureum.services.iam import finding, paging, views
from gureum.services.iam.errors import DeleteConflictException, EntityAlreadyExistsException, no_such
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import names, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import all_of, iam, instance_profile_arn, role_arn, tagging, tags_asked_for

_ec2: Final = "ec2.amazonaws.com"


class InstanceProfileResult(TypedDict):
    InstanceProfile: views.InstanceProfile


class ListInstanceProfilesResult(More):
    InstanceProfiles: list[views.InstanceProfile]


class ListInstanceProfileTagsResult(More):
    Tags: list[Tag]


def passing(ctx: Context, values: Mapping[str, Any]) -> list[Need]:
    """The permission to pass the role to EC2."""
    return [Need("iam:PassRole", role_arn(ctx, values), {"iam:passedtoservice": _ec2})]


@iam.operation(
    resource=instance_profile_arn,
    keys=tags_asked_for,
    also=tagging("iam:TagInstanceProfile", instance_profile_arn),
)
def create_instance_profile(
    ctx: Context, instance_profile_name: str, path: str = names.ROOT_PATH, tags: list[Tag] | None = None
) -> InstanceProfileResult:
    """A new instance profile without a role."""
    folded = (ctx.account, names.fold(instance_profile_name))
    if tables.instance_profiles_by_folded_name.first(ctx.tx, folded) is not None:
        raise EntityAlreadyExistsException(f"Instance Profile {instance_profile_name} already exists.")
    quotas.instance_profiles.check(tables.instance_profiles.count(ctx.tx, (ctx.account,)))
    profile = InstanceProfile(
        account=ctx.account,
        name=instance_profile_name,
        id=new_unique_id(ctx.ids, "AIPA"),
        path=path,
        created_ms=ctx.now_ms,
        tags=rules.merge({}, tags or ()),
    )
    tables.instance_profiles.insert(ctx.tx, profile)
    return {"InstanceProfile": views.instance_profile(ctx.tx, profile)}


@iam.operation(resource=instance_profile_arn, readonly=True)
def get_instance_profile(ctx: Context, instance_profile_name: str) -> InstanceProfileResult:
    """An instance profile with its role."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    return {"InstanceProfile": views.instance_profile(ctx.tx, profile)}


@iam.operation(resource=all_of("instance-profile"), readonly=True)
def list_instance_profiles(
    ctx: Context, path_prefix: str | None = None, marker: str | None = None, max_items: int | None = None
) -> ListInstanceProfilesResult:
    """Instance profiles by name."""
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.instance_profiles.scan(ctx.tx, (ctx.account,), after=after, limit=limit),
        tables.instance_profiles.key,
        f"ListInstanceProfiles/{path_prefix}",
        marker,
        max_items,
        names.below(path_prefix) if path_prefix else None,
    )
    return {"InstanceProfiles": [views.listed_instance_profile(ctx.tx, each) for each in found], **more(following)}


@iam.operation(resource=role_arn, readonly=True)
def list_instance_profiles_for_role(
    ctx: Context, role_name: str, marker: str | None = None, max_items: int | None = None
) -> ListInstanceProfilesResult:
    """The instance profiles that a role is in."""
    finding.role(ctx.tx, ctx.account, role_name)
    found, following = paging.page(
        ctx,
        lambda after, limit: tables.instance_profiles_by_role.scan(
            ctx.tx, (ctx.account, role_name), after=after, limit=limit
        ),
        tables.instance_profiles_by_role.position,
        f"ListInstanceProfilesForRole/{role_name}",
        marker,
        max_items,
    )
    return {"InstanceProfiles": [views.listed_instance_profile(ctx.tx, each) for each in found], **more(following)}


@iam.operation(resource=instance_profile_arn, also=passing)
def add_role_to_instance_profile(ctx: Context, instance_profile_name: str, role_name: str) -> None:
    """Put a role into an instance profile that has none."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    role = finding.changeable_role(ctx.tx, ctx.account, role_name)
    quotas.roles_of_instance_profile.check(1 if profile.role else 0)
    tables.instance_profiles.replace(ctx.tx, profile, replace(profile, role=role.name))


@iam.operation(resource=instance_profile_arn)
def remove_role_from_instance_profile(ctx: Context, instance_profile_name: str, role_name: str) -> None:
    """Take the role out; instances that use it lose their credentials when they next renew them."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    if profile.role != role_name:
        raise no_such("role", role_name)
    tables.instance_profiles.replace(ctx.tx, profile, replace(profile, role=""))


@iam.operation(resource=instance_profile_arn)
def delete_instance_profile(ctx: Context, instance_profile_name: str) -> None:
    """Remove an instance profile without a role."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    if profile.role:
        raise DeleteConflictException("Cannot delete entity, must remove roles from instance profile first.")
    tables.instance_profiles.delete(ctx.tx, profile)


@iam.operation(resource=instance_profile_arn, keys=tags_asked_for)
def tag_instance_profile(ctx: Context, instance_profile_name: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    tables.instance_profiles.replace(ctx.tx, profile, replace(profile, tags=rules.merge(profile.tags, tags)))


@iam.operation(resource=instance_profile_arn, keys=tags_asked_for)
def untag_instance_profile(ctx: Context, instance_profile_name: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    tables.instance_profiles.replace(ctx.tx, profile, replace(profile, tags=rules.without(profile.tags, tag_keys)))


@iam.operation(resource=instance_profile_arn, readonly=True)
def list_instance_profile_tags(
    ctx: Context, instance_profile_name: str, marker: str | None = None, max_items: int | None = None
) -> ListInstanceProfileTagsResult:
    """The tags of an instance profile, by key."""
    profile = finding.instance_profile(ctx.tx, ctx.account, instance_profile_name)
    scope = f"ListInstanceProfileTags/{profile.name}"
    found, following = paging.tags(ctx, profile.tags, scope, marker, max_items)
    return {"Tags": found, **more(following)}
