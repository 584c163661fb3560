"""Roles, and clients with the credentials that STS gives out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gureum.base.clock import host_ms, to_datetime
from tests.services.iam.documents import policy
from tests.support.clouds import Cloud

Client = Callable[..., Any]


def trusting(*actions: str, condition: dict[str, Any] | None = None, **principal: str | list[str]) -> dict[str, Any]:
    """A statement of a trust policy; without actions it is about sts:AssumeRole."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions or ("sts:AssumeRole",))}
    return {**statement, "Condition": condition} if condition else statement


def add_role(iam: Any, name: str, trust: dict[str, Any], *statements: dict[str, Any], **options: Any) -> str:
    """A new role, with a policy of `statements` if there are any; its ARN."""
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust), **options)["Role"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    arn: str = made["Arn"]
    return arn


def lasts(answer: dict[str, Any], cloud: Cloud | None = None, **span: float) -> bool:
    """Whether the credentials of an answer, made just now, are good for that long.

    `cloud` is to be given where its clock is not the host's.
    """
    until: datetime = answer["Credentials"]["Expiration"]
    ahead = 0 if cloud is None else cloud.call("GetClock")["OffsetSeconds"]
    left = until - to_datetime(host_ms()) - timedelta(seconds=ahead)
    return abs(left - timedelta(**span)) < timedelta(minutes=1)


def session(client: Client, service: str, answer: dict[str, Any], **options: Any) -> Any:
    """A client with the credentials of an answer of STS."""
    given = answer["Credentials"]
    return client(service, key=(given["AccessKeyId"], given["SecretAccessKey"]), token=given["SessionToken"], **options)
