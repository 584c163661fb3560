"""The keys that digest files are signed with.

A cloud has one key at a time, for a year; the next one is made when a digest is to be signed and there is none.  Public
keys are kept, so that old digests can be verified.  The private key is sealed (`api.vault`).  AWS has keys per region;
here every region answers with the same ones.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from gureum.api.vault import Vault, nonce_bytes
from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.records import SigningKey
from gureum.state.store import Store, Transaction

valid_ms: Final = 365 * 24 * 3600 * 1000
_early_ms: Final = 24 * 3600 * 1000
"""A key is valid from a little before it is made: a digest ends before it is signed."""
_bits: Final = 2048
_fingerprint_digits: Final = 32
_PURPOSE: Final = "cloudtrail/signing-key"


class Signer:
    """Signs digests with the key of the time."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, vault: Vault) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._vault = vault

    async def key(self) -> SigningKey:
        """The key to sign with now."""
        found = await self._store.transact(lambda tx: _current(tx, self._clock.now_ms()), readonly=True)
        if found is not None:
            return found
        private, public = await asyncio.to_thread(_generate)
        sealed = self._vault.seal(_PURPOSE, private, self._ids.bytes(nonce_bytes))
        start_ms = self._clock.now_ms() - _early_ms
        fingerprint = hashlib.sha256(public).hexdigest()[:_fingerprint_digits]
        new = SigningKey(fingerprint, start_ms, start_ms + valid_ms, public, sealed)
        await self._store.transact(lambda tx: tables.signing_keys.insert(tx, new))
        return new

    def sign(self, key: SigningKey, text: bytes) -> str:
        """The signature of `text` in hexadecimal digits: RSASSA-PKCS1-v1_5 with SHA-256."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_der_private_key

        private = load_der_private_key(self._vault.unseal(_PURPOSE, key.sealed), None)
        assert isinstance(private, RSAPrivateKey), "we made it"
        return private.sign(text, PKCS1v15(), SHA256()).hex()


def _current(tx: Transaction, now_ms: int) -> SigningKey | None:
    newest = tables.signing_keys.scan(tx, limit=1, reverse=True)
    return newest[0] if newest and now_ms < newest[0].end_ms else None


def _generate() -> tuple[bytes, bytes]:
    """A private key (PKCS #8) and its public key (PKCS #1), both in DER."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    private = generate_private_key(public_exponent=65537, key_size=_bits)
    return (
        private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1),
    )
