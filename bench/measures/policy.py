"""Deciding: a principal with ten policies of five statements each, and compiling a policy.

Warm is the same action over and over.  Cold is an action that none of the policies was asked for before, with policies
that are compiled.  Every statement has two actions, two resources and two conditions; three of the fifty are about the
action that is asked for.  No server takes part: the engine is a function.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from bench.results import Options, Row, Target, values
from gureum.api.policy import Ask, Guard, Kind, Source, Standing, compile_policy, decide
from gureum.api.policy.compile import Compiled
from gureum.api.principal import Principal

_account: Final = "111122223333"
_policies: Final = 10
_statements: Final = 5
_compiled_characters: Final = 6144
_decisions: Final = 20_000
_cold_decisions: Final = 500
_resource: Final = f"arn:aws:sqs:us-east-1:{_account}:orders"
_role: Final = Principal(
    type="AssumedRole",
    account=_account,
    arn=f"arn:aws:sts::{_account}:assumed-role/worker/build-7",
    id="AROAWORKER:build-7",
    name="worker",
    issuer=f"arn:aws:iam::{_account}:role/worker",
)
_keys: Final = {"aws:principaltag/team": "red", "aws:sourceip": "10.1.2.3", "aws:securetransport": "true"}
_guard: Final = Guard(_account)


def policy(options: Options) -> Iterator[Row]:
    """Microseconds of one decision, and of compiling a policy of 6 KB."""
    rounds = range(options.rounds)
    yield values("IAM decision, ten policies, warm", "µs", [_warm(number) for number in rounds], Target("≤", 20))
    yield values("IAM decision, ten policies, cold", "µs", [_cold(number) for number in rounds], Target("≤", 200))
    yield values("IAM policy of 6 KB, compiled", "µs", [_compile(number) for number in rounds], Target("≤", 1000))


def _warm(number: int) -> float:
    standing, ask = _standing(number), Ask(_role, "sqs:SendMessage", _resource, _keys)
    assert decide(ask, standing, _guard).allowed
    start = time.perf_counter()
    for _ in range(_decisions):
        decide(ask, standing, _guard)
    return (time.perf_counter() - start) * 1e6 / _decisions


def _cold(number: int) -> float:
    standing = _standing(number)
    asks = [Ask(_role, f"sqs:Send{each}", _resource, _keys) for each in range(_cold_decisions)]
    return median(_timed(ask, standing) for ask in asks)


def _timed(ask: Ask, standing: Standing) -> float:
    start = time.perf_counter()
    decision = decide(ask, standing, _guard)
    taken = time.perf_counter() - start
    assert decision.allowed
    return taken * 1e6


def _compile(number: int) -> float:
    samples = []
    for each in range(50):
        statements: list[dict[str, Any]] = []
        while len(text := _text(statements)) < _compiled_characters:
            statements.append(_statement(number * 50 + each, len(statements)))
        start = time.perf_counter()
        Compiled(text, Kind.IDENTITY)
        samples.append((time.perf_counter() - start) * 1e6)
    return median(samples)


def _standing(number: int) -> Standing:
    """Ten policies; those of each round are others than those of the rounds before."""
    texts = [
        _text([_statement(number * _policies + each, index) for index in range(_statements)])
        for each in range(_policies)
    ]
    return Standing(
        tuple(
            Source(Kind.IDENTITY, f"role_worker_{index}", compile_policy(text, Kind.IDENTITY))
            for index, text in enumerate(texts)
        )
    )


def _statement(policy_number: int, index: int) -> dict[str, Any]:
    wanted = policy_number % _policies < 3 and index == 0
    return {
        "Sid": f"S{policy_number}x{index}",
        "Effect": "Deny" if index == 1 else "Allow",
        "Action": ["sqs:Send*", "sqs:SendMessage"] if wanted else [f"s3:Get{index}*", f"ec2:Describe{policy_number}"],
        "Resource": ["arn:aws:sqs:*:*:orders*", f"arn:aws:s3:::bucket-{policy_number}/*"],
        "Condition": {
            "StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]},
            "IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.0.0.0/8"]},
        },
    }


def _text(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
