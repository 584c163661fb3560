"""Accounts with roles for measuring: how they are made, assumed, and who assumes them.

Roles are spread over accounts, because an account has room for a thousand.  Each account has a queue `orders` and a
user who may assume its roles (the root user may not).  Every role has a policy of its own that lets it send there.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench import policies, queues
from bench.servers import Server
from bench.signing import account as first_account
from bench.signing import query_request, query_requests, sqs_request
from bench.wrk import play, request_list
from gureum.wire.sigv4 import Key

roles_of_account_max: Final = 1000
queue_name: Final = "orders"

_aws_policies: Final = ("AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess", "ReadOnlyAccess")
_own_policies: Final = 2
_inline_policies: Final = 5
_user: Final = "starter"
_connections: Final = 1
"""Of several, those that have nothing left to send would send the last request again, and no role can be made twice."""

_credentials: Final = re.compile(
    r"<AccessKeyId>(.+?)</AccessKeyId>.*?<SecretAccessKey>(.+?)</SecretAccessKey>(?:<SessionToken>(.+?)</SessionToken>)?"
)

Progress = Callable[[int], None]


class Account(msgspec.Struct, frozen=True):
    """An account of a cloud: the key of its root user, that of the user who may assume its roles, and the roles."""

    id: str
    root: Key
    starter: Key
    roles: tuple[str, ...]

    @property
    def queue(self) -> str:
        """The URL of its queue."""
        return queues.url(queue_name, self.id)

    def role_arn(self, role: str) -> str:
        """The ARN of one of its roles."""
        return f"arn:aws:iam::{self.id}:role/{role}"


def accounts(server: Server, roles: int, progress: Progress | None = None) -> list[Account]:
    """Accounts that have so many roles together; the first one is that of the key `test`."""
    made: list[Account] = []
    for first in range(0, roles, roles_of_account_max):
        count = min(roles_of_account_max, roles - first)
        made.append(_account(server, f"{int(first_account) + len(made):012d}", count))
        if progress is not None:
            progress(first + count)
    return made


def give_ten_policies(server: Server, account: Account, role: str) -> None:
    """Let a role have ten policies: three of AWS's, two of the account's, five inline.  One inline one lets it send."""
    number = policies.period * len(account.roles) + policies.sending - 1
    ask = _asker(server, account.root)
    ask("DeleteRolePolicy", RoleName=role, PolicyName="own")
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in _aws_policies]
    for index in range(_own_policies):
        name, text = f"{role}-{index}", policies.document(number + _inline_policies + index)
        ask("CreatePolicy", PolicyName=name, PolicyDocument=text)
        arns.append(f"arn:aws:iam::{account.id}:policy/{name}")
    for arn in arns:
        ask("AttachRolePolicy", RoleName=role, PolicyArn=arn)
    for index in range(_inline_policies):
        text = policies.document(number + index)
        ask("PutRolePolicy", RoleName=role, PolicyName=f"inline-{index}", PolicyDocument=text)


def assume(account: Account, roles: Iterable[str], session: str = "session") -> list[bytes]:
    """AssumeRole requests."""
    members = ({"RoleArn": account.role_arn(role), "RoleSessionName": session} for role in roles)
    return query_requests("sts", "AssumeRole", members, account.starter)


def sessions(server: Server, account: Account, roles: Iterable[str]) -> list[Key]:
    """The keys of sessions of the roles, in whatever order."""
    with tempfile.NamedTemporaryFile(prefix="gureum-bench-", suffix=".answers") as sink:
        requests = assume(account, roles)
        _play(server, requests, Path(sink.name))
        found = _keys(Path(sink.name).read_text())
    assert len(found) == len(requests), "each answer has a key"
    return found


def _account(server: Server, account: str, roles: int) -> Account:
    root = Key(account, "test")
    server.answer(sqs_request("CreateQueue", {"QueueName": queue_name}, key=root))
    ask = _asker(server, root)
    ask("CreateUser", UserName=_user)
    starting = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{account}:role/*"}
    ask("PutUserPolicy", UserName=_user, PolicyName="starting", PolicyDocument=policies.text([starting]))
    (starter,) = _keys(ask("CreateAccessKey", UserName=_user))
    names = tuple(f"role-{number:04}" for number in range(roles))
    trust = policies.text(
        [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]
    )
    tag = {"Tags.member.1.Key": "team", "Tags.member.1.Value": "red"}
    roles_made: Iterator[Mapping[str, str]] = (
        {"RoleName": name, "AssumeRolePolicyDocument": trust, **tag} for name in names
    )
    _play(server, query_requests("iam", "CreateRole", roles_made, root))
    policies_put: Iterator[Mapping[str, str]] = (
        {"RoleName": name, "PolicyName": "own", "PolicyDocument": policies.document(policies.period * number)}
        for number, name in enumerate(names)
    )
    _play(server, query_requests("iam", "PutRolePolicy", policies_put, root))
    return Account(account, root, starter, names)


def _asker(server: Server, key: Key) -> Callable[..., str]:
    def ask(operation: str, **members: str) -> str:
        return server.answer(query_request("iam", operation, members, key=key)).decode()

    return ask


def _play(server: Server, requests: list[bytes], sink: Path | None = None) -> None:
    with request_list(requests) as listed:
        play(server, listed, _connections, answers=len(requests), sink=sink)


def _keys(answers: str) -> list[Key]:
    return [Key(key_id, secret, token or None) for key_id, secret, token in _credentials.findall(answers)]
