"""The errors of IAM.  Codes and statuses stand in the model.

Wordings are AWS's where its documentation or its SDKs' issue trackers show them.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html, "Errors" of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gureum.api.errors import ApiError
from gureum.wire.errors import WireError
from gureum.wire.validate import Violation, coral

_NAME_PATTERN: Final = r": [\w+=,.@-]+"


class NoSuchEntityException(ApiError):
    """What the request names does not exist."""


class EntityAlreadyExistsException(ApiError):
    """The name is taken."""


class DeleteConflictException(ApiError):
    """Something is still attached to what should be deleted."""


class LimitExceededException(ApiError):
    """More than an account, or an entity, may have."""


class InvalidInputException(ApiError):
    """A value that the parameter cannot have."""


class MalformedPolicyDocumentException(ApiError):
    """The document is no policy of its kind."""


class UnmodifiableEntityException(ApiError):
    """Only the service that a linked role belongs to may change it."""


class EntityTemporarilyUnmodifiableException(ApiError):
    """Changed a moment ago."""


class PolicyNotAttachableException(ApiError):
    """The policy is for a service's own roles only."""


class PolicyEvaluationException(ApiError):
    """A policy of the simulation could not be evaluated."""


class InvalidAuthenticationCodeException(ApiError):
    """The codes are not those of the device."""


class PasswordPolicyViolationException(ApiError):
    """The password does not satisfy the account's policy."""


class InvalidUserTypeException(ApiError):
    """Only IAM users can do this, for themselves."""


class OrganizationNotFoundException(ApiError):
    """The account is in no organization."""

    message = "No organization is associated with your account."


class OrganizationNotInAllFeaturesModeException(ApiError):
    """The organization has consolidated billing only."""

    message = "Your organization does not have All features enabled."


class ServiceAccessNotEnabledException(ApiError):
    """The organization does not trust IAM."""

    message = "Trusted access is not enabled for IAM in AWS Organizations."


class AccountNotManagementOrDelegatedAdministratorException(ApiError):
    """A member account that IAM was not delegated to."""

    message = "The account making the request is not the management account or delegated administrator account."


class ValidationError(ApiError):
    """A value breaks a rule that the model does not know.  No model mentions this error."""

    code = "ValidationError"


def no_such(kind: str, name: str) -> NoSuchEntityException:
    """`The user with name alice cannot be found.`"""
    return NoSuchEntityException(f"The {kind} with name {name} cannot be found.")


def already_exists(kind: str, name: str) -> EntityAlreadyExistsException:
    """`User with name alice already exists.`"""
    return EntityAlreadyExistsException(f"{kind} with name {name} already exists.")


def over_quota(name: str, quota: int) -> LimitExceededException:
    """`Cannot exceed quota for UsersPerAccount: 5000`"""
    return LimitExceededException(f"Cannot exceed quota for {name}: {quota}")


class InvalidPublicKeyException(ApiError):
    """The public key is malformed, or of a kind or length that is not taken."""


class UnrecognizedPublicKeyEncodingException(ApiError):
    """The public key is neither in OpenSSH's form nor in PEM."""


class DuplicateSSHPublicKeyException(ApiError):
    """The user has this public key already."""


class DuplicateCertificateException(ApiError):
    """Some user of the account has this certificate already."""


class ServiceNotSupportedException(ApiError):
    """The service takes no credentials of its own."""


class MalformedCertificateException(ApiError):
    """The certificate cannot be read."""


class InvalidCertificateException(ApiError):
    """The certificate is past its time, or not yet valid."""


class KeyPairMismatchException(ApiError):
    """The certificate is not that of the private key."""

    message = "The certificate and the private key do not match."


class CredentialReportNotPresentException(ApiError):
    """Nobody has asked for a credential report."""

    message = "No credential report exists for this account. Use GenerateCredentialReport to create one."


class CredentialReportNotReadyException(ApiError):
    """The credential report is still being made."""

    message = "The credential report is still being generated."


class CredentialReportExpiredException(ApiError):
    """The credential report is too old to be shown."""

    message = "The most recent credential report has expired. Use GenerateCredentialReport to create a new one."


def wording(violations: Sequence[Violation]) -> WireError:
    """What requests that the model does not allow are refused with: IAM has words of its own for names."""
    first = violations[0]
    if len(violations) == 1 and first.kind == "pattern" and first.constraint.endswith(_NAME_PATTERN):
        return WireError(
            "ValidationError",
            f"The specified value for {first.path} is invalid. "
            "It must contain only alphanumeric characters and/or the following: +=,.@_-",
        )
    return coral("ValidationError")(violations)
