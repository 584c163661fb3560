"""From the record of a call to CloudTrail's event, as JSON values.

The record holds what there is to know about a call; an event shows it to one account, its recipient.  A call on a
resource of another account is two events with a common `sharedEventID`: the caller's account sees who it was, the owner
of the resource sees the account that he came from.

What is not known is left out and not made up: `tlsDetails` (the record knows that a call came over TLS, not with which
cipher), `additionalEventData`, `vpcEndpointId`.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html#shared-event-ID
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from gureum.api.calls import Call, Temporary, home_region
from gureum.api.principal import FEDERATED
from gureum.base import arn as arns
from gureum.base.arn import Arn
from gureum.base.clock import to_datetime
from gureum.wire.model import Shape

VERSION: Final = "1.11"

Describe = Callable[[str, str], tuple[Shape | None, Shape | None]]
"""Input and output shape of an operation, by event source and event name."""

_TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("iam", "user"): "AWS::IAM::User",
    ("iam", "group"): "AWS::IAM::Group",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "policy"): "AWS::IAM::Policy",
    ("iam", "instance-profile"): "AWS::IAM::InstanceProfile",
    ("iam", "mfa"): "AWS::IAM::MfaDevice",
    ("iam", "oidc-provider"): "AWS::IAM::OIDCProvider",
    ("iam", "saml-provider"): "AWS::IAM::SAMLProvider",
    ("iam", "server-certificate"): "AWS::IAM::ServerCertificate",
    ("sts", "assumed-role"): "AWS::STS::AssumedRole",
    ("sqs", ""): "AWS::SQS::Queue",
    ("cloudtrail", "trail"): "AWS::CloudTrail::Trail",
    ("cloudtrail", "eventdatastore"): "AWS::CloudTrail::EventDataStore",
    ("organizations", "account"): "AWS::Organizations::Account",
    ("organizations", "organization"): "AWS::Organizations::Organization",
    ("organizations", "ou"): "AWS::Organizations::OrganizationalUnit",
    ("organizations", "policy"): "AWS::Organizations::Policy",
}
"""Service and resource type in an ARN to CloudFormation's name, which CloudTrail uses."""


def event(call: Call, recipient: str, describe: Describe) -> dict[str, Any]:
    """The event of `call` as the account `recipient` sees it."""
    parameters, response = describe(call.source, call.operation) if call.parameters or call.response else (None, None)
    shown: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": _identity(call, recipient),
        "eventTime": time_text(call.time_ms),
        "eventSource": call.source,
        "eventName": call.operation,
        "awsRegion": home_region(call),
        "sourceIPAddress": call.source_ip,
        "userAgent": call.user_agent,
    }
    if call.error_code:
        shown["errorCode"] = call.error_code
        shown["errorMessage"] = call.error_message
    shown["requestParameters"] = _values(call.parameters, parameters)
    shown["responseElements"] = None if call.readonly else _values(call.response, response)
    shown["requestID"] = call.request_id
    shown["eventID"] = event_id(call, recipient)
    shown["readOnly"] = call.readonly
    resources = [_resource(parsed, text) for text in call.resources if (parsed := arns.parse(text)) is not None]
    if resources:
        shown["resources"] = resources
    shown["eventType"] = "AwsApiCall"
    shown["managementEvent"] = not call.data
    shown["recipientAccountId"] = recipient
    if call.owner:
        shown["sharedEventID"] = _derived(call.id, "shared")
    shown["eventCategory"] = category(call)
    return shown


def category(call: Call) -> str:
    """`Management` or `Data`."""
    return "Data" if call.data else "Management"


def event_id(call: Call, recipient: str) -> str:
    """The event's id: the call's own, and another one for each further recipient."""
    return call.id if recipient == call.account else _derived(call.id, recipient)


def username(call: Call, recipient: str) -> str:
    """The user name by which events are looked up; empty when the recipient does not get to know it."""
    if recipient != call.account:
        return ""
    match call.principal_type:
        case "Root":
            return "root"
        case "AssumedRole" | "FederatedUser":
            return call.principal_arn.rpartition("/")[2]
    return call.principal_name


def resource_type(arn: Arn) -> str:
    """CloudFormation's name of what an ARN names, empty when it is not known."""
    kind = arn.resource.partition("/")[0] if "/" in arn.resource else ""
    return _TYPES.get((arn.service, kind), "")


def resource_name(arn: Arn) -> str:
    """The name in an ARN, without type and path."""
    return arn.resource.rpartition("/")[2].rpartition(":")[2]


def time_text(time_ms: int) -> str:
    """`2026-11-21T09:30:00Z`."""
    return to_datetime(time_ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def _identity(call: Call, recipient: str) -> dict[str, Any]:
    """The `userIdentity` element."""
    kind = call.principal_type
    if kind == "AWSService":
        return {"type": kind, "invokedBy": call.invoked_by}
    if kind in FEDERATED:
        provider = call.principal_id.removesuffix(f":{call.principal_name}")
        return {
            "type": kind,
            "principalId": call.principal_id,
            "userName": call.principal_name,
            "identityProvider": provider,
        }
    if recipient != call.account:
        return {"type": "AWSAccount", "principalId": call.principal_id, "accountId": call.account}
    identity: dict[str, Any] = {"type": kind, "principalId": call.principal_id, "arn": call.principal_arn}
    identity["accountId"] = call.account
    if call.access_key_id:
        identity["accessKeyId"] = call.access_key_id
    if kind == "IAMUser":
        identity["userName"] = call.principal_name
    if call.session is not None:
        identity["sessionContext"] = _session_context(call, call.session)
    if call.invoked_by:
        identity["invokedBy"] = call.invoked_by
    return identity


def _session_context(call: Call, session: Temporary) -> dict[str, Any]:
    """The `sessionContext` element."""
    context: dict[str, Any] = {
        "attributes": {
            "creationDate": time_text(session.issued_ms),
            "mfaAuthenticated": "true" if session.multi_factor else "false",
        }
    }
    if session.issuer:
        issuer = arns.parse(session.issuer)
        context["sessionIssuer"] = {
            "type": "Role" if call.principal_type == "AssumedRole" else "IAMUser",
            "principalId": session.issuer_id,
            "arn": session.issuer,
            "accountId": call.account if issuer is None else issuer.account,
            "userName": session.issuer.rpartition("/")[2],
        }
    if session.provider:
        context["webIdFederationData"] = {"federatedProvider": session.provider, "attributes": {}}
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    if session.assumed_root:
        context["assumedRoot"] = "true"
    return context


def _resource(arn: Arn, text: str) -> dict[str, str]:
    shown = {"accountId": arn.account, "type": resource_type(arn), "ARN": text}
    return {name: value for name, value in shown.items() if value}


def _values(text: bytes, shape: Shape | None) -> Any:
    """Parameters or results as an event shows them; None when there are none."""
    return _lower(msgspec.json.decode(text), shape) if text else None


def _lower(value: Any, shape: Shape | None) -> Any:
    """`value` with the names of members in lower camel case; the keys of maps are data and stay as they are."""
    if isinstance(value, list):
        inner = shape.member.shape if shape is not None and shape.type == "list" else None
        return [_lower(entry, inner) for entry in value]
    if not isinstance(value, dict):
        return value
    if shape is not None and shape.type == "map":
        return {key: _lower(entry, shape.value.shape) for key, entry in value.items()}
    members = shape.members if shape is not None and shape.type == "structure" else {}
    return {
        name[:1].lower() + name[1:]: _lower(entry, members[name].shape if name in members else None)
        for name, entry in value.items()
    }


def _derived(call_id: str, purpose: str) -> str:
    """Another id that follows from a call's: in the form of a UUID (RFC 9562, version 8)."""
    raw = bytearray(hashlib.sha256(f"{purpose}/{call_id}".encode()).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
