"""The service that the operations of STS belong to."""

from gureum.api.service import Service

sts = Service("sts")
