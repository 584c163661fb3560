"""Policies of organizations: which types there are, and what a document has to be.

White space counts: only AWS's console takes it away before it saves.
Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from typing import Final

from gureum.api.errors import NotSupported
from gureum.api.policy import Kind, MalformedPolicy, compile_policy
from gureum.identity.organization import MANAGED, ControlPolicy, PolicyType
from gureum.services.organizations.errors import MalformedPolicyDocumentException, violates
from gureum.services.organizations.rules import limits

_KINDS: Final = {
    PolicyType.SERVICE_CONTROL: Kind.SERVICE_CONTROL,
    PolicyType.RESOURCE_CONTROL: Kind.RESOURCE_CONTROL,
}


def type_of(name: str) -> PolicyType:
    """The type of that name.  Raises NotSupported for those that do not decide about requests."""
    if name not in _KINDS:
        raise NotSupported(f"The policy type {name} of organizations is not supported by Gureum.")
    return PolicyType(name)


def check(document: str, policy_type: PolicyType) -> None:
    """Raises MalformedPolicyDocumentException, ConstraintViolationException."""
    if len(document) > limits.policy_characters_max[policy_type]:
        raise violates("POLICY_CONTENT_LIMIT_EXCEEDED")
    try:
        compile_policy(document, _KINDS[policy_type])
    except MalformedPolicy as error:
        raise MalformedPolicyDocumentException(str(error)) from None


def managed(organization: str, policy: str) -> ControlPolicy:
    """AWS's own policy of that id, as if the organization had it."""
    policy_type, name, description, document = MANAGED[policy]
    return ControlPolicy(organization, policy, policy_type, name, description, document, 0)
