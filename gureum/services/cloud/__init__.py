"""The cloud's own service: accounts, clock, the record of calls, usage.  The `gureum` command is a client of it."""

from gureum.services.cloud.operations import accounts, clock, description, record
from gureum.services.cloud.service import cloud

__all__ = ["accounts", "clock", "cloud", "description", "record"]
