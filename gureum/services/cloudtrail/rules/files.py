"""Log files and digest files: where they lie and what is in them, to the byte.

Digests are signed over their end time, place, hash and the signature of the digest before (`string_to_sign`), so that
neither a file nor a digest can be changed or taken away unnoticed.  Files are compressed without a time of their own:
the same events make the same bytes.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gureum.base.clock import to_datetime
from gureum.services.cloudtrail.records import Chain, LogFile, Trail
from gureum.services.cloudtrail.rules.events import time_text

slot_ms: Final = 5 * 60 * 1000
digest_ms: Final = 3600 * 1000
unique_characters: Final = 16
SIGNATURE_ALGORITHM: Final = "SHA256withRSA"
_HASH_ALGORITHM: Final = "SHA-256"


def log_key(trail: Trail, account: str, region: str, now_ms: int, unique: str) -> str:
    """The key of a log file: `…/111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz`."""
    moment = to_datetime(now_ms // slot_ms * slot_ms)
    name = f"{account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"{_folder(trail, account)}/CloudTrail/{region}/{moment:%Y/%m/%d}/{name}"


def digest_key(trail: Trail, account: str, region: str, end_ms: int) -> str:
    """The key of a digest file, which has the time that it ends at in its name."""
    moment = to_datetime(end_ms)
    name = f"{account}_CloudTrail-Digest_{region}_{trail.name}_{trail.region}_{moment:%Y%m%dT%H%M%SZ}.json.gz"
    return f"{_folder(trail, account)}/CloudTrail-Digest/{region}/{moment:%Y/%m/%d}/{name}"


def log_text(events: Sequence[dict[str, Any]]) -> bytes:
    """The uncompressed content of a log file."""
    return msgspec.json.encode({"Records": events})


def digest_text(trail: Trail, chain: Chain, key: str, end_ms: int, fingerprint: str) -> bytes:
    """The uncompressed content of the digest that follows in `chain`, which ends at `end_ms`."""
    files = chain.files
    first = not chain.key
    return msgspec.json.encode(
        {
            "awsAccountId": chain.account,
            "digestStartTime": time_text(chain.end_ms),
            "digestEndTime": time_text(end_ms),
            "digestS3Bucket": trail.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fingerprint,
            "digestSignatureAlgorithm": SIGNATURE_ALGORITHM,
            "newestEventTime": time_text(max(file.newest_ms for file in files)) if files else None,
            "oldestEventTime": time_text(min(file.oldest_ms for file in files)) if files else None,
            "previousDigestS3Bucket": None if first else chain.bucket,
            "previousDigestS3Object": None if first else chain.key,
            "previousDigestHashValue": None if first else chain.sha256,
            "previousDigestHashAlgorithm": None if first else _HASH_ALGORITHM,
            "previousDigestSignature": None if first else chain.signature,
            "logFiles": [_listed(file) for file in files],
        }
    )


def string_to_sign(trail: Trail, chain: Chain, key: str, end_ms: int, text: bytes) -> bytes:
    """What the signature of a digest is made over."""
    previous = chain.signature if chain.key else "null"
    return f"{time_text(end_ms)}\n{trail.bucket}/{key}\n{sha256(text)}\n{previous}".encode()


def sha256(text: bytes) -> str:
    """The hash of uncompressed content, in hexadecimal digits."""
    return hashlib.sha256(text).hexdigest()


def compressed(text: bytes) -> bytes:
    """The content as it is delivered."""
    return gzip.compress(text, mtime=0)


def _listed(file: LogFile) -> dict[str, str]:
    return {
        "s3Bucket": file.bucket,
        "s3Object": file.key,
        "hashValue": file.sha256,
        "hashAlgorithm": _HASH_ALGORITHM,
        "newestEventTime": time_text(file.newest_ms),
        "oldestEventTime": time_text(file.oldest_ms),
    }


def _folder(trail: Trail, account: str) -> str:
    prefix = f"{trail.prefix}/" if trail.prefix else ""
    organization = f"{trail.organization}/" if trail.organization else ""
    return f"{prefix}AWSLogs/{organization}{account}"
