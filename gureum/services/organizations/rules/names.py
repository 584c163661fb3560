"""Ids, email addresses and names of roles.

Sources: https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html (Email, RoleName) and the
patterns of the model.
"""

from __future__ import annotations

import re
import string
from typing import Final

from gureum.base.ids import Ids
from gureum.services.organizations.errors import invalid

_LETTERS: Final = string.ascii_lowercase + string.digits
_local: Final = re.compile(r"""(?!\.)[!#$*+\-./0-9=?A-Z^_`a-z{}~]+""")
_domain: Final = re.compile(r"(?![-.])[A-Za-z0-9.-]*\.[A-Za-z0-9.-]*(?<![-.])")
_reserved_role: Final = "AWSServiceRoleFor"


def new_id(ids: Ids, prefix: str, length: int) -> str:
    """`prefix-` and as many random lower-case letters and digits."""
    return f"{prefix}-{ids.text(_LETTERS, length)}"


def new_unit_id(ids: Ids, root: str) -> str:
    """`ou-exampleroot-exampleouid`: the id of a unit tells its root."""
    return f"ou-{root.removeprefix('r-')}-{ids.text(_LETTERS, 8)}"


def new_handshake_id(ids: Ids) -> str:
    """`h-examplehandshakeid111`."""
    return new_id(ids, "h", 32)


def is_email(text: str) -> bool:
    """Whether `text` is an address that an account can have."""
    local, at, domain = text.partition("@")
    return (
        6 <= len(text) <= 64
        and bool(at)
        and _local.fullmatch(local) is not None
        and _domain.fullmatch(domain) is not None
    )


def check_role(name: str) -> None:
    """Raises InvalidInputException for a name that only service-linked roles have."""
    if name.startswith(_reserved_role):
        raise invalid("INVALID_ROLE_NAME")


def check_service(principal: str) -> None:
    """Raises InvalidInputException for what is no service principal.

    Which services can be trusted grows from month to month, so whatever has the form of one is one.
    """
    if not principal.endswith(".amazonaws.com"):
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL")
