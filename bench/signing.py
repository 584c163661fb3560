"""Requests as an SDK sends them: the headers of boto3 and a signature of their own.

The `Host` header names neither cloud, so both get the very same octets.  Requests of a list are signed for different
seconds of the last minute: each has its own signature, as in life, and none is refused for its age.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from gureum.base.clock import host_ms
from gureum.wire.http import Request
from gureum.wire.sigv4 import Key, sign

host: Final = "localhost:4566"
account: Final = "000000000000"
region: Final = "ap-northeast-2"
root_key: Final = Key("test", "test")

_ages_seconds: Final = 60
_versions: Final = {"iam": "2010-05-08", "sts": "2011-06-15"}
_common: Final = {
    "host": host,
    "accept-encoding": "identity",
    "user-agent": (
        "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.2 md/pyimpl#CPython "
        "m/b,D,Z cfg/retry-mode#legacy Botocore/1.44.5"
    ),
    "amz-sdk-invocation-id": "1f0c1f52-7bbf-4d8e-9c0f-0d4a0f0a8f5e",
    "amz-sdk-request": "attempt=1",
}


class Signed(msgspec.Struct, frozen=True):
    """A POST to `/` that is ready to be sent."""

    headers: dict[str, str]
    body: bytes

    def octets(self) -> bytes:
        """The request as it goes over the wire."""
        lines = [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        return f"POST / HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1") + self.body


def sqs_request(operation: str, members: Mapping[str, Any], age_seconds: int = 0, key: Key = root_key) -> Signed:
    """An operation of SQS over JSON."""
    headers = {
        "x-amz-target": f"AmazonSQS.{operation}",
        "x-amzn-query-mode": "true",
        "content-type": "application/x-amz-json-1.0",
    }
    return _signed("sqs", headers, json.dumps(members).encode(), age_seconds, key)


def sqs_requests(operation: str, members: Iterable[Mapping[str, Any]], key: Key = root_key) -> list[bytes]:
    """Operations of SQS over JSON, as octets."""
    return [sqs_request(operation, each, number % _ages_seconds, key).octets() for number, each in enumerate(members)]


def query_request(
    service: str, operation: str, members: Mapping[str, str], age_seconds: int = 0, key: Key = root_key
) -> Signed:
    """An operation over the query protocol."""
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    form = {"Action": operation, "Version": _versions[service], **members}
    return _signed(service, headers, urlencode(form).encode(), age_seconds, key)


def query_requests(
    service: str, operation: str, members: Iterable[Mapping[str, str]], key: Key = root_key
) -> list[bytes]:
    """Operations over the query protocol, as octets."""
    return [
        query_request(service, operation, each, number % _ages_seconds, key).octets()
        for number, each in enumerate(members)
    ]


def identity_request() -> Signed:
    """STS GetCallerIdentity."""
    return query_request("sts", "GetCallerIdentity", {})


def identity_requests() -> list[bytes]:
    """One for each second of the last minute, as octets."""
    return query_requests("sts", "GetCallerIdentity", [{}] * _ages_seconds)


def _signed(service: str, headers: Mapping[str, str], body: bytes, age_seconds: int, key: Key) -> Signed:
    unsigned = {**_common, **headers, "content-length": str(len(body))}
    added = sign(Request("POST", "/", "", unsigned, body), key, region, service, host_ms() - age_seconds * 1000)
    return Signed(unsigned | added, body)
