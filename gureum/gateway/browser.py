"""Requests that a browser makes for a page: CORS, and which pages may ask at all.

AWS lets every origin call its APIs: whoever can sign may.  So does a cloud whose keys are secret.  On loopback the root
key is `test`/`test`, which every web site knows, and a page that somebody visits could sign with it.  There only pages
of this machine are served; a page from elsewhere is refused before anything runs, whether it reads the answer (CORS) or
only wants the effect (a presigned URL in an image tag), and whether it names this host or has rebound its own name.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol and https://www.w3.org/TR/fetch-metadata/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

Headers = list[tuple[str, str]]

_EXPOSED: Final = (
    "Date, ETag, Location, x-amz-id-2, x-amz-request-id, x-amz-version-id, x-amzn-ErrorMessage, x-amzn-ErrorType, "
    "x-amzn-query-error, x-amzn-RequestId, x-amzn-Trace-Id"
)
_PREFLIGHT_SECONDS: Final = "7200"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether this asks for permission and for nothing else."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def may_ask(headers: Mapping[str, str], secret_keys: bool) -> bool:
    """Whether the page that this comes from may use the cloud; what no browser sent may."""
    if secret_keys:
        return True
    origin = headers.get("origin")
    if origin is not None:
        return _is_local(_host(origin)) and _is_local(_host(f"//{headers.get('host', '')}"))
    site = headers.get("sec-fetch-site")
    if site is None:
        return True
    return site != "cross-site" and _is_local(_host(f"//{headers.get('host', '')}"))


def preflight_headers(headers: Mapping[str, str]) -> Headers:
    """The permission that a preflight asks for."""
    asked = headers.get("access-control-request-headers")
    granted = [("access-control-allow-headers", asked)] if asked else []
    return [
        *response_headers(headers),
        ("access-control-allow-methods", headers["access-control-request-method"]),
        *granted,
        ("access-control-max-age", _PREFLIGHT_SECONDS),
    ]


def response_headers(headers: Mapping[str, str]) -> Headers:
    """What lets the page of `headers["origin"]` read the answer."""
    return [
        ("access-control-allow-origin", headers["origin"]),
        ("access-control-expose-headers", _EXPOSED),
        ("vary", "Origin"),
    ]


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_local(host: str | None) -> bool:
    if host is None:
        return False
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
