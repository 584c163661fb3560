"""Encoded authorization messages: a decision, sealed, that who was denied may show to who may decode it.

    message   base64url( vault.seal( zlib( JSON of `policy.explain` ) ) )

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, Final

import msgspec

from gureum.api.policy import Ask, Decision, explain
from gureum.api.vault import Vault, VaultError, nonce_bytes
from gureum.base.ids import Ids

_purpose: Final = "identity/denials"


def encode(vault: Vault, ids: Ids, ask: Ask, decision: Decision) -> str:
    """The message about `decision`."""
    plain = zlib.compress(msgspec.json.encode({"account": ask.principal.account, "decision": explain(ask, decision)}))
    return base64.urlsafe_b64encode(vault.seal(_purpose, plain, ids.bytes(nonce_bytes))).rstrip(b"=").decode()


def decode(vault: Vault, message: str) -> tuple[str, dict[str, Any]] | None:
    """The account of the denied caller, and the decision; None when it is no message of this cloud."""
    try:
        sealed = base64.urlsafe_b64decode(message.encode("ascii") + b"=" * (-len(message) % 4))
        content = msgspec.json.decode(zlib.decompress(vault.unseal(_purpose, sealed)))
    except (UnicodeEncodeError, binascii.Error, VaultError):
        return None
    return content["account"], content["decision"]
