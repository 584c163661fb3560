"""AWS Signature Version 4: who signed a request, and is the signature true.

Reading and checking are separate steps, because the secret lies in a store between them:

    signed = parse(request)                       # None: anonymous
    check_scope(signed, services, region)         # made for us?
    check_time(signed, now_ms)                    # made now?
    verify(signed, request, secret_key)           # made by who it says?

Invariants: only `WireError` leaves these functions, whatever the request holds; signatures are compared in constant
time; a signature covers the method, path, query, `host`, every `x-amz-*` header and, unless the client says otherwise
in `x-amz-content-sha256`, the body.  Header values are text decoded as ISO-8859-1: their octets can be had back.

S3 speaks its own dialect: paths are neither normalized nor encoded twice, presigned bodies are unsigned, and errors
have other codes.  Which dialect applies follows from the service in the credential scope.  A second reading is tried
for headers that came several times: `Request` joins them with `, `, signers with `,`, and to HTTP both are the same.
Rejected: trying raw and re-encoded paths and queries side by side; AWS documents one form, and every SDK signs it.

The asymmetric variant differs only in its last step (`wire.sigv4a`) and is dispatched to from `verify`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Container, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

import msgspec

from gureum.wire.errors import WireError
from gureum.wire.http import Request
from gureum.wire.sigv4_parse import (
    SignedRequest,
    basic_time,
    ecdsa_algorithm,
    hmac_algorithm,
    literal_payloads,
    malformed,
    mismatch,
    parse,
    s3_services,
    terminator,
    unsigned_payload,
)

__all__ = [
    "Key",
    "SignedRequest",
    "canonical_path",
    "canonical_query",
    "check_payload",
    "check_scope",
    "check_time",
    "parse",
    "presign",
    "sign",
    "signing_key",
    "string_to_sign",
    "verify",
]

empty_sha256: Final = sha256(b"").hexdigest()
skew_minutes_max: Final = 15

_plain_path: Final = re.compile(r"[A-Za-z0-9\-._~/]+")
_plain_pair: Final = re.compile(r"[A-Za-z0-9\-._~]+=[A-Za-z0-9\-._~]*")
_blanks: Final = re.compile(r"[ \t\r\n\f\v]+")


class Key(msgspec.Struct, frozen=True):
    """What a client signs with; `session_token` belongs to temporary credentials."""

    access_key_id: str
    secret_key: str
    session_token: str | None = None


def check_scope(signed: SignedRequest, services: Container[str], region: str | None) -> None:
    """Refuses a signature made for another service or region; `region` None accepts every region."""
    s3 = signed.s3
    if signed.service not in services:
        expected = next(iter(services), "") if isinstance(services, frozenset | tuple | list) else ""
        if s3:
            raise malformed(
                signed.presigned, f'incorrect service "{signed.service}". This endpoint belongs to "{expected}".'
            )
        raise mismatch(False, f"Credential should be scoped to correct service: '{expected}'.")
    if region is None:
        return
    if signed.algorithm == ecdsa_algorithm:
        if not _in_region_set(region, signed.region_set or ""):
            raise mismatch(s3, f"Credential should be scoped to a valid region, not '{signed.region_set}'.")
    elif signed.region != region:
        if s3:
            raise malformed(signed.presigned, f"the region '{signed.region}' is wrong; expecting '{region}'")
        raise mismatch(False, f"Credential should be scoped to a valid region, not '{signed.region}'.")


def check_time(signed: SignedRequest, now_ms: int) -> None:
    """Refuses a signature that is more than 15 minutes off, or a presigned request outside its validity."""
    age_ms = now_ms - signed.timestamp_ms
    skew_ms = skew_minutes_max * 60_000
    lifetime_ms = skew_ms if signed.expires_seconds is None else signed.expires_seconds * 1000
    if -skew_ms <= age_ms <= lifetime_ms:
        return
    if signed.s3:
        if not signed.presigned:
            text = "The difference between the request time and the current time is too large."
            raise WireError("RequestTimeTooSkewed", text, 403)
        raise WireError("AccessDenied", "Request has expired" if age_ms > 0 else "Request is not yet valid", 403)
    now = basic_time(now_ms)
    if age_ms > 0:
        allowed = f"{lifetime_ms // 60_000} min" if lifetime_ms % 60_000 == 0 else f"{lifetime_ms // 1000} sec"
        bound = basic_time(now_ms - lifetime_ms)
        text = f"Signature expired: {signed.timestamp} is now earlier than {bound} ({now} - {allowed}.)"
    else:
        bound = basic_time(now_ms + skew_ms)
        text = f"Signature not yet current: {signed.timestamp} is still later than {bound}"
        text += f" ({now} + {skew_minutes_max} min.)"
    raise mismatch(False, text)


def verify(signed: SignedRequest, request: Request, secret_key: str, body_sha256: str | None = None) -> None:
    """Refuses the request unless the holder of `secret_key` signed it and its body is the one that was signed.

    `body_sha256` is the body's SHA-256 in hex; without it the body is hashed here.  When the body is a stream and
    `signed.needs_body` is false, the caller hashes what it reads and ends with `check_payload`.
    """
    if body_sha256 is None and isinstance(request.body, bytes):
        declared = signed.payload_hash
        if declared is None or declared not in literal_payloads:
            body_sha256 = sha256(request.body).hexdigest() if request.body else empty_sha256
    _require_signed_headers(signed, request.headers)
    payload = _canonical_payload(signed, body_sha256)
    text = string_to_sign(signed, request, payload)
    if not _signature_holds(signed, secret_key, text):
        again = string_to_sign(signed, request, payload, joined=",")
        if again == text or not _signature_holds(signed, secret_key, again):
            raise mismatch(signed.s3)
    if body_sha256 is not None:
        check_payload(signed, body_sha256)


def check_payload(signed: SignedRequest, body_sha256: str) -> None:
    """Refuses a body whose SHA-256 (hex) is not the one that the client declared; literals declare none."""
    declared = signed.payload_hash
    if declared is None or declared in literal_payloads or declared.lower() == body_sha256:
        return
    if signed.s3:
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise WireError("XAmzContentSHA256Mismatch", text)
    raise mismatch(False)


@lru_cache(maxsize=1024)
def signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service; also signs chunks and POST policies."""
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, terminator):
        key = hmac.digest(key, part.encode("utf-8", "surrogatepass"), "sha256")
    return key


def string_to_sign(signed: SignedRequest, request: Request, payload: str, joined: str | None = None) -> bytes:
    """The octets that the signature covers; `payload` is the last line of the canonical request.

    `joined`: with what to join the values of headers that came several times, instead of as `request` has them.
    """
    headers = request.headers
    names = signed.signed_headers
    if joined is None and all(map(str.isascii, map(headers.__getitem__, names))):
        values = "\n".join([f"{name}:{' '.join(headers[name].split())}" for name in names])
    else:
        values = "\n".join([f"{name}:{_canonical_value(headers[name], joined)}" for name in names])
    path = canonical_path(request.path, signed.s3)
    query = canonical_query(request.query, signed.presigned) if request.query else ""
    canonical = f"{request.method}\n{path}\n{query}\n{values}\n\n{';'.join(names)}\n{payload}"
    digest = sha256(_octets(canonical)).hexdigest()
    return _octets(f"{signed.algorithm}\n{signed.timestamp}\n{signed.scope}\n{digest}")


def canonical_path(path: str, s3: bool) -> str:
    """The path as it is signed: for S3 encoded once, for all others normalized and encoded twice."""
    if s3:
        if _plain_path.fullmatch(path):
            return path
        # By segments, since labels of S3 Control (ARNs of access points) hold slashes that are signed as %2F.
        return "/".join(map(_recode, path.split("/"))) or "/"
    if path == "/" or not path:
        return "/"
    if "//" in path or "/." in path:
        path = _normalize(path)
    return path if _plain_path.fullmatch(path) else quote_from_bytes(_octets(path), safe="/-_.~")


def canonical_query(query: str, presigned: bool) -> str:
    """The query as it is signed: encoded anew (`+` is a space), sorted by name and value, without the signature."""
    if not query:
        return ""
    pairs = []
    for pair in query.split("&"):
        if not pair:
            continue
        if not _plain_pair.fullmatch(pair):
            name, _, value = pair.partition("=")
            pair = f"{_recode(name.replace('+', ' '))}={_recode(value.replace('+', ' '))}"
        if not (presigned and pair.startswith("X-Amz-Signature=")):
            pairs.append(pair)
    # "=" sorts after "-" and "." and before letters, so the pairs must be compared as pairs.
    return "&".join(sorted(pairs, key=_split_pair)) if len(pairs) > 1 else "".join(pairs)


def sign(request: Request, key: Key, region: str, service: str, now_ms: int) -> dict[str, str]:
    """The headers to add to `request` (which has `host`) so that it is signed by `key`."""
    timestamp = basic_time(now_ms)
    added = {"x-amz-date": timestamp}
    assert isinstance(request.body, bytes)
    payload = request.headers.get("x-amz-content-sha256") or sha256(request.body).hexdigest()
    if service in s3_services:
        added["x-amz-content-sha256"] = payload
    if key.session_token is not None:
        added["x-amz-security-token"] = key.session_token
    headers = {**request.headers, **added}
    names = tuple(sorted(n for n in headers if n in ("host", "content-type") or n.startswith("x-amz-")))
    signed = _unsigned(key, region, service, now_ms, names, presigned=False)
    text = string_to_sign(signed, msgspec.structs.replace(request, headers=headers), payload)
    signature = hmac.digest(signing_key(key.secret_key, signed.date, region, service), text, "sha256").hex()
    added["authorization"] = (
        f"{hmac_algorithm} Credential={key.access_key_id}/{signed.scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return added


def presign(request: Request, key: Key, region: str, service: str, now_ms: int, expires_seconds: int = 3600) -> str:
    """The query string that makes `request` a presigned one; its headers (at least `host`) are signed with it."""
    names = tuple(sorted(request.headers))
    signed = _unsigned(key, region, service, now_ms, names, presigned=True)
    parameters = {
        "X-Amz-Algorithm": hmac_algorithm,
        "X-Amz-Credential": f"{key.access_key_id}/{signed.scope}",
        "X-Amz-Date": signed.timestamp,
        "X-Amz-Expires": str(expires_seconds),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if key.session_token is not None:
        parameters["X-Amz-Security-Token"] = key.session_token
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())
    query = f"{request.query}&{query}" if request.query else query
    payload = unsigned_payload if signed.s3 else empty_sha256
    text = string_to_sign(signed, msgspec.structs.replace(request, query=query), payload)
    signature = hmac.digest(signing_key(key.secret_key, signed.date, region, service), text, "sha256").hex()
    return f"{query}&X-Amz-Signature={signature}"


def _unsigned(
    key: Key, region: str, service: str, now_ms: int, names: tuple[str, ...], presigned: bool
) -> SignedRequest:
    timestamp = basic_time(now_ms)
    return SignedRequest(
        algorithm=hmac_algorithm,
        access_key_id=key.access_key_id,
        date=timestamp[:8],
        region=region,
        service=service,
        signed_headers=names,
        signature="",
        timestamp=timestamp,
        timestamp_ms=now_ms,
        presigned=presigned,
    )


def _require_signed_headers(signed: SignedRequest, headers: Mapping[str, str]) -> None:
    """Every header that must be signed is, and every header that is said to be signed is there."""
    names = signed.signed_headers
    missing = [name for name in headers if name[:6] == "x-amz-" and name not in names]
    if "x-amz-content-sha256" in missing:
        missing.remove("x-amz-content-sha256")  # signed all the same: it is the last line of the canonical request
    if "host" not in names:
        if not signed.s3:
            raise mismatch(False, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
        missing.append("host")
    if missing:
        if signed.s3:
            raise WireError("AccessDenied", "There were headers present in the request which were not signed", 403)
        raise mismatch(False, f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")
    if not headers.keys() >= set(names):
        raise mismatch(signed.s3)


def _canonical_payload(signed: SignedRequest, body_sha256: str | None) -> str:
    if signed.payload_hash is not None:
        return signed.payload_hash
    if signed.presigned and signed.s3:
        return unsigned_payload
    assert body_sha256 is not None, "a stream whose hash is needed must be read first"
    return body_sha256


def _signature_holds(signed: SignedRequest, secret_key: str, text: bytes) -> bool:
    if signed.algorithm == ecdsa_algorithm:
        from gureum.wire import sigv4a

        return sigv4a.verify(signed.access_key_id, secret_key, text, signed.signature)
    key = signing_key(secret_key, signed.date, signed.region, signed.service)
    expected = hmac.digest(key, text, "sha256").hex()
    return signed.signature.isascii() and hmac.compare_digest(expected, signed.signature)


def _in_region_set(region: str, region_set: str) -> bool:
    """Whether a region is named by X-Amz-Region-Set: a comma-separated list in which `*` stands for any text."""
    for pattern in region_set.split(","):
        parts = pattern.strip().split("*")
        if re.fullmatch(".*".join(map(re.escape, parts)), region):
            return True
    return False


def _normalize(path: str) -> str:
    """RFC 3986, 5.2.4, and without empty segments."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def _recode(text: str) -> str:
    """Decoded and encoded again, so that every spelling of a name is signed alike."""
    return quote_from_bytes(unquote_to_bytes(_octets(text)), safe="-_.~")


def _split_pair(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value


def _canonical_value(value: str, joined: str | None) -> str:
    """Without blanks around it, and with one space for each run of blanks inside.

    Only ASCII has blanks here: str.split() takes some octets of other text for blanks.
    """
    value = _blanks.sub(" ", value).strip(" ")
    return value if joined is None else value.replace(", ", joined)


def _octets(text: str) -> bytes:
    """The octets of text from a message; what ISO-8859-1 does not have can only match no signature."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
