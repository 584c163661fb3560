"""Errors as clients know them: from an exception to code, message and status in the caller's protocol.

A service's own errors are in its model.  The errors that every service has are in none, and each protocol family has
its own names for them; the table below is that difference.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (query),
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html (json),
https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html (rest-json),
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (ec2) and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (rest-xml).
"""

from __future__ import annotations

from typing import Final, Literal

from gureum.api.errors import AccessDenied, ApiError, InsufficientStorage, InternalFailure, ServiceUnavailable
from gureum.state.store import StoreError, StoreFull
from gureum.wire.errors import ErrorValue, WireError
from gureum.wire.model import ServiceModel

Family = Literal["query", "ec2", "json", "rest-json", "rest-xml"]

_EC2_DENIAL: Final = "You are not authorized to perform this operation."
"""Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (UnauthorizedOperation)"""

_COMMON: Final[dict[str, dict[Family, tuple[str, int]]]] = {
    "AccessDenied": {"json": ("AccessDeniedException", 400), "ec2": ("UnauthorizedOperation", 403)},
    "InvalidClientTokenId": {
        "json": ("UnrecognizedClientException", 400),
        "ec2": ("AuthFailure", 401),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "ExpiredToken": {"json": ("ExpiredTokenException", 400), "rest-xml": ("ExpiredToken", 400)},
    "MissingAuthenticationToken": {
        "json": ("MissingAuthenticationTokenException", 400),
        "rest-xml": ("AccessDenied", 403),
    },
    "SignatureDoesNotMatch": {"json": ("InvalidSignatureException", 400), "ec2": ("AuthFailure", 401)},
    "IncompleteSignature": {"json": ("IncompleteSignatureException", 400), "ec2": ("AuthFailure", 401)},
    "InternalFailure": {"json": ("InternalServerError", 500), "ec2": ("InternalError", 500)},
    "ServiceUnavailable": {"json": ("ServiceUnavailableException", 503), "ec2": ("Unavailable", 503)},
}
"""Common error to its code and status where the family differs from the query protocol."""


def error_value(error: Exception, model: ServiceModel, protocol: str) -> ErrorValue:
    """`error` as it is answered.  An exception that is not meant for clients becomes an InternalFailure."""
    if isinstance(error, WireError):
        return _named(error.code, error.message, error.status, model, protocol)
    if isinstance(error, StoreFull):
        error = InsufficientStorage()
    elif isinstance(error, StoreError):
        error = ServiceUnavailable()
    if not isinstance(error, ApiError):
        error = InternalFailure()
    shape = model.error_shape(error.name())
    if shape is None:
        text = error.text
        if isinstance(error, AccessDenied) and error.encoded is not None and _family(model, protocol) == "ec2":
            text = f"{_EC2_DENIAL} {text}. Encoded authorization failure message: {error.encoded()}"
        return _named(error.name(), text, error.status, model, protocol)
    status = shape.error_status or (500 if shape.fault else error.status)
    return ErrorValue(shape.error_code, error.text, status, status < 500, shape, error.members)


def _named(code: str, message: str, status: int, model: ServiceModel, protocol: str) -> ErrorValue:
    names, family = _COMMON.get(code, {}), _family(model, protocol)
    if family == "rest-json" and "json" in names:
        code = names["json"][0]  # the codes of json with the statuses of query: 403 for what is 400 there
    else:
        code, status = names.get(family, (code, status))
    shape = model.error_shape(code)
    return ErrorValue(code, message, status, status < 500, shape)


def _family(model: ServiceModel, protocol: str) -> Family:
    if protocol in ("query", "ec2", "rest-json", "rest-xml"):
        return protocol  # type: ignore[return-value]  # just compared with each of them
    if model.query_compatible:
        return "query"
    return "json"
