"""The errors of Organizations.  Codes and statuses stand in the model.

Wordings are AWS's where its documentation or its SDKs' issue trackers show them.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html, "Errors" of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gureum.api.errors import ApiError
from gureum.wire.errors import WireError
from gureum.wire.validate import Violation


class AWSOrganizationsNotInUseException(ApiError):
    """The caller's account is in no organization."""

    message = "Your account is not a member of an organization."


class AccessDeniedException(ApiError):
    """The caller's account is not one that may do this, whatever its policies say."""

    message = "You don't have permissions to access this resource."


class AccessDeniedForDependencyException(ApiError):
    """The caller may not create the service-linked role that comes with an organization."""

    message = (
        "The request failed because your credentials do not have permission to create the service-linked role "
        "required by AWS Organizations."
    )


class AlreadyInOrganizationException(ApiError):
    """An account is in one organization at most."""

    message = "The AWS account is already a member of an organization."


class AccountNotFoundException(ApiError):
    """The organization has no such account."""

    message = "You specified an account that doesn't exist."


class AccountAlreadyClosedException(ApiError):
    """It was closed before."""

    message = "The account is already closed."


class AccountAlreadyRegisteredException(ApiError):
    """It administers this service already."""

    message = "The provided account is already a delegated administrator for your organization."


class AccountNotRegisteredException(ApiError):
    """It does not administer this service."""

    message = "The provided account is not a registered delegated administrator for your organization."


class ConflictException(ApiError):
    """The state of the account does not allow it."""


class CreateAccountStatusNotFoundException(ApiError):
    """Nobody has asked for this account."""

    message = "You specified a create account request that doesn't exist."


class OrganizationNotEmptyException(ApiError):
    """Accounts other than the management account are still in it."""

    message = "To delete an organization, you must first remove all member accounts (except the management account)."


class MasterCannotLeaveOrganizationException(ApiError):
    """The management account is in its organization as long as that exists."""

    message = "You can't remove the management account from an organization."


class ChildNotFoundException(ApiError):
    """There is no such unit or account."""

    message = "You specified a child that doesn't exist."


class ParentNotFoundException(ApiError):
    """There is no such root or unit."""

    message = "You specified a parent that doesn't exist."


class SourceParentNotFoundException(ApiError):
    """There is no such root or unit to move an account out of."""

    message = "You specified a source parent that doesn't exist."


class DestinationParentNotFoundException(ApiError):
    """There is no such root or unit to move an account into."""

    message = "You specified a destination parent that doesn't exist."


class DuplicateAccountException(ApiError):
    """The account is where it should be moved to."""

    message = "The account is already in the specified destination."


class RootNotFoundException(ApiError):
    """There is no such root."""

    message = "You specified a root that doesn't exist."


class OrganizationalUnitNotFoundException(ApiError):
    """There is no such unit."""

    message = "You specified an organizational unit that doesn't exist."


class OrganizationalUnitNotEmptyException(ApiError):
    """There are accounts or units in the unit."""

    message = "The specified organizational unit is not empty."


class DuplicateOrganizationalUnitException(ApiError):
    """Another unit of the same parent has the name."""

    message = "An OU with the same name already exists."


class PolicyNotFoundException(ApiError):
    """There is no such policy."""

    message = "You specified a policy that doesn't exist."


class DuplicatePolicyException(ApiError):
    """Another policy of the type has the name."""

    message = "A policy with the specified name and type already exists."


class MalformedPolicyDocumentException(ApiError):
    """The document is no policy of its type."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The provided policy document does not meet the requirements of the specified policy type. {why}"
        )


class PolicyInUseException(ApiError):
    """The policy is attached to something."""

    message = "The specified policy is attached to one or more targets."


class PolicyTypeNotAvailableForOrganizationException(ApiError):
    """Only organizations with all features have policies."""

    message = "You can't use the specified policy type with the feature set currently enabled for this organization."


class PolicyTypeNotEnabledException(ApiError):
    """Policies of this type are not enabled in the root."""

    message = "This operation can be performed only for enabled policy types."


class PolicyTypeAlreadyEnabledException(ApiError):
    """Policies of this type are enabled in the root."""

    message = "The specified policy type is already enabled."


class PolicyNotAttachedException(ApiError):
    """The policy is not attached to the target."""

    message = "The specified policy is not attached to the specified target."


class DuplicatePolicyAttachmentException(ApiError):
    """The policy is attached to the target."""

    message = "A policy with the specified name and type is already attached to the specified target."


class TargetNotFoundException(ApiError):
    """There is no such root, unit, account or policy."""

    message = "You specified a target that doesn't exist."


class HandshakeNotFoundException(ApiError):
    """There is no such handshake that concerns the caller's account."""

    message = "You specified a handshake that doesn't exist."


class HandshakeAlreadyInStateException(ApiError):
    """What is asked for has happened."""

    message = "The specified handshake is already in the requested state."


class InvalidHandshakeTransitionException(ApiError):
    """The handshake is over."""

    message = "You can't perform the operation on the handshake in its current state."


class DuplicateHandshakeException(ApiError):
    """The account has an invitation that is open."""

    message = "A handshake with the same action and target already exists."


class ConstraintViolationException(ApiError):
    """Less or more than AWS lets an organization have; `Reason` says what."""


class HandshakeConstraintViolationException(ApiError):
    """A handshake that could lead nowhere; `Reason` says why."""


class InvalidInputException(ApiError):
    """A value that the parameter cannot have; `Reason` says why."""


_VIOLATED: Final[Mapping[str, str]] = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
    "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": "You can't close the management account.",
    "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": (
        "You cannot register master account/yourself as delegated administrator for your organization."
    ),
    "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": (
        "You cannot register a suspended account as a delegated administrator."
    ),
    "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": (
        "You cannot remove an account that is a delegated administrator. Deregister it first."
    ),
    "CLOSE_ACCOUNT_QUOTA_EXCEEDED": "You have exceeded close account quota for the past 30 days.",
    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": (
        "You have attached the maximum number of policies to the specified target."
    ),
    "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
    "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": (
        "You cannot remove the last policy attached to the specified target. You must have at least one attached "
        "at all times."
    ),
    "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE": (
        "You can perform this operation only in an organization that has all features enabled."
    ),
    "OU_DEPTH_LIMIT_EXCEEDED": (
        "You cannot add an organizational unit to the specified parent because it would exceed the max depth allowed."
    ),
    "OU_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of organizational units.",
    "POLICY_CONTENT_LIMIT_EXCEEDED": "You have exceeded the maximum policy size.",
    "POLICY_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of policies.",
    "SERVICE_ACCESS_NOT_ENABLED": (
        "You must enable service access before you delegate an administrator for this service."
    ),
    "WAIT_PERIOD_ACTIVE": (
        "You must wait until at least four days after the account was created before it can leave the organization."
    ),
}

_INVALID: Final[Mapping[str, str]] = {
    "DUPLICATE_TAG_KEY": "Tag keys must be unique among the tags attached to the same entity.",
    "IMMUTABLE_POLICY": "You can't change a policy that is managed by AWS.",
    "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited account owner.",
    "INVALID_NEXT_TOKEN": "You provided an invalid next token.",
    "INVALID_PARTY_TYPE_TARGET": "You specified the wrong type of entity (account, organization, or email) as a party.",
    "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
    "INVALID_ROLE_NAME": "A role name can't begin with the reserved prefix AWSServiceRoleFor.",
    "INVALID_SYSTEM_TAGS_PARAMETER": "You can't add, edit, or delete system tag keys: they begin with aws:.",
    "MAX_LIMIT_EXCEEDED_FILTER": "You can specify only one filter parameter for the operation.",
    "NON_DETACHABLE_POLICY": "You can't detach this AWS managed policy.",
    "TARGET_NOT_SUPPORTED": "You can't perform the specified operation on that target entity.",
    "UNRECOGNIZED_SERVICE_PRINCIPAL": "You specified an unrecognized service principal.",
}

_FRUITLESS: Final[Mapping[str, str]] = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": _VIOLATED["ACCOUNT_NUMBER_LIMIT_EXCEEDED"],
    "ALREADY_IN_AN_ORGANIZATION": "The invited account is already a member of your organization.",
    "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": (
        "You can't invite accounts while your organization is in the process of enabling all features."
    ),
    "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "All features are already enabled in your organization.",
    "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": (
        "Your organization has already started the process to enable all features."
    ),
}


def violates(reason: str) -> ConstraintViolationException:
    """The constraint that AWS calls `reason`."""
    return ConstraintViolationException(_VIOLATED[reason], Reason=reason)


def invalid(reason: str) -> InvalidInputException:
    """What AWS calls `reason` is wrong with the input."""
    return InvalidInputException(_INVALID[reason], Reason=reason)


def no_handshake(reason: str) -> HandshakeConstraintViolationException:
    """Why there can be no such handshake."""
    return HandshakeConstraintViolationException(_FRUITLESS[reason], Reason=reason)


_BY_KIND: Final[Mapping[str, str]] = {
    "required": "You must include a value for all required parameters.",
    "pattern": _INVALID["INVALID_PATTERN"],
    "enum": "You specified an invalid value.",
}


def wording(violations: Sequence[Violation]) -> WireError:
    """What breaks the model's constraints is invalid input."""
    first = violations[0]
    if first.kind in _BY_KIND:
        return WireError("InvalidInputException", _BY_KIND[first.kind])
    return WireError("InvalidInputException", f"You provided an invalid value for {first.name}: {first.constraint}")
