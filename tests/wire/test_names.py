"""Names are what handlers are bound by, so the odd ones are fixed here."""

from __future__ import annotations

import pytest

from gureum.wire.names import snake_case


@pytest.mark.parametrize(
    ("aws", "python"),
    [
        ("GetQueueUrl", "get_queue_url"),
        ("MD5OfBody", "md5_of_body"),
        ("DBInstanceIDs", "db_instance_ids"),
        ("VPCSecurityGroupIds", "vpc_security_group_ids"),
        ("S3Bucket", "s3_bucket"),
        ("IPv6Addresses", "ipv6_addresses"),
        ("Ipv6CidrBlock", "ipv6_cidr_block"),
        ("ChecksumCRC32C", "checksum_crc32c"),
        ("ChecksumCRC64NVME", "checksum_crc64_nvme"),
        ("OpenIDConnectProviderARNs", "open_id_connect_provider_arns"),
        ("x-amz-date", "x_amz_date"),
        ("tags", "tags"),
        ("From", "from_"),
    ],
)
def test_snake_case(aws: str, python: str) -> None:
    """Acronyms, their plurals, digits and keywords."""
    assert snake_case(aws) == python
