"""The cloud's own service: its clock, the record of calls, usage.  The `gureum` command is a client of it."""

from gureum.services.cloud.operations import clock, description, record
from gureum.services.cloud.service import cloud

__all__ = ["clock", "cloud", "description", "record"]
