"""Errors of the cloud's own service."""

from __future__ import annotations

from gureum.api.errors import ApiError


class InvalidParameterException(ApiError):
    """A parameter has a value that the operation cannot use."""
