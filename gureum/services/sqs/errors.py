"""The errors of SQS.  Codes and statuses stand in the model and in `common.json`; those without are in no model.

Wordings are AWS's where its documentation or its SDKs' issue trackers show them.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html, "Errors" of each.
"""

from __future__ import annotations

from gureum.api.errors import ApiError


class QueueDoesNotExist(ApiError):
    """There is no such queue, or it was deleted."""

    message = "The specified queue does not exist."


class QueueNameExists(ApiError):
    """The name is taken by a queue with other attributes."""


class QueueDeletedRecently(ApiError):
    """The name was given up less than 60 seconds ago."""

    message = "You must wait 60 seconds after deleting a queue before you can create another with the same name."


class PurgeQueueInProgress(ApiError):
    """The queue was purged less than 60 seconds ago."""


class InvalidAddress(ApiError):
    """What should be a queue URL is none."""


class InvalidAttributeName(ApiError):
    """No such attribute, or not for this type of queue."""


class InvalidAttributeValue(ApiError):
    """The attribute cannot have this value."""


class InvalidMessageContents(ApiError):
    """A character that XML 1.0 does not know."""


class ReceiptHandleIsInvalid(ApiError):
    """Not a receipt handle of this queue."""


class MessageNotInflight(ApiError):
    """The message is not in flight, so it has no visibility timeout to change."""

    message = "The specified message isn't in flight."


class OverLimit(ApiError):
    """More in flight, or in a policy, than there may be."""


class RequestThrottled(ApiError):
    """More calls in this second than a FIFO queue takes."""

    message = "Request is throttled."


class UnsupportedOperation(ApiError):
    """Not in this state, or not with these values."""


class ResourceNotFoundException(ApiError):
    """A queue or task that a move task names does not exist."""


class EmptyBatchRequest(ApiError):
    """A batch without entries."""


class TooManyEntriesInBatchRequest(ApiError):
    """A batch of more than ten."""


class BatchEntryIdsNotDistinct(ApiError):
    """Two entries with the same id."""


class InvalidBatchEntryId(ApiError):
    """An entry id with other characters, or too long."""

    message = (
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long."
    )


class BatchRequestTooLong(ApiError):
    """The entries together are larger than a batch may be."""


class InvalidParameterValue(ApiError):
    """A parameter has a value that it cannot have.  No model mentions this error."""


class MissingParameter(ApiError):
    """A parameter that is required here, though not everywhere.  No model mentions this error."""


def invalid(name: str, value: object, reason: str) -> InvalidParameterValue:
    """The refusal of a parameter, worded as SQS words it."""
    return InvalidParameterValue(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def missing(name: str) -> MissingParameter:
    """The refusal of a request without a parameter that it needs."""
    return MissingParameter(f"The request must contain the parameter {name}.")
