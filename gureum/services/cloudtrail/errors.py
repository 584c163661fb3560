"""The errors of CloudTrail.  Codes and statuses stand in the model.

Wordings are AWS's where its documentation or its SDKs' issue trackers show them.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html, "Errors" of each.
"""

from __future__ import annotations

from gureum.api.errors import ApiError


class InvalidLookupAttributesException(ApiError):
    """Not an attribute that events are looked up by."""


class InvalidTimeRangeException(ApiError):
    """The end is before the start."""

    message = "End time cannot be before start time."


class InvalidDateRangeException(ApiError):
    """The end of a range of dates is before its start."""


class InvalidNextTokenException(ApiError):
    """Not a token of this listing."""

    message = "Invalid token."


class TrailNotFoundException(ApiError):
    """There is no such trail."""


class TrailAlreadyExistsException(ApiError):
    """The name is taken."""


class MaximumNumberOfTrailsExceededException(ApiError):
    """More trails than a region may have."""


class InvalidTrailNameException(ApiError):
    """Not a name of a trail."""


class InvalidS3BucketNameException(ApiError):
    """Not a name of a bucket."""


class InvalidS3PrefixException(ApiError):
    """Not a prefix of log files."""


class CloudTrailARNInvalidException(ApiError):
    """Not an ARN of CloudTrail."""


class InvalidHomeRegionException(ApiError):
    """The trail belongs to another region, where it has to be changed."""


class InvalidParameterCombinationException(ApiError):
    """Parameters that do not go together."""


class InvalidParameterException(ApiError):
    """A parameter has a value that the operation cannot use."""


class InvalidEventSelectorsException(ApiError):
    """Selectors that are none, or too many."""


class OrganizationsNotInUseException(ApiError):
    """The account is in no organization."""

    message = (
        "Your account is not a member of an organization. To make this request, sign in using the credentials"
        " of an account that belongs to an organization."
    )


class NotOrganizationMasterAccountException(ApiError):
    """Only the management account has organization trails."""

    message = "The operation is only permitted for the management account of an organization."


class OrganizationNotInAllFeaturesModeException(ApiError):
    """The organization only shares its bill."""

    message = "Organizations is not configured to support all features."


class ResourceNotFoundException(ApiError):
    """There is nothing with this ARN."""


class ResourceTypeNotSupportedException(ApiError):
    """Not a kind of resource that has tags."""


class InvalidTagParameterException(ApiError):
    """A tag that cannot be."""


class TagsLimitExceededException(ApiError):
    """More tags than a resource may have."""

    message = (
        "The number of tags per trail, event data store, dashboard, or channel has exceeded the permitted "
        "amount. Currently, the limit is 50."
    )


class EventDataStoreARNInvalidException(ApiError):
    """Not an ARN of an event data store."""


class EventDataStoreNotFoundException(ApiError):
    """There is no such event data store."""

    message = "The specified event data store was not found."


class EventDataStoreAlreadyExistsException(ApiError):
    """The name is taken."""

    message = "An event data store with that name already exists."


class EventDataStoreMaxLimitExceededException(ApiError):
    """More event data stores than an account may have."""

    message = "Your account has used the maximum number of event data stores."


class EventDataStoreTerminationProtectedException(ApiError):
    """It must not be deleted."""

    message = "The event data store cannot be deleted because termination protection is enabled for it."


class InactiveEventDataStoreException(ApiError):
    """It was deleted and can only be restored."""

    message = "The event data store is inactive."


class InvalidEventDataStoreStatusException(ApiError):
    """Not in this state."""


class InvalidQueryStatementException(ApiError):
    """Not a query."""


class MaxConcurrentQueriesException(ApiError):
    """Too many queries at the same time."""


class QueryIdNotFoundException(ApiError):
    """There is no such query."""

    message = "The query ID does not exist or does not map to a query."


class InactiveQueryException(ApiError):
    """The query is over."""

    message = (
        "The specified query cannot be canceled because it is in the FINISHED, FAILED, TIMED_OUT, or CANCELLED state."
    )
