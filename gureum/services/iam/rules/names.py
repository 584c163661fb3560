"""Names and paths: who has one, and what lies below one.

The characters and lengths of names and paths are in the model.  IAM keeps a name as it was written and holds names that
differ only in case for the same when something is made or renamed; to look something up, the name has to be as written.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("IAM name requirements")
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from gureum.services.iam.errors import ValidationError, already_exists

ROOT_PATH: Final = "/"

_digits: Final = re.compile(r"[0-9]{12}")


class Placed(Protocol):
    """What has a path."""

    @property
    def path(self) -> str: ...


def fold(name: str) -> str:
    """What two names have in common that IAM holds for the same; the `…_by_folded_name` indexes use it."""
    return name.lower()


def check_free(found: object | None, kind: str, name: str) -> None:
    """Raise EntityAlreadyExists when `found`, looked up by its folded name, has it: `User with name alice …`."""
    if found is not None:
        raise already_exists(kind, name)


def below(path_prefix: str | None) -> Callable[[Placed], bool]:
    """Whether something's path begins with `path_prefix`; without one, everything's does."""
    prefix = path_prefix or ROOT_PATH
    return lambda placed: placed.path.startswith(prefix)


def check_alias(alias: str) -> None:
    """Raise ValidationError for an account alias that could be mistaken for an account."""
    if _digits.fullmatch(alias):
        raise ValidationError("The account alias must not be a 12 digit number.")
