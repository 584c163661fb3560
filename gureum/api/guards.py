"""What operations and services declare for authorization, beside the action and the resource.

    @iam.operation(resource=policy_arn, keys=tag_keys)
    def tag_policy(ctx: Context, policy_arn: str, tags: list[Tag]) -> None: ...

Keys are condition keys in lower case, without those that every request has (the gateway knows them).
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from gureum.api.context import Caller, Context
from gureum.api.errors import NotSupported
from gureum.api.policy.model import KeyValue, Kind


class Need(msgspec.Struct, frozen=True):
    """A further permission that a request needs: the caller must be allowed `action` on `resource`."""

    action: str
    resource: str
    keys: Mapping[str, KeyValue] = {}


class ResourcePolicy(msgspec.Struct, frozen=True):
    """The policy of a resource: its text, and see `policy.model.Guard` and `Source` for the rest."""

    text: str
    pins: Mapping[str, str] = {}
    required: bool = False
    kind: Kind = Kind.RESOURCE


KeysOf = Callable[[Context, Mapping[str, Any]], Mapping[str, KeyValue]]
Also = Callable[[Context, Mapping[str, Any]], Iterable[Need]]
Identify = Callable[[Context, Mapping[str, Any]], tuple[Caller, Mapping[str, KeyValue]]]
"""The caller of a request that is not signed, and the condition keys that his proof of identity gives him."""
Guardian = Callable[[Context, str, str], ResourcePolicy | None]
"""The policy that counts for an action (`sqs:SendMessage`) on a resource (an ARN)."""
TagsOf = Callable[[Context, str], Mapping[str, str]]
OwnerOf = Callable[[Context, str], str | None]
"""The account that a resource (an ARN without one, as those of S3) belongs to; None when there is no such resource."""


def request_tags(tags: Iterable[tuple[str, str]]) -> dict[str, KeyValue]:
    """`aws:RequestTag/KEY` and `aws:TagKeys` for tags that a request brings."""
    pairs = list(tags)
    if not pairs:
        return {}
    keys: dict[str, KeyValue] = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
    keys["aws:tagkeys"] = tuple(key for key, _ in pairs)
    return keys


def check_distinct(tags: Iterable[str]) -> None:
    """Refuse a set of tags whose keys differ only in case.  For services of which AWS says that they take them.

    Conditions compare keys of tags without case, and match either of two such keys but not both: who may add `Env`
    beside `env` could evade what is denied for one of them.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, "aws:ResourceTag"
    """
    folded: dict[str, str] = {}
    for key in tags:
        other = folded.setdefault(key.lower(), key)
        if other != key:
            raise NotSupported(f"Tag keys that differ only in case are not supported by Gureum: {other} and {key}.")


def tag_keys(keys: Iterable[str]) -> dict[str, KeyValue]:
    """`aws:TagKeys` for a request that removes tags."""
    names = tuple(keys)
    return {"aws:tagkeys": names} if names else {}
