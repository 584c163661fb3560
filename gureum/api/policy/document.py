"""The grammar of policies: from JSON to values that are ready to compile, or MalformedPolicy in AWS's words.

The types of policies share one grammar and differ in what they may and must say:

| Kind | Principal | Resource | Else |
|---|---|---|---|
| identity, boundary, session | never | always | Sids of letters and digits |
| resource, endpoint | always | always | |
| trust | always | never | actions of STS only |
| service control | never | always | version 2012-10-17 |
| resource control | `*` | always | version 2012-10-17; denies only; no NotAction, no bare `*` |

RCPFullAWSAccess, which every organization has, is the one resource control policy that allows.

Names of elements, effects and operators are case-sensitive.  Whatever text comes in, nothing but MalformedPolicy goes
out.  Sizes are checked by who saves a policy: they differ from service to service.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

import msgspec

from gureum.api.policy.model import Document, Kind, MalformedPolicy

CURRENT_VERSION: Final = "2012-10-17"
_versions: Final = ("2008-10-17", CURRENT_VERSION)
_policy_elements: Final = frozenset({"Version", "Id", "Statement"})
_statement_elements: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_principal_types: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_with_principal: Final = frozenset({Kind.RESOURCE, Kind.ENDPOINT, Kind.TRUST, Kind.RESOURCE_CONTROL})
_of_identities: Final = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION})
_of_organizations: Final = frozenset({Kind.SERVICE_CONTROL, Kind.RESOURCE_CONTROL})
_partition: Final = re.compile(r"aws(-[a-z]+)*|[*?]|.*[*?$].*")
_characters: Final = re.compile(r"[\t\n\r\x20-\xff]*")
_sid: Final = re.compile(r"[0-9A-Za-z]*")
_vendor: Final = re.compile(r"[0-9A-Za-z_.-]+")
_legacy: Final = "The policy failed legacy parsing"
_syntax: Final = "Syntax errors in policy."
_vendor_missing: Final = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."

Principals = dict[str, tuple[str, ...]]
"""Principals by their type; `*` alone is {"*": ("*",)}."""


class Block(msgspec.Struct, frozen=True):
    """One line of a Condition: operator, key and values as they were written."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True):
    """A statement.  Of each pair (Action and NotAction, …) the value, and whether it was the one with Not."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    principals: Principals | None
    not_principal: bool
    conditions: tuple[Block, ...]


class Policy(msgspec.Struct, frozen=True):
    """A document that keeps the grammar of its kind."""

    version: str
    id: str
    statements: tuple[Statement, ...]

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a variable: it is text in the first version of the language."""
        return self.version == CURRENT_VERSION


def parse(text: str, kind: Kind) -> Policy:
    """Reads a policy.  Raises MalformedPolicy."""
    if kind in _of_identities and not _characters.fullmatch(text):
        raise MalformedPolicy(_syntax)
    document = load(text)
    _known(document, _policy_elements)
    version = document.get("Version", _versions[0])
    if version not in _versions:
        raise MalformedPolicy(_legacy if isinstance(version, dict | list) else _version_wanted)
    if kind in _of_organizations and document.get("Version") != CURRENT_VERSION:
        raise MalformedPolicy(_version_wanted)
    name = document.get("Id", "")
    if not isinstance(name, str):
        raise MalformedPolicy(_syntax)
    if "Statement" not in document:
        raise MalformedPolicy("Missing required field Statement")
    found = document["Statement"]
    bodies = found if isinstance(found, list) else [found]
    if not bodies:
        raise MalformedPolicy("Missing required field Statement cannot be empty!")
    statements = tuple(_statement(body, kind) for body in bodies)
    sids = [statement.sid for statement in statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")
    if kind is Kind.RESOURCE_CONTROL:
        _check_resource_control(statements)
    return Policy(version, name, statements)


_version_wanted: Final = f"Policy document must be version {CURRENT_VERSION} or greater."


def load(text: str) -> Document:
    """A policy as JSON gives it.  Raises MalformedPolicy for what is no JSON object, or has a name twice."""
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError, UnicodeError):
        raise MalformedPolicy("The policy is not in the valid JSON format.") from None
    if not isinstance(document, dict):
        raise MalformedPolicy(_syntax)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedPolicy(_legacy)
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _known(element: Document, names: frozenset[str]) -> None:
    for name in element:
        if name not in names:
            raise MalformedPolicy(f"Has prohibited field {name}")


def _statement(body: Any, kind: Kind) -> Statement:
    if not isinstance(body, dict):
        raise MalformedPolicy(_syntax)
    _known(body, _statement_elements)
    effect = body.get("Effect")
    if effect is None:
        raise MalformedPolicy("Missing required field Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f"Invalid effect: {effect}" if isinstance(effect, str) else _syntax)
    principals, not_principal = _principals(body, kind)
    if not_principal and effect == "Allow":
        raise MalformedPolicy("Allow with NotPrincipal is not allowed.")
    actions, not_action = _actions(body, kind)
    resources, not_resource = _resources(body, kind)
    return Statement(
        sid=_sid_of(body, kind),
        allows=effect == "Allow",
        actions=actions,
        not_action=not_action,
        resources=resources,
        not_resource=not_resource,
        principals=principals,
        not_principal=not_principal,
        conditions=_conditions(body.get("Condition", {})),
    )


def _sid_of(body: Document, kind: Kind) -> str:
    sid = body.get("Sid", "")
    if not isinstance(sid, str):
        raise MalformedPolicy(_syntax)
    if kind in _of_identities and not _sid.fullmatch(sid):
        raise MalformedPolicy(
            "Statement IDs (SID) must be alpha-numeric. "
            "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )
    return sid


def _one_of(body: Document, name: str, inverse: str) -> tuple[Any, bool]:
    """The value of the one or the other, and whether it was the inverse; None when neither is there."""
    if name in body and inverse in body:
        raise MalformedPolicy(f"Statement cannot contain both {name} and {inverse}.")
    return (body[inverse], True) if inverse in body else (body.get(name), False)


def _texts(value: Any, what: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise MalformedPolicy(f"Missing required field {what} cannot be empty!")
    if not all(isinstance(text, str) for text in values):
        raise MalformedPolicy(_syntax)
    return tuple(values)


def _principals(body: Document, kind: Kind) -> tuple[Principals | None, bool]:
    value, inverse = _one_of(body, "Principal", "NotPrincipal")
    if kind not in _with_principal:
        if value is None:
            return None, False
        raise MalformedPolicy(
            "Policy document should not specify a principal."
            if kind in _of_identities
            else f"Has prohibited field {'NotPrincipal' if inverse else 'Principal'}"
        )
    if value is None:
        raise MalformedPolicy("Missing required field Principal")
    if inverse and kind is Kind.TRUST:
        raise MalformedPolicy("Has prohibited field NotPrincipal")
    if value == "*":
        return {"*": ("*",)}, inverse
    if not isinstance(value, dict) or not value:
        raise MalformedPolicy(
            f"Invalid principal in policy: {value}" if isinstance(value, str) else "Invalid principal in policy"
        )
    if not value.keys() <= _principal_types or (kind is Kind.TRUST and "CanonicalUser" in value):
        wrong = next(name for name in value if name not in _principal_types or name == "CanonicalUser")
        raise MalformedPolicy(f'Invalid principal in policy: "{wrong}"')
    return {name: _texts(names, "Principal") for name, names in value.items()}, inverse


def _actions(body: Document, kind: Kind) -> tuple[tuple[str, ...], bool]:
    value, inverse = _one_of(body, "Action", "NotAction")
    if value is None:
        raise MalformedPolicy(
            "Policy statement must contain actions." if kind in _of_identities else "Missing required field Action"
        )
    actions = _texts(value, "Action")
    for action in actions:
        _check_action(action)
        if kind is Kind.TRUST and not action.lower().startswith("sts:"):
            raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
    return actions, inverse


def _check_action(action: str) -> None:
    if action == "*":
        return
    vendor, colon, name = action.partition(":")
    if not colon or not vendor:
        raise MalformedPolicy(_vendor_missing)
    if ":" in name:
        raise MalformedPolicy("Actions/Conditions can contain only one colon.")
    if not name:
        raise MalformedPolicy(_legacy)
    if vendor != "*" and not _vendor.fullmatch(vendor):
        raise MalformedPolicy(f"Vendor {vendor} is not valid")


def _resources(body: Document, kind: Kind) -> tuple[tuple[str, ...], bool]:
    value, inverse = _one_of(body, "Resource", "NotResource")
    if kind is Kind.TRUST:
        if value is not None:
            raise MalformedPolicy(f"Has prohibited field {'NotResource' if inverse else 'Resource'}")
        return ("*",), False
    if value is None:
        raise MalformedPolicy(
            "Policy statement must contain resources." if kind in _of_identities else "Missing required field Resource"
        )
    resources = _texts(value, "Resource")
    for resource in resources:
        _check_resource(resource)
    return resources, inverse


def _check_resource(resource: str) -> None:
    if resource and not resource.strip("*"):
        return
    parts = resource.split(":", 5)
    if parts[0] != "arn" or len(parts) < 2:
        raise MalformedPolicy(f'Resource {resource} must be in ARN format or "*".')
    if not _partition.fullmatch(parts[1]):
        raise MalformedPolicy(f'Partition "{parts[1]}" is not valid for resource "{resource}".')
    # An asterisk at the end of a segment also stands for the segments that follow.
    if len(parts) < 6 and not any(part.endswith("*") for part in parts):
        raise MalformedPolicy(_legacy)
    if len(parts) == 6 and parts[2] == "iam" and parts[3].strip("*"):
        raise MalformedPolicy(f"IAM resource {resource} cannot contain region information.")


def _conditions(value: Any) -> tuple[Block, ...]:
    if not isinstance(value, dict):
        raise MalformedPolicy(_syntax)
    blocks = []
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise MalformedPolicy(_syntax)
        for key, values in keys.items():
            if ":" not in key.strip(":"):
                raise MalformedPolicy(_vendor_missing)
            blocks.append(Block(operator, key, _values(values)))
    return tuple(blocks)


def _values(value: Any) -> tuple[str, ...]:
    return tuple(_value(each) for each in (value if isinstance(value, list) else [value]))


def _value(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    raise MalformedPolicy(_syntax)


def _check_resource_control(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        if statement.not_principal or statement.principals != {"*": ("*",)}:
            raise MalformedPolicy('Principal of a resource control policy must be "*".')
        if statement.not_action:
            raise MalformedPolicy("Has prohibited field NotAction")
    if [statement for statement in statements if statement.allows or "*" in statement.actions]:
        first = statements[0]
        full = (first.allows, first.actions, first.resources, first.not_resource, first.conditions)
        if len(statements) > 1 or full != (True, ("*",), ("*",), False, ()):
            raise MalformedPolicy(
                "A resource control policy may only deny, and has to name the services of its actions."
            )
