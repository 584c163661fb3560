"""How long sessions last.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

import re
from typing import Final

from gureum.services.sts.errors import InvalidIdentityTokenException, ValidationError
from gureum.services.sts.rules import limits

_seconds: Final = re.compile(r"[0-9]{1,9}")


def of_role(asked: int | None, role_seconds_max: int, *, chained: bool = False) -> int:
    """The seconds of a session of a role.  `chained` is one opened by a session of a role."""
    seconds = limits.role_seconds_default if asked is None else asked
    if chained and seconds > limits.chained_seconds_max:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if seconds > role_seconds_max:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds


def of_assertion(asked: int | None, role_seconds_max: int, claimed: str, until_ms: int | None, host_ms: int) -> int:
    """The seconds of a session of a role for who shows an assertion, which can make it shorter.

    `claimed` is the value of its SessionDuration, or nothing; `until_ms` is its SessionNotOnOrAfter.
    """
    seconds = of_role(asked, role_seconds_max)
    if claimed:
        if not _seconds.fullmatch(claimed) or not _claimable(int(claimed)):
            raise InvalidIdentityTokenException("SessionDuration in AuthnResponse must be from 900 to 43200")
        seconds = min(seconds, int(claimed))
    return seconds if until_ms is None else min(seconds, (until_ms - host_ms) // 1000)


def _claimable(seconds: int) -> bool:
    return limits.role_seconds_min <= seconds <= limits.role_seconds_max


def of_user(asked: int | None, *, root: bool) -> int:
    """The seconds of a session of a user; what is too long for the root user's is shortened."""
    seconds = limits.user_seconds_default if asked is None else asked
    return min(seconds, limits.root_user_seconds_max) if root else seconds
