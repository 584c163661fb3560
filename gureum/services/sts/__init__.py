"""AWS Security Token Service: who am I?"""

from gureum.services.sts.operations import identity
from gureum.services.sts.service import sts

__all__ = ["identity", "sts"]
