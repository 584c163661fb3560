"""The cloud's directory: who may run in it, its root key, and what it says about itself while it runs.

DATA/lock                    held by the running cloud
DATA/root-credentials.json   the root key, made at the first start (0600)
DATA/root-key                the root secret, 32 random bytes, made at the first start (0600); see api/vault.py
DATA/ca/ca.pem               the certificate that clients trust, made with the first server certificate (0644)
DATA/ca/ca-key.pem           the key that it signs with (0600); see api/certificates.py
DATA/ca/server.pem           the key and certificate that the cloud shows (0600)
DATA/run/gureum.json         the running cloud, there from when it is ready until it stops (0600)
DATA/state/                  the embedded store
DATA/log/                    what a cloud in the background says
"""

from __future__ import annotations

import fcntl
import json
import os
import string
from collections.abc import Collection
from pathlib import Path
from typing import Any

from gureum.api.certificates import CertificateAuthority, CertificateError, is_current
from gureum.api.principal import AccessKey, root
from gureum.api.vault import secret_bytes
from gureum.base.clock import host_ms
from gureum.base.ids import Ids

_KEY_ID_ALPHABET = string.ascii_uppercase + "234567"
_run_file_bytes = 2048
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


class AlreadyRunning(Exception):
    """Another process runs a cloud in this directory."""


class DamagedSecret(Exception):
    """The root secret is not what was written.  A new one could open nothing that is in the state."""


class Home:
    """A data directory, opened by the one cloud that runs in it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.state = data / "state"
        self._run_file = data / "run" / "gureum.json"
        self._ca = data / "ca"
        self._lock: int | None = None

    def open(self) -> None:
        """Make the directory and take it.  Raises AlreadyRunning."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._run_file.parent.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(self.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise AlreadyRunning(f"a cloud is already running in {self.data}") from None
        self._lock = lock

    def close(self) -> None:
        """Give the directory back."""
        self._run_file.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def root_key(self, account: str) -> AccessKey:
        """The root key of `account`, made when there is none yet."""
        path = self.data / "root-credentials.json"
        if not path.exists():
            ids = Ids()
            made = {
                "access_key_id": "AKIA" + ids.text(_KEY_ID_ALPHABET, 16),
                "secret_access_key": ids.text(_SECRET_ALPHABET, 40),
                "account": account,
            }
            write_private(path, _json(made))
        found = json.loads(path.read_text())
        return AccessKey(found["access_key_id"], found["secret_access_key"], root(found["account"]))

    def root_secret(self) -> bytes:
        """The secret that all others are derived from, made when there is none yet.  Raises DamagedSecret."""
        path = self.data / "root-key"
        if not path.exists():
            write_private(path, Ids().bytes(secret_bytes))
        secret = path.read_bytes()
        if len(secret) != secret_bytes:
            raise DamagedSecret(f"{path} has {len(secret)} bytes and not {secret_bytes}; restore it from a copy")
        return secret

    def authority(self) -> CertificateAuthority:
        """The cloud's CA, made when there is none yet.  Raises CertificateError."""
        certificate, key = self._ca / "ca.pem", self._ca / "ca-key.pem"
        if not certificate.exists():
            made = CertificateAuthority.make(host_ms(), Ids())
            self._ca.mkdir(mode=0o700, exist_ok=True)
            write_private(key, made.key_pem)
            write_private(certificate, made.certificate_pem, 0o644)
        try:
            return CertificateAuthority.load(certificate.read_bytes(), key.read_bytes())
        except (CertificateError, FileNotFoundError) as error:
            raise CertificateError(
                f"{error}; restore {self._ca} from a copy, or remove it for a new CA, which clients have to be given"
            ) from error

    def server_certificate(self, names: Collection[str]) -> Path:
        """The file with a certificate for `names` and its key, renewed when its time or its names are not right.

        Raises CertificateError.  Processes that renew at once make one each; all are good, and the last one stays.
        """
        file, ca, now_ms = self._ca / "server.pem", self._ca / "ca.pem", host_ms()
        if not file.exists() or not ca.exists() or not is_current(file.read_bytes(), ca.read_bytes(), names, now_ms):
            write_private(file, self.authority().issue(names, now_ms, Ids()))
        return file

    def announce(self, facts: dict[str, Any]) -> None:
        """Say that the cloud is ready.

        What a killed cloud left is overwritten where it lies, which works on a full disk too; until then nobody takes
        it for a running one, as its process is gone.
        """
        content = _json(facts).ljust(_run_file_bytes)
        if not self._run_file.exists():
            write_private(self._run_file, content)
            return
        file = os.open(self._run_file, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(file, content, 0)
        finally:
            os.close(file)


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file that only the owner may read, unless `mode` says more: whole or not at all, and durable."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.write(file, content)
        os.fsync(file)
        beside.rename(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()
