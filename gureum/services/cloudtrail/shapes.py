"""The shapes of an operation's input and output, from the models: they say which names in a record are members."""

from __future__ import annotations

from functools import cache, lru_cache

from gureum.api import models
from gureum.wire.model import ServiceModel, Shape

_HOST = ".amazonaws.com"
_operations_max = 1024


@lru_cache(_operations_max)
def describe(source: str, operation: str) -> tuple[Shape | None, Shape | None]:
    """Input and output shape of the operation `operation` of the event source `source`; None where none is known."""
    for model in _models(source.removesuffix(_HOST)):
        if operation in model.operation_names:
            found = model.operation(operation)
            return found.input, found.output
    return None, None


@cache
def _models(prefix: str) -> tuple[ServiceModel, ...]:
    """The models of the services that may have this endpoint prefix, which most are named by."""
    names = [prefix] if prefix in models.names() else models.by_signing_name().get(prefix, [])
    return tuple(models.load(name) for name in names)
