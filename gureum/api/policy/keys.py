"""The global condition keys, and the keys that a policy asks for.

Keys that end with a slash are prefixes: what follows is the key of a tag.  Services have keys of their own; this is the
list of those that any service's requests may have, and of the properties of sessions that AWS lists beside them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from gureum.api.policy.compile import Compiled

KeyType = Literal["string", "arn", "numeric", "boolean", "ip", "date"]


class ConditionKey(msgspec.Struct, frozen=True):
    """A condition key, written as AWS writes it, and what its values are."""

    name: str
    type: KeyType = "string"
    multivalued: bool = False

    @property
    def is_prefix(self) -> bool:
        """Whether the key of a tag follows the name."""
        return self.name.endswith("/")

    @property
    def context_type(self) -> str:
        """What the policy simulator calls the type: it knows no ARNs, and lists by the name of their items."""
        return ("string" if self.type == "arn" else self.type) + ("List" if self.multivalued else "")


def _all(type_: KeyType, *names: str, multivalued: bool = False) -> tuple[ConditionKey, ...]:
    return tuple(ConditionKey(name, type_, multivalued) for name in names)


_OF_PRINCIPALS: Final = (
    *_all("arn", "aws:PrincipalArn"),
    *_all("string", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalServiceName", "aws:PrincipalTag/"),
    *_all("string", "aws:PrincipalType", "aws:userid", "aws:username"),
    *_all("string", "aws:PrincipalOrgPaths", "aws:PrincipalServiceNamesList", multivalued=True),
    *_all("boolean", "aws:PrincipalIsAWSService"),
)
_OF_SESSIONS: Final = (
    *_all("boolean", "aws:AssumedRoot", "aws:MultiFactorAuthPresent"),
    *_all("string", "aws:FederatedProvider", "aws:SourceIdentity", "aws:Ec2InstanceSourceVpc"),
    *_all("string", "glue:RoleAssumedBy", "glue:CredentialIssuingService", "identitystore:UserId"),
    *_all("date", "aws:TokenIssueTime"),
    *_all("numeric", "aws:MultiFactorAuthAge", "ec2:RoleDelivery"),
    *_all("ip", "aws:Ec2InstanceSourcePrivateIPv4"),
    *_all("arn", "aws:ChatbotSourceArn", "ec2:SourceInstanceArn", "lambda:SourceFunctionArn", "ssm:SourceInstanceArn"),
)
_OF_NETWORKS: Final = (
    *_all("ip", "aws:SourceIp", "aws:VpcSourceIp"),
    *_all("arn", "aws:SourceVpcArn"),
    *_all("string", "aws:SourceVpc", "aws:SourceVpce", "aws:VpceAccount", "aws:VpceOrgID"),
    *_all("string", "aws:VpceOrgPaths", multivalued=True),
)
_OF_RESOURCES: Final = (
    *_all("string", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceTag/"),
    *_all("string", "aws:ResourceOrgPaths", multivalued=True),
)
_OF_REQUESTS: Final = (
    *_all("string", "aws:CalledVia", "aws:SourceOrgPaths", "aws:TagKeys", multivalued=True),
    *_all("string", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:referer", "aws:RequestedRegion", "aws:RequestTag/"),
    *_all("string", "aws:SourceAccount", "aws:SourceOrgID", "aws:UserAgent"),
    *_all("arn", "aws:SourceArn"),
    *_all("boolean", "aws:SecureTransport", "aws:ViaAWSService"),
    *_all("date", "aws:CurrentTime", "aws:EpochTime"),
)
GLOBAL_KEYS: Final = (*_OF_PRINCIPALS, *_OF_SESSIONS, *_OF_NETWORKS, *_OF_RESOURCES, *_OF_REQUESTS)
_BY_NAME: Final = {key.name.lower(): key for key in GLOBAL_KEYS}


def find_key(name: str) -> ConditionKey | None:
    """The global key of that name, written in any case, with the key of a tag or without; None for others."""
    lower = name.lower()
    prefix, slash, tag = lower.partition("/")
    return _BY_NAME.get(prefix + slash if tag else lower)


def context_keys(policies: Iterable[Compiled]) -> list[str]:
    """The keys that policies ask for, in conditions and variables, each once and as it was first written."""
    found: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for name in statement.keys:
                found.setdefault(name.lower(), name)
    return list(found.values())
