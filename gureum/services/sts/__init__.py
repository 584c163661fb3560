"""AWS Security Token Service: who am I, and who may I become?"""

from gureum.services.sts.operations import identity, roles, saml, tasks, users, web_identity
from gureum.services.sts.service import sts

__all__ = ["identity", "roles", "saml", "sts", "tasks", "users", "web_identity"]
