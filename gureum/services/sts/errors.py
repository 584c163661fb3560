"""The errors of STS.  Codes and statuses stand in the model; those without are in no model.

Wordings are AWS's where its documentation or its SDKs' issue trackers show them.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html, "Errors" of each.
"""

from __future__ import annotations

from gureum.api.errors import ApiError


class ValidationError(ApiError):
    """A value breaks a rule that the model does not know."""

    code = "ValidationError"


class InvalidParameterValue(ApiError):
    """Values that do not go together."""


class MalformedPolicyDocumentException(ApiError):
    """The document is no session policy."""


class PackedPolicyTooLargeException(ApiError):
    """Session policies and tags need more room than a session token has."""


class InvalidIdentityTokenException(ApiError):
    """The token is not one of the provider's, or not for this cloud."""


class ExpiredTokenException(ApiError):
    """The token of the identity provider is over."""


class IDPRejectedClaimException(ApiError):
    """The identity provider says that nobody was authenticated."""


class IDPCommunicationErrorException(ApiError):
    """The identity provider cannot be asked for its keys."""

    message = "Error communicating with the identity provider."


class InvalidAuthorizationMessageException(ApiError):
    """Not an authorization message of this cloud and this account."""

    message = "Message is not valid"


def too_long(member: str, maximum: int) -> ValidationError:
    """What the model would say if it knew this limit."""
    return ValidationError(
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {maximum}"
    )
