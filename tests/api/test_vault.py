"""The vault: what is sealed comes back, whole, for its purpose and its root secret only, in the documented form."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from gureum.api.vault import Vault, VaultError, overhead_bytes
from gureum.state.memory import MemoryStore

SECRET = bytes(range(32))
NONCE = bytes(12)
VAULT = Vault(SECRET)

purposes = st.text(max_size=40)
nonces = st.binary(min_size=12, max_size=12)


@given(purposes, st.binary(max_size=2000), nonces)
def test_what_is_sealed_comes_back(purpose: str, plaintext: bytes, nonce: bytes) -> None:
    """From another vault of the same secret as well: nothing but the secret is needed."""
    sealed = VAULT.seal(purpose, plaintext, nonce)
    assert len(sealed) == len(plaintext) + overhead_bytes
    assert Vault(SECRET).unseal(purpose, sealed) == plaintext


@given(st.binary(max_size=100), st.data())
def test_no_byte_can_be_changed(plaintext: bytes, data: st.DataObject) -> None:
    """Version, nonce, ciphertext and tag alike."""
    sealed = bytearray(VAULT.seal("sqs/1", plaintext, NONCE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VaultError):
        VAULT.unseal("sqs/1", bytes(sealed))


def test_no_byte_can_be_missing() -> None:
    """Values of every shorter length, and one that is longer."""
    sealed = VAULT.seal("sqs/1", b"secret", NONCE)
    for length in range(len(sealed)):
        with pytest.raises(VaultError):
            VAULT.unseal("sqs/1", sealed[:length])
    with pytest.raises(VaultError):
        VAULT.unseal("sqs/1", sealed + b"\x00")


def test_a_value_opens_for_its_purpose_and_root_secret_only() -> None:
    """Who can write to the state cannot have a value read where it does not belong."""
    sealed = VAULT.seal("sqs/1", b"secret", NONCE)
    with pytest.raises(VaultError):
        VAULT.unseal("sqs/2", sealed)
    with pytest.raises(VaultError):
        Vault(bytes(32)).unseal("sqs/1", sealed)


def test_the_form_is_the_documented_one() -> None:
    """HKDF-SHA256 and AES-256-GCM as another implementation has them: values outlive the program that sealed them."""
    key = HKDF(hashes.SHA256(), 32, salt=b"gureum/vault", info=b"seal/sqs/1").derive(SECRET)
    expected = b"\x01" + NONCE + AESGCM(key).encrypt(NONCE, b"secret", b"sqs/1")
    assert VAULT.seal("sqs/1", b"secret", NONCE) == expected


def test_a_vault_shows_nothing() -> None:
    """It may end up in a traceback or a log."""
    assert repr(VAULT) == "<Vault>"


def test_a_state_belongs_to_one_root_secret() -> None:
    """The first claims it, the same finds it again, another is refused."""
    store = MemoryStore()

    async def scenario() -> None:
        await store.open()
        await store.transact(VAULT.recognize)
        await store.transact(Vault(SECRET).recognize)
        with pytest.raises(VaultError, match="another root-key"):
            await store.transact(Vault(bytes(32)).recognize)

    asyncio.run(scenario())


def test_an_idle_vault_does_not_load_cryptography() -> None:
    """It would be a tenth of an idle cloud's memory."""
    script = "import sys, gureum.main as m; m.Vault(bytes(32)); sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
