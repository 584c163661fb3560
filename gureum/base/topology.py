"""Regions, their zones and their partition.

Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (the commercial regions that
every account has enabled or can enable).
"""

from __future__ import annotations

from typing import Final

PARTITION: Final = "aws"
DEFAULT_REGION: Final = "us-east-1"

REGIONS: Final[dict[str, int]] = {
    "af-south-1": 3,
    "ap-east-1": 3,
    "ap-east-2": 3,
    "ap-northeast-1": 4,
    "ap-northeast-2": 4,
    "ap-northeast-3": 3,
    "ap-south-1": 3,
    "ap-south-2": 3,
    "ap-southeast-1": 3,
    "ap-southeast-2": 3,
    "ap-southeast-3": 3,
    "ap-southeast-4": 3,
    "ap-southeast-5": 3,
    "ap-southeast-6": 3,
    "ap-southeast-7": 3,
    "ca-central-1": 3,
    "ca-west-1": 3,
    "eu-central-1": 3,
    "eu-central-2": 3,
    "eu-north-1": 3,
    "eu-south-1": 3,
    "eu-south-2": 3,
    "eu-west-1": 3,
    "eu-west-2": 3,
    "eu-west-3": 3,
    "il-central-1": 3,
    "me-central-1": 3,
    "me-south-1": 3,
    "mx-central-1": 3,
    "sa-east-1": 3,
    "us-east-1": 6,
    "us-east-2": 3,
    "us-west-1": 3,
    "us-west-2": 4,
}
"""Region to its number of Availability Zones."""


def zones(region: str) -> list[str]:
    """The zone names of `region`: `us-east-2a`, `us-east-2b`, …; KeyError for a region that does not exist."""
    return [f"{region}{letter}" for letter in "abcdef"[: REGIONS[region]]]
