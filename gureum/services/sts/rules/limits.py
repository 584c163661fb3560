"""The quotas of STS, units in their names.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "IAM and STS quotas", and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from typing import Final

role_seconds_default: Final = 3600
role_seconds_min: Final = 900
role_seconds_max: Final = 12 * 3600
chained_seconds_max: Final = 3600
"""Of a session that was opened with the credentials of another one."""
user_seconds_default: Final = 12 * 3600
root_user_seconds_max: Final = 3600
task_seconds_max: Final = 900
"""Of a session of AssumeRoot."""

policy_characters_max: Final = 2048
policy_arns_max: Final = 10
tags_max: Final = 50
tag_key_characters_max: Final = 128
tag_value_characters_max: Final = 256
packed_bytes_max: Final = 2048
"""Of session policies and tags together, packed.  AWS does not say how many there are."""
