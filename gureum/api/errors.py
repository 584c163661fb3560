"""API errors: one class each, with what the client sees and nothing else.

An error that the service's model knows carries the name of the model's exception shape; code, HTTP status and fault
come from the model.  An error that it does not know (AWS has many that no model mentions) gives `code` and `status`.

    class QueueDoesNotExist(ApiError):
        message = "The specified queue does not exist."

Every AWS service has the common errors below in addition to its own.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html (and its equals).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class ApiError(Exception):
    """The client asked for something that cannot be.  `members` are further members of the model's exception."""

    message: ClassVar[str] = ""
    code: ClassVar[str | None] = None
    status: ClassVar[int] = 400

    def __init__(self, message: str | None = None, **members: Any) -> None:
        self.text = self.message if message is None else message
        self.members = members
        super().__init__(self.text)

    @classmethod
    def name(cls) -> str:
        """The name of the model's exception shape, and the code where no model knows the error."""
        return cls.code or cls.__name__


class NotSupported(ApiError):
    """An AWS service, operation or parameter that Gureum does not have.  It is named, never ignored."""

    code = "NotImplemented"
    status = 501


class InternalFailure(ApiError):
    """Our bug.  The detail is in the log under the request id."""

    message = "The request processing has failed because of an unknown error, exception or failure."
    status = 500


class ServiceUnavailable(ApiError):
    """The state cannot be reached or the process is at its limits; the client should retry."""

    message = "The request has failed due to a temporary failure of the server."
    status = 503


class InsufficientStorage(ApiError):
    """The disk is full: nothing was written."""

    code = "InsufficientStorage"
    message = "The cloud's disk is full. Nothing was written; free some space and try again."
    status = 507


class AccessDenied(ApiError):
    """The principal may not do this.  `encoded` gives the whole decision, sealed, for services that show it."""

    status = 403

    def __init__(self, message: str | None = None, encoded: Callable[[], str] | None = None) -> None:
        super().__init__(message)
        self.encoded = encoded


class ForeignPage(ApiError):
    """A browser asks for a page of another site, which may know the key but may not use it."""

    code = "AccessDenied"
    message = "Pages of other sites may not use a cloud whose key everybody knows."
    status = 403


class InvalidClientTokenId(ApiError):
    """The access key does not exist."""

    message = "The security token included in the request is invalid."
    status = 403


class ExpiredToken(ApiError):
    """The temporary credentials are over."""

    message = "The security token included in the request is expired"
    status = 403


class MissingAuthenticationToken(ApiError):
    """The request is not signed."""

    message = "Request is missing Authentication Token"
    status = 403


class InvalidAction(ApiError):
    """The service has no such action."""

    status = 400


class RequestTimeout(ApiError):
    """The client stopped sending."""

    message = "Your socket connection to the server was not read from or written to within the timeout period."
    status = 400


class RequestEntityTooLarge(ApiError):
    """More bytes than any operation takes."""

    code = "RequestEntityTooLarge"
    message = "The request body is larger than the service accepts."
    status = 413


class ClientDisconnected(ApiError):
    """The client went away before its answer was there; only the record of calls ever shows this."""

    message = "The client closed the connection before the request was answered."
    status = 499
