"""An OpenID Connect provider of the test's own: HTTPS on loopback, with a certificate that no system trusts."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from gureum.base.clock import host_ms, to_datetime

CLIENT = "my-app"
Key = RSAKey | ECKey


@cache
def rsa_key(kid: str) -> RSAKey:
    """A key; the same one for the same name."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def ec_key(kid: str, curve: str = "P-256") -> ECKey:
    """A key on an elliptic curve."""
    return ECKey.generate_key(curve, {"kid": kid, "use": "sig"})


class Issuer:
    """The provider: what it answers can be changed while it serves.  `path` is part of its name."""

    def __init__(self, server: ThreadingHTTPServer, certificate: x509.Certificate, path: str) -> None:
        self._server = server
        self.thumbprint = hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
        """The SHA-1 digest of its certificate."""
        self.status = 200
        self.keys: list[Key] = [rsa_key("one")]
        self.algorithm = "RS256"
        self.headers: dict[str, str] = {"Cache-Control": "max-age=600"}
        self.asked: list[str] = []
        self.discovery: dict[str, Any] = {}
        self.body: bytes | None = None
        """Answered to everything, if it is there."""
        self.name = f"localhost:{server.server_port}{path}"

    @property
    def url(self) -> str:
        """What tokens call their issuer."""
        return f"https://{self.name}"

    def answer(self, path: str) -> bytes:
        """What is at `path`."""
        self.asked.append(path)
        if self.body is not None:
            return self.body
        if path.endswith("/.well-known/openid-configuration"):
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovery}).encode()
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()

    def claims(self, **claims: Any) -> dict[str, Any]:
        """The claims of a token that is good; those that are None are left out."""
        now_s = host_ms() // 1000
        every = {"iss": self.url, "sub": "johndoe", "aud": CLIENT, "iat": now_s, "exp": now_s + 600, **claims}
        return {name: value for name, value in every.items() if value is not None}

    def token(self, **claims: Any) -> str:
        """A token, signed with the first key."""
        return self.signed(self.keys[0], self.claims(**claims))

    def signed(self, key: Key, claims: dict[str, Any]) -> str:
        """A token of this provider's, as far as its name says; the key may be anybody's."""
        header = {"alg": self.algorithm, "kid": key.kid or ""}
        return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[self.algorithm])


@contextmanager
def issuing(directory: Path, path: str = "", name: str = "localhost") -> Iterator[Issuer]:
    """A provider for the length of a block, with a certificate for `name` that signs itself."""
    with serving_with(directory, _certificate(name), path) as started:
        yield started


@contextmanager
def serving_with(directory: Path, pem: bytes, path: str = "") -> Iterator[Issuer]:
    """A provider for the length of a block, that presents the certificates in `pem`; a key is there as well."""
    issuer: Issuer

    class Handler(BaseHTTPRequestHandler):
        """Answers what the issuer says."""

        def do_GET(self) -> None:
            body = issuer.answer(self.path)
            self.send_response(issuer.status)
            for name, value in {"Content-Length": str(len(body)), **issuer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Say nothing."""

    file = directory / "issuer.pem"
    file.write_bytes(pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that do not trust it hang up
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    issuer = Issuer(server, x509.load_pem_x509_certificate(pem), path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def _certificate(name: str) -> bytes:
    """A certificate that signs itself, after its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = to_datetime(host_ms())
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
