"""Values that nobody can read where they lie: sealed before they are stored, unsealed when they are asked for.

A cloud has one root secret, which is kept apart from the state (`gureum/home.py`).  Each purpose has a key of its own,
derived from it and kept nowhere:

    key      HKDF-SHA256 (RFC 5869): one block of output, info = "seal/" purpose
    sealed   version (1 byte, 1) | nonce (12) | AES-256-GCM ciphertext | tag (16), associated data = purpose

So a value that was changed, or moved to where another purpose reads it, does not open.  A purpose begins with the name
of its service, and no service may take one as a whole from what it has stored: who can write to the state could
otherwise have one service open what was sealed for another.

Nonces are random, and handlers bring their own (`ctx.ids`), as with all randomness.  For random nonces of 96 bits a key
may seal 2^32 values (SP 800-38D, 8.3): a service that may reach that number puts something that changes into the
purpose, such as the day.

`cryptography` is loaded by the first value that is sealed or unsealed: 8 MB that an idle cloud does not need.

Rejected: keys that are random and stored wrapped under the root secret (a read per key to have what can be computed),
and to encrypt the whole state below the tables (keys are ordered by their bytes; and what is to be sealed is a setting
of the customer's, value by value).
Sources: RFC 5869; NIST SP 800-38D; https://cryptography.io/en/latest/hazmat/primitives/aead/
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gureum.state.records import Record
from gureum.state.store import Transaction
from gureum.state.tables import Table

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

secret_bytes: Final = 32
nonce_bytes: Final = 12
_head_bytes: Final = 1 + nonce_bytes
overhead_bytes: Final = _head_bytes + 16
"""By how much a sealed value is longer."""

_version: Final = b"\x01"
_salt: Final = b"gureum/vault"
_ciphers_max: Final = 1024
"""Derived keys that are kept, the last used ones; to derive one again costs some 10 µs."""


class VaultError(Exception):
    """A value does not open: it is damaged, was sealed for another purpose, or under another root secret.

    Deliberately no ApiError: clients get InternalFailure.  None of them has caused it and none can help; and to be told
    what exactly is wrong would help only those who try out changed values.  Whoever runs the cloud finds it in the log.
    """


class Fingerprint(Record, version=1):
    """Tells root secrets apart without telling anything about them."""

    value: bytes


_fingerprints = Table("vault/fingerprints", Fingerprint, key=lambda _: ())


class Vault:
    """Seals and unseals under keys that are derived from `root_secret` (32 random bytes).  Threads may share it."""

    __slots__ = ("_cipher", "_fingerprint", "page_key")

    def __init__(self, root_secret: bytes) -> None:
        assert len(root_secret) == secret_bytes, "a root secret of another length"
        extracted = hmac.digest(_salt, root_secret, "sha256")
        self._fingerprint = _derive(extracted, "fingerprint")[:16]
        self.page_key = _derive(extracted, "pages")
        """What page tokens are made with (`state.paging`)."""

        def cipher(purpose: str) -> tuple[AESGCM, bytes]:
            """The cipher of a purpose, and its associated data."""
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            return AESGCM(_derive(extracted, f"seal/{purpose}")), purpose.encode()

        self._cipher = lru_cache(_ciphers_max)(cipher)

    def seal(self, purpose: str, plaintext: bytes, nonce: bytes) -> bytes:
        """`plaintext`, `overhead_bytes` longer and unreadable.  `nonce` is 12 bytes, random and used once."""
        assert len(nonce) == nonce_bytes, "a nonce of another length"
        cipher, associated = self._cipher(purpose)
        return b"".join((_version, nonce, cipher.encrypt(nonce, plaintext, associated)))

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed for `purpose`.  Raises VaultError."""
        if sealed[:1] != _version or len(sealed) < overhead_bytes:
            raise VaultError(f"{purpose}: not a sealed value, or one of a newer release")
        cipher, associated = self._cipher(purpose)
        try:
            return cipher.decrypt(sealed[1:_head_bytes], sealed[_head_bytes:], associated)
        except _invalid_tag() as error:  # evaluated only when something was raised
            raise VaultError(f"{purpose}: damaged, or sealed under another purpose or root secret") from error

    def recognize(self, tx: Transaction) -> None:
        """Check that the state is this root secret's; a state that is nobody's yet becomes so.  Raises VaultError.

        Called before anything is served: a cloud with another secret could open nothing that is there, and what it
        would add could not be opened by those that have the right one.
        """
        found = _fingerprints.get(tx, ())
        if found is None:
            _fingerprints.insert(tx, Fingerprint(self._fingerprint))
        elif found.value != self._fingerprint:
            raise VaultError("the state belongs to another root-key; copy the file from the host that made the state")

    def __repr__(self) -> str:
        return "<Vault>"


def _invalid_tag() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


def _derive(extracted: bytes, info: str) -> bytes:
    """HKDF-Expand for one block, 32 bytes."""
    return hmac.digest(extracted, info.encode() + b"\x01", "sha256")
