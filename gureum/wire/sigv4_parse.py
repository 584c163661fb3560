"""What a request says about its signature: the Authorization header or the query of a presigned URL, as a value.

The first half of `wire.sigv4`: nothing is verified here, and no secret is needed.  The request is refused when it names
no complete, well-formed signature of the two algorithms that AWS accepts.  S3 has error codes and words of its own; a
request is taken for S3's when its credential names an S3 service, and, where the credential cannot be read, when it
carries `x-amz-content-sha256` or a query that only S3 would be presigned with.

Answers of other services name the header only by its hash, as AWS does: an error page is no place for credentials.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

import msgspec

from gureum.wire.errors import WireError
from gureum.wire.http import Request

hmac_algorithm: Final = "AWS4-HMAC-SHA256"
ecdsa_algorithm: Final = "AWS4-ECDSA-P256-SHA256"
terminator: Final = "aws4_request"
unsigned_payload: Final = "UNSIGNED-PAYLOAD"
streaming_payloads: Final = frozenset(
    {
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
    }
)
literal_payloads: Final = streaming_payloads | {unsigned_payload}
s3_services: Final = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
expires_seconds_max: Final = 604_800
# Above what any real one needs; what is cached must not be large.
credential_characters_max: Final = 512
date_characters_max: Final = 64

_epoch: Final = datetime(1970, 1, 1, tzinfo=UTC)
_millisecond: Final = timedelta(milliseconds=1)
_form: Final = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"'
_required: Final = ("Credential", "Signature", "SignedHeaders")
_query_required: Final = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders")
_usual_header: Final = re.compile(
    "AWS4-HMAC-SHA256 Credential=(?P<Credential>[^, ]+), ?SignedHeaders=(?P<SignedHeaders>[^, ]+), ?"
    "Signature=(?P<Signature>[^, ]+)"
)
_basic_time: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_basic_date: Final = re.compile(r"[0-9]{8}")
_hex_sha256: Final = re.compile(r"[0-9a-fA-F]{64}")


class SignedRequest(msgspec.Struct, frozen=True):
    """What a request says about its signature; nothing of it is verified yet.

    `date` is YYYYMMDD, `timestamp` YYYYMMDDTHHMMSSZ and `timestamp_ms` the same since the epoch.  `payload_hash` is
    what the client put into `x-amz-content-sha256` (None: the hash of the body).  `region` is empty for SigV4A, which
    names `region_set` instead.  `expires_seconds` is None where the client gave none.
    """

    algorithm: str
    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    timestamp_ms: int
    presigned: bool
    expires_seconds: int | None = None
    session_token: str | None = None
    payload_hash: str | None = None
    region_set: str | None = None

    @property
    def s3(self) -> bool:
        """Whether S3's dialect applies."""
        return self.service in s3_services

    @property
    def scope(self) -> str:
        """The credential scope as it stands in strings to sign."""
        if self.algorithm == ecdsa_algorithm:
            return f"{self.date}/{self.service}/{terminator}"
        return f"{self.date}/{self.region}/{self.service}/{terminator}"

    @property
    def needs_body(self) -> bool:
        """Whether verification needs the whole body's hash, so that a stream has to be read first."""
        return self.payload_hash is None and not (self.presigned and self.s3)


def parse(request: Request) -> SignedRequest | None:
    """What `request` says about its signature, from the Authorization header or the query; None when it is unsigned.

    Raises WireError with the code and wording of S3 or of the other services.
    """
    header = request.headers.get("authorization")
    query = _presigned_parameters(request.query) if "X-Amz-" in request.query else {}
    if header is None:
        if query:
            return _parse_query(request, query)
        if "AWSAccessKeyId=" in request.query and "Signature=" in request.query:
            raise _version_2()
        return None
    if query:
        raise WireError(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified",
        )
    return _parse_header(request, header)


def basic_time(time_ms: int) -> str:
    """YYYYMMDDTHHMMSSZ of milliseconds since the epoch."""
    return f"{_epoch + timedelta(milliseconds=time_ms):%Y%m%dT%H%M%SZ}"


def mismatch(s3: bool, message: str | None = None) -> WireError:
    """SignatureDoesNotMatch, with the usual words unless `message` says more."""
    if message is None and s3:
        message = "The request signature we calculated does not match the signature you provided. "
        message += "Check your key and signing method."
    elif message is None:
        message = "The request signature we calculated does not match the signature you provided. Check your AWS "
        message += "Secret Access Key and signing method. Consult the service documentation for details."
    return WireError("SignatureDoesNotMatch", message, 403)


def malformed(presigned: bool, message: str) -> WireError:
    """S3's complaint about the credential in the header or in the query."""
    if presigned:
        text = f"Error parsing the X-Amz-Credential parameter; {message}"
        return WireError("AuthorizationQueryParametersError", text)
    return WireError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}")


def _parse_header(request: Request, header: str) -> SignedRequest:
    headers = request.headers
    date = headers.get("x-amz-date") or headers.get("date")
    usual = _usual_header.fullmatch(header)
    if usual is not None and date is not None:
        return _build(request, hmac_algorithm, usual.groupdict(), date, presigned=False)
    algorithm, _, rest = header.partition(" ")
    s3 = "x-amz-content-sha256" in headers and "/s3" in header
    if algorithm not in (hmac_algorithm, ecdsa_algorithm):
        raise _wrong_scheme(algorithm, header, headers)
    parts = _header_parts(rest, header, s3)
    missing = [f"Authorization header requires '{name}' parameter." for name in _required if not parts.get(name)]
    if date is None and not s3:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise _incomplete_header(s3, " ".join(missing), header)
    return _build(request, algorithm, parts, date, presigned=False)


def _header_parts(rest: str, header: str, s3: bool) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals and not s3:
            text = f"'{_hidden(name)}' not a valid key=value pair (missing equal-sign) in Authorization header "
            text += f"(hashed with SHA-256 and encoded with Base64): '{_hidden(header)}'."
            raise WireError("IncompleteSignature", text)
        if name in parts:
            raise _incomplete_header(s3, f"Authorization header has more than one '{name}' parameter.", header)
        parts[name] = value
    return parts


def _parse_query(request: Request, parameters: Mapping[str, str]) -> SignedRequest:
    raw = parameters.get("Credential", "").split("/")
    s3 = (raw[3] if len(raw) == 5 else raw[-2] if len(raw) > 1 else "") in s3_services
    missing = [name for name in _query_required if not parameters.get(name)]
    if missing or (s3 and "Expires" not in parameters):
        if s3:
            text = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            text += "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            raise WireError("AuthorizationQueryParametersError", text)
        text = " ".join(f"AWS query-string parameters must include 'X-Amz-{name}'." for name in missing)
        raise WireError("IncompleteSignature", f"{text} Re-examine the query-string parameters.")
    algorithm = parameters["Algorithm"]
    if algorithm not in (hmac_algorithm, ecdsa_algorithm):
        if s3:
            text = f'X-Amz-Algorithm only supports "{hmac_algorithm} and {ecdsa_algorithm}"'
            raise WireError("AuthorizationQueryParametersError", text)
        raise WireError("IncompleteSignature", f"Unsupported AWS 'algorithm': '{algorithm}'.")
    return _build(request, algorithm, parameters, parameters["Date"], presigned=True)


def _build(
    request: Request, algorithm: str, parts: Mapping[str, str], date: str | None, presigned: bool
) -> SignedRequest:
    headers = request.headers
    access_key_id, scope_date, region, service = _credential(parts["Credential"], algorithm, presigned)
    s3 = service in s3_services
    timestamp, timestamp_ms = _time(date, s3, presigned)
    if timestamp[:8] != scope_date:
        raise _wrong_date(s3, presigned, scope_date, timestamp)
    if presigned:
        token = parts.get("Security-Token") or parts.get("S3session-Token")
        region_set = parts.get("Region-Set")
        payload_hash = parts.get("Content-Sha256") or headers.get("x-amz-content-sha256")
    else:
        token = headers.get("x-amz-security-token") or headers.get("x-amz-s3session-token")
        region_set = headers.get("x-amz-region-set")
        payload_hash = headers.get("x-amz-content-sha256")
    if algorithm != ecdsa_algorithm:
        region_set = None
    elif not region_set:
        text = "SigV4A requires the 'X-Amz-Region-Set' that the request is for."
        raise malformed(presigned, text) if s3 else WireError("IncompleteSignature", text)
    if s3:
        _check_s3_payload(payload_hash, presigned)
    return SignedRequest(
        algorithm=algorithm,
        access_key_id=access_key_id,
        date=scope_date,
        region=region,
        service=service,
        signed_headers=tuple(parts["SignedHeaders"].split(";")),
        signature=parts["Signature"],
        timestamp=timestamp,
        timestamp_ms=timestamp_ms,
        presigned=presigned,
        expires_seconds=_expires(parts["Expires"]) if presigned and "Expires" in parts else None,
        session_token=token,
        payload_hash=payload_hash,
        region_set=region_set,
    )


@lru_cache(maxsize=1024)
def _credential(text: str, algorithm: str, presigned: bool) -> tuple[str, str, str, str]:
    """Access key id, date, region (empty for SigV4A) and service of a credential; errors are not cached."""
    parts = text.split("/")
    if algorithm == ecdsa_algorithm:
        parts.insert(2, "")
    s3 = len(parts) > 1 and parts[-2] in s3_services
    if len(parts) != 5 or not parts[0] or len(text) > credential_characters_max:
        if s3:
            raise malformed(presigned, f"the Credential is mal-formed; expecting {_form}.")
        count, form = (4, "keyid/date/service/term") if algorithm == ecdsa_algorithm else (5, _coral_form)
        message = f"Credential must have exactly {count} slash-delimited elements, e.g. {form}, got '{text}'"
        raise WireError("IncompleteSignature", message)
    access_key_id, date, region, service, term = parts
    if term != terminator:
        if s3:
            raise malformed(presigned, f'incorrect terminator "{term}". This endpoint uses "{terminator}".')
        raise mismatch(False, f"Credential should be scoped with a valid terminator: '{terminator}', not '{term}'.")
    if s3 and not _basic_date.fullmatch(date):
        text = f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
        raise malformed(presigned, text)
    return access_key_id, date, region, service


_coral_form: Final = "keyid/date/region/service/term"


def _time(text: str | None, s3: bool, presigned: bool) -> tuple[str, int]:
    if text is not None and len(text) <= date_characters_max:
        try:
            return _instant(text, not presigned)
        except (ValueError, OverflowError, TypeError, IndexError):
            pass  # answered below, together with the date that is missing
    if not s3:
        message = f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        raise WireError("IncompleteSignature", message)
    if presigned:
        message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise WireError("AuthorizationQueryParametersError", message)
    raise WireError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)


@lru_cache(maxsize=1024)
def _instant(text: str, http_date: bool) -> tuple[str, int]:
    """A date in basic ISO 8601, or in HTTP's forms from headers: its basic form and milliseconds since the epoch."""
    if _basic_time.fullmatch(text):
        day = int(text[:4]), int(text[4:6]), int(text[6:8])
        instant = datetime(*day, int(text[9:11]), int(text[11:13]), int(text[13:15]), tzinfo=UTC)
    elif http_date:
        from email.utils import parsedate_to_datetime  # slow to import, and SDKs send X-Amz-Date

        instant = parsedate_to_datetime(text)
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        text = f"{instant.year:04}{instant:%m%dT%H%M%SZ}"
    else:
        raise ValueError(text)
    return text, (instant - _epoch) // _millisecond


def _expires(text: str) -> int:
    code = "AuthorizationQueryParametersError"
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise WireError(code, "X-Amz-Expires should be a number")
    if text.startswith("-"):
        raise WireError(code, "X-Amz-Expires must be non-negative")
    if len(text) > 9 or int(text) > expires_seconds_max:
        message = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
        raise WireError(code, f"{message}than {expires_seconds_max} seconds")
    return int(text)


def _check_s3_payload(payload_hash: str | None, presigned: bool) -> None:
    if payload_hash is None:
        if presigned:
            return
        raise WireError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload_hash not in literal_payloads and not _hex_sha256.fullmatch(payload_hash):
        names = ", ".join(sorted(literal_payloads))
        raise WireError("InvalidArgument", f"x-amz-content-sha256 must be {names}, or a valid sha256 value.")


def _presigned_parameters(query: str) -> dict[str, str]:
    """The X-Amz-* parameters that sign the request, without their prefix; empty when the query has no signature.

    A parameter given twice could be read one way here and another way by the signer: refused.
    """
    found: dict[str, str] = {}
    for pair in query.split("&"):
        if pair.startswith("X-Amz-"):
            name, _, value = pair[6:].partition("=")
            if name in found:
                raise WireError("AuthorizationQueryParametersError", f"X-Amz-{name} must not be given more than once")
            found[name] = unquote(value)
    return found if "Algorithm" in found or "Signature" in found else {}


def _wrong_scheme(algorithm: str, header: str, headers: Mapping[str, str]) -> WireError:
    if "x-amz-content-sha256" in headers or algorithm == "AWS":
        return _version_2() if algorithm == "AWS" else WireError("InvalidArgument", "Unsupported Authorization Type")
    missing = " ".join(f"Authorization header requires '{name}' parameter." for name in _required)
    if "x-amz-date" not in headers and "date" not in headers:
        missing += " Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    return _incomplete_header(False, missing, header)


def _incomplete_header(s3: bool, message: str, header: str) -> WireError:
    if s3:
        text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        return malformed(False, text)
    hidden = f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hidden(header)}"
    return WireError("IncompleteSignature", f"{message} {hidden}")


def _wrong_date(s3: bool, presigned: bool, scope_date: str, timestamp: str) -> WireError:
    if s3:
        text = f'Invalid credential date "{scope_date}". This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        return malformed(presigned, text)
    text = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    return mismatch(False, f"{text}'{scope_date}' != '{timestamp[:8]}', from '{timestamp}'.")


def _version_2() -> WireError:
    text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    return WireError("InvalidRequest", text)


def _hidden(text: str) -> str:
    return b64encode(sha256(text.encode("utf-8", "surrogatepass")).digest()).decode()
