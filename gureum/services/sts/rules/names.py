"""Names that sessions are given.

What comes as a parameter was checked against the model; what an identity provider says is checked here.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html
"""

from __future__ import annotations

import re
from typing import Final

from gureum.services.sts.errors import InvalidIdentityTokenException, ValidationError

_name: Final = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def check_session_name(name: str) -> str:
    """`name`, from an assertion, if a session can be called so.  Raises InvalidIdentityToken."""
    if not _name.fullmatch(name):
        raise InvalidIdentityTokenException("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def check_claimed_source_identity(name: str) -> str:
    """`name`, from a token or an assertion, if it can be a source identity.  Raises InvalidIdentityToken."""
    if not _name.fullmatch(name):
        raise InvalidIdentityTokenException(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    return name


def source_identity(before: str, asked: str | None) -> str:
    """The source identity of a session opened by one that has `before`: once it is set, it stays."""
    if before and asked is not None and asked != before:
        raise ValidationError("The source identity is already set for this assume role session")
    return before or asked or ""
