"""How much room session policies and tags take in a session token.

AWS compresses them "into a packed binary format that has a separate limit" and tells the percentage that is used.  Here
it is the size that they really have in a token: what a token consists of is compressed as a whole, of which this is
these parts.  Inherited tags count, so that no chain of roles makes a token that nobody can send; whether tags are
transitive does not.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (PackedPolicySize) and
https://repost.aws/knowledge-center/iam-role-aws-sts-error
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import msgspec

from gureum.services.sts.errors import PackedPolicyTooLargeException
from gureum.services.sts.rules import limits


def percentage(policy: str | None, policy_arns: tuple[str, ...], tags: Mapping[str, str]) -> int | None:
    """The share of the room that is used, rounded up; None when nothing is passed.  Raises PackedPolicyTooLarge."""
    if policy is None and not policy_arns and not tags:
        return None
    packed_bytes = len(zlib.compress(msgspec.msgpack.encode((policy, policy_arns, dict(tags)))))
    percent = -(-packed_bytes * 100 // limits.packed_bytes_max)
    if percent > 100:
        if policy is None and not policy_arns:
            raise PackedPolicyTooLargeException(f"Packed size of session tags consumes {percent}% of allotted space.")
        raise PackedPolicyTooLargeException(
            f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
        )
    return percent
