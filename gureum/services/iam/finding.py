"""Finds what requests name, or refuses.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and its neighbours.
"""

from __future__ import annotations

from gureum.api.errors import AccessDenied
from gureum.identity import tables
from gureum.identity.records import Group, InstanceProfile, Owner, Policy, Role, ServerCertificate, User
from gureum.services.iam import catalogue
from gureum.services.iam.errors import NoSuchEntityException, UnmodifiableEntityException, no_such
from gureum.state.store import Transaction


def user(tx: Transaction, account: str, name: str) -> User:
    """A user.  Raises NoSuchEntityException."""
    found = tables.users.get(tx, (account, name))
    if found is None:
        raise no_such("user", name)
    return found


def group(tx: Transaction, account: str, name: str) -> Group:
    """A group.  Raises NoSuchEntityException."""
    found = tables.groups.get(tx, (account, name))
    if found is None:
        raise no_such("group", name)
    return found


def role(tx: Transaction, account: str, name: str) -> Role:
    """A role.  Raises NoSuchEntityException."""
    found = tables.roles.get(tx, (account, name))
    if found is None:
        raise no_such("role", name)
    return found


def changeable_role(tx: Transaction, account: str, name: str) -> Role:
    """A role that is not linked to a service.  Raises NoSuchEntityException, UnmodifiableEntityException."""
    found = role(tx, account, name)
    if found.service:
        raise UnmodifiableEntityException(
            f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        )
    return found


def owner(tx: Transaction, account: str, owner_type: Owner, name: str) -> User | Group | Role:
    """The user, group or role of that name.  Raises NoSuchEntityException."""
    match owner_type:
        case Owner.USER:
            return user(tx, account, name)
        case Owner.GROUP:
            return group(tx, account, name)
        case Owner.ROLE:
            return role(tx, account, name)


def changeable_owner(tx: Transaction, account: str, owner_type: Owner, name: str) -> User | Group | Role:
    """The same, for what changes its policies: those of a service-linked role belong to the service."""
    if owner_type is Owner.ROLE:
        return changeable_role(tx, account, name)
    return owner(tx, account, owner_type, name)


def instance_profile(tx: Transaction, account: str, name: str) -> InstanceProfile:
    """An instance profile.  Raises NoSuchEntityException."""
    found = tables.instance_profiles.get(tx, (account, name))
    if found is None:
        raise NoSuchEntityException(f"Instance Profile {name} cannot be found.")
    return found


def server_certificate(tx: Transaction, account: str, name: str) -> ServerCertificate:
    """A server certificate.  Raises NoSuchEntityException."""
    found = tables.server_certificates.get(tx, (account, name))
    if found is None:
        raise NoSuchEntityException(f"The Server Certificate with name {name} cannot be found.")
    return found


def own_policy(tx: Transaction, account: str, arn: str) -> Policy:
    """A customer managed policy, to change it.  Raises NoSuchEntityException; AccessDenied for one of AWS's."""
    found = catalogue.get(tx, account, arn)
    if found.own is None:
        raise AccessDenied(f"Policy {arn} is outside your own account.")
    return found.own
