"""Customer managed policies, and all managed ones to look at.

AWS's policies cannot be changed: they are outside of every account.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html and its neighbours.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NotRequired, TypedDict

from msgspec.structs import replace

from gureum.api.context import Context
from gureum.api.service import any_resource
from gureum.identity import tables
from gureum.identity.credentials import new_unique_id
from gureum.identity.records import Attachment, Owner, Policy, PolicyVersion
from gureum.services.iam import catalogue, finding, paging, views
from gureum.services.iam.catalogue import Entry
from gureum.services.iam.errors import DeleteConflictException, EntityAlreadyExistsException
from gureum.services.iam.paging import More, more
from gureum.services.iam.rules import documents, names, quotas
from gureum.services.iam.rules import tags as rules
from gureum.services.iam.rules.tags import Tag
from gureum.services.iam.service import iam, new_policy_arn, policy_arn, tagging, tags_asked_for
from gureum.state.keys import Key

_boundary_only: Final = "PermissionsBoundary"
_permissions_only: Final = "PermissionsPolicy"
_OWNERS: Final = {"User": Owner.USER, "Group": Owner.GROUP, "Role": Owner.ROLE}


class PolicyResult(TypedDict):
    Policy: views.Policy


class ListPoliciesResult(More):
    Policies: list[views.Policy]


class ListPolicyTagsResult(More):
    Tags: list[Tag]


class PolicyGroup(TypedDict):
    GroupName: str
    GroupId: str


class PolicyUser(TypedDict):
    UserName: str
    UserId: str


class PolicyRole(TypedDict):
    RoleName: str
    RoleId: str


class ListEntitiesForPolicyResult(TypedDict):
    PolicyGroups: list[PolicyGroup]
    PolicyUsers: list[PolicyUser]
    PolicyRoles: list[PolicyRole]
    IsTruncated: bool
    Marker: NotRequired[str]


@iam.operation(resource=new_policy_arn, keys=tags_asked_for, also=tagging("iam:TagPolicy", new_policy_arn))
def create_policy(
    ctx: Context,
    policy_name: str,
    policy_document: str,
    path: str = names.ROOT_PATH,
    description: str = "",
    tags: list[Tag] | None = None,
) -> PolicyResult:
    """A new managed policy, whose first version is v1."""
    if tables.policies_by_folded_name.first(ctx.tx, (ctx.account, names.fold(policy_name))) is not None:
        raise EntityAlreadyExistsException(
            f"A policy called {policy_name} already exists. Duplicate names are not allowed."
        )
    quotas.policies.check(tables.policies.count(ctx.tx, (ctx.account,)))
    documents.check_managed(policy_document)
    policy = Policy(
        account=ctx.account,
        name=policy_name,
        id=new_unique_id(ctx.ids, "ANPA"),
        path=path,
        created_ms=ctx.now_ms,
        updated_ms=ctx.now_ms,
        default_version=1,
        last_version=1,
        description=description,
        tags=rules.merge({}, tags or ()),
    )
    tables.policies.insert(ctx.tx, policy)
    tables.policy_versions.insert(
        ctx.tx, PolicyVersion(policy.account, policy.name, 1, policy_document, policy.created_ms)
    )
    return {"Policy": _view(ctx, catalogue.own(policy))}


@iam.operation(resource=policy_arn, readonly=True)
def get_policy(ctx: Context, policy_arn: str) -> PolicyResult:
    """A managed policy without its document, which is that of a version."""
    return {"Policy": _view(ctx, catalogue.get(ctx.tx, ctx.account, policy_arn))}


@iam.operation(resource=any_resource, readonly=True)
def list_policies(
    ctx: Context,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str | None = None,
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListPoliciesResult:
    """Managed policies: the account's own by name, then AWS's by name."""
    use = catalogue.use(ctx.tx, ctx.account)
    in_use = {_boundary_only: use.bounding, _permissions_only: use.attached}.get(
        policy_usage_filter or "", use.attached | use.bounding
    )
    filtered = only_attached or policy_usage_filter == _boundary_only
    if filtered:
        scan = paging.scan_of(catalogue.used(ctx.tx, ctx.account, in_use), _place)
    else:
        scan = partial(catalogue.page, ctx.tx, ctx.account, scope)
    below = names.below(path_prefix)
    found, following = paging.page(
        ctx,
        scan,
        _place,
        f"ListPolicies/{scope}/{only_attached}/{path_prefix}/{policy_usage_filter}",
        marker,
        max_items,
        (lambda entry: below(entry) and _is_in(entry, scope)) if filtered or path_prefix else None,
    )
    return {"Policies": [views.listed_policy(entry, use) for entry in found], **more(following)}


@iam.operation(resource=policy_arn)
def delete_policy(ctx: Context, policy_arn: str) -> None:
    """Remove a policy that nobody has any more, with its default version, which has to be its only one."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    if catalogue.use_of(ctx.tx, ctx.account, policy_arn).total(policy_arn):
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    versions = tables.policy_versions.scan(ctx.tx, (policy.account, policy.name))
    if len(versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    for version in versions:
        tables.policy_versions.delete(ctx.tx, version)
    tables.policies.delete(ctx.tx, policy)


@iam.operation(resource=policy_arn, keys=tags_asked_for)
def tag_policy(ctx: Context, policy_arn: str, tags: list[Tag]) -> None:
    """Add tags; one whose key is there is overwritten."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    tables.policies.replace(ctx.tx, policy, replace(policy, tags=rules.merge(policy.tags, tags)))


@iam.operation(resource=policy_arn, keys=tags_asked_for)
def untag_policy(ctx: Context, policy_arn: str, tag_keys: list[str]) -> None:
    """Remove tags; one that is not there is no error."""
    policy = finding.own_policy(ctx.tx, ctx.account, policy_arn)
    tables.policies.replace(ctx.tx, policy, replace(policy, tags=rules.without(policy.tags, tag_keys)))


@iam.operation(resource=policy_arn, readonly=True)
def list_policy_tags(
    ctx: Context, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> ListPolicyTagsResult:
    """The tags of a policy, by key; AWS's have none."""
    entry = catalogue.get(ctx.tx, ctx.account, policy_arn)
    tags = {} if entry.own is None else entry.own.tags
    found, following = paging.tags(ctx, tags, f"ListPolicyTags/{policy_arn}", marker, max_items)
    return {"Tags": found, **more(following)}


@iam.operation(resource=policy_arn, readonly=True)
def list_entities_for_policy(
    ctx: Context,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str | None = None,
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> ListEntitiesForPolicyResult:
    """The groups, roles and users that have a policy, or have it as their boundary."""
    entry = catalogue.get(ctx.tx, ctx.account, policy_arn)
    holders = _holders(ctx, policy_arn, policy_usage_filter)
    if entity_filter in _OWNERS:
        holders = {holder for holder in holders if holder[0] is _OWNERS[entity_filter]}
    elif entity_filter is not None and entity_filter != _scope_of(entry):
        holders = set()
    below = names.below(path_prefix)
    found, following = paging.page(
        ctx,
        paging.scan_of(sorted(holders), _position),
        _position,
        f"ListEntitiesForPolicy/{policy_arn}/{entity_filter}/{path_prefix}/{policy_usage_filter}",
        marker,
        max_items,
        lambda holder: below(finding.owner(ctx.tx, ctx.account, *holder)),
    )
    owners = [(kind, finding.owner(ctx.tx, ctx.account, kind, name)) for kind, name in found]
    return {
        "PolicyGroups": [{"GroupName": o.name, "GroupId": o.id} for kind, o in owners if kind is Owner.GROUP],
        "PolicyUsers": [{"UserName": o.name, "UserId": o.id} for kind, o in owners if kind is Owner.USER],
        "PolicyRoles": [{"RoleName": o.name, "RoleId": o.id} for kind, o in owners if kind is Owner.ROLE],
        **more(following),
    }


def _is_in(entry: Entry, scope: str) -> bool:
    return scope in ("All", "AWS" if entry.own is None else "Local")


def _place(entry: Entry) -> Key:
    return entry.position


Holder = tuple[Owner, str]


def _position(holder: Holder) -> Key:
    return holder


def _scope_of(entry: Entry) -> str:
    return "AWSManagedPolicy" if entry.own is None else "LocalManagedPolicy"


def _holders(ctx: Context, policy_arn: str, usage: str | None) -> set[Holder]:
    """Everybody who uses a policy in the way that is asked for."""
    key = (ctx.account, policy_arn)
    found: set[Holder] = set()
    if usage != _boundary_only:
        attachments: list[Attachment] = tables.attachments_by_policy.scan(ctx.tx, key)
        found.update((attachment.owner_type, attachment.owner) for attachment in attachments)
    if usage != _permissions_only:
        found.update((Owner.USER, user.name) for user in tables.users_by_boundary.scan(ctx.tx, key))
        found.update((Owner.ROLE, role.name) for role in tables.roles_by_boundary.scan(ctx.tx, key))
    return found


def _view(ctx: Context, entry: Entry) -> views.Policy:
    return views.policy(entry, catalogue.use_of(ctx.tx, ctx.account, entry.arn))
