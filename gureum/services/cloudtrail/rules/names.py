"""Names of trails, buckets and prefixes, and ARNs.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import re
from typing import Final

from gureum.base import arn as arns
from gureum.base.topology import PARTITION, REGIONS
from gureum.services.cloudtrail.errors import (
    CloudTrailARNInvalidException,
    EventDataStoreARNInvalidException,
    InvalidS3BucketNameException,
    InvalidS3PrefixException,
    InvalidTrailNameException,
)

trail_name_characters: Final = (3, 128)
prefix_characters_max: Final = 200
uuid_pattern: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

_address = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_trail_name = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?")
_adjacent = re.compile(r"[._-]{2}")
_bucket_name = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_prefix = re.compile(r"[a-zA-Z0-9!_.*'()/-]*")
_uuid = re.compile(uuid_pattern)
_account = re.compile(r"\d{12}")


def check_trail_name(name: str) -> None:
    """Raises InvalidTrailNameException unless a trail may have this name."""
    shortest, longest = trail_name_characters
    if not shortest <= len(name) <= longest:
        word = "short" if len(name) < shortest else "long"
        bound = f"Minimum {shortest}" if len(name) < shortest else f"Maximum {longest}"
        raise InvalidTrailNameException(
            f"Trail name too {word}. {bound} characters allowed. Specified name length: {len(name)}"
        )
    if not _trail_name.fullmatch(name):
        raise InvalidTrailNameException(
            "Trail name must start and end with a letter or number, and contain only letters, numbers, periods, "
            "underscores, and hyphens"
        )
    if _adjacent.search(name):
        raise InvalidTrailNameException("Trail name cannot have adjacent periods, underscores, or dashes")
    if _address.fullmatch(name):
        raise InvalidTrailNameException("Trail name cannot be in the format of an IP address")


def check_bucket_name(name: str) -> None:
    """Raises InvalidS3BucketNameException unless a bucket may have this name."""
    bad = ".." in name or _address.fullmatch(name) or name.startswith(("xn--", "sthree-")) or name.endswith("-s3alias")
    if bad or not _bucket_name.fullmatch(name):
        raise InvalidS3BucketNameException(f"Bucket name is invalid: {name}")


def check_prefix(prefix: str) -> None:
    """Raises InvalidS3PrefixException unless log files may lie under this prefix."""
    if len(prefix) > prefix_characters_max:
        raise InvalidS3PrefixException(
            f"S3 prefix is longer than maximum length of {prefix_characters_max}. Specified length: {len(prefix)}"
        )
    if not _prefix.fullmatch(prefix) or prefix.startswith("/"):
        raise InvalidS3PrefixException(f"S3 prefix is invalid: {prefix}")


def trail_arn(region: str, account: str, name: str) -> str:
    """`arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail`."""
    return f"arn:{PARTITION}:cloudtrail:{region}:{account}:trail/{name}"


def store_arn(region: str, account: str, store_id: str) -> str:
    """`arn:aws:cloudtrail:us-east-2:123456789012:eventdatastore/EXAMPLE-f852-4e8f-8bd1-bcf6cEXAMPLE`."""
    return f"arn:{PARTITION}:cloudtrail:{region}:{account}:eventdatastore/{store_id}"


def from_trail_arn(text: str) -> tuple[str, str, str]:
    """(account, region, name) of a trail's ARN.  Raises CloudTrailARNInvalidException."""
    account, region, kind, name = _split(text)
    if kind != "trail" or not name:
        raise CloudTrailARNInvalidException(f"The specified trail ARN is not valid: {text}")
    check_trail_name(name)
    return account, region, name


def from_store_text(text: str, account: str, region: str) -> tuple[str, str, str]:
    """(account, region, id) of an event data store's ARN, or of its id in the given account and region.

    Raises EventDataStoreARNInvalidException.
    """
    if _uuid.fullmatch(text):
        return account, region, text
    owner, place, kind, store_id = _split(text, EventDataStoreARNInvalidException)
    if kind != "eventdatastore" or not _uuid.fullmatch(store_id):
        raise EventDataStoreARNInvalidException(f"The specified event data store ARN is not valid: {text}")
    return owner, place, store_id


def _split(
    text: str, error: type[CloudTrailARNInvalidException | EventDataStoreARNInvalidException] | None = None
) -> tuple[str, str, str, str]:
    parsed = arns.parse(text)
    if (
        parsed is None
        or parsed.service != "cloudtrail"
        or parsed.partition != PARTITION
        or parsed.region not in REGIONS
        or not _account.fullmatch(parsed.account)
    ):
        raise (error or CloudTrailARNInvalidException)(f"The specified ARN is not valid: {text}")
    kind, _, name = parsed.resource.partition("/")
    return parsed.account, parsed.region, kind, name
