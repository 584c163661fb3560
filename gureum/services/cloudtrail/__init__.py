"""AWS CloudTrail: who did what, and when."""

from gureum.services.cloudtrail.operations import keys, lookup, queries, selectors, stores, tags, trails
from gureum.services.cloudtrail.service import cloudtrail

__all__ = ["cloudtrail", "keys", "lookup", "queries", "selectors", "stores", "tags", "trails"]
