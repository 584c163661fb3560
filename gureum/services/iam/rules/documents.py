"""Policy documents: is it one of its kind, is it small enough, and how it is shown.

White space does not count towards sizes.  Documents are kept as they came and shown percent-encoded (RFC 3986).

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from gureum.api.policy import Compiled, Kind, MalformedPolicy, compile_policy
from gureum.identity.records import Owner
from gureum.services.iam.errors import LimitExceededException, MalformedPolicyDocumentException, over_quota
from gureum.services.iam.rules import quotas

_inline_characters_max: Final = {
    Owner.USER: quotas.user_policy_characters_max,
    Owner.GROUP: quotas.group_policy_characters_max,
    Owner.ROLE: quotas.role_policy_characters_max,
}
"""For all inline policies of one owner together."""

_service: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.(amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal)")
_provider: Final = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(saml-provider/[\w._-]+|oidc-provider/\S+)|([a-z0-9-]+\.)+[a-z]+", re.ASCII
)


def length(text: str) -> int:
    """Characters of a document without white space."""
    return sum(map(len, text.split()))


def check(text: str, kind: Kind) -> Compiled:
    """A document of `kind`, ready.  Raises MalformedPolicyDocumentException."""
    try:
        return compile_policy(text, kind)
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException(str(error)) from None


def check_managed(text: str) -> None:
    """A version of a managed policy.  Raises MalformedPolicyDocumentException, LimitExceededException."""
    if length(text) > quotas.managed_policy_characters_max:
        raise over_quota("PolicySize", quotas.managed_policy_characters_max)
    check(text, Kind.IDENTITY)


def check_inline(text: str, others: Iterable[str], owner_type: Owner, owner: str) -> None:
    """An inline policy beside the `others` of its owner.  Raises as `check_managed` does."""
    characters_max = _inline_characters_max[owner_type]
    if length(text) + sum(map(length, others)) > characters_max:
        raise LimitExceededException(f"Maximum policy size of {characters_max} bytes exceeded for {owner_type} {owner}")
    check(text, Kind.IDENTITY)


def check_trust(text: str) -> Compiled:
    """A trust policy, but for whether its principals exist.  Raises as `check_managed` does."""
    if length(text) > quotas.trust_policy_characters_max:
        raise over_quota("ACLSizePerRole", quotas.trust_policy_characters_max)
    compiled = check(text, Kind.TRUST)
    for principals in _principals(compiled):
        for name in principals.get("Service", ()):
            if not _service.fullmatch(name):
                raise MalformedPolicyDocumentException(f'Invalid principal in policy: "SERVICE":"{name}"')
        for name in principals.get("Federated", ()):
            if not _provider.fullmatch(name):
                raise MalformedPolicyDocumentException(
                    "Federated principals must be valid domain names or SAML metadata ARNs"
                )
    return compiled


def _principals(compiled: Compiled) -> Iterable[dict[str, list[str]]]:
    """The principals of every statement by their type, always as lists."""
    statements = compiled.document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        named = statement.get("Principal", statement.get("NotPrincipal"))
        if isinstance(named, dict):
            yield {kind: value if isinstance(value, list) else [value] for kind, value in named.items()}


def shown(text: str) -> str:
    """A document as responses have it."""
    return quote(text, safe="")
