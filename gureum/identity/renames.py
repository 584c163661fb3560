"""Gives users and groups other names and paths.

Names are parts of keys, because that is how they are looked up; what belongs to a user or group moves along: policies,
memberships, access keys, MFA devices.  It is rare, and little, so it is one transaction.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_rename.html
"""

from __future__ import annotations

from msgspec.structs import replace

from gureum.identity import tables
from gureum.identity.records import Group, Owner, User
from gureum.state.store import Transaction


def rename_user(tx: Transaction, user: User, name: str, path: str) -> None:
    """Make `user` the one of `name`, which is free, at `path`."""
    renamed = replace(user, name=name, path=path)
    if name == user.name:
        tables.users.replace(tx, user, renamed)
        return
    tables.users.delete(tx, user)
    tables.users.insert(tx, renamed)
    _move_policies(tx, user.account, Owner.USER, user.name, name)
    for membership in tables.memberships.scan(tx, (user.account, user.name)):
        tables.memberships.delete(tx, membership)
        tables.memberships.insert(tx, replace(membership, user=name))
    for key in tables.access_keys_by_user.scan(tx, (user.account, user.name)):
        tables.access_keys.replace(tx, key, replace(key, user=name))
    for device in tables.mfa_devices_by_user.scan(tx, (user.account, user.name)):
        tables.mfa_devices.replace(tx, device, replace(device, user=name))


def rename_group(tx: Transaction, group: Group, name: str, path: str) -> None:
    """Make `group` the one of `name`, which is free, at `path`."""
    renamed = replace(group, name=name, path=path)
    if name == group.name:
        tables.groups.replace(tx, group, renamed)
        return
    tables.groups.delete(tx, group)
    tables.groups.insert(tx, renamed)
    _move_policies(tx, group.account, Owner.GROUP, group.name, name)
    for membership in tables.memberships_by_group.scan(tx, (group.account, group.name)):
        tables.memberships.delete(tx, membership)
        tables.memberships.insert(tx, replace(membership, group=name))


def _move_policies(tx: Transaction, account: str, owner_type: Owner, old: str, new: str) -> None:
    for policy in tables.inline_policies.scan(tx, (account, owner_type, old)):
        tables.inline_policies.delete(tx, policy)
        tables.inline_policies.insert(tx, replace(policy, owner=new))
    for attachment in tables.attachments.scan(tx, (account, owner_type, old)):
        tables.attachments.delete(tx, attachment)
        tables.attachments.insert(tx, replace(attachment, owner=new))
