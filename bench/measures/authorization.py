"""What it costs to be somebody: a session of a role with ten policies beside the root user, whom nobody has to allow.

Both send the same messages to the same queue of the same cloud.  The session's requests carry a token of some 500
characters, which every request of temporary credentials does; reading and verifying it is part of the cost.  Then the
same in a cloud of ten thousand roles, and that cloud beside one of ten.

Cold means that each request is the first one of its role: its token is unsealed, its policies are read and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bench import identities, queues
from bench.identities import Account
from bench.measures.requests import Side, in_turn
from bench.results import Options, Row, Target, rates, values
from bench.servers import Server, folder, gureum, running
from bench.signing import sqs_request
from bench.wrk import Load, play, request_list
from gureum.wire.sigv4 import Key

_few_roles: Final = 10
_many_roles: Final = 10_000
_cost: Final = Target("≥", 0.9)
_none: Final = Target("≥", 0.95)


def authorization(options: Options) -> Iterator[Row]:
    """SendMessage as a role beside root, among few roles and among many; first requests; AssumeRole."""
    with folder() as few_place, folder() as many_place:
        few, many = gureum(few_place), gureum(many_place)
        with running(few, many):
            account, *_ = identities.accounts(few, _few_roles)
            role, root = _sides(few, account)
            yield rates("SendMessage, role with ten policies", in_turn(role, root, options), _cost, "root")
            crowd = identities.accounts(many, _many_roles, queues.show("roles", _many_roles))
            lost, other_root = _sides(many, crowd[0])
            yield rates(f"  among {_many_roles:,} roles", in_turn(lost, other_root, options), _cost, "root")
            what = f"  {_many_roles:,} roles, role's requests"
            yield rates(what, in_turn(lost, role, options), _none, f"{_few_roles} roles")
            first = [_first_requests(many, account, options) for account in crowd[1 : options.rounds + 1]]
            count = f"{identities.roles_of_account_max:,}"
            yield rates(f"  first requests of {count} roles", first, None, "root")
            yield values("STS AssumeRole", "/s", [load.rate for load in _assumed(few, account, options)])


def _sides(server: Server, account: Account) -> tuple[Side, Side]:
    """A session of a role with ten policies, and the root user, who send to the queue of the account."""
    role = account.roles[0]
    identities.give_ten_policies(server, account, role)
    (session,) = identities.sessions(server, account, [role])
    return (server, _sender(account, session)), (server, _sender(account, account.root))


def _sender(account: Account, key: Key) -> Callable[[], list[bytes]]:
    return lambda: queues.sends(account.queue, key)


def _first_requests(server: Server, account: Account, options: Options) -> tuple[Load, Load]:
    """One request by a session of each role, and as many by root."""
    keys = identities.sessions(server, account, account.roles)
    members = {"QueueUrl": account.queue, "MessageBody": queues.body(account.queue, 0)}
    loads = []
    for each in (keys, [account.root] * len(keys)):
        requests = [sqs_request("SendMessage", members, key=key).octets() for key in each]
        with request_list(requests) as listed:
            loads.append(play(server, listed, options.connections, answers=len(requests)))
    return loads[0], loads[1]


def _assumed(server: Server, account: Account, options: Options) -> Iterator[Load]:
    for _ in range(options.rounds):
        with request_list(identities.assume(account, account.roles * 20)) as requests:
            yield play(server, requests, options.connections, seconds=options.seconds)
