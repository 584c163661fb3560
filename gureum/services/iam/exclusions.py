"""Which of the policies that somebody holds a simulation is to leave out.

Identifiers that match nothing are ignored, and so are resource control policies, which are not simulated.  The
documentation has wildcards in the names of the entities of inline policies; the model does not let them through.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NotRequired, TypedDict

from gureum.api.policy import patterns
from gureum.base import arn as arns
from gureum.services.iam.errors import InvalidInputException
from gureum.services.iam.holdings import Holding

_before_name: Final = re.compile(r"[^*?]*")


class InlinePolicyIdentifier(TypedDict):
    PolicyName: str
    AttachmentType: str
    AttachmentName: str


class PolicyIdentifier(TypedDict):
    PolicyType: NotRequired[str]
    PolicyArn: NotRequired[str]
    InlinePolicyIdentifier: NotRequired[InlinePolicyIdentifier]


class Exclusions:
    """What identifiers of policies say together.  Raises InvalidInputException for malformed ones."""

    def __init__(self, identifiers: Iterable[PolicyIdentifier]) -> None:
        self._types: set[str] = set()
        self._arns: list[patterns.Test] = []
        self._inline: set[tuple[str, str, str]] = set()
        for identifier in identifiers:
            self._add(identifier)
        self.boundaries = "permission-boundary" in self._types
        self.controls = "scp" in self._types

    def match(self, policy: Holding) -> bool:
        """Whether a policy is left out."""
        if policy.inline:
            return "inline" in self._types or (policy.owner_type.value, policy.owner, policy.name) in self._inline
        return policy.type in self._types or any(test(policy.arn) for test in self._arns)

    def _add(self, identifier: PolicyIdentifier) -> None:
        if "PolicyType" in identifier:
            self._types.add(identifier["PolicyType"])
        elif "PolicyArn" in identifier:
            self._arns.append(_arn_test(identifier["PolicyArn"]))
        else:
            inline = identifier["InlinePolicyIdentifier"]
            self._inline.add((inline["AttachmentType"], inline["AttachmentName"], inline["PolicyName"]))


def _arn_test(text: str) -> patterns.Test:
    parsed = arns.parse(text)
    before, separator, _ = text.rpartition("/")
    if parsed is None or parsed.service != "iam" or not separator or not _before_name.fullmatch(before):
        raise InvalidInputException(f"ARN {text} is not valid.")
    if text.count("*") > 1:
        raise InvalidInputException(f"At most one * is allowed: {text}")
    return patterns.glob(str(patterns.read(text, variables=False, wildcards=True)))
